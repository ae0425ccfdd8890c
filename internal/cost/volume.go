package cost

import (
	"cmp"
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// compare compares both bills at one volume. The bill of a missing baseline has
// no name.
func compare(cand, base *bill, volume float64, in Input) result.VolumeCost {
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
		m := cand.need(volume)
		v.Replicas, v.Accelerators = int(min(m.Replicas, math.MaxInt32)), int(min(m.Accelerators, math.MaxInt32))
		v.Utilisation = result.Num(m.Utilization)
	}
	if why := cmp.Or(cand.withheld, base.withheld); why != "" {
		none := result.Estimate{Withheld: why}
		v.SavingsPercent, v.SavingsMonth, v.SavingsYear = none, none, none
		v.Text += "."
		return v
	}
	percent, month, year := savings(cand, base, volume, in)
	v.SavingsMonth, v.SavingsYear = month.estimate(), year.estimate()
	if !(base.month(volume).value > 0) {
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

// savings of the candidate, in percent and in USD per month at a volume, and in USD
// over the first year with the plan's growth. The bounds are those of the draws.
func savings(cand, base *bill, volume float64, in Input) (percent, month, year interval) {
	of := func(volumes []float64) (c, b float64) {
		mine, theirs := cand.at(), base.at()
		for _, v := range volumes {
			c, b = c+mine.Month(v, cand.demand).USD, b+theirs.Month(v, base.demand).USD
		}
		return c, b
	}
	one := []float64{volume}
	c, b := of(one)
	percent, month = interval{value: 100 * (1 - c/b)}, interval{value: b - c}
	if d, ok := draw(cand, base, one, in); ok {
		percent, month = between(percent.value, d.percent(), in.Conf), between(month.value, d.month(), in.Conf)
	}
	if in.Growth == 0 {
		return percent, month, month.times(12)
	}
	var all []float64
	for m := range 12 {
		all = append(all, volume*math.Pow(1+in.Growth, float64(m)))
	}
	c, b = of(all)
	year = interval{value: b - c}
	if d, ok := draw(cand, base, all, in); ok {
		year = between(year.value, d.month(), in.Conf)
	}
	return percent, month, year
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
// unknown capacity, the cost of the least number of replicas is a lower bound.
func (b *bill) monthEstimate(volume float64) result.Estimate {
	if b.withheld != "" {
		return result.Estimate{Withheld: b.withheld, AtLeast: b.least()}
	}
	return b.month(volume).estimate()
}

// least is what the least number of machines costs in a month, whatever they carry;
// nil where none is paid by the hour, or none runs without requests.
func (b *bill) least() *result.Number {
	if b.fleet == nil || b.fleet.USDPerHour <= 0 || b.fleet.Scaling == tariff.ScaleToZero {
		return nil
	}
	f := *b.fleet
	f.RequestsPerSecond = math.Inf(1)
	return result.Num(Side{Fleet: &f}.Month(0, b.demand).USD)
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
	first, second := machine.need(volume), machine.need(beside)
	return fmt.Sprintf("A machine is paid for while it is idle: the %s needs %s at %s requests and %s at %s, where it is busy %s %% of the time, so a request costs %s instead of %s, while the %s charges %s per request at any volume.",
		machine.Name, replicas(first.Replicas), amount.Count(volume), replicas(second.Replicas), amount.Count(beside), short(100*second.Utilization),
		amount.USD(second.USD/beside), amount.USD(first.USD/volume), token.Name, amount.USD(token.at().PerRequest))
}
