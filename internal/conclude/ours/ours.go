// Package ours adds up what the client knows of the requests of a cell that reached the
// server, or may have: what the server's own counters are compared with.
package ours

import (
	"math"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Totals is what the client knows about all the requests of a cell that
// reached the server, or may have.
type Totals struct {
	first, last exchange.Stamp // first written, last over
	blocks      exchange.Spans // the same of each block; the last one may be under way
	block       int            // number of the latest one
	requests    int
	inputs      tally
	outputs     tally
	asked       struct{ cached, of float64 } // of answers that say what was cached
}

// tally sums counts of which some are only bounded.
type tally struct {
	lo, hi  float64
	known   int
	bare    int // requests that failed or were cut, without any count
	missing int // requests whose count cannot be bounded
}

func (t *tally) add(lo, hi float64) { t.lo, t.hi, t.known = t.lo+lo, t.hi+max(lo, hi), t.known+1 }

// Add takes a request of a block, whose numbers grow.
func (o *Totals) Add(x *exchange.Exchange, block int) {
	if !x.Writing.Happened() {
		return
	}
	if o.first == 0 || x.Writing < o.first {
		o.first = x.Writing
	}
	o.last = max(o.last, x.Done, x.LastToken, x.Writing)
	o.requests++
	if block != o.block {
		o.blocks, o.block = append(o.blocks, exchange.Span{Start: x.Writing}), block
	}
	now := &o.blocks[len(o.blocks)-1]
	now.Start, now.End = min(now.Start, x.Writing), max(now.End, x.Done, x.LastToken, x.Writing)
	if x.Status >= 400 && x.Status < 500 {
		return // refused before any work
	}
	switch {
	case x.InputTokens != nil && x.Class != exchange.OK && !x.FirstToken.Happened():
		// Said with a frame before the first token: the server may not have
		// read the prompt when the request was cut.
		o.inputs.add(0, float64(*x.InputTokens))
	case x.InputTokens != nil:
		n := float64(*x.InputTokens)
		o.inputs.add(n, n)
		if x.CachedTokens != nil {
			o.asked.cached, o.asked.of = o.asked.cached+float64(*x.CachedTokens), o.asked.of+n
		}
	case x.Class == exchange.OK:
		o.inputs.missing++
	default:
		o.inputs.bare++
	}
	n, source := x.Output()
	switch {
	case x.Class == exchange.OK && (source == exchange.FromFrames || source == exchange.Unknown), x.Class != exchange.OK && x.AskedOutput == 0:
		o.outputs.missing++
	case x.Class == exchange.OK:
		o.outputs.add(float64(n), float64(n))
	default: // the server may have gone on until it saw that we had gone
		o.outputs.add(float64(n), float64(x.AskedOutput))
	}
}

// From is when the first request was written; without one, any time is before it.
func (o *Totals) From() exchange.Stamp {
	if o.requests == 0 {
		return math.MaxInt64
	}
	return o.first
}

// Last is when the last of them was over.
func (o *Totals) Last() exchange.Stamp { return o.last }

// Blocks are the times from the first request to the end of the last, of each block.
func (o *Totals) Blocks() exchange.Spans { return o.blocks }

// Result is the totals as a result has them, beside the server's own.
func (o *Totals) Result() result.Ours {
	out := result.Ours{Requests: o.requests}
	if in := o.inputs; in.missing == 0 && (in.known > 0 || in.bare == 0) {
		// Prompts of requests that failed are about as long as the others.
		more := 0.0
		if in.known > 0 {
			more = in.hi / float64(in.known) * float64(in.bare)
		}
		out.PromptTokens = &result.Span{Lo: in.lo, Hi: in.hi + more}
	}
	if o.outputs.missing == 0 {
		out.GenerationTokens = &result.Span{Lo: o.outputs.lo, Hi: o.outputs.hi}
	}
	if o.asked.of > 0 {
		out.CachedShare = new(o.asked.cached / o.asked.of)
	}
	return out
}
