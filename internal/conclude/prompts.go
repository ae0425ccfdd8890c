package conclude

import (
	"math"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// fidelity adds up what a replay got of what its trace asked for, over requests
// that succeeded.
type fidelity struct {
	in, bias, out              float64 // sums of relative errors
	cached, known              float64 // sums of tokens
	inputN, outputN, observedN int
}

func (f *fidelity) add(x *exchange.Exchange) {
	if x.InputTokens != nil && x.AskedInput > 0 {
		f.in += math.Abs(float64(*x.InputTokens-x.AskedInput)) / float64(x.AskedInput)
		f.bias += float64(*x.InputTokens-x.AskedInput) / float64(x.AskedInput)
		f.inputN++
	}
	if x.OutputTokens != nil && x.AskedOutput > 0 {
		f.out += math.Abs(float64(*x.OutputTokens-x.AskedOutput)) / float64(x.AskedOutput)
		f.outputN++
	}
	if x.InputTokens != nil && x.CachedTokens != nil {
		f.cached += float64(*x.CachedTokens)
		f.known += float64(*x.InputTokens)
		f.observedN++
	}
}

// replayOf says how true the replay was, from the record of the cell and what
// came back.
func replayOf(c *cell) *result.Replay {
	if c.Replay == nil {
		return nil
	}
	r, f := *c.Replay, c.fidelity
	r.InputN, r.OutputN, r.ObservedN = f.inputN, f.outputN, f.observedN
	if f.inputN > 0 {
		r.InputError = result.Num(f.in / float64(f.inputN))
	}
	if f.outputN > 0 {
		r.OutputError = result.Num(f.out / float64(f.outputN))
	}
	if f.known > 0 {
		r.ObservedHits = result.Num(f.cached / f.known)
	}
	return &r
}

// promptsOf compares what a cell asked for with what the server counted.
// scheduled is how many requests it planned; talks are its conversations, or nil.
func promptsOf(c *cell, scheduled int, talks *result.Conversations) *result.Prompts {
	f := c.fidelity
	p := &result.Prompts{InputN: f.inputN, Repeated: c.seen.repeated, IdealHits: c.IdealHits, ObservedN: f.observedN}
	if f.inputN > 0 {
		p.InputError, p.InputBias = result.Num(f.in/float64(f.inputN)), result.Num(f.bias/float64(f.inputN))
	}
	if scheduled > 0 {
		p.RepeatedShare = result.Num(float64(p.Repeated) / float64(scheduled))
	}
	if f.known > 0 {
		p.ObservedHits = result.Num(f.cached / f.known)
	}
	if talks != nil {
		p.IdealHits, p.IdealSent = talks.Total.IdealHits, talks.Total.IdealHits != nil
	}
	return p
}
