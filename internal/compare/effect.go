package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Verdict is what is called of an effect.
type Verdict string

// The verdicts. Better and worse hold for all effects of the document at once (Holm);
// Hint is a difference that its own interval shows, and the number of effects does not
// allow to call.
const (
	Better    Verdict = "better"
	Worse     Verdict = "worse"
	Hint      Verdict = "hint"
	NoneShown Verdict = "~" // no evidence of a difference
	Withheld  Verdict = "withheld"
	Spoilt    Verdict = "spoilt" // by a validity check of either run
)

// Side is one run's value of a figure.
type Side struct {
	Value    *result.Number `json:"value,omitempty"` // of the sample
	Lo       *result.Number `json:"lo,omitempty"`    // its own 95 % interval
	Hi       *result.Number `json:"hi,omitempty"`
	Withheld string         `json:"withheld,omitempty"` // why it has no interval
	N        int            `json:"n"`
	NEff     float64        `json:"n_eff,omitempty"` // effective sample size; 0: not assessed
	// FromResult says that the interval is the one in result.json, taken as normal at other
	// errors than 5 %.
	FromResult bool `json:"from_result,omitempty"`
}

// Interval is a change with its 95 % interval; an end that is absent does not exist, and then
// there is no value either, only the bound that there is.
type Interval struct {
	Value    *result.Number `json:"value,omitempty"`
	Lo       *result.Number `json:"lo,omitempty"`
	Hi       *result.Number `json:"hi,omitempty"`
	Withheld string         `json:"withheld,omitempty"`
}

// Effect is one figure of a cell in both runs.
type Effect struct {
	Metric string `json:"metric"`
	Stat   string `json:"stat,omitempty"`
	Unit   string `json:"unit"`
	Base   Side   `json:"base"`
	Run    Side   `json:"run"`
	// Difference is run − base, in Unit; of a share in percentage points.
	Difference Interval `json:"difference"`
	Ratio      Interval `json:"ratio"` // run ÷ base
	Method     string   `json:"method"`
	// P is the two-sided p-value of no difference, and Adjusted the same for all effects of
	// the document at once; absent where there is no interval.
	P        *result.Number `json:"p,omitempty"`
	Adjusted *result.Number `json:"p_adjusted,omitempty"`
	Verdict  Verdict        `json:"verdict"`
	Word     string         `json:"word"` // slower, faster, higher, lower, ~
	// Detectable is the change that runs like these would have called in four of five pairs:
	// a part of the base's value, of a share in percentage points.
	Detectable *result.Number  `json:"detectable,omitempty"`
	Evidence   result.Evidence `json:"evidence"`
	Spoilt     string          `json:"spoilt,omitempty"` // which check spoils it, and why

	metric metric.Metric
	test   contrast
	above  bool // which way P points
}

// contrast is what the change of a figure is tested by: on the logarithm where both
// values are above 0 and no share, else as they are.
type contrast struct {
	base, run stats.Uncertain
	log       bool
	percent   float64 // what a unit of the contrast is multiplied by to be shown
	ok        bool
}

// contrastOf two quantities of a metric. relative asks for the logarithm.
func contrastOf(m metric.Metric, base, run quantity, relative bool) contrast {
	c := contrast{base: base.Uncertain, run: run.Uncertain, percent: 1, ok: base.lacking == "" && run.lacking == ""}
	if m.Unit == "ratio" {
		c.percent = 100
	}
	if relative && c.ok {
		if !(base.Value > 0) || !(run.Value > 0) {
			c.ok = false
			return c
		}
		c.base, c.run, c.log = base.Log(), run.Log(), true
	}
	return c
}

// bound of the change, in logarithms where it is of those.
func (c contrast) bound(alpha float64, upper bool) (float64, bool) {
	if !c.ok {
		return 0, false
	}
	return stats.DifferenceBound(c.base, c.run, alpha, upper)
}

// value of the change; it is not ok where one of the two is infinite.
func (c contrast) value() (float64, bool) {
	d := c.run.Value - c.base.Value
	return d, c.ok && !math.IsInf(d, 0) && !math.IsNaN(d)
}

// shown is the change for people.
func (c contrast) shown(v float64) *result.Number {
	if c.log {
		return result.Num(math.Exp(v))
	}
	return result.Num(c.percent * v)
}

// interval at 95 %.
func (c contrast) interval(why string) Interval {
	var out Interval
	if v, ok := c.value(); ok {
		out.Value = c.shown(v)
	}
	lo, okLo := c.bound(shownAlpha, false)
	hi, okHi := c.bound(shownAlpha, true)
	if okLo && !math.IsInf(lo, -1) { // failures may put even this end beyond any number
		out.Lo = c.shown(lo)
	}
	if okHi && !math.IsInf(hi, 1) {
		out.Hi = c.shown(hi)
	}
	if out.Lo == nil || out.Hi == nil {
		out.Value = nil // a number without an interval is taken for one with
	}
	if out.Lo == nil && out.Hi == nil {
		if out.Withheld = why; why == "" {
			out.Withheld = "too few requests for an interval"
		}
	}
	return out
}

// p is the two-sided p-value of no change, and which way it points.
func (c contrast) p() (p float64, above bool) {
	up, down := c.errorOf(0, true), c.errorOf(0, false)
	return min(1, 2*min(up, down)), up <= down
}

// errorOf is the one-sided p-value of the change being above (or below) a limit.
func (c contrast) errorOf(limit float64, above bool) float64 {
	if v, ok := c.value(); ok && (above && v <= limit || !above && v >= limit) {
		return 1 // no bound lies beyond the estimate
	}
	return stats.ErrorOf(func(alpha float64) bool {
		v, ok := c.bound(alpha, !above)
		return ok && (above && v > limit || !above && v < limit)
	})
}

// detectable is the change that is shown at a one-sided error with a power of 80 %, given
// that the standard error is what the interval says; it is not ok without an interval.
func (c contrast) detectable(alpha float64) (float64, bool) {
	lo, okLo := c.bound(alpha, false)
	hi, okHi := c.bound(alpha, true)
	half := (hi - lo) / 2
	if !okLo || !okHi || math.IsInf(half, 0) || math.IsNaN(half) {
		return 0, false
	}
	half *= 1 + stats.NormalQuantile(power)/stats.NormalQuantile(1-alpha)
	if c.log {
		return math.Exp(half) - 1, true
	}
	return c.percent * half, true
}

// power at which a detectable difference is found.
const power = 0.8

// figures are those that are compared of each cell: the headlines' middle and tails, what
// succeeded, and rates.
func figures(c *Cell) []metric.Limit {
	var out []metric.Limit
	for _, m := range metric.Headlines() {
		for _, stat := range []string{"p50", "p95", "p99"} {
			out = append(out, metric.Limit{Metric: m, Stat: stat})
		}
	}
	for _, tag := range []string{"success", "throughput", "output_throughput", "goodput"} {
		if m, ok := metric.Lookup(tag); ok {
			out = append(out, metric.Limit{Metric: m})
		}
	}
	return slices.DeleteFunc(out, func(l metric.Limit) bool { return !c.has(l.Metric) })
}

// has reports whether either run measured a metric in this cell.
func (c *Cell) has(m metric.Metric) bool {
	return measured(c.base.cell, m) || measured(c.other.cell, m)
}

// measured reports whether a cell has a metric, were it with too few requests.
func measured(c *result.Cell, m metric.Metric) bool {
	if m.Kind == metric.Rate {
		r, ok := c.Metrics.Rates[m.Tag]
		return ok && r.Value != nil
	}
	_, ok := c.Metrics.Stats[m.Tag]
	return ok
}

// unmeasured says which of the runs does not have a metric in this cell, "" where both do.
func (c *Cell) unmeasured(m metric.Metric) string {
	for _, s := range []*side{c.base, c.other} {
		if !measured(s.cell, m) {
			return s.run.Name + " did not measure " + m.Tag
		}
	}
	return ""
}

// unlike is the relative difference of mean answer lengths from which figures of whole
// answers compare different work, as between targets of one load (check output_length).
const unlike = 0.1

// ofWholeAnswers are the metrics that depend on how long answers are.
var ofWholeAnswers = []string{"e2e", "e2e_service", "throughput", "goodput"}

// unlikeLengths says that the answers of both differ in length though one was asked for.
func (c *Cell) unlikeLengths() string {
	b, r := c.base.cell, c.other.cell
	x, y := b.Metrics.Stats["output_tokens"].Mean, r.Metrics.Stats["output_tokens"].Mean
	if x == nil || y == nil || !b.Workload.FixedOutput || !r.Workload.FixedOutput || math.Abs(float64(*x-*y)) <= unlike*float64(max(*x, *y)) {
		return ""
	}
	return fmt.Sprintf("answers have %s tokens in %s and %s in %s, though one length was asked for: they compare different work", number(float64(*x)), c.base.run.Name, number(float64(*y)), c.other.run.Name)
}

// measure works out the effects of a cell.
func (c *Cell) measure() {
	for _, l := range figures(c) {
		c.Effects = append(c.Effects, c.effect(l.Metric, l.Stat))
	}
	c.Shifts, c.Profiles = c.shifts(), c.profiles()
}

// effect of one figure.
func (c *Cell) effect(m metric.Metric, stat string) Effect {
	base, run := c.base.quantity(m, stat), c.other.quantity(m, stat)
	relative := m.Unit != "ratio"
	e := Effect{
		Metric: m.Tag, Stat: stat, Unit: m.Unit, Base: base.side(), Run: run.side(), Evidence: c.Evidence, Method: method(m, stat, base, run),
		Verdict: Withheld, Word: wordless, metric: m, test: contrastOf(m, base, run, relative),
	}
	e.Difference = contrastOf(m, base, run, false).interval(lackingOf(c, base, run, false))
	if relative {
		e.Ratio = e.test.interval(lackingOf(c, base, run, true))
	} else {
		e.Ratio = Interval{Withheld: "shares are compared by their difference"}
	}
	e.Spoilt = c.spoilt(m.Tag)
	if e.Spoilt != "" {
		e.Verdict = Spoilt
		return e
	}
	_, okLo := e.test.bound(shownAlpha, false)
	_, okHi := e.test.bound(shownAlpha, true)
	if okLo || okHi {
		p, above := e.test.p()
		e.P, e.above = result.Num(p), above
	}
	return e
}

// side shows a quantity.
func (q quantity) side() Side {
	s := Side{N: q.n, NEff: q.neff, FromResult: q.rescaled, Withheld: q.withheld}
	if q.lacking != "" {
		s.Withheld = q.lacking
		return s
	}
	s.Value = result.Num(q.Value)
	s.Lo, s.Hi = q.ends()
	return s
}

// lackingOf says which of the two has no interval, or no ratio where the change is relative,
// and why.
func lackingOf(c *Cell, base, run quantity, relative bool) string {
	sides := []struct {
		q    quantity
		name string
	}{{base, c.base.run.Name}, {run, c.other.run.Name}}
	for _, s := range sides {
		switch {
		case s.q.lacking != "":
			return s.name + ": " + s.q.lacking
		case s.q.withheld != "":
			return s.name + ": " + s.q.withheld
		}
	}
	for _, s := range sides {
		if relative && !(s.q.Value > 0) {
			return s.name + ": it is 0, so that there is no ratio"
		}
	}
	if math.IsInf(base.Value, 1) && math.IsInf(run.Value, 1) {
		return "failed requests reach into it in both runs"
	}
	return ""
}

// spoilt says which check of either run spoils a metric in this cell, or why it compares
// different work.
func (c *Cell) spoilt(tag string) string {
	for _, s := range []*side{c.base, c.other} {
		if check, is := s.run.Result.Validity.Spoilt(tag, s.cell.ID); is {
			return s.run.Name + ": " + check.ID + ": " + check.Text
		}
	}
	if slices.Contains(ofWholeAnswers, tag) {
		return c.unlikeLengths()
	}
	return ""
}

// method says how the interval was made.
func method(m metric.Metric, stat string, base, run quantity) string {
	var text string
	switch {
	case m.Tag == "success":
		text = "difference of shares by Newcombe's method 10, of Wilson's intervals at the effective sample sizes"
	case m.Kind == metric.Rate:
		text = "MOVER of Student's intervals over slices of each window"
	case stat == "mean":
		text = "MOVER of skew-adjusted Student intervals at the effective sample sizes"
	default:
		text = "MOVER of order-statistic intervals at the effective sample sizes"
	}
	if base.rescaled || run.rescaled {
		text += "; at other errors than 5 % the intervals of result.json are taken as normal"
	}
	return text
}

// call adjusts the p-values of all effects, and says what is called of each.
func (d *Document) call() {
	var tested []*Effect
	var p []float64
	for i := range d.Comparisons {
		for k := range d.Comparisons[i].Cells {
			c := &d.Comparisons[i].Cells[k]
			for j := range c.Effects {
				if e := &c.Effects[j]; e.P != nil {
					tested, p = append(tested, e), append(p, float64(*e.P))
				}
			}
		}
	}
	d.Tests = len(tested)
	for i, adjusted := range holm(p) {
		tested[i].called(adjusted, d.Alpha, len(tested))
	}
}

// called sets the verdict of a tested effect.
func (e *Effect) called(adjusted, alpha float64, tests int) {
	e.Adjusted = result.Num(adjusted)
	if v, ok := e.test.detectable(alpha / 2 / float64(tests)); ok {
		e.Detectable = result.Num(v)
	}
	e.Verdict = NoneShown
	switch {
	case adjusted <= alpha:
		e.Verdict = Worse
		if e.above == (e.metric.Direction == metric.HigherIsBetter) {
			e.Verdict = Better
		}
	case float64(*e.P) <= alpha:
		e.Verdict = Hint
	}
	if e.Verdict != NoneShown {
		e.Word = word(e.metric, e.above)
	}
}

// holm adjusts p-values for their number (Holm 1979): with p(1) ≤ … ≤ p(m) the k-th is the
// largest of (m − j + 1)·p(j), j ≤ k, and at most 1.
func holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareFloats(p[a], p[b]) })
	out, most := make([]float64, len(p)), 0.0
	for k, i := range order {
		most = max(most, float64(len(p)-k)*p[i])
		out[i] = min(1, most)
	}
	return out
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
