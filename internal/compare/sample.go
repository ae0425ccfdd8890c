package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Requests are those of one cell, as its log has them.
type Requests interface {
	// Series are the values of a metric in due order, failures at their worst, and those
	// that were cut at their least. upper has the same with those at their most; nil: none
	// was cut. Without values the run has no such metric.
	Series(tag string) (s stats.Series, upper []float64)
	// Success counts those that succeeded.
	Success() measure.Success
}

// notMeasured stands for a figure that a run does not have.
const notMeasured = "not measured"

// quantity is one figure of one cell with its bounds at any error, as far as it has them.
type quantity struct {
	stats.Uncertain
	n        int
	neff     float64 // 0: not assessed
	withheld string  // why there is no interval at 95 %; the bounds may still decide
	lacking  string  // why there is nothing at all: not measured, or no bound at any error
	rescaled bool    // from the 95 % interval of result.json, since the log is gone
}

// sample are the sorted values of a metric of one cell.
type sample struct {
	dependence    stats.Dependence
	sorted, upper []float64 // upper differs where requests were cut
}

// ends returns the interval at 95 %, for people. An end that is missing does not exist.
func (q quantity) ends() (lo, hi *result.Number) {
	if q.withheld != "" || q.lacking != "" {
		return nil, nil
	}
	if v, ok := q.Bound(shownAlpha, false); ok && !math.IsInf(v, -1) {
		lo = result.Num(v)
	}
	if v, ok := q.Bound(shownAlpha, true); ok {
		hi = result.Num(v)
	}
	return lo, hi
}

// side is one cell of one run, with what was worked out of it.
type side struct {
	run      *Run
	cell     *result.Cell
	requests Requests // nil: there is only the result
	samples  map[string]*sample
}

func newSide(r *Run, c *result.Cell) *side {
	return &side{run: r, cell: c, requests: r.Requests[c.ID], samples: map[string]*sample{}}
}

// sample of a metric; nil where there are no values.
func (s *side) sample(tag string) *sample {
	if had, ok := s.samples[tag]; ok {
		return had
	}
	s.samples[tag] = nil
	if s.requests == nil {
		return nil
	}
	series, upper := s.requests.Series(tag)
	if len(series.Values) == 0 {
		return nil
	}
	out := &sample{}
	out.dependence, out.sorted = series.Examine()
	if out.upper = out.sorted; upper != nil {
		out.upper = slices.Sorted(slices.Values(upper))
	}
	s.samples[tag] = out
	return out
}

// quantity is a statistic of a metric in this cell.
func (s *side) quantity(m metric.Metric, stat string) quantity {
	switch {
	case m.Tag == "success":
		return s.success()
	case m.Kind == metric.Rate:
		return s.rate(m.Tag)
	case stat == "mean":
		return s.mean(m.Tag)
	}
	p, ok := metric.Limit{Stat: stat}.Quantile()
	if !ok {
		return quantity{lacking: "runs are not compared by their " + stat + ", which is one request"}
	}
	if smp := s.sample(m.Tag); smp != nil {
		return smp.quantile(p)
	}
	return s.kept(m.Tag, stat)
}

// quantile of a sample, whose bounds are order statistics at the effective size. A proof
// takes stats.ProofSize of it, so that few requests that depend on each other may still
// show a large difference; an interval is shown from stats.MinEffective on.
func (s *sample) quantile(p float64) quantity {
	v := stats.Quantile(s.sorted, p)
	q := quantity{n: len(s.sorted)}
	d := s.dependence
	size := map[float64]float64{}
	neff := func(alpha float64) float64 {
		alpha = sizedAt(alpha)
		if _, ok := size[alpha]; !ok {
			size[alpha] = d.NEff(min(v, math.MaxFloat64), alpha)
		}
		return size[alpha]
	}
	q.Value = v
	q.neff = neff(shownAlpha)
	q.Bound = func(alpha float64, upper bool) (float64, bool) {
		of := s.sorted
		if upper {
			of = s.upper
		}
		size := neff(alpha)
		if !d.Independent {
			size = stats.ProofSize(size, len(s.sorted))
		}
		return stats.QuantileBound(of, p, alpha, size, upper)
	}
	_, okLo := q.Bound(shownAlpha, false)
	_, okHi := q.Bound(shownAlpha, true)
	switch {
	case stats.Quantile(s.upper, p) != v:
		q.lacking = "requests that were cut could reach into this quantile"
	case !d.Independent && q.neff < stats.MinEffective:
		q.withheld = "too few independent requests for an interval"
	case !okLo || !okHi:
		q.withheld = "too few requests for an interval"
	}
	return q
}

// sizedAt is the error at which an effective size is worked out for bounds at error alpha:
// the next lower one of a few. A size is less at a lower error, by a little, and takes
// transforms of the whole series.
func sizedAt(alpha float64) float64 {
	for _, a := range []float64{.25, .1, shownAlpha, .005, 1e-3, 1e-4, 1e-6} {
		if alpha >= a {
			return a
		}
	}
	return 1e-9
}

// kept is a quantile of result.json, of a run whose log is gone or of a metric that pools
// many values of each request. Its interval is at 95 %; at other errors it is as much wider
// as a normal one.
func (s *side) kept(tag, stat string) quantity {
	st, ok := s.cell.Metrics.Stats[tag]
	if !ok {
		return quantity{lacking: notMeasured}
	}
	e, ok := st.Quantile(stat)
	if !ok {
		return quantity{lacking: "result.json does not have the " + stat + ", and there is no log to take it from"}
	}
	q := quantity{n: st.N, neff: e.NEff, rescaled: true}
	if q.neff == 0 {
		q.neff = st.NEff
	}
	if e.Value == nil {
		q.lacking = cmp.Or(e.Withheld, notMeasured)
		return q
	}
	q.Uncertain = scaled(float64(*e.Value), e.Lo, e.Hi)
	return q
}

// scaled is an estimate with an interval at 95 % whose ends are taken to be as far away at
// another error as those of a normal distribution.
func scaled(v float64, lo, hi *result.Number) stats.Uncertain {
	return stats.Uncertain{Value: v, Bound: func(alpha float64, upper bool) (float64, bool) {
		end := lo
		if upper {
			end = hi
		}
		if end == nil {
			return math.Inf(map[bool]int{true: 1, false: -1}[upper]), false
		}
		if math.IsInf(v, 0) || math.IsInf(float64(*end), 0) {
			return float64(*end), alpha >= shownAlpha || math.IsInf(float64(*end), 1)
		}
		return v + (float64(*end)-v)*stats.NormalQuantile(1-alpha)/stats.NormalQuantile(1-shownAlpha), true
	}}
}

// mean of the requests, all of which must have succeeded.
func (s *side) mean(tag string) quantity {
	st, ok := s.cell.Metrics.Stats[tag]
	smp := s.sample(tag)
	if ok && st.NOK < st.N { // a server that fails its slowest requests would look faster
		return quantity{n: st.N, lacking: fmt.Sprintf("%d of %d requests failed or were cut, and a mean leaves them out; use a percentile", st.N-st.NOK, st.N)}
	}
	if smp == nil || math.IsInf(smp.sorted[len(smp.sorted)-1], 1) || !slices.Equal(smp.sorted, smp.upper) {
		switch {
		case !ok || st.Mean == nil:
			return quantity{lacking: notMeasured}
		case st.MeanLo == nil || st.MeanHi == nil:
			return quantity{n: st.NOK, neff: st.MeanNEff, lacking: cmp.Or(st.MeanWithheld, "no interval of the mean in result.json")}
		}
		q := quantity{n: st.NOK, neff: st.MeanNEff, rescaled: true}
		q.Uncertain = scaled(float64(*st.Mean), st.MeanLo, st.MeanHi)
		return q
	}
	d := smp.dependence
	e, ok := d.Expectation(shownAlpha)
	q := quantity{n: len(smp.sorted), neff: e.NEff}
	q.Value = e.Mean
	switch {
	case !ok:
		q.lacking = "too few requests for an interval"
	case e.Rough:
		q.lacking = "too few independent requests for an interval"
	}
	q.Bound = func(alpha float64, upper bool) (float64, bool) {
		e, ok := d.Expectation(alpha)
		if upper {
			return e.Hi, ok
		}
		return e.Lo, ok
	}
	return q
}

// success is the share of requests that succeeded, with Wilson's bounds at the effective
// size. Requests that were cut may have succeeded or not.
func (s *side) success() quantity {
	if s.requests != nil {
		of := s.requests.Success()
		q := quantity{n: of.Ended()}
		if q.n == 0 {
			q.lacking = "no request ended"
			return q
		}
		n := float64(of.N)
		q.Value, q.neff = float64(of.Least)/float64(q.n), of.Outages.NEff(shownAlpha)
		q.Bound = func(alpha float64, upper bool) (float64, bool) {
			size := of.Outages.NEff(sizedAt(alpha))
			lo, _ := stats.ScoreInterval(float64(of.Least)/n, size, 1-2*alpha)
			_, hi := stats.ScoreInterval(float64(of.Most)/n, size, 1-2*alpha)
			if upper {
				return hi, true
			}
			return lo, true
		}
		return q
	}
	r, ok := s.cell.Metrics.Rates["success"]
	if !ok || r.Value == nil {
		return quantity{lacking: notMeasured}
	}
	v, size := float64(*r.Value), r.NEff
	if size == 0 && r.Withheld != "" { // nobody knows what these requests are worth
		return quantity{n: r.N, lacking: r.Withheld}
	}
	if size == 0 {
		size = float64(r.N)
	}
	q := quantity{n: r.N, neff: size, rescaled: true}
	q.Value = v
	q.Bound = func(alpha float64, upper bool) (float64, bool) {
		lo, hi := stats.ScoreInterval(v, size, 1-2*alpha)
		// Requests that were cut are in the interval of the result alone.
		if upper {
			if r.Hi != nil {
				hi = max(hi, float64(*r.Hi))
			}
			return hi, true
		}
		if r.Lo != nil {
			lo = min(lo, float64(*r.Lo))
		}
		return lo, true
	}
	return q
}

// rate per second, with Student's bounds over slices of the window.
func (s *side) rate(tag string) quantity {
	r, ok := s.cell.Metrics.Rates[tag]
	if !ok || r.Value == nil {
		return quantity{lacking: notMeasured}
	}
	q := quantity{n: r.N}
	q.Value = float64(*r.Value)
	if _, _, ok := measure.RateBounds(r, shownAlpha); !ok {
		q.lacking = r.Withheld
		if q.lacking == "" {
			q.lacking = "result.json has no interval of it"
		}
		return q
	}
	q.Bound = func(alpha float64, upper bool) (float64, bool) {
		lo, hi, ok := measure.RateBounds(r, alpha)
		if upper {
			return hi, ok
		}
		return lo, ok
	}
	return q
}
