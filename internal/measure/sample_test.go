package measure

import (
	"math"
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/stats"
)

// independent are values of which each counts.
func independent(values []float64) dependence {
	return dependence{Dependence: stats.Dependence{Series: stats.Series{Values: values}, Independent: true}}
}

// Every percentile says what the sample's is, whether it has an interval or not,
// and from one request on.
func TestEveryPercentileHasTheSamplesValue(t *testing.T) {
	for _, n := range []int{1, 5, 20, 100} {
		var values []float64
		for i := range n {
			values = append(values, float64(10+i))
		}
		for _, p := range []float64{.01, .05, .5, .9, .95, .99, .999} {
			e := estimate(values, values, p, independent(values))
			if e.Sample == nil || float64(*e.Sample) != stats.Quantile(values, p) {
				t.Errorf("n=%d, p%g: sample %v", n, 100*p, e.Sample)
			}
			if (e.Value == nil) != (n < stats.QuantileMinN(p, conf, true)) {
				t.Errorf("n=%d, p%g: the value is %v", n, 100*p, e.Value)
			}
		}
	}
}

// Where failures begin the sample is infinite; where cut requests could reach,
// nobody knows it.
func TestSampleOfFailedAndCutRequests(t *testing.T) {
	inf := math.Inf(1)
	failed := []float64{1, 2, inf, inf}
	if e := estimate(failed, failed, .9, independent(failed)); e.Sample == nil || !math.IsInf(float64(*e.Sample), 1) {
		t.Errorf("failed: %v", e.Sample)
	}
	least, cut := []float64{1, 2, 3, 3}, []float64{1, 2, 3, inf}
	if e := estimate(least, cut, .9, independent(least)); e.Sample != nil {
		t.Errorf("cut: %v", *e.Sample)
	}
	if e := estimate(least, cut, .5, independent(least)); e.Sample == nil || *e.Sample != 2.5 {
		t.Errorf("a median that the cut request cannot reach: %v", e.Sample)
	}
}

// The slow tail of a rate is bounded from above where it has no interval.
func TestSlowTailHasAnUpperBound(t *testing.T) {
	var values []float64
	for i := range 60 {
		values = append(values, float64(i+1))
	}
	e := estimate(values, values, .05, independent(values))
	if e.Value != nil || e.AtMost == nil || e.AtLeast != nil {
		t.Fatalf("%+v", e)
	}
	// P(Bin(60, 0.05) ≥ 7) = 0.030, P(Bin(60, 0.05) ≥ 6) = 0.079: the seventh.
	if *e.AtMost != 7 {
		t.Errorf("at most %v, want 7", *e.AtMost)
	}
}

// The latencies of the requests that were answered stand next to those of all.
func TestAnsweredRequestsHaveLatenciesOfTheirOwn(t *testing.T) {
	var xs []*exchange.Exchange
	for i := range 40 {
		x := good(float64(100*i), 20, 30)
		if i%2 == 0 {
			x.Class, x.Error = exchange.HTTP429, "slow down"
		}
		xs = append(xs, x)
	}
	s := cell(t, 1, xs...).Metrics.Stats["ttft"]
	if s.P95.Value == nil && s.P95.Sample == nil || s.Answered == nil {
		t.Fatalf("%+v", s)
	}
	if !math.IsInf(float64(*s.P95.Sample), 1) || s.Answered.N != 20 || s.Answered.P95 != 20 {
		t.Errorf("p95 %v; answered %+v", *s.P95.Sample, *s.Answered)
	}
	whole := slices.DeleteFunc(xs, func(x *exchange.Exchange) bool { return x.Class != exchange.OK })
	if s := cell(t, 1, whole...).Metrics.Stats["ttft"]; s.Answered != nil {
		t.Errorf("nothing failed, and yet %+v", *s.Answered)
	}
}
