package endpoint

import "github.com/inferometer/inferometer/internal/exchange"

// tokens is how many generated tokens came with a content frame and the frames
// without content before it; 0 where that is not known. The first content
// frame settles what counts them: a usage object that comes with every frame
// has the count so far; token ids and log probabilities are counted.
func (e *attempt) tokens(f *frame) int32 {
	x := e.x
	if len(x.Frames) == 0 {
		switch {
		case f.usage.seen && f.usage.output >= 0:
			x.FrameTokens = exchange.FromContinuous
		case f.ids >= 0:
			x.FrameTokens = exchange.FromTokenIDs
		case f.logprobs >= 0:
			x.FrameTokens = exchange.FromLogprobs
		}
	}
	n := 0
	switch x.FrameTokens {
	case exchange.FromContinuous:
		if f.usage.seen && f.usage.output >= e.counted {
			n = f.usage.output - e.counted
			e.counted = f.usage.output
		}
	case exchange.FromTokenIDs:
		n = e.pending + max(0, f.ids)
	case exchange.FromLogprobs:
		n = max(0, f.logprobs)
	}
	e.pending = 0
	return int32(n)
}

// odd reports whether an exchange failed, or its counts do not fit together.
func odd(x *exchange.Exchange) bool {
	if x.Failed() {
		return true
	}
	if x.OutputTokens == nil || x.Class != exchange.OK {
		return false
	}
	counted, known := x.Counted()
	return len(x.Frames) > *x.OutputTokens || known && counted != *x.OutputTokens
}
