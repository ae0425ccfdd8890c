package suite

import "github.com/inferometer/inferometer/internal/result"

// unbounded is how many prompts of a cell without a number stand for all.
const unbounded = 10_000

// idealHits of a cell whose prompts share beginnings on purpose, else nil.
func (c *cell) idealHits() *result.Number {
	if c.talks != nil {
		return nil // what they share is known when they have been had
	}
	src := c.main
	if o, ok := src.(offset); ok {
		src = o.Source
	}
	shares, ok := src.(interface {
		IdealHits(n int) (float64, bool)
	})
	if !ok {
		return nil
	}
	n := c.shape.Requests
	if n == 0 {
		n = unbounded
	}
	if ideal, ok := shares.IdealHits(n); ok {
		return result.Num(ideal)
	}
	return nil
}

// promptsOf compares what a cell asked for with what the server counted;
// scheduled is how many requests it planned, talks what became of conversations.
func promptsOf(c *loggedCell, scheduled int, talks *result.Conversations) *result.Prompts {
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
