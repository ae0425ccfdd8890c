// Package cost works out what requests cost and whether one target is cheaper
// than another: prices by token, machines by the hour, savings, break-even.
//
// A rented machine is paid for whether it is busy or idle, so the cost of a
// request depends on the volume. Capacity is what was measured, not what a data
// sheet says, and replicas are whole. What cannot be worked out is withheld with
// the reason; it is never 0. The package is pure: it measures nothing and looks
// up no price. Staff, storage, network traffic, taxes, discounts and price
// changes are not included.
//
// Usage is counted as OpenAI does: cached tokens are part of the input tokens.
// A month has 730 hours.
package cost

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/result"
)

// Hours and seconds of a month.
const (
	HoursPerMonth   = 730.0
	SecondsPerMonth = HoursPerMonth * 3600
)

// Input is everything that the costs follow from.
type Input struct {
	Candidate Target
	Baseline  *Target // nil: there is nothing to compare with

	MonthlyRequests float64 // the volume that the comparison is about
	BesideRequests  float64 // a second volume to compare with it; 0 for none
	// PeakToMean is the peak rate over the mean rate of a month; machines are
	// rented for the peak. Under 1 counts as 1.
	PeakToMean float64
	Months     int // horizon of the projection
	// Conf is the confidence of the two-sided intervals; 0 means 0.95. A
	// one-sided decision at α takes the bounds of 1 − 2α.
	Conf float64
}

// Target is the measured usage of one target and what it is paid by.
type Target struct {
	Name     string // "candidate" or "baseline"; also the key of its part of the plan
	Evidence result.Evidence
	Usage    []Usage // of its successful requests
	NoUsage  int     // successful requests without usage; they are left out
	// Machine takes precedence over Price: a target with both is paid by the hour.
	Price    *result.Price
	Machine  *result.Machine
	Capacity *Capacity // of one replica; nil if it was not measured, or at no level within the limits
	Outside  string    // the limits that no measured level is within
}

// Usage is the number of tokens of one successful request, as the server counted.
type Usage struct {
	Prompt string // the prompt's id; pairs the targets
	Input  int    // cached tokens included
	Cached *int   // nil: not reported
	Output int    // reasoning included
}

// Capacity is what one replica carried.
type Capacity struct {
	Requests result.Rate // successful requests/s
	Input    result.Rate // input tokens/s at the same time; may be withheld
	Output   result.Rate // output tokens/s at the same time; may be withheld
	Cell     string      // its id
	From     string      // the cell and its load, in words
}

// Best returns the capacity of a target: the cell with the most requests/s among
// those that inside accepts (nil accepts all). It is nil if there is none.
func Best(t *result.Throughput, target string, inside func(result.Cell) bool) *Capacity {
	if t == nil {
		return nil
	}
	var best *Capacity
	for _, c := range t.Cells {
		rate := c.Metrics.Rates["throughput"]
		if c.Target != target || rate.Value == nil || *rate.Value <= 0 || inside != nil && !inside(c) {
			continue
		}
		if best == nil || *rate.Value > *best.Requests.Value {
			best = &Capacity{
				Requests: rate, Input: c.Metrics.Rates["input_throughput"], Output: c.Metrics.Rates["output_throughput"],
				Cell: c.ID, From: fmt.Sprintf("%s (%s)", c.ID, c.Load.Text),
			}
		}
	}
	return best
}

// Assess works out the cost of both targets and compares them. It always
// returns a result; what cannot be worked out is withheld in it with the reason.
func Assess(in Input) *result.Cost {
	if in.Conf <= 0 || in.Conf >= 1 {
		in.Conf = 0.95
	}
	in.PeakToMean = max(1, in.PeakToMean)
	cand := newBill(in.Candidate, in)
	out := &result.Cost{Months: in.Months, Candidate: cand.result(in.MonthlyRequests)}
	out.Evidence = out.Candidate.Evidence
	out.Notes = cand.notes
	base := &bill{withheld: "there is no baseline to compare with (--baseline)"}
	if in.Baseline != nil {
		base = newBill(*in.Baseline, in)
		out.Baseline = base.result(in.MonthlyRequests)
		out.Evidence = result.Weakest(out.Evidence, out.Baseline.Evidence)
		out.Notes = append(out.Notes, base.notes...)
	}
	switch {
	case in.MonthlyRequests <= 0:
		out.Withheld = "a monthly cost needs a volume: set cost.monthly_requests (--monthly-requests)"
		return out
	case in.Baseline == nil:
		out.Withheld = base.withheld
	case cand.withheld != "":
		out.Withheld = cand.Name + ": " + cand.withheld
	case base.withheld != "":
		out.Withheld = base.Name + ": " + base.withheld
	}
	out.Volumes = append(out.Volumes, compare(cand, base, in.MonthlyRequests, in.Conf))
	if in.BesideRequests > 0 && in.BesideRequests != in.MonthlyRequests {
		beside := compare(cand, base, in.BesideRequests, in.Conf)
		if why := difference(cand, base, in.MonthlyRequests, in.BesideRequests); why != "" {
			beside.Text += " " + why
		}
		out.Volumes = append(out.Volumes, beside)
	}
	if out.Withheld != "" {
		return out
	}
	out.BreakEven = breakEven(cand, base)
	out.Projection = projection(cand, base, in.MonthlyRequests, in.Months)
	out.Notes = append(out.Notes, fmt.Sprintf("Intervals (%g %%) include the spread of token counts between requests and the uncertainty of the measured throughput. Prices, the volume and the peak are taken as given; the targets count as independent unless both are paid by the token for the same prompts.", 100*in.Conf))
	if cand.machine() || base.machine() {
		out.Notes = append(out.Notes, fmt.Sprintf("Machines are rented for a peak of %g times the mean rate, %g hours per month. Staff, storage, traffic and taxes are not included.", in.PeakToMean, HoursPerMonth))
	}
	return out
}

// projection adds up the months at a steady volume and today's prices.
func projection(cand, base *bill, volume float64, months int) []result.Month {
	c, _ := cand.month(volume)
	b, _ := base.month(volume)
	var rows []result.Month
	for m := 1; m <= months; m++ {
		rows = append(rows, result.Month{Month: m, Candidate: float64(m) * c.value, Baseline: float64(m) * b.value})
	}
	return rows
}
