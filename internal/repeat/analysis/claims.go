package analysis

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// claims decides the claims of the plan by the repeats together.
func (a *Analysis) claims(repeats []Measured) {
	var order []string
	of := map[string]*Claim{}
	for _, r := range repeats {
		for _, c := range r.Result.Claims {
			if !c.Set {
				continue
			}
			have, ok := of[c.ID]
			if !ok {
				have = &Claim{Limit: c.Limit, Text: c.Text, Unit: c.Unit, Alpha: c.Alpha}
				of[c.ID] = have
				order = append(order, c.ID)
			}
			have.Alone = append(have.Alone, Alone{Number: r.Number, At: r.At(), Verdict: c.Verdict, Value: c.Estimate})
		}
	}
	for _, id := range order {
		of[id].decide(a.Failed)
		a.Claims = append(a.Claims, *of[id])
	}
}

// decide compares the mean over the repeats with the limit, at the claim's own error
// probability. A repeat that a check spoils does not count.
func (c *Claim) decide(failed int) {
	var values []float64
	counted := map[result.Verdict]int{}
	unknown := 0
	for _, r := range c.Alone {
		counted[r.Verdict]++
		if r.Value == nil && r.Verdict != result.Invalid && r.Verdict != result.Proved {
			unknown++
		}
		if r.Value != nil && r.Verdict != result.Invalid {
			values = append(values, float64(*r.Value))
		}
	}
	var parts []string
	for _, v := range []result.Verdict{result.Proved, result.Refuted, result.Undecided, result.Invalid} {
		if counted[v] > 0 {
			parts = append(parts, fmt.Sprintf("%s in %d", v, counted[v]))
		}
	}
	alone := fmt.Sprintf("alone, of %d repeats, it is %s", len(c.Alone), strings.Join(parts, ", "))
	l, err := metric.ParseLimit(c.Limit)
	share := l.Metric.Tag == "success" || linear(c.Unit)
	c.Verdict = result.Undecided
	switch c.Mean = overRepeats(values, share); {
	case counted[result.Invalid] == len(c.Alone):
		c.Verdict, c.Reason = result.Invalid, "every repeat of it is spoilt; "+alone
		return
	case err != nil:
		c.Reason = "its limit is not one of a single figure, so the repeats decide it alone; " + alone
		return
	case c.Mean.Value == nil:
		c.Reason = c.Mean.Withheld + "; " + alone
		return
	}
	lo, hi := meanBounds(values, share, c.Alpha)
	below := l.Op == metric.Less || l.Op == metric.LessEqual
	switch {
	case (below && hi < l.Value || !below && lo > l.Value) && failed+unknown > 0:
		c.Reason = fmt.Sprintf("it holds on the mean over %s, but not counted are %s, which may be the bad hours; ", amount.Things(len(values), "repeat"), left(failed, unknown)) + alone
	case below && hi < l.Value || !below && lo > l.Value:
		c.Verdict = result.Proved
		c.Reason = "on the mean over the repeats it holds; " + alone
	case below && lo > l.Value || !below && hi < l.Value:
		c.Verdict = result.Refuted
		c.Reason = "on the mean over the repeats it does not hold; " + alone
	default:
		c.Reason = "the interval over the repeats holds the limit; " + alone
	}
}

// left says which repeats are not in a mean.
func left(failed, unknown int) string {
	var parts []string
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", failed))
	}
	if unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d without a value of it (too few independent requests)", unknown))
	}
	return strings.Join(parts, " and ")
}

// meanBounds are the one-sided bounds of the mean over repeats, each at an error
// probability.
func meanBounds(values []float64, arithmetic bool, alpha float64) (lo, hi float64) {
	x := make([]float64, len(values))
	for i, v := range values {
		if x[i] = v; !arithmetic {
			x[i] = math.Log(v)
		}
	}
	_, lo, hi, ok := stats.MeanInterval(x, 1-2*alpha)
	if !ok || lo == hi {
		return math.Inf(-1), math.Inf(1) // repeats that are all equal say nothing of their scatter
	}
	if arithmetic {
		return lo, hi
	}
	return math.Exp(lo), math.Exp(hi)
}
