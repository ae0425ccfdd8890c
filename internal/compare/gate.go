package compare

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Outcome of a condition of a gate.
type Outcome string

// The outcomes. A gate has the first that applies to one of its conditions, of invalid,
// shown, undecided; else it has excluded.
const (
	Shown     Outcome = "shown"     // the condition is true, at the error of all conditions together
	Excluded  Outcome = "excluded"  // it is false, at an error of 5 %
	Undecided Outcome = "undecided" // these runs show neither
	Invalid   Outcome = "invalid"   // a check spoils a figure that it rests on, or there is none
)

// Gate is the decision on conditions under which a run fails.
type Gate struct {
	Schema     string          `json:"schema"`
	Outcome    Outcome         `json:"outcome"`
	Text       string          `json:"text"`
	Evidence   result.Evidence `json:"evidence"`
	Alpha      float64         `json:"alpha"` // of a false shown among all conditions, and of a false excluded
	Conditions []Condition     `json:"conditions"`
}

// GateSchema names the version of gate.json.
const GateSchema = "inferometer/gate/v1"

// Condition is one condition in one cell.
type Condition struct {
	Condition string          `json:"condition"` // ttft.p95>+5%
	Against   string          `json:"against"`   // the run that it compares with
	Cell      string          `json:"cell,omitempty"`
	Load      string          `json:"load,omitempty"`
	Outcome   Outcome         `json:"outcome"`
	Reason    string          `json:"reason"` // in a sentence
	Base      Side            `json:"base"`
	Run       Side            `json:"run"`
	Change    Interval        `json:"change"`               // with its 95 % interval: a ratio, or a difference in Unit
	Unit      string          `json:"unit"`                 // "ratio" of the two, or the metric's; of a share "pp"
	P         *result.Number  `json:"p,omitempty"`          // one-sided, of the condition being false
	Adjusted  *result.Number  `json:"p_adjusted,omitempty"` // for all conditions of the gate (Holm)
	PFalse    *result.Number  `json:"p_false,omitempty"`    // one-sided, of the condition being true
	NeededN   int             `json:"needed_n,omitempty"`   // requests of each run that would decide at what was seen; without an interval, that would give one
	Evidence  result.Evidence `json:"evidence"`
	Method    string          `json:"method,omitempty"`

	change metric.Change
	test   contrast
	n      int
}

// decide decides conditions on a comparison.
func decide(changes []metric.Change, c Comparison) *Gate {
	return newGate(conditionsOf(changes, c))
}

func newGate(conditions []Condition) *Gate {
	g := &Gate{Schema: GateSchema, Alpha: familyAlpha, Conditions: conditions}
	g.close()
	return g
}

// conditionsOf are conditions on a comparison, in each of its loads on the candidate, before
// they are decided.
func conditionsOf(changes []metric.Change, c Comparison) []Condition {
	var out []Condition
	for _, change := range changes {
		found := false
		for i := range c.Cells {
			cell := &c.Cells[i]
			if cell.has(change.Metric) && cell.Target == candidate {
				found = true
				out = append(out, cell.condition(change, c.Base))
			}
		}
		for _, cell := range c.gone {
			if cell.Target == candidate && measured(cell, change.Metric) {
				found = true
				missing := without(change, c.Base, Invalid, fmt.Sprintf("%s measured this load, and the run did not", c.Base))
				missing.Cell, missing.Load = cell.ID, cell.Load.Text
				out = append(out, missing)
			}
		}
		if !found {
			out = append(out, without(change, c.Base, Invalid, fmt.Sprintf("no load that both runs have measured %s", change.Metric.Tag)))
		}
	}
	return out
}

// without is a condition that has nothing to be tested on.
func without(change metric.Change, against string, o Outcome, why string) Condition {
	return Condition{Condition: written(change), Against: against, Outcome: o, Reason: why, Unit: unitOf(change), Change: Interval{Withheld: why}, change: change}
}

// written is a change without the run that it is against.
func written(c metric.Change) string {
	c.Against = ""
	return c.String()
}

// condition tests a change in a cell.
func (c *Cell) condition(change metric.Change, against string) Condition {
	base, run := c.base.quantity(change.Metric, change.Stat), c.other.quantity(change.Metric, change.Stat)
	out := Condition{
		Condition: written(change), Against: against, Cell: c.ID, Load: c.Load, Base: base.side(), Run: run.side(), Evidence: c.Evidence,
		Unit: unitOf(change), Method: method(change.Metric, change.Stat, base, run), change: change,
		test: contrastOf(change.Metric, base, run, change.Relative), n: min(base.n, run.n),
	}
	out.Change = out.test.interval(lackingOf(c, base, run, change.Relative))
	if text := c.spoilt(change.Metric.Tag); text != "" {
		out.Outcome, out.Reason = Invalid, text
		return out
	}
	if text := c.unmeasured(change.Metric); text != "" {
		out.Outcome, out.Reason = Invalid, text
		return out
	}
	return out
}

func unitOf(c metric.Change) string {
	switch {
	case c.Relative:
		return "ratio"
	case c.Metric.Unit == "ratio":
		return "pp"
	}
	return c.Metric.Unit
}

// limit is the change that the condition is about, in the contrast's terms.
func (c *Condition) limit() float64 {
	switch {
	case c.change.Relative:
		return math.Log(1 + c.change.Value)
	case c.change.Metric.Unit == "ratio":
		return c.change.Value / 100
	}
	return c.change.Value
}

// close decides the conditions together: with Holm's adjustment no condition that is false is
// shown in more than 5 % of gates. That it is excluded takes no adjustment: a gate passes
// only if every condition is excluded, so that one which is true is enough for it not to
// (an intersection-union test).
func (g *Gate) close() {
	var tested []*Condition
	var p []float64
	for i := range g.Conditions {
		c := &g.Conditions[i]
		g.Evidence = weakest(g.Evidence, c.Evidence)
		if c.Outcome != "" {
			continue // there is nothing to test
		}
		shown := c.test.errorOf(c.limit(), c.change.Above)
		c.P, c.PFalse = result.Num(shown), result.Num(c.test.errorOf(c.limit(), !c.change.Above))
		tested, p = append(tested, c), append(p, shown)
	}
	for i, adjusted := range holm(p) {
		tested[i].settle(adjusted, g.Alpha, len(tested))
	}
	g.Outcome = Excluded
	for _, o := range []Outcome{Undecided, Shown, Invalid} {
		for _, c := range g.Conditions {
			if c.Outcome == o {
				g.Outcome = o
			}
		}
	}
	g.Text = g.text()
}

func weakest(a, b result.Evidence) result.Evidence {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return result.Weakest(a, b)
}

// settle gives a tested condition its outcome.
func (c *Condition) settle(adjusted, alpha float64, tests int) {
	c.Adjusted = result.Num(adjusted)
	change := c.Text()
	switch {
	case adjusted <= alpha:
		c.Outcome, c.Reason = Shown, fmt.Sprintf("%s is shown (%s)", change, probability(adjusted))
	case float64(*c.PFalse) <= alpha:
		c.Outcome, c.Reason = Excluded, fmt.Sprintf("%s excludes it (%s)", change, probability(float64(*c.PFalse)))
	default:
		c.Outcome = Undecided
		c.NeededN = c.needed(alpha, tests)
		switch {
		case c.Change.Withheld != "":
			c.Reason = "no interval: " + c.Change.Withheld
		default:
			c.Reason = change + " shows neither"
		}
		switch {
		case c.NeededN > 0 && c.Change.Withheld != "":
			c.Reason += fmt.Sprintf("; about %s requests in each run would give one", amount.Count(float64(c.NeededN)))
		case c.NeededN > 0:
			c.Reason += fmt.Sprintf("; about %s requests in each run would decide at this change", amount.Count(float64(c.NeededN)))
		case c.Change.Value != nil:
			c.Reason += "; the change is too close to the limit for any number of requests"
		}
	}
}

// Text is the change with its interval.
func (c *Condition) Text() string {
	if c.Change.Withheld != "" {
		return "the change"
	}
	switch c.Unit {
	case "ratio":
		return c.Change.Percent()
	case "pp":
		return c.Change.text(func(v float64) string { return signed(v) + " pp" }, "-∞")
	}
	return c.Change.text(func(v float64) string { return signed(v) + " " + c.Unit }, "-∞")
}

// most times as many requests that a condition may be said to need.
const mostMore = 1000

// needed is how many requests of each run would decide a condition, if the change is what
// was seen: intervals become narrower with the root of their number. 0: out of reach, or
// nobody knows.
func (c *Condition) needed(alpha float64, tests int) int {
	v, ok := c.test.value()
	if !ok || c.n == 0 {
		return c.least()
	}
	gap := v - c.limit()
	isTrue := (gap > 0) == c.change.Above
	level := alpha
	if isTrue {
		level /= float64(tests)
	}
	b, ok := c.test.bound(level, gap < 0)
	half := math.Abs(v - b)
	if !ok || math.IsInf(half, 0) {
		return c.least()
	}
	more := (half / gap) * (half / gap)
	if gap == 0 || more > mostMore {
		return 0
	}
	return max(c.n+1, int(math.Ceil(float64(c.n)*more)))
}

// least is the number of requests with which a quantile has an interval at all. 0: these
// were enough, or nobody knows.
func (c *Condition) least() int {
	p, ok := metric.Limit{Stat: c.change.Stat}.Quantile()
	if !ok || c.n == 0 || c.change.Metric.Kind == metric.Pooled { // whose n is not one of requests
		return 0
	}
	confidence := shownConfidence
	if math.IsInf(c.test.base.Value, 0) != math.IsInf(c.test.run.Value, 0) {
		confidence = 1 - shownAlpha // stats.DifferenceBound halves the error
	}
	needed, size := stats.QuantileMinN(p, confidence, true), 1.0
	for _, s := range []Side{c.Base, c.Run} {
		if s.NEff > 0 && s.N > 0 {
			needed, size = max(needed, stats.MinEffective), min(size, s.NEff/float64(s.N))
		}
	}
	if n := int(math.Ceil(float64(needed) / size)); n > c.n {
		return n
	}
	return 0 // it is not their number that it lacks
}

// probability for people.
func probability(p float64) string {
	if p < 0.0001 {
		return "p < 0.0001"
	}
	return "p = " + amount.Significant(p, 2)
}

// text says what the gate decided.
func (g *Gate) text() string {
	counts := map[Outcome]int{}
	for _, c := range g.Conditions {
		counts[c.Outcome]++
	}
	n := amount.Things(len(g.Conditions), "condition")
	switch g.Outcome {
	case Shown:
		return fmt.Sprintf("The gate fails: %d of %s shown.", counts[Shown], n)
	case Invalid:
		return fmt.Sprintf("The gate cannot be decided: the measurement of %d of %s is unreliable or missing.", counts[Invalid], n)
	case Undecided:
		return fmt.Sprintf("The gate is undecided: these runs decide %d of %s.", counts[Excluded], n)
	}
	return fmt.Sprintf("The gate passes: %s excluded.", n)
}
