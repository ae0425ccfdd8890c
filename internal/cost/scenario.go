package cost

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// scenario is the comparison of own machines with an API in numbers.
func scenario(own, api *bill, in Input) *result.CostScenario {
	p := api.Price
	s := &result.CostScenario{
		MonthlyRequests: in.MonthlyRequests, PeakToMean: in.PeakToMean, Profile: in.Profile, BatchShare: in.BatchShare, Growth: in.Growth, Months: in.Months,
		Own: *own.fleet, FallbackShare: own.share,
		API: result.CostAPI{
			InputTokens: stats.Mean(api.in), OutputTokens: stats.Mean(api.out), CachedShare: api.cachedShare(in),
			Input: p.Input, Cached: p.Cached, Output: p.Output,
		},
	}
	if in.BatchShare > 0 {
		s.API.BatchFactor = api.batch
	}
	if linear := apiRequest(*s); linear > 0 {
		if by := api.request.value / linear; math.Abs(by-1) > 1e-12 {
			s.API.Surcharge = by
		}
	}
	return s
}

// cachedShare is the share of the input that counts as cached: as the plan says, else
// as in the run.
func (b *bill) cachedShare(in Input) float64 {
	if in.CachedShare != nil {
		return *in.CachedShare
	}
	return ratio(stats.Mean(b.cached), stats.Mean(b.in))
}

// The ranges over which inputs are varied, where nothing was measured that gives one.
const (
	aFactor   = 2    // of the volume, the peak and the length of answers
	aPrice    = 0.3  // of the hourly price, either way
	aRate     = 0.2  // of the throughput, either way
	aCut      = 0.5  // of the API's price
	manyCache = 0.75 // of the input
)

// sensitivity varies each input alone and says what becomes of the savings. With
// reversed the savings are those of the API.
func sensitivity(s result.CostScenario, own *bill, reversed bool) []result.Swing {
	saved := func(change func(*result.CostScenario)) result.Number {
		change(&s)
		mine, theirs, d := sides(s)
		c, b := mine.Month(s.MonthlyRequests, d).USD, theirs.Month(s.MonthlyRequests, d).USD
		if reversed {
			c, b = b, c
		}
		return result.Number(100 * (1 - c/b))
	}
	same := s
	row := func(name, low, base, high, basis string, down, up func(*result.CostScenario)) result.Swing {
		w := result.Swing{Name: name, Low: low, Base: base, High: high, Basis: basis}
		s = same
		w.SavingsLow = saved(down)
		s = same
		w.SavingsHigh = saved(up)
		s = same
		return w
	}
	volume := func(v float64) func(*result.CostScenario) {
		return func(s *result.CostScenario) { s.MonthlyRequests = v }
	}
	peak := func(v float64) func(*result.CostScenario) {
		return func(s *result.CostScenario) { s.PeakToMean = v }
	}
	hour := func(v float64) func(*result.CostScenario) {
		return func(s *result.CostScenario) { s.Own.USDPerHour = v }
	}
	rate := func(v float64) func(*result.CostScenario) {
		return func(s *result.CostScenario) { s.Own.RequestsPerSecond = v }
	}
	cached := func(v float64) func(*result.CostScenario) {
		return func(s *result.CostScenario) { s.API.CachedShare = v }
	}
	price := func(v float64) func(*result.CostScenario) {
		return func(s *result.CostScenario) { s.API.Surcharge = cmp.Or(s.API.Surcharge, 1) * v }
	}
	length := func(v float64) func(*result.CostScenario) {
		return func(s *result.CostScenario) {
			s.API.OutputTokens *= v
			s.Own.OutputTokens *= v
			s.Own.RequestsPerSecond /= max(1, v) // shorter answers were not measured
		}
	}
	m, p, h, r := s.MonthlyRequests, s.PeakToMean, s.Own.USDPerHour, s.Own.RequestsPerSecond
	lo, hi, basis := (1-aRate)*r, (1+aRate)*r, aRange
	if own.capacity.bounded && own.capacity.lo > 0 {
		lo, hi, basis = own.capacity.lo, own.capacity.hi, result.BasisMeasured
	}
	perSecond := func(v float64) string { return short(v) + " requests/s" }
	percent := func(v float64) string { return short(100*v) + " %" }
	rows := []result.Swing{
		row("requests per month", amount.Count(m/aFactor), amount.Count(m), amount.Count(m*aFactor), aRange, volume(m/aFactor), volume(m*aFactor)),
		row("peak over mean", short(max(1, p/aFactor)), short(p), short(p*aFactor), aRange, peak(max(1, p/aFactor)), peak(p*aFactor)),
		row("USD per accelerator hour", amount.USD((1-aPrice)*h), own.hourPrice(), amount.USD((1+aPrice)*h), aRange, hour((1-aPrice)*h), hour((1+aPrice)*h)),
		row("throughput of a replica", perSecond(lo), perSecond(r), perSecond(hi), basis, rate(lo), rate(hi)),
		row("output tokens of a request", short(s.API.OutputTokens/aFactor), short(s.API.OutputTokens), short(s.API.OutputTokens*aFactor), aRange, length(1.0/aFactor), length(aFactor)),
		row("price of the API", percent(1-aCut), percent(1), percent(1), aRange, price(1-aCut), price(1)),
	}
	if s.API.Cached != nil && *s.API.Cached != s.API.Input {
		rows = append(rows, row("cached share of the API's input", percent(0), percent(s.API.CachedShare), percent(manyCache), aRange, cached(0), cached(manyCache)))
	}
	slices.SortStableFunc(rows, func(a, b result.Swing) int {
		return cmp.Compare(math.Abs(float64(b.SavingsHigh-b.SavingsLow)), math.Abs(float64(a.SavingsHigh-a.SavingsLow)))
	})
	return rows
}

// aRange says that a range of the sensitivity is nobody's measurement.
const aRange = "assumed"

// statedShare is a share of cached input for which the API's cost is shown next to
// that of the run.
const statedShare = 0.5

// cacheEffect says what the API would cost if its cache held part of the input, as it
// does in traffic whose requests begin with the same words. nil where its price has no
// such part.
func cacheEffect(api *bill, s *result.CostScenario, in Input, reversed bool) *result.CacheEffect {
	p := api.Price
	if p == nil || p.Cached == nil || *p.Cached == p.Input || len(api.in) == 0 {
		return nil
	}
	e := &result.CacheEffect{Target: api.Name, Stated: statedShare}
	if api.cachedKnown {
		e.Measured = result.Num(ratio(stats.Mean(api.cached), stats.Mean(api.in)))
	}
	if in.CachedShare != nil {
		e.Given, e.Stated = result.Num(*in.CachedShare), result.Number(*in.CachedShare)
	}
	at := float64(e.Stated)
	with, run := api.mean(&at, in), api.mean(nil, in)
	e.PerRequest, e.Overstated = result.Number(with), result.Number(100*(run/with-1))
	if with <= 0 {
		return nil
	}
	if s != nil {
		of := *s
		of.API.CachedShare = at
		mine, theirs, d := sides(of)
		c, b := mine.Month(of.MonthlyRequests, d).USD, theirs.Month(of.MonthlyRequests, d).USD
		if reversed {
			c, b = b, c
		}
		if b > 0 {
			e.Savings = result.Num(100 * (1 - c/b))
		}
	}
	if e.Given != nil {
		e.Text = fmt.Sprintf("The %s is priced with %s %% of its input read from its cache, as the plan says (cost.cached_share).", api.Name, short(100*at))
		return e
	}
	e.Text = fmt.Sprintf("The prompts of a run are new to every cache. With %s %% of the input read from its cache, as where requests begin with the same words, the %s would charge %s per request instead of %s: the run overstates it by %s %%.",
		short(100*at), api.Name, amount.USD(with), amount.USD(run), short(float64(e.Overstated)))
	if e.Savings != nil {
		e.Text += fmt.Sprintf(" Savings would be %s %%. Set cost.cached_share (--cached-share) to what your traffic has.", short(float64(*e.Savings)))
	}
	return e
}
