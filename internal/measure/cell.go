package measure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// CellInput is everything that a cell's statistics are made of.
type CellInput struct {
	ID, Target string
	Evidence   result.Evidence
	Workload   result.Workload
	Load       result.LoadShape
	Start, End exchange.Stamp       // the measured window
	Exchanges  []*exchange.Exchange // all phases, any order
	Limits     []metric.Limit       // per-request limits for goodput; may be empty
}

// minSteady is the least number of requests for which a steady part is sought.
const minSteady = 50

// Cell computes a cell. The exchanges are sorted by due time in place.
func Cell(in CellInput) result.Cell {
	slices.SortStableFunc(in.Exchanges, func(a, b *exchange.Exchange) int { return cmp.Compare(a.Due, b.Due) })
	measured := slices.DeleteFunc(slices.Clone(in.Exchanges), func(x *exchange.Exchange) bool { return x.Phase != exchange.Measured })
	serial := in.Load.Kind == "closed" && in.Load.Users == 1
	c := result.Cell{
		ID: in.ID, Target: in.Target, Evidence: in.Evidence, Workload: in.Workload, Load: in.Load,
		WindowS: float64(in.End-in.Start) / 1e9,
		Counts:  counts(in.Exchanges),
		Metrics: metrics(in, measured, in.Start, in.End, serial),
		Errors:  someErrors(measured),
	}
	c.Steady, c.SteadyNote = steady(in, measured, serial)
	if in.Load.Kind == "open" {
		c.Arrivals = arrivals(measured, in.Load, in.Start)
	}
	return c
}

func counts(xs []*exchange.Exchange) result.Counts {
	c := result.Counts{ByClass: map[string]int{}}
	for _, x := range xs {
		switch x.Phase {
		case exchange.Warmup:
			c.Warmup++
			continue
		case exchange.Cooldown:
			continue
		}
		c.Scheduled++
		switch {
		case x.Class == exchange.Shed:
			c.Shed++
		case x.Class == exchange.Cut:
			c.Attempted++
			c.Cut++
		case x.Failed():
			c.Attempted++
			c.Failed++
			c.ByClass[string(x.Class)]++
		default:
			c.Attempted++
			c.OK++
		}
	}
	return c
}

func metrics(in CellInput, measured []*exchange.Exchange, start, end exchange.Stamp, serial bool) result.Metrics {
	m := result.Metrics{Stats: map[string]result.Statistic{}, Rates: map[string]result.Rate{}}
	for _, def := range metric.All() {
		if def.Kind != metric.PerRequest || strings.HasPrefix(def.Tag, "quality") {
			continue
		}
		if s, ok := Distribution(def, measured, serial); ok {
			m.Stats[def.Tag] = s
		}
	}
	if s, ok := m.Stats["tpot"]; ok && slices.ContainsFunc(measured, func(x *exchange.Exchange) bool {
		_, src := x.Output()
		return x.Class == exchange.OK && src == exchange.FromFrames
	}) {
		s.Note = join(s.Note, "tokens estimated as one a frame where the server did not count them")
		m.Stats["tpot"] = s
	}
	if s, ok := m.Stats["tpot"]; ok && slices.ContainsFunc(measured, firstUnknown) {
		s.Note = join(s.Note, "the first frame counted as one token where the server did not say")
		m.Stats["tpot"] = s
	}
	if gap, itl, ok := Pooled(measured); ok {
		m.Stats["gap"], m.Stats["itl"] = gap, itl
	}
	rates(m.Rates, in, measured, start, end)
	return m
}

// firstUnknown reports whether the tokens of the first frame are not known,
// of an answer whose frames held several.
func firstUnknown(x *exchange.Exchange) bool {
	return x.Class == exchange.OK && x.OutputTokens != nil && len(x.Frames) > 0 && frameTokens(x, 0) == 0
}

// rates are counted over the window by the moment at which things happened,
// whichever phase they belong to: that is what the server delivered in it.
func rates(out map[string]result.Rate, in CellInput, measured []*exchange.Exchange, start, end exchange.Stamp) {
	ok, n := 0, 0
	for _, x := range measured {
		if x.Class == exchange.Cut {
			continue
		}
		n++
		if x.Class == exchange.OK {
			ok++
		}
	}
	if n > 0 {
		lo, hi := stats.Wilson(ok, n, conf)
		out["success"] = result.Rate{Unit: "ratio", Value: result.Num(float64(ok) / float64(n)), Lo: result.Num(lo), Hi: result.Num(hi), N: n}
	} else {
		out["success"] = result.Rate{Unit: "ratio", Withheld: "no request ended"}
	}
	if end <= start {
		for tag, unit := range map[string]string{"throughput": "1/s", "output_throughput": "token/s", "input_throughput": "token/s"} {
			out[tag] = result.Rate{Unit: unit, Withheld: "the window is empty"}
		}
		return
	}
	var done, input, output, wasted, good tally
	unknownInput := false
	within := func(s exchange.Stamp) bool { return s >= start && s < end }
	for _, x := range in.Exchanges {
		if x.Class == exchange.OK && within(x.Done) {
			done.add(x.Done, 1)
		}
		// An answer that is not streamed shows all of its tokens at its end.
		begun := x.FirstToken
		if !x.Streamed {
			begun = x.LastToken
		}
		if x.Class == exchange.OK && within(begun) {
			if x.InputTokens != nil {
				input.add(begun, float64(*x.InputTokens))
			} else {
				unknownInput = true
			}
			if n, src := x.Output(); len(x.Frames) == 0 && src != exchange.Unknown {
				output.add(begun, float64(n))
			}
		}
		each := perFrame(x)
		for i, f := range x.Frames {
			if !within(f.At) {
				continue
			}
			if x.Class == exchange.OK {
				output.add(f.At, each(i))
			} else if x.Phase != exchange.Cooldown {
				wasted.add(f.At, each(i))
			}
		}
	}
	out["throughput"] = done.rate("1/s", start, end)
	out["output_throughput"] = output.rate("token/s", start, end)
	out["wasted_throughput"] = wasted.rate("token/s", start, end)
	if unknownInput {
		out["input_throughput"] = result.Rate{Unit: "token/s", Withheld: "the server did not report input tokens for every request"}
	} else {
		out["input_throughput"] = input.rate("token/s", start, end)
	}
	if len(in.Limits) > 0 {
		for _, x := range measured {
			if x.Class == exchange.OK && meetsAll(in.Limits, x) {
				good.add(x.Due, 1)
			}
		}
		out["goodput"] = good.rate("1/s", start, end)
	}
}

func meetsAll(limits []metric.Limit, x *exchange.Exchange) bool {
	for _, l := range limits {
		if ok, _ := Meets(l, x); !ok {
			return false
		}
	}
	return true
}

// perFrame spreads an exchange's output tokens over its frames: as the server
// counted them, else evenly, so that sums are right.
func perFrame(x *exchange.Exchange) func(int) float64 {
	if tokensKnown(x) {
		return func(i int) float64 { return float64(frameTokens(x, i)) }
	}
	n, _ := x.Output()
	each := float64(n) / float64(max(1, len(x.Frames)))
	return func(int) float64 { return each }
}

// tally counts events in time.
type tally struct {
	at  []exchange.Stamp
	w   []float64
	sum float64
}

func (t *tally) add(at exchange.Stamp, w float64) {
	t.at, t.w = append(t.at, at), append(t.w, w)
	t.sum += w
}

// slices of a window behind the interval of a rate (batch means).
const rateSlices = 10

// rate is the sum over the window, with a Student interval over ten equal
// slices of it; without one below fifty events, where slices are too coarse.
func (t *tally) rate(unit string, start, end exchange.Stamp) result.Rate {
	seconds := float64(end-start) / 1e9
	r := result.Rate{Unit: unit, Value: result.Num(t.sum / seconds), N: len(t.at)}
	if len(t.at) < 5*rateSlices {
		return r
	}
	means := make([]float64, rateSlices)
	for i, at := range t.at {
		k := int(float64(at-start) / float64(end-start) * rateSlices)
		means[min(k, rateSlices-1)] += t.w[i] / (seconds / rateSlices)
	}
	if _, lo, hi, ok := stats.MeanInterval(means, conf); ok {
		r.Lo, r.Hi = result.Num(max(0, lo)), result.Num(hi)
	}
	return r
}

// steady finds the steady part by MSER-5 on e2e in due order and a trend test
// on what remains. Trimming never drops a failure from success: the rates of
// the steady part count every request due in it.
func steady(in CellInput, measured []*exchange.Exchange, serial bool) (*result.Metrics, string) {
	if len(measured) < minSteady {
		return nil, fmt.Sprintf("not assessed: %d requests, needs %d", len(measured), minSteady)
	}
	var series []float64
	var index []int
	for i, x := range measured {
		if v, ok := Value("e2e", x); ok && !math.IsInf(v, 0) {
			series, index = append(series, v), append(index, i)
		}
	}
	if len(series) < minSteady {
		return nil, fmt.Sprintf("not assessed: %d requests succeeded, needs %d", len(series), minSteady)
	}
	cut, ok := stats.MSER5(series)
	if !ok {
		return nil, "no steady part: latency is still settling in the second half"
	}
	note := "steady from the first request"
	from := 0
	if cut > 0 {
		from = index[cut]
		note = fmt.Sprintf("steady after the first %d requests (MSER-5)", from)
	}
	if _, p := stats.MannKendall(series[cut:]); p < 0.01 {
		note += "; a trend remains (Mann-Kendall)"
	}
	m := metrics(in, measured[from:], measured[from].Due, in.End, serial)
	return &m, note
}

func arrivals(measured []*exchange.Exchange, load result.LoadShape, start exchange.Stamp) *result.Arrivals {
	var errs []float64
	var sent []exchange.Stamp
	for _, x := range measured {
		if v, ok := x.Writing.Sub(x.Due); ok {
			errs = append(errs, v)
			sent = append(sent, x.Writing)
		}
	}
	if len(measured) < 2 || len(sent) < 2 {
		return nil
	}
	slices.Sort(errs)
	slices.Sort(sent)
	a := &result.Arrivals{
		ErrorP50MS: stats.Quantile(errs, .5), ErrorP99MS: stats.Quantile(errs, .99), ErrorMaxMS: errs[len(errs)-1],
	}
	span := float64(measured[len(measured)-1].Due-measured[0].Due) / 1e9
	got := float64(sent[len(sent)-1]-sent[0]) / 1e9
	if span <= 0 || got <= 0 {
		return a
	}
	a.Process = process(measured, sent, load, start)
	a.IntendedRate = float64(len(measured)-1) / span
	a.AchievedRate = float64(len(sent)-1) / got
	a.Deficit = 1 - a.AchievedRate/a.IntendedRate
	return a
}

// process compares the gaps that were due and those that were sent with what
// their process should have.
func process(measured []*exchange.Exchange, sent []exchange.Stamp, load result.LoadShape, start exchange.Stamp) *result.Process {
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
	seconds := func(s exchange.Stamp) float64 { return float64(s-start) / 1e9 }
	due, went := make([]float64, len(measured)), make([]float64, len(sent))
	for i, x := range measured {
		due[i] = seconds(x.Due)
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

// someErrors returns up to five distinct messages, the commonest first.
func someErrors(measured []*exchange.Exchange) []string {
	n := map[string]int{}
	for _, x := range measured {
		if x.Failed() && x.Error != "" {
			n[fmt.Sprintf("%s: %s", x.Class, x.Error)]++
		}
	}
	type counted struct {
		text string
		n    int
	}
	var all []counted
	for text, k := range n {
		all = append(all, counted{text, k})
	}
	slices.SortFunc(all, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text))
	})
	var out []string
	for _, c := range all[:min(5, len(all))] {
		out = append(out, fmt.Sprintf("%d × %s", c.n, c.text))
	}
	return out
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
