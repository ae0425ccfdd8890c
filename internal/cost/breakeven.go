package cost

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

// breakEven finds the monthly volumes at which the candidate is cheaper. The cost of
// machines is a staircase: just above a step they can be more expensive again.
func breakEven(cand, base *bill) *result.BreakEven {
	r := Cheaper(cand.at(), base.at(), cand.demand)
	e := &result.BreakEven{Wins: r.List, More: r.More}
	withhold := func(why string) *result.BreakEven {
		e.MonthlyRequests, e.Text = result.Estimate{Withheld: why}, sentence(why)
		return e
	}
	if !cand.machine() && !base.machine() {
		return withhold(bothByToken(cand, base))
	}
	if len(r.List) == 0 {
		return withhold(never(cand, base, r))
	}
	first := r.List[0]
	if first.From == 1 {
		return withhold(fromTheFirst(cand, base, r))
	}
	e.MonthlyRequests = result.Estimate{Value: result.Num(float64(first.From))}
	if least, most, ok := cand.bounds(); ok {
		if cheap, dear, ok := base.bounds(); ok {
			e.MonthlyRequests.Lo, e.MonthlyRequests.Hi = firstOf(least, dear, cand.demand), firstOf(most, cheap, cand.demand)
		}
	}
	n := float64(first.From)
	e.Text = fmt.Sprintf("From about %s requests per month (%s per second on average) the candidate is cheaper: ", amount.Count(n), short(n/SecondsPerMonth))
	switch m := cand.need(n); {
	case !cand.machine():
		e.Text += fmt.Sprintf("both then cost %s per month.", amount.USD(m.USD))
	case cand.share > 0 || (fleet{cand.fleet}).scales():
		e.Text += fmt.Sprintf("it then costs %s per month.", amount.USD(m.USD))
	case m.Replicas == 1:
		e.Text += fmt.Sprintf("its machine costs %s per month even when idle.", amount.USD(m.USD))
	default:
		e.Text += fmt.Sprintf("its %s then cost %s per month.", replicas(m.Replicas), amount.USD(m.USD))
	}
	e.Text += after(r)
	return e
}

// firstOf is the lowest volume at which a is cheaper than b.
func firstOf(a, b Side, d Demand) *result.Number {
	if a.Fleet != nil && a.Fleet.RequestsPerSecond <= 0 {
		return result.Num(math.Inf(1))
	}
	if r := Cheaper(a, b, d); len(r.List) > 0 {
		return result.Num(float64(r.List[0].From))
	}
	return result.Num(math.Inf(1))
}

// after says what comes after the first range.
func after(r Ranges) string {
	last := r.List[len(r.List)-1]
	open := math.IsInf(float64(last.To), 1) && r.More == 0
	switch {
	case len(r.List) == 1 && open:
		return ""
	case open:
		return fmt.Sprintf(" It is more expensive again just above each volume that needs another machine, and permanently cheaper beyond about %s.", amount.Count(float64(last.From)))
	case len(r.List) == 1 && r.More == 0:
		return fmt.Sprintf(" Beyond %s it is more expensive again.", amount.Count(float64(last.To)))
	}
	return fmt.Sprintf(" That holds up to %s; after it, which is cheaper changes with each further machine.", amount.Count(float64(r.List[0].To)))
}

func bothByToken(cand, base *bill) string {
	c, b := cand.at().PerRequest, base.at().PerRequest
	switch {
	case c < b:
		return fmt.Sprintf("both targets are paid by the token: the candidate (%s per request) is cheaper than the baseline (%s) at any volume", amount.USD(c), amount.USD(b))
	case c > b:
		return fmt.Sprintf("both targets are paid by the token: the candidate (%s per request) is more expensive than the baseline (%s) at any volume", amount.USD(c), amount.USD(b))
	}
	return "both targets are paid by the token and cost the same"
}

// never says why the candidate is cheaper at no volume.
func never(cand, base *bill, r Ranges) string {
	if r.Until > 0 {
		return fmt.Sprintf("no volume up to %s makes the candidate cheaper: in the long run both cost about the same per request", amount.Count(r.Until))
	}
	_, c, _ := cand.at().line(cand.demand)
	_, b, _ := base.at().line(base.demand)
	if cand.machine() && !base.machine() {
		return fmt.Sprintf("no volume makes the candidate cheaper: with the planned peak its machine costs at least %s per request, and the baseline %s", amount.USD(c), amount.USD(b))
	}
	return fmt.Sprintf("no volume makes the candidate cheaper: in the long run it costs %s per request, and the baseline %s", amount.USD(c), amount.USD(b))
}

// fromTheFirst says up to which volume a candidate that is cheaper from the first
// request on stays so.
func fromTheFirst(cand, base *bill, r Ranges) string {
	open := math.IsInf(float64(r.List[0].To), 1)
	last := r.List[len(r.List)-1]
	switch {
	case open && !cand.machine():
		return "the candidate is paid by the token and stays cheaper than the baseline's machine, even one that is never idle"
	case open:
		return "the candidate is cheaper at any volume"
	}
	text := fmt.Sprintf("the candidate is cheaper up to %s requests per month", amount.Count(float64(r.List[0].To)))
	if !cand.machine() {
		text = "the candidate is paid by the token and the baseline by the hour: " + text
	}
	switch {
	case r.More > 0 || r.Until > 0:
		return text + "; after that, which is cheaper changes with each further machine"
	case math.IsInf(float64(last.To), 1):
		return text + fmt.Sprintf(", and again beyond about %s", amount.Count(float64(last.From)))
	case len(r.List) > 1:
		return text + fmt.Sprintf(", cheaper again just above each volume that needs another machine, and permanently more expensive beyond about %s", amount.Count(float64(last.To)))
	}
	return text + ", and more expensive beyond"
}

// mostPoints is how many points a curve has at most, on either side of steps.
const mostPoints = 240

// curve is what a month costs on both sides from no requests to well beyond the
// volume of the plan and the first ranges, with both sides of each step.
func curve(cand, base *bill, volume float64) []result.CurvePoint {
	mine, theirs := cand.at(), base.at()
	end := 2 * volume
	if r := Cheaper(mine, theirs, cand.demand); len(r.List) > 0 && float64(r.List[0].From) < 20*volume {
		end = max(end, 2*float64(r.List[0].From))
	}
	at := []float64{0, volume, end}
	const even = 40
	for i := 1.0; i < even; i++ {
		at = append(at, math.Round(end*i/even))
	}
	for _, s := range []Side{mine, theirs} {
		if s.stepsTo(cand.demand, end) > (mostPoints-even)/4 {
			continue // too many to be seen
		}
		for step := range s.steps(cand.demand, end) {
			at = append(at, math.Floor(step), math.Floor(step)+1)
		}
	}
	var out []result.CurvePoint
	slices.Sort(at)
	for _, v := range slices.Compact(at) {
		out = append(out, result.CurvePoint{MonthlyRequests: v, Candidate: mine.Month(v, cand.demand).USD, Baseline: theirs.Month(v, base.demand).USD})
	}
	return out
}
