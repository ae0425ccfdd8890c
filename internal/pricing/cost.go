package pricing

import (
	"cmp"

	"github.com/inferometer/inferometer/internal/result"
)

// Parts is what each kind of token of a request costs, in USD.
type Parts struct {
	Input      float64 // neither read from the cache nor written to it
	Cached     float64
	CacheWrite float64
	Output     float64 // without reasoning
	Reasoning  float64
}

// USD is the sum.
func (p Parts) USD() float64 { return p.Input + p.Cached + p.CacheWrite + p.Output + p.Reasoning }

// Cost is what a request costs in USD. Of one whose tokens the server did not report
// it is the most that it can cost.
func Cost(p result.Price, u Use) float64 {
	if u.AtMost {
		return Most(p, u.Input, u.Output)
	}
	return Split(p, u).USD()
}

// Split prices each part of a request's use. Where the price has prices for long
// context, the number of input tokens decides which rates all of its tokens have.
// Tokens that have no price of their own cost what the price says: cached input as
// much as new, reasoning as much as output.
func Split(p result.Price, u Use) Parts {
	r := At(p, u.Input)
	const mtok = 1e6
	write1h := min(u.CacheWrite1h, u.CacheWrite)
	write := or(r.CacheWrite, r.Input)
	return Parts{
		Input:  float64(u.Input-u.Cached-u.CacheWrite) * r.Input / mtok,
		Cached: float64(u.Cached) * or(r.Cached, r.Input) / mtok,
		CacheWrite: (float64(u.CacheWrite-write1h)*write +
			float64(write1h)*or(r.CacheWrite1h, write)) / mtok,
		Output:    float64(u.Output-u.Reasoning) * r.Output / mtok,
		Reasoning: float64(u.Reasoning) * or(r.Reasoning, r.Output) / mtok,
	}
}

// At is the rates of a request with so many input tokens.
func At(p result.Price, input int) result.Rates {
	r := p.Rates
	for _, l := range p.LongContext {
		if input > l.Above {
			r = l.Rates
		}
	}
	return r
}

// Most is the most in USD that a request of at most so many input and output tokens
// can cost at a price, however many of them are cached, written to a cache or
// reasoning: the highest rates of any length that it may have.
func Most(p result.Price, input, output int) float64 {
	in, out := Dearest(p, input)
	return (float64(input)*in + float64(output)*out) / 1e6
}

// Dearest is the highest rates, in USD per million tokens, that any token of a
// request with at most so many input tokens can have.
func Dearest(p result.Price, input int) (in, out float64) {
	widen := func(r result.Rates) {
		in = max(in, r.Input, or(r.Cached, 0), or(r.CacheWrite, 0), or(r.CacheWrite1h, 0))
		out = max(out, r.Output, or(r.Reasoning, 0))
	}
	widen(p.Rates)
	for _, l := range p.LongContext {
		if input > l.Above {
			widen(l.Rates)
		}
	}
	return in, out
}

// Class is a class of service that a provider sells at a price of its own.
type Class string

// The classes. The zero Class is the usual service.
const (
	Usual    Class = ""
	Batch    Class = "batch"
	Flex     Class = "flex"
	Priority Class = "priority"
)

// For is the price under another class of service; false where none is known.
// Rates that are listed for the usual service alone are not taken over.
func For(p result.Price, c Class) (result.Price, bool) {
	var s *result.Service
	switch c {
	case Usual:
		return p, true
	case Batch:
		s = p.Batch
	case Flex:
		s = p.Flex
	case Priority:
		s = p.Priority
	}
	if s == nil {
		return result.Price{}, false
	}
	p.Rates, p.LongContext = s.Rates, s.LongContext
	p.Batch, p.Flex, p.Priority = nil, nil, nil
	return p, true
}

// or is *p, or instead where it is absent.
func or(p *float64, instead float64) float64 { return *cmp.Or(p, &instead) }
