package endpoint

import (
	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/exchange"
)

// tokens is how many generated tokens came with a content frame and the frames
// without content before it; 0 if unknown. The first content
// frame settles what counts them: a usage object that comes with every frame
// has the count so far; token ids and log probabilities are counted.
func (a *attempt) tokens(f *dialect.Frame) int32 {
	x := a.x
	if len(x.Frames) == 0 {
		switch {
		case f.Usage.Seen && f.Usage.Output >= 0:
			x.FrameTokens = exchange.FromContinuous
		case f.IDs >= 0:
			x.FrameTokens = exchange.FromTokenIDs
		case f.Logprobs >= 0:
			x.FrameTokens = exchange.FromLogprobs
		}
	}
	n := 0
	switch x.FrameTokens {
	case exchange.FromContinuous:
		if f.Usage.Seen && f.Usage.Output >= a.counted {
			n = f.Usage.Output - a.counted
			a.counted = f.Usage.Output
		}
	case exchange.FromTokenIDs:
		n = a.pending.ids + max(0, f.IDs)
	case exchange.FromLogprobs:
		n = a.pending.logprobs + max(0, f.Logprobs)
	}
	a.pending = framePart{}
	return int32(n)
}
