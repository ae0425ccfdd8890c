package format

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// A percentile without an interval shows the sample's value, marked, with its
// bound and what is missing; a tail of fewer than ten independent requests is shown
// with a bound alone, and never as the bound alone; a median is shown from one request on.
func TestQuantileWithoutInterval(t *testing.T) {
	inf := math.Inf(1)
	short := result.Estimate{Withheld: "too few", NeededN: 72, AtLeast: result.Num(50.8), Sample: result.Num(57.1)}
	old := result.Estimate{Withheld: "too few", NeededN: 72, AtLeast: result.Num(50.8)}
	median := result.Estimate{Withheld: "too few", NeededN: 6, Sample: result.Num(24)}
	slow := result.Estimate{Withheld: "too few", NeededN: 72, AtMost: result.Num(30), Sample: result.Num(27)}
	failed := result.Estimate{Withheld: "too few", NeededN: 72, AtLeast: result.Num(203), Sample: result.Num(inf)}
	answered := &result.Answered{N: 38, P50: 200, P95: 210}
	tests := []struct {
		name string
		s    result.Statistic
		stat string
		want string
	}{
		{"dependent", result.Statistic{Unit: "ms", N: 120, NEff: 17.4, P95: short}, "p95", "~57.1 ms [50.8, –] (n=120, effective 17 of 72 needed)"},
		{"independent", result.Statistic{Unit: "ms", N: 1200, NEff: 1200, P99: result.Estimate{NeededN: 3688, Sample: result.Num(9)}}, "p99", "~9.00 ms (n=1,200 of 3,688 needed)"},
		{"few for a tail", result.Statistic{Unit: "ms", N: 500, NEff: 5, P95: short}, "p95", "~57.1 ms [50.8, –] (n=500, effective 5 of 72 needed)"},
		{"few for a tail, no bound", result.Statistic{Unit: "ms", N: 2, NEff: 2, P95: median}, "p95", "withheld (n=2 of 6 needed)"},
		{"median of one", result.Statistic{Unit: "ms", N: 1, NEff: 1, P50: median}, "p50", "~24.0 ms (n=1 of 6 needed)"},
		{"slow tail", result.Statistic{Unit: "token/s", N: 60, NEff: 60, P5: &slow}, "p5", "~27.0 tokens/s [–, 30.0] (n=60 of 72 needed)"},
		{"gaps of three seconds", result.Statistic{Unit: "ms", N: 3, NOK: 1500, NEff: 3, P99: result.Estimate{NeededN: 10, Sample: result.Num(7)}}, "p99", "~7.00 ms (3 of 10 stretches of time)"},
		{"failures", result.Statistic{Unit: "ms", N: 60, NOK: 38, NEff: 60, P95: failed, Answered: answered}, "p95", "~∞ [203, –] (answered: 210 ms) (n=60 of 72 needed)"},
		{"failures with an interval", result.Statistic{Unit: "ms", N: 100, NOK: 38, NEff: 100, P50: result.Estimate{Value: result.Num(inf), Lo: result.Num(203), Hi: result.Num(inf)}, Answered: answered}, "p50", "∞ [203, ∞] (answered: 200 ms)"},
		{"an older result", result.Statistic{Unit: "ms", N: 120, NEff: 17, P95: old}, "p95", "≥ 50.8 ms (n=120, effective 17 of 72 needed)"},
		{"cut", result.Statistic{Unit: "ms", N: 120, P95: result.Estimate{Withheld: "requests were cut", AtLeast: result.Num(5)}}, "p95", "≥ 5.00 ms (n=120, requests were cut)"},
		{"estimate", result.Statistic{Unit: "ms", N: 120, P95: result.Estimate{Value: result.Num(5), Sample: result.Num(6)}}, "p95", "5.00 ms"},
	}
	for _, tt := range tests {
		got := Quantile(tt.s, tt.stat)
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if short := WithoutInterval(WithoutSize(got)); short != Middle(tt.s, tt.stat) && tt.name != "cut" {
			t.Errorf("%s: short %q, want %q", tt.name, short, Middle(tt.s, tt.stat))
		}
	}
}

// No percentile reads as if it were below a lower one.
func TestPercentilesDoNotFall(t *testing.T) {
	s := result.Statistic{
		Unit: "ms", N: 584, NEff: 3, P50: result.Estimate{NeededN: 30, Sample: result.Num(22_697)},
		P90: result.Estimate{NeededN: 36, AtLeast: result.Num(20_469)},
		P95: result.Estimate{NeededN: 72, AtLeast: result.Num(20_469), Sample: result.Num(30_000)},
		P99: result.Estimate{NeededN: 368, AtLeast: result.Num(31_000)},
	}
	for stat, want := range map[string]string{"p50": "~22,697 ms", "p90": "withheld", "p95": "~30,000 ms", "p99": "≥ 31,000 ms"} {
		if got := Middle(s, stat); got != want {
			t.Errorf("%s: %q, want %q", stat, got, want)
		}
	}
	if got := Middle(result.Statistic{P90: result.Estimate{NeededN: 36, AtLeast: result.Num(0)}}, "p90"); got != "withheld" {
		t.Errorf("%q, which says nothing", got)
	}
}

// n=500 that need 72 reads like a mistake; how many requests would do does not.
func TestHowManyRequestsWouldDo(t *testing.T) {
	e := result.Estimate{NeededN: 72}
	for _, tt := range []struct {
		n    int
		eff  float64
		want int
	}{{500, 25, 1500}, {20, 20, 72}, {500, 49, 740}, {123, 30, 300}} {
		if got, ok := WouldDo(result.Statistic{N: tt.n, NEff: tt.eff, P95: e}, "p95"); !ok || got != tt.want {
			t.Errorf("n=%d, effective %g: %d, want %d", tt.n, tt.eff, got, tt.want)
		}
	}
	if _, ok := WouldDo(result.Statistic{N: 100, P95: result.Estimate{Value: result.Num(1)}}, "p95"); ok {
		t.Error("an estimate has an interval")
	}
}

// A mean has its interval, or is marked as the sample's own.
func TestMeanHasItsInterval(t *testing.T) {
	s := result.Statistic{N: 120, Unit: "ms", Mean: result.Num(44.5), MeanLo: result.Num(40), MeanHi: result.Num(51)}
	if got := Mean(s); got != "44.5 ms [40.0, 51.0]" {
		t.Error(got)
	}
	s.MeanLo, s.MeanHi, s.MeanWithheld = nil, nil, "too few"
	if got := Mean(s); got != "~44.5 ms" || !Weak(got) {
		t.Error(got)
	}
	s.MeanWithheld = "" // of a version that had no intervals of means
	if got := Mean(s); got != "44.5 ms" {
		t.Error(got)
	}
}

// A quantile's own effective size stands next to it, that of the statistic where it
// has none.
func TestEachQuantileHasItsEffectiveSize(t *testing.T) {
	s := result.Statistic{N: 500, NEff: 90, Unit: "ms", P95: result.Estimate{Sample: result.Num(57.1), AtLeast: result.Num(50.8), NeededN: 72, NEff: 41.7}}
	if got := Quantile(s, "p95"); got != "~57.1 ms [50.8, –] (n=500, effective 41 of 72 needed)" {
		t.Error(got)
	}
	if n, ok := WouldDo(s, "p95"); !ok || n != 870 {
		t.Error(n, ok)
	}
}
