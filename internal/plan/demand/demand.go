// Package demand is the part of a plan that says for how many requests a month a
// cost is worked out, how they come, and what of real traffic the prompts of a run do
// not show: how much of it a cache holds, can wait, or has to be answered again.
package demand

import (
	"math"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// Cost says from how many requests usage is taken and for which traffic the cost is
// worked out.
type Cost struct {
	Samples int `yaml:"samples" json:"samples"`
	// SampleUsers is how many of those beyond the pass are sent at once; 0 means 8.
	SampleUsers     int     `yaml:"sample_users,omitempty" json:"sample_users,omitempty"`
	MonthlyRequests float64 `yaml:"monthly_requests" json:"monthly_requests"`
	// BesideRequests is a second volume printed next to the first; 0 for none.
	BesideRequests float64 `yaml:"beside_requests,omitempty" json:"beside_requests,omitempty"`
	// PeakToMean is the peak rate over the mean rate of a month.
	PeakToMean float64 `yaml:"peak_to_mean" json:"peak_to_mean"`
	Months     int     `yaml:"months" json:"months"` // horizon of the projection

	// Growth of the volume per month: 0.05 is 5 %.
	Growth float64 `yaml:"growth,omitempty" json:"growth,omitempty"`
	// Profile has the shares of a day's requests by hour, 24 of them.
	Profile []float64 `yaml:"profile,omitempty" json:"profile,omitempty"`
	// CachedShare is the share of input tokens that the provider's cache holds in real
	// traffic; nil: as in the run.
	CachedShare *float64 `yaml:"cached_share,omitempty" json:"cached_share,omitempty"`
	// BatchShare of the requests can wait for hours.
	BatchShare float64 `yaml:"batch_share,omitempty" json:"batch_share,omitempty"`
	// BatchFactor is the price of a batched request over that of another; 0: by the
	// price list.
	BatchFactor float64 `yaml:"batch_factor,omitempty" json:"batch_factor,omitempty"`
	// FallbackShare of the candidate's requests is sent to the baseline afterwards.
	FallbackShare float64 `yaml:"fallback_share,omitempty" json:"fallback_share,omitempty"`
	// AcceptScore is the least quality score of an answer that is accepted; nil: none
	// is set.
	AcceptScore *float64 `yaml:"accept_score,omitempty" json:"accept_score,omitempty"`
}

// Default is what holds where nobody says anything.
func Default() Cost {
	return Cost{Samples: 200, MonthlyRequests: 1_000_000, PeakToMean: 3, Months: 12}
}

// mostRequests a month is more than anybody sends. Costs are looked for up to it.
const mostRequests = 1e12

const notSwept = "it belongs to the suite"

// Keys declares the keys, by their paths in a plan.
var Keys = []key.Declaration[Cost]{
	{Key: key.Key{Path: "cost.samples", Flag: "samples", Group: key.GroupCost, Value: "N", Rare: true, NoSweep: notSwept,
		Help: "requests from which token usage is taken"},
		Bind: key.Whole(func(c *Cost) *int { return &c.Samples })},
	{Key: key.Key{Path: "cost.sample_users", Flag: "sample-users", Group: key.GroupCost, Value: "N", Rare: true, NoSweep: notSwept, Unset: "8", NoZero: "must be at least 1",
		Help: "requests for usage figures beyond the pass that are sent at once", More: "They are for token counts and in no latency; a limit of the provider (rpm) paces them too."},
		Bind: key.Whole(func(c *Cost) *int { return &c.SampleUsers })},
	{Key: key.Key{Path: "cost.monthly_requests", Flag: "monthly-requests", Group: key.GroupCost, Value: "N", NoSweep: notSwept,
		Help: "requests per month to price"},
		Bind: key.Decimal(func(c *Cost) *float64 { return &c.MonthlyRequests })},
	{Key: key.Key{Path: "cost.beside_requests", Flag: "beside-requests", Group: key.GroupCost, Value: "N", Rare: true, NoSweep: notSwept, Zero: "no second volume",
		Help: "second monthly volume, printed next to it"},
		Bind: key.Decimal(func(c *Cost) *float64 { return &c.BesideRequests })},
	{Key: key.Key{Path: "cost.growth", Flag: "growth", Group: key.GroupCost, Value: "SHARE", Rare: true, NoSweep: notSwept, Zero: "a steady volume",
		Help: "growth of the volume per month, as a share", More: "0.05 is 5 % per month; −0.05 is a decline."},
		Bind: key.Decimal(func(c *Cost) *float64 { return &c.Growth })},
	{Key: key.Key{Path: "cost.peak_to_mean", Flag: "peak-to-mean", Group: key.GroupCost, Value: "RATIO", NoSweep: notSwept,
		Help: "peak request rate over the month's mean rate"},
		Bind: key.Decimal(func(c *Cost) *float64 { return &c.PeakToMean })},
	{Key: key.Key{Path: "cost.profile", Flag: "daily-profile", Group: key.GroupCost, Value: "SHARES", Rare: true, NoSweep: notSwept,
		Help: "share of a day's requests in each hour, 24 of them", More: "They add up to 1. Machines with `scaling: hourly` follow it. Where its busiest hour is above the peak-to-mean ratio, that hour is the peak."},
		Bind: key.Decimals(func(c *Cost) *[]float64 { return &c.Profile })},
	{Key: key.Key{Path: "cost.months", Flag: "months", Group: key.GroupCost, Value: "N", Rare: true, NoSweep: notSwept,
		Help: "months of the cost projection"},
		Bind: key.Whole(func(c *Cost) *int { return &c.Months })},
	{Key: key.Key{Path: "cost.cached_share", Flag: "cached-share", Group: key.GroupCost, Value: "SHARE", NoSweep: notSwept, Unset: "as in the run",
		Help: "input share in the API's cache", More: "Of the tokens of real traffic. The prompts of a run are new to every cache, so that without this key the API is priced at its most expensive."},
		Bind: key.DecimalOrUnset(func(c *Cost) **float64 { return &c.CachedShare })},
	{Key: key.Key{Path: "cost.batch_share", Flag: "batch-share", Group: key.GroupCost, Value: "SHARE", Rare: true, NoSweep: notSwept, Zero: "none",
		Help: "share of requests that can wait for hours", More: "An API charges them its batch price; machines need no peak for them."},
		Bind: key.Decimal(func(c *Cost) *float64 { return &c.BatchShare })},
	{Key: key.Key{Path: "cost.batch_factor", Group: key.GroupCost, NoSweep: notSwept, Unset: "by the price list", NoZero: "must be greater than 0",
		Help: "price of a batched request over that of another"},
		Bind: key.Decimal(func(c *Cost) *float64 { return &c.BatchFactor })},
	{Key: key.Key{Path: "cost.fallback_share", Flag: "fallback-share", Group: key.GroupCost, Value: "SHARE", Rare: true, NoSweep: notSwept, Zero: "none",
		Help: "share of requests that are sent to the baseline again", More: "After the candidate, as where its answer is not good enough: both are paid."},
		Bind: key.Decimal(func(c *Cost) *float64 { return &c.FallbackShare })},
	{Key: key.Key{Path: "cost.accept_score", Flag: "accept-score", Group: key.GroupCost, Value: "POINTS", Rare: true, NoSweep: notSwept, Unset: "none; no cost per accepted answer",
		Help: "least quality score of an answer that is accepted", More: "For the cost of an accepted answer; it needs the quality benchmark."},
		Bind: key.DecimalOrUnset(func(c *Cost) **float64 { return &c.AcceptScore })},
}

// Validate adds what is wrong.
func (c Cost) Validate(out *key.Problems) {
	for _, f := range []struct {
		path           string
		v, least, most int
	}{{"cost.samples", c.Samples, 1, 10_000_000}, {"cost.sample_users", c.SampleUsers, 0, 100_000}, {"cost.months", c.Months, 1, 600}} {
		switch {
		case f.v < f.least:
			out.Add(f.path, "%d is too small: must be at least %d", f.v, f.least)
		case f.v > f.most:
			out.Add(f.path, "%d is too large: must be at most %d", f.v, f.most)
		}
	}
	for _, f := range []struct {
		path string
		v    float64
	}{{"cost.monthly_requests", c.MonthlyRequests}, {"cost.beside_requests", c.BesideRequests}, {"cost.batch_factor", c.BatchFactor}} {
		if !(f.v >= 0) || math.IsInf(f.v, 0) {
			out.Add(f.path, "invalid value %v: must be a number of at least 0", f.v)
		}
	}
	for _, f := range []struct {
		path string
		v    float64
	}{{"cost.monthly_requests", c.MonthlyRequests}, {"cost.beside_requests", c.BesideRequests}} {
		if f.v > 0 && f.v < 1 || f.v > mostRequests && !math.IsInf(f.v, 0) {
			out.Add(f.path, "invalid value %v: must be between 1 and %g", f.v, mostRequests)
		}
	}
	if c.MonthlyRequests == 0 {
		out.Add("cost.monthly_requests", "a month without requests has no cost to compare; give the volume that you expect")
	}
	if !(c.PeakToMean >= 1) || math.IsInf(c.PeakToMean, 0) {
		out.Add("cost.peak_to_mean", "invalid value %v: a peak is at least the mean, so it must be at least 1", c.PeakToMean)
	}
	if !(c.Growth > -1 && c.Growth <= 1) {
		out.Add("cost.growth", "invalid value %v: must be a share per month, above -1 and at most 1 (0.05 is 5 %%)", c.Growth)
	}
	for _, f := range []struct {
		path string
		v    *float64
	}{{"cost.cached_share", c.CachedShare}, {"cost.batch_share", &c.BatchShare}, {"cost.fallback_share", &c.FallbackShare}} {
		if f.v != nil && !(*f.v >= 0 && *f.v <= 1) {
			out.Add(f.path, "invalid share %v: must be between 0 and 1", *f.v)
		}
	}
	if c.BatchFactor > 0 && c.BatchShare == 0 {
		out.Add("cost.batch_factor", "there is no batch share for it; give cost.batch_share")
	}
	if s := c.AcceptScore; s != nil && !(*s >= 0 && *s <= 100) {
		out.Add("cost.accept_score", "invalid score %v: must be between 0 and 100", *s)
	}
	c.validateProfile(out)
}

func (c Cost) validateProfile(out *key.Problems) {
	if len(c.Profile) == 0 {
		return
	}
	sum := 0.0
	for _, v := range c.Profile {
		if !(v >= 0) {
			out.Add("cost.profile", "invalid share %v: must be at least 0", v)
			return
		}
		sum += v
	}
	if len(c.Profile) != 24 || math.Abs(sum-1) > 0.001 {
		out.Add("cost.profile", "%d shares that add up to %.4g: a day has 24 hours, and their shares add up to 1", len(c.Profile), sum)
	}
}
