package measure

import (
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Input is what a cell's statistics need besides its exchanges.
type Input struct {
	ID, Target string
	Evidence   result.Evidence
	Workload   result.Workload
	Load       result.LoadShape
	Start, End exchange.Stamp // the measured window
	Blocks     exchange.Spans // its parts, where the cell took turns with others; nil: it is whole
}

// minSteady is the least number of requests for which a steady part is sought.
const minSteady = 50

// window of the cell, in its parts.
func (in Input) window() exchange.Spans {
	if in.Blocks != nil {
		return in.Blocks
	}
	return exchange.Spans{{Start: in.Start, End: in.End}}
}

// Cell returns the cell after both passes. The window of in must be the one
// that it was settled with.
func (c *Collector) Cell(in Input) result.Cell {
	if c.counts.ByClass == nil {
		c.counts.ByClass = map[string]int{}
	}
	out := result.Cell{
		ID: in.ID, Target: in.Target, Evidence: in.Evidence, Workload: in.Workload, Load: in.Load,
		WindowS: float64(in.window().Length()) / 1e9,
		Counts:  c.counts,
		Metrics: c.metrics(c.whole, in.Load),
		Errors:  c.failures.texts(in.Target), Failures: c.failures.list(), SteadyNote: c.steadyNote,
	}
	switch {
	case c.steady != nil:
		out.Steady = new(c.metrics(c.steady, in.Load))
	case c.steadyFrom == 0:
		// The whole window is steady.
		out.Steady = &result.Metrics{Stats: maps.Clone(out.Metrics.Stats), Rates: maps.Clone(out.Metrics.Rates)}
	}
	for _, tag := range []string{"ttft", "e2e"} {
		if s, ok := out.Metrics.Stats[tag]; ok {
			s.Bins = bins(c.answered(tag))
			out.Metrics.Stats[tag] = s
		}
	}
	if in.Load.Kind == "open" {
		out.Arrivals = c.arrivals(in.Load, in.window())
	}
	if c.KeepTurns {
		out.Conversations = c.turnTable(in.Load)
	}
	return out
}

// metrics of one part. The statistics of different metrics are independent of
// each other, and those of a long run take a while: they share the processors.
func (c *Collector) metrics(p *part, load result.LoadShape) result.Metrics {
	m := result.Metrics{Stats: map[string]result.Statistic{}, Rates: map[string]result.Rate{}}
	defs := metric.OfKind(metric.PerRequest)
	found := make([]result.Statistic, len(defs))
	defined := make([]bool, len(defs))
	same := make([]int, len(defs)) // an earlier metric with the same values, or itself
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var gap, itl result.Statistic
	var pooled bool
	work := func(f func()) {
		slots <- struct{}{}
		wait.Go(func() { f(); <-slots })
	}
	work(func() { gap, itl, pooled = p.pooled() })
	for i, def := range defs {
		same[i] = slices.IndexFunc(defs[:i], func(d metric.Metric) bool { return c.sameValues(d, def, p.from) })
		if same[i] < 0 {
			same[i] = i
			work(func() { found[i], defined[i] = c.distribution(def, p, load) })
		}
	}
	wait.Wait()
	for i, def := range defs {
		if s := found[same[i]]; defined[same[i]] {
			m.Stats[def.Tag] = s
		}
	}
	if s, ok := m.Stats["tpot"]; ok && slices.ContainsFunc(c.state[p.from:], func(s state) bool { return s&stateEstimated != 0 }) {
		s.Note = join(s.Note, "tokens estimated as one per frame where the server did not count them")
		m.Stats["tpot"] = s
	}
	if s, ok := m.Stats["tpot"]; ok && slices.ContainsFunc(c.state[p.from:], func(s state) bool { return s&stateFirstUnknown != 0 }) {
		s.Note = join(s.Note, "the first frame counted as one token where the server did not say")
		m.Stats["tpot"] = s
	}
	if pooled {
		m.Stats["gap"], m.Stats["itl"] = gap, itl
	}
	c.bursts.mark(m.Stats, unitOf)
	c.rates(m.Rates, p, load)
	return m
}

// sameValues reports whether two metrics share one column of values, so that
// their statistic is computed once: the first token and the first answer of a
// model that does not reason.
func (c *Collector) sameValues(a, b metric.Metric, from int) bool {
	if a.Unit != b.Unit || a.Direction != b.Direction || len(c.cut) > 0 {
		return false
	}
	return slices.EqualFunc(c.from(a.Tag, from), c.from(b.Tag, from), func(v, w float64) bool {
		return v == w || math.IsNaN(v) && math.IsNaN(w)
	})
}

// from returns a metric's values from a row on.
func (c *Collector) from(tag string, row int) []float64 {
	v := c.Values(tag)
	return v[min(row, len(v)):]
}

func (c *Collector) rates(out map[string]result.Rate, p *part, load result.LoadShape) {
	out["success"] = c.Success(p.from).rate()
	if p.window.Length() == 0 {
		for _, tag := range []string{"throughput", "output_throughput", "input_throughput"} {
			out[tag] = result.Rate{Unit: unitOf(tag), Withheld: "the window is empty"}
		}
		return
	}
	e := extent{lengths: p.lengths, offered: load.Kind == "open" && !c.KeepTurns}
	for tag, t := range map[string]*tally{"throughput": &p.done, "output_throughput": &p.output, "input_throughput": &p.input} {
		out[tag] = t.rate(unitOf(tag), e)
	}
	// Failures are no part of what is offered.
	out["wasted_throughput"] = p.wasted.rate(unitOf("wasted_throughput"), extent{lengths: p.lengths})
	if p.unknownInput {
		out["input_throughput"] = result.Rate{Unit: unitOf("input_throughput"), Withheld: "the server did not report input tokens for every request"}
	}
	if len(c.GoodLimits) > 0 {
		out["goodput"] = c.goodput(p, load, e)
	}
}

func (c *Collector) arrivals(load result.LoadShape, window exchange.Spans) *result.Arrivals {
	var errs []float64
	var dues, sent []exchange.Stamp // with the time between blocks folded away
	for i, due := range c.due {
		away := exchange.Stamp(0)
		if k, before := window.Near(due); k >= 0 {
			away = window[k].Start - before
		}
		dues = append(dues, due-away)
		if v, ok := c.writing[i].Sub(due); ok {
			errs = append(errs, v)
			sent = append(sent, c.writing[i]-away)
		}
	}
	if len(dues) < 2 || len(sent) < 2 {
		return nil
	}
	slices.Sort(errs)
	slices.Sort(sent)
	a := &result.Arrivals{
		ErrorP50MS: stats.Quantile(errs, .5), ErrorP99MS: stats.Quantile(errs, .99), ErrorMaxMS: errs[len(errs)-1],
	}
	span := float64(dues[len(dues)-1]-dues[0]) / 1e9
	got := float64(sent[len(sent)-1]-sent[0]) / 1e9
	if span <= 0 || got <= 0 {
		return a
	}
	a.Process = process(dues, sent, load)
	if c.KeepTurns {
		// The process describes beginnings; the turns that follow are a result.
		due, began := c.beginnings(window)
		a.Process = process(due, began, load)
	}
	a.IntendedRate = float64(len(dues)-1) / span
	a.AchievedRate = float64(len(sent)-1) / got
	a.Deficit = 1 - a.AchievedRate/a.IntendedRate
	return a
}

// process compares the gaps between due times and between requests as sent,
// counted from the window's start, with those of their arrival process.
func process(dues, sent []exchange.Stamp, load result.LoadShape) *result.Process {
	curve := arrival.Flat(load.Rate)
	if load.RateCurve != "" {
		var err error
		if curve, err = arrival.ParseCurve(load.RateCurve); err != nil {
			return nil
		}
	}
	s := arrival.Schedule{Process: arrival.Process(load.Arrival), Shape: load.Burstiness, Curve: curve}
	if s.Validate() != nil {
		return nil // a trace
	}
	seconds := func(s exchange.Stamp) float64 { return float64(s) / 1e9 }
	due, went := make([]float64, len(dues)), make([]float64, len(sent))
	for i, at := range dues {
		due[i] = seconds(at)
	}
	for i, at := range sent {
		went[i] = seconds(at)
	}
	d, okDue := arrival.LookAt(due, curve)
	w, okSent := arrival.LookAt(went, curve)
	if !okDue || !okSent {
		return nil
	}
	return &result.Process{
		CVExpected: s.CV(), CVDue: d.CV, CVSent: w.CV, Lag1Due: d.Lag1, Lag1Sent: w.Lag1,
		DispersionDue: d.Dispersion, DispersionSent: w.Dispersion, Gaps: w.Gaps,
	}
}

// unitOf is the unit of a metric by the registry.
func unitOf(tag string) string {
	m, _ := metric.Lookup(tag)
	return m.Unit
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
