package cost

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// WhatIf answers a question in numbers, without a run. The error names the field
// of the scenario's JSON form that makes no sense.
func WhatIf(s result.CostScenario) (result.CostAnswer, error) {
	if err := check(s); err != nil {
		return result.CostAnswer{}, err
	}
	own, api, d := sides(s)
	mine, theirs := own.Month(s.MonthlyRequests, d), api.Month(s.MonthlyRequests, d)
	a := result.CostAnswer{
		Replicas: int(min(mine.Replicas, math.MaxInt32)), Accelerators: int(min(mine.Accelerators, math.MaxInt32)), Utilization: mine.Utilization,
		OwnMonth: mine.USD, APIMonth: theirs.USD, OwnPerRequest: mine.USD / s.MonthlyRequests, APIPerRequest: theirs.USD / s.MonthlyRequests,
		SavingsMonth: theirs.USD - mine.USD, SavingsPercent: 100 * (theirs.USD - mine.USD) / theirs.USD,
	}
	a.OwnPerMTok, a.OwnTokensPerUSD = perTokens(a.OwnPerRequest, s.Own.InputTokens+s.Own.OutputTokens)
	a.APIPerMTok, a.APITokensPerUSD = perTokens(a.APIPerRequest, s.API.InputTokens+s.API.OutputTokens)
	for m := range 12 {
		v := s.MonthlyRequests * math.Pow(1+s.Growth, float64(m))
		a.SavingsYear += api.Month(v, d).USD - own.Month(v, d).USD
	}
	r := Cheaper(own, api, d)
	a.Wins, a.More = r.List, r.More
	a.Text = fmt.Sprintf("%s requests per month cost %s on own machines (%s, busy %s %% of the time) and %s at the API: ",
		amount.Count(s.MonthlyRequests), amount.USD(mine.USD), replicas(mine.Replicas), short(100*mine.Utilization), amount.USD(theirs.USD))
	switch {
	case a.SavingsMonth > 0:
		a.Text += fmt.Sprintf("own machines save %s per month (%s %%).", amount.USD(a.SavingsMonth), short(a.SavingsPercent))
	case a.SavingsMonth < 0:
		a.Text += fmt.Sprintf("own machines cost %s more per month.", amount.USD(-a.SavingsMonth))
	default:
		a.Text += "the same."
	}
	return a, nil
}

// sides are both sides of a scenario.
func sides(s result.CostScenario) (own, api Side, d Demand) {
	d = Demand{PeakToMean: s.PeakToMean, Profile: s.Profile, BatchShare: s.BatchShare}
	if s.Utilization > 0 { // of all requests, those that can wait included
		d.PeakToMean, d.BatchShare = 1/s.Utilization, 0
	}
	api = Side{PerRequest: apiRequest(s)}
	return Side{PerRequest: s.FallbackShare * api.PerRequest, Fleet: &s.Own}, api, d
}

// apiRequest is what the API charges for a request on average.
func apiRequest(s result.CostScenario) float64 {
	p, cached := s.API, s.API.Input
	if p.Cached != nil {
		cached = *p.Cached
	}
	usd := (p.InputTokens*((1-p.CachedShare)*p.Input+p.CachedShare*cached) + p.OutputTokens*p.Output) / 1e6
	if p.Surcharge > 0 {
		usd *= p.Surcharge
	}
	return usd * batched(s.BatchShare, p.BatchFactor)
}

// batched is the price of requests of which share is sent in batches over that of
// requests of which none is.
func batched(share, factor float64) float64 {
	if factor == 0 {
		return 1
	}
	return 1 - share*(1-factor)
}

// perTokens is USD per million tokens, and tokens per USD.
func perTokens(request, tokens float64) (mtok, perUSD float64) {
	return ratio(request*1e6, tokens), ratio(tokens, request)
}

// check says what of a scenario makes no sense.
func check(s result.CostScenario) error {
	for _, f := range []struct {
		name     string
		v        float64
		lo, most float64
	}{
		{"monthly_requests", s.MonthlyRequests, 1, mostVolume},
		{"utilization", s.Utilization, 0, 1}, {"batch_share", s.BatchShare, 0, 1}, {"fallback_share", s.FallbackShare, 0, 1}, {"growth", s.Growth, -1, 10},
		{"own.input_tokens", s.Own.InputTokens, 0, 1e9}, {"own.output_tokens", s.Own.OutputTokens, 0, 1e9},
		{"own.usd_per_hour", s.Own.USDPerHour, 0, 1e6}, {"own.accelerators", float64(s.Own.Accelerators), 0, 1e6}, {"own.node", float64(s.Own.Node), 0, 1e6},
		{"own.requests_per_second", s.Own.RequestsPerSecond, 0, 1e9}, {"own.tokens_per_second", s.Own.TokensPerSecond, 0, 1e12},
		{"own.min_replicas", float64(s.Own.MinReplicas), 0, 1e6}, {"own.spare_replicas", float64(s.Own.SpareReplicas), 0, 1e6},
		{"own.start_hours", s.Own.StartHours, 0, 1}, {"own.fixed_month", s.Own.FixedMonth, 0, 1e12},
		{"api.input_tokens", s.API.InputTokens, 0, 1e9}, {"api.output_tokens", s.API.OutputTokens, 0, 1e9}, {"api.cached_share", s.API.CachedShare, 0, 1},
		{"api.input", s.API.Input, 0, 1e6}, {"api.output", s.API.Output, 0, 1e6}, {"api.batch_factor", s.API.BatchFactor, 0, 10}, {"api.surcharge", s.API.Surcharge, 0, 1e6},
	} {
		if !(f.v >= f.lo && f.v <= f.most) {
			return fmt.Errorf("%s: invalid value %v: must be between %v and %v", f.name, f.v, f.lo, f.most)
		}
	}
	switch f := (fleet{&s.Own}); {
	case s.API.Cached != nil && !(*s.API.Cached >= 0 && *s.API.Cached <= 1e6):
		return fmt.Errorf("api.cached: invalid price %v: must be at least 0", *s.API.Cached)
	case s.Utilization > 0 && s.PeakToMean > 0:
		return fmt.Errorf("utilization: give it or peak_to_mean: machines that are sized for a peak work at its inverse on average")
	case s.Utilization == 0 && !(s.PeakToMean >= 1 && s.PeakToMean <= 1e6):
		return fmt.Errorf("peak_to_mean: invalid value %v: a peak is at least the mean, so it must be at least 1", s.PeakToMean)
	case s.Own.RequestsPerSecond > 0 && s.Own.TokensPerSecond > 0:
		return fmt.Errorf("own.tokens_per_second: give it or requests_per_second")
	case s.Own.USDPerHour == 0:
		return fmt.Errorf("own.usd_per_hour: the price of an accelerator hour is missing")
	case apiRequest(s) <= 0:
		return fmt.Errorf("api.input: the API costs nothing, so there is nothing to compare with: give input and output in USD per million tokens, and the tokens of a request")
	case f.rps() <= 0:
		return fmt.Errorf("own.requests_per_second: what a replica carries is unknown: give it, or tokens_per_second and the tokens of a request")
	case s.Own.Scaling != "" && s.Own.Scaling != tariff.AlwaysOn && !f.scales():
		return fmt.Errorf("own.scaling: unknown value %q: use %s, %s or %s", s.Own.Scaling, tariff.AlwaysOn, tariff.ScaleHourly, tariff.ScaleToZero)
	}
	return checkProfile(s.Profile)
}

func checkProfile(shares []float64) error {
	if len(shares) == 0 {
		return nil
	}
	sum := 0.0
	for _, v := range shares {
		if !(v >= 0) {
			return fmt.Errorf("profile: invalid share %v: must be at least 0", v)
		}
		sum += v
	}
	if len(shares) != hoursPerDay || math.Abs(sum-1) > 0.001 {
		return fmt.Errorf("profile: %d shares that add up to %.4g: a day has 24 hours, and their shares add up to 1", len(shares), sum)
	}
	return nil
}
