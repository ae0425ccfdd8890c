// Package cost works out what requests cost and whether one target is cheaper
// than another: prices by token, machines by the hour, savings, the volumes at which
// own machines win, and how sure that is.
//
// A machine is paid for whether it is busy or idle, so the cost of a request depends
// on the volume. Capacity is what was measured, not what a data sheet says, and
// replicas and nodes are whole. What cannot be worked out is withheld with the
// reason; it is never 0. The package is pure: it measures nothing and looks up no
// price. Storage, network traffic, taxes, discounts and price changes are not
// included; staff is where the plan states it.
//
// Usage is counted as OpenAI does: cached tokens are part of the input tokens.
// A month has 730 hours.
package cost

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/pricing"
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
	Demand                  // how they come
	Growth          float64 // of the volume per month: 0.05 is 5 %
	Months          int     // horizon of the projection
	// CachedShare of the input tokens is read from a provider's cache in real
	// traffic; nil: as in the requests of the run.
	CachedShare *float64
	// BatchFactor is the price of a batched request over that of another; 0: by the
	// price's own for batches.
	BatchFactor float64
	// FallbackShare of the candidate's requests is sent to the baseline afterwards.
	FallbackShare float64
	// AcceptScore is the score that Target.Accepted is about; nil: none was set.
	AcceptScore *float64
	// Stated are the keys of the plan that somebody set; what others say is assumed by
	// default.
	Stated map[string]bool
	// Conf is the confidence of the two-sided intervals; 0 means 0.95. A
	// one-sided decision at α takes the bounds of 1 − 2α.
	Conf float64
	Seed uint64 // of the draws
}

// Target is the measured usage of one target and what it is paid by.
type Target struct {
	Name     string // "candidate" or "baseline"; also the key of its part of the plan
	Evidence result.Evidence
	Usage    []Usage // of its successful requests
	NoUsage  int     // successful requests without usage; they are left out
	// Failed requests, and what those of them are billed that are.
	Failed       int
	FailedBilled []pricing.Use
	// Accepted of the Scored answers have at least the score that the plan accepts.
	Scored, Accepted int
	// Machine takes precedence over Price: a target with both is paid by the hour.
	Price    *result.Price
	Machine  *result.Machine
	Capacity *Capacity // of one replica; nil if it was not measured, or at no level within the limits
	Peak     *Capacity // the most that was measured at any level; nil if none was
	Outside  string    // the limits that no measured level is within
}

// Usage is the tokens of one successful request, as the server counted.
type Usage struct {
	Prompt string // the prompt's id; pairs the targets
	pricing.Use
	CachedKnown bool // the server reported how much was cached
	Odd         bool // it reported more cached than input tokens
}

// Assess works out the cost of both targets and compares them. It always
// returns a result; what cannot be worked out is withheld in it with the reason.
func Assess(in Input) *result.Cost {
	if in.Conf <= 0 || in.Conf >= 1 {
		in.Conf = 0.95
	}
	in.PeakToMean = max(1, in.PeakToMean)
	base := &bill{withheld: "there is no baseline to compare with (--baseline)"}
	if in.Baseline != nil {
		base = newBill(*in.Baseline, in)
	}
	cand := newBill(in.Candidate, in)
	cand.fallBack(base, in)
	out := &result.Cost{Months: in.Months, Candidate: cand.result(in)}
	out.Evidence = out.Candidate.Evidence
	out.Notes = cand.notes
	if in.Baseline != nil {
		out.Baseline = base.result(in)
		out.Evidence = result.Weakest(out.Evidence, out.Baseline.Evidence)
		out.Notes = append(out.Notes, base.notes...)
		out.Notes = append(out.Notes, tokenizers(cand, base)...)
	}
	out.Inputs = inputs(in, cand, base)
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
	out.Volumes = append(out.Volumes, compare(cand, base, in.MonthlyRequests, in))
	if in.BesideRequests > 0 && in.BesideRequests != in.MonthlyRequests {
		beside := compare(cand, base, in.BesideRequests, in)
		if why := difference(cand, base, in.MonthlyRequests, in.BesideRequests); why != "" {
			beside.Text += " " + why
		}
		out.Volumes = append(out.Volumes, beside)
	}
	if out.Withheld != "" {
		return out
	}
	out.BreakEven = breakEven(cand, base)
	out.Projection = projection(cand, base, in)
	out.Curve = curve(cand, base, in.MonthlyRequests)
	out.Odds = odds(cand, base, in)
	if own, api := cand, base; cand.machine() != base.machine() {
		if base.machine() {
			own, api = base, cand
		}
		out.Scenario = scenario(own, api, in)
		out.Sensitivity = sensitivity(*out.Scenario, own, base.machine())
		out.Cache = cacheEffect(api, out.Scenario, in, base.machine())
	} else if !cand.machine() {
		out.Cache = cacheEffect(base, nil, in, false)
	}
	out.Notes = append(out.Notes, fmt.Sprintf("Intervals (%g %%) include the spread of token counts between requests and the uncertainty of the measured throughput. Prices, the volume and the peak are taken as given; the targets count as independent unless both are paid by the token for the same prompts.", 100*in.Conf))
	if cand.machine() || base.machine() {
		out.Notes = append(out.Notes, fmt.Sprintf("Machines are there for a peak of %g times the mean rate, %g hours per month. Storage, traffic and taxes are not included, and staff is where the plan states it.", in.PeakToMean, HoursPerMonth))
	}
	if busiest := in.busiest(); busiest > in.PeakToMean && (cand.machine() || base.machine()) {
		out.Notes = append(out.Notes, fmt.Sprintf("The busiest hour of cost.profile has %s times the mean rate, which is above cost.peak_to_mean and counts as the peak.", short(busiest)))
	}
	if in.BatchShare > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s %% of the requests can wait: they are priced as batches at an API, and are spread evenly over the day on machines.", short(100*in.BatchShare)))
	}
	return out
}

// projection adds up the months at the plan's growth and today's prices.
func projection(cand, base *bill, in Input) []result.Month {
	var rows []result.Month
	var c, b interval
	c.bounded, b.bounded = true, true
	for m := 1; m <= in.Months; m++ {
		volume := in.MonthlyRequests * math.Pow(1+in.Growth, float64(m-1))
		c, b = c.plus(cand.month(volume)), b.plus(base.month(volume))
		row := result.Month{Month: m, Candidate: c.value, Baseline: b.value, Requests: volume}
		if c.bounded {
			row.CandidateLo, row.CandidateHi = result.Num(c.lo), result.Num(c.hi)
		}
		if b.bounded {
			row.BaselineLo, row.BaselineHi = result.Num(b.lo), result.Num(b.hi)
		}
		rows = append(rows, row)
	}
	return rows
}
