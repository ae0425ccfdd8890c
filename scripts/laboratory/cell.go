package main

import (
	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// alpha is the error probability of the claims: a plan's own default.
const alpha = 0.05

// figure is what is shown of a cell and can be claimed.
type figure struct {
	name  string
	claim string // a claim on it, at whatever limit
}

// cell measures and decides as a run would.
type cell struct {
	load       result.LoadShape
	collector  measure.Collector
	start, end exchange.Stamp
}

// stamp of a time in seconds; the first is 1.
func stamp(s float64) exchange.Stamp { return exchange.Stamp(s*1e9) + 1 }

// exchangeOf fills the record of a request, as a client without any delay has it.
// It uses the frames of x again.
func exchangeOf(x *exchange.Exchange, q request, phase exchange.Phase, i int) {
	at, done := stamp(q.due), stamp(q.done)
	frames := x.Frames
	*x = exchange.Exchange{
		Phase: phase, Index: i, Due: at, Woken: at, Started: at, Writing: at, Sent: at,
		Reused: true, Streamed: true, KernelStamps: true,
	}
	switch {
	case q.failed:
		x.Class, x.Status, x.Done = exchange.HTTP5xx, 500, done
	case q.cut:
		x.Class, x.Done = exchange.Cut, done
	case q.tokens != nil:
		first, n := stamp(q.tokens[0]), len(q.tokens)
		x.FirstByte, x.FirstToken, x.FirstAnswer, x.LastToken, x.Done = first, first, first, done, done
		x.OutputTokens, x.TokenSource, x.Frames = &n, exchange.FromUsage, frames[:0]
		for _, t := range q.tokens {
			x.Frames = append(x.Frames, exchange.Frame{At: stamp(t), Tokens: 1})
		}
	default:
		first := done
		if q.first > 0 {
			first = stamp(q.first)
		}
		x.FirstByte, x.FirstToken, x.FirstAnswer, x.LastToken, x.Done = first, first, first, done, done
		if q.length > 0 {
			n := q.length
			x.OutputTokens, x.TokenSource = &n, exchange.FromUsage
			x.Frames = append(frames[:0], exchange.Frame{At: first, Tokens: 1})
			if n > 1 {
				x.Frames = append(x.Frames, exchange.Frame{At: done, Tokens: int32(n - 1)})
			}
		}
	}
}

// take measures n requests after the first ones, in due order. The window ends at a time:
// where the next one is due, or after the time of the load.
func (c *cell) take(all []request, warm, n int, end float64) {
	c.start, c.end = stamp(all[warm].due), stamp(end)
	each := func(f func(*exchange.Exchange)) {
		var x exchange.Exchange
		for i, q := range all[:warm+n] {
			phase, index := exchange.Measured, i-warm
			if i < warm {
				if stamp(q.done) < c.start {
					continue
				}
				phase, index = exchange.Warmup, i
			}
			exchangeOf(&x, q, phase, index)
			f(&x)
		}
	}
	each(c.collector.Add)
	c.collector.Settle(c.start, c.end)
	each(c.collector.AddFrames)
}

// outcomes decides a claim on each figure at a multiple of its truth.
func (c *cell) outcomes(figures []figure, truth func(string) (float64, error), limit float64) ([]outcome, error) {
	done := claim.Cell{
		Cell:     c.collector.Cell(measure.Input{Load: c.load, Start: c.start, End: c.end}),
		Requests: &c.collector, Dependence: map[string]stats.Dependence{},
	}
	var out []outcome
	for _, f := range figures {
		v, err := truth(f.name)
		if err != nil {
			return nil, err
		}
		o, err := f.outcome(done, v, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// outcome decides a claim on the figure. The interval is the one that the claim shows.
func (f figure) outcome(c claim.Cell, truth, limit float64) (outcome, error) {
	l, err := metric.ParseLimit(f.claim)
	if err != nil {
		return outcome{}, err
	}
	l.Value = truth * limit
	if l.Metric.Direction == metric.HigherIsBetter {
		l.Value = truth / limit
	}
	if l.Metric.Unit == "ratio" {
		l.Value = 1 - limit*(1-truth) // a multiple of the failures
	}
	decided := result.Claim{Verdict: result.Undecided, Alpha: alpha}
	claim.Decide(&decided, l, "", c)
	o := outcome{figure: f.name, truth: truth, proved: decided.Verdict == result.Proved, refuted: decided.Verdict == result.Refuted}
	e := result.Estimate{Value: decided.Estimate, Lo: decided.Lo, Hi: decided.Hi}
	if s, ok := c.Metrics.Stats[l.Metric.Tag]; ok && e.Value == nil { // no claim can be made on it
		if q, ok := s.Quantile(l.Stat); ok {
			e = q
		}
	}
	if e.Value != nil && e.Lo != nil && e.Hi != nil {
		o.shown, o.lo, o.hi = true, float64(*e.Lo), float64(*e.Hi)
	}
	return o, nil
}
