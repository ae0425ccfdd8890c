package cost

import (
	"cmp"
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// compare compares both bills at one volume. The bill of a missing baseline has
// no name.
func compare(cand, base *bill, volume, conf float64) result.VolumeCost {
	v := result.VolumeCost{
		MonthlyRequests: volume,
		Candidate:       cand.monthEstimate(volume),
		Baseline:        base.monthEstimate(volume),
		Text:            fmt.Sprintf("At %s requests per month the candidate costs %s", amount.Count(volume), cand.phrase(volume)),
	}
	if base.Name != "" {
		v.Text += " and the baseline " + base.phrase(volume)
	}
	if cand.withheld == "" && cand.machine() {
		_, n := cand.month(volume)
		v.Replicas = int(min(n, math.MaxInt32))
		v.Utilisation = result.Num(cand.utilisation(volume))
	}
	if why := cmp.Or(cand.withheld, base.withheld); why != "" {
		none := result.Estimate{Withheld: why}
		v.SavingsPercent, v.SavingsMonth, v.SavingsYear = none, none, none
		v.Text += "."
		return v
	}
	c, _ := cand.month(volume)
	b, _ := base.month(volume)
	percent, month := savings(cand, base, c, b, volume, conf)
	v.SavingsMonth, v.SavingsYear = month.estimate(), month.times(12).estimate()
	if b.value <= 0 {
		v.SavingsPercent = result.Estimate{Withheld: "the baseline costs nothing, so savings relative to it are undefined"}
		v.Text += "."
		return v
	}
	v.SavingsPercent = percent.estimate()
	switch {
	case month.value > 0:
		v.Text += fmt.Sprintf(": a saving of %s per month (%s %%).", amount.USD(month.value), short(percent.value))
	case month.value < 0:
		v.Text += fmt.Sprintf(": %s more per month (savings of %s %%).", amount.USD(-month.value), short(percent.value))
	default:
		v.Text += ": the same."
	}
	return v
}

// savings of c against b, in percent and in USD per month. Where both are paid
// by the token for the same prompts, they are compared prompt by prompt.
func savings(cand, base *bill, c, b interval, volume, conf float64) (percent, month interval) {
	if x, y, ok := pairs(cand, base); ok {
		r := ratioOf(x, y, conf)
		d := make([]float64, len(x))
		for i := range x {
			d[i] = y[i] - x[i]
		}
		m, lo, hi, ok := stats.MeanInterval(d, conf)
		return interval{100 * (1 - r.value), 100 * (1 - r.hi), 100 * (1 - r.lo), r.bounded}, interval{m, lo, hi, ok}.times(volume)
	}
	r := c.over(b)
	return interval{100 * (1 - r.value), 100 * (1 - r.hi), 100 * (1 - r.lo), r.bounded}, b.minus(c)
}

// pairs returns both targets' USD by prompt, if both are paid by the token and
// answered exactly the same prompts, each once.
func pairs(cand, base *bill) (c, b []float64, ok bool) {
	if cand.machine() || base.machine() || len(cand.usd) != len(base.usd) || len(cand.usd) < 2 {
		return nil, nil, false
	}
	of := make(map[string]float64, len(base.usd))
	for i, u := range base.Usage {
		of[u.Prompt] = base.usd[i]
	}
	if len(of) != len(base.usd) {
		return nil, nil, false
	}
	for i, u := range cand.Usage {
		other, found := of[u.Prompt]
		if !found {
			return nil, nil, false
		}
		delete(of, u.Prompt)
		c, b = append(c, cand.usd[i]), append(b, other)
	}
	return c, b, true
}

// monthEstimate is the cost of a volume, or why it is unknown. For a machine of
// unknown capacity, the cost of the minimum number of replicas is a lower bound.
func (b *bill) monthEstimate(volume float64) result.Estimate {
	if b.withheld != "" {
		e := result.Estimate{Withheld: b.withheld}
		if b.hourly > 0 {
			e.AtLeast = result.Num(float64(b.minimum) * b.hourly * HoursPerMonth)
		}
		return e
	}
	m, _ := b.month(volume)
	return m.estimate()
}

// utilisation is the mean rate as a share of what the replicas can carry.
func (b *bill) utilisation(volume float64) float64 {
	_, n := b.month(volume)
	return volume / (n * b.capacity.value * SecondsPerMonth)
}

// difference explains in one sentence why a second volume has a different answer.
// It is empty where a cost is missing.
func difference(cand, base *bill, volume, beside float64) string {
	if cand.withheld != "" || base.withheld != "" {
		return ""
	}
	machine, token := cand, base
	switch {
	case !cand.machine() && !base.machine():
		return "Both are paid by the token, so the savings in percent are the same at every volume."
	case cand.machine() && base.machine():
		return "Both are paid by the hour, so the difference is in how many replicas each needs."
	case base.machine():
		machine, token = base, cand
	}
	first, n := machine.month(volume)
	second, m := machine.month(beside)
	each := func(i interval, v float64) string { return amount.USD(i.value / v) }
	return fmt.Sprintf("A machine is paid for while it is idle: the %s needs %s at %s requests and %s at %s, where it is busy %s %% of the time, so a request costs %s instead of %s, while the %s charges %s per request at any volume.",
		machine.Name, replicas(n), amount.Count(volume), replicas(m), amount.Count(beside), short(100*machine.utilisation(beside)),
		each(second, beside), each(first, volume), token.Name, amount.USD(token.request.value))
}
