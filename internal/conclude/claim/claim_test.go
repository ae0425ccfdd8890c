package claim

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

func limitOf(t *testing.T, text string) metric.Limit {
	t.Helper()
	l, err := metric.ParseLimit(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func undecided() result.Claim { return result.Claim{Verdict: result.Undecided, Alpha: 0.05} }

func TestDecideBounds(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		limit  string
		lo, hi float64
		want   result.Verdict
		bound  float64
	}{
		{"throughput<10", 5, 9, result.Proved, 9},
		{"throughput<10", 9, 11, result.Undecided, 11},
		{"throughput<10", 11, 15, result.Refuted, 11},
		{"throughput>10", 11, 15, result.Proved, 11},
		{"throughput>10", 9, 11, result.Undecided, 9},
		{"throughput>10", 5, 9, result.Refuted, 9},
		// At the limit itself.
		{"throughput<10", 5, 10, result.Undecided, 10},
		{"throughput<=10", 5, 10, result.Proved, 10},
		{"throughput<10", 10, 12, result.Refuted, 10},
		{"throughput<=10", 10, 12, result.Undecided, 12},
		{"throughput>10", 10, 12, result.Undecided, 10},
		{"throughput>=10", 10, 12, result.Proved, 10},
		{"throughput>10", 8, 10, result.Refuted, 10},
		{"throughput>=10", 8, 10, result.Undecided, 8},
		{"throughput>=10", 10, 10, result.Proved, 10},
		{"throughput<10", 10, 10, result.Refuted, 10},
		// A bound that is not known decides nothing; the other one may.
		{"throughput<10", 5, inf, result.Undecided, inf},
		{"throughput<10", 11, inf, result.Refuted, 11},
		{"throughput>10", 11, inf, result.Proved, 11},
		{"throughput>10", -inf, 12, result.Undecided, -inf},
		{"throughput>10", -inf, 9, result.Refuted, 9},
		{"throughput<10", inf, inf, result.Undecided, inf},
		{"throughput>10", inf, inf, result.Undecided, inf},
	} {
		c := undecided()
		Bounds(&c, limitOf(t, tt.limit), tt.lo, tt.hi)
		if c.Verdict != tt.want || c.Bound == nil || float64(*c.Bound) != tt.bound || c.Reason == "" {
			t.Errorf("%s of %v to %v: %s by %v (%s), want %s by %v", tt.limit, tt.lo, tt.hi, c.Verdict, c.Bound, c.Reason, tt.want, tt.bound)
		}
	}
}

func TestDecideMoment(t *testing.T) {
	// A mean of 10 ms with a standard error of 2 ÷ √16; Student's quantiles of 15
	// degrees of freedom at 0.95 and 0.999 are 1.753 and 3.733 (tables).
	mean := func(neff float64) result.Statistic {
		return result.Statistic{N: 400, NOK: 400, NEff: neff, Mean: result.Num(10), SD: result.Num(2)}
	}
	failures, single := mean(16), mean(16)
	failures.NOK = 399
	single.SD = nil
	for _, tt := range []struct {
		name   string
		limit  string
		stat   result.Statistic
		alpha  float64
		want   result.Verdict
		bound  float64
		reason string
	}{
		{"under it", "ttft.mean<11ms", mean(16), 0.05, result.Proved, 10.877, "meets the limit"},
		{"too near", "ttft.mean<10.5ms", mean(16), 0.05, result.Undecided, 10.877, "9.123 to 10.88 ms"},
		{"over it", "ttft.mean<9ms", mean(16), 0.05, result.Refuted, 9.123, "breaks the limit"},
		{"surer", "ttft.mean<11ms", mean(16), 0.001, result.Undecided, 11.866, ""},
		{"fewer independent requests", "ttft.mean<11ms", mean(4), 0.05, result.Undecided, 12.353, ""},
		{"hardly one independent request", "ttft.mean<11ms", mean(0.5), 0.05, result.Undecided, 22.628, ""},
		{"a least mean", "ttft.mean>9ms", mean(16), 0.05, result.Proved, 9.123, ""},
		{"failures", "ttft.mean<11ms", failures, 0.05, result.Undecided, 0, "1 of 400 requests failed"},
		{"one request", "ttft.mean<11ms", single, 0.05, result.Undecided, 0, "at least two requests"},
		{"a maximum", "ttft.max<11ms", mean(16), 0.05, result.Undecided, 0, "only quantiles, and means"},
		{"a metric that is not there", "e2e.mean<11ms", mean(16), 0.05, result.Undecided, 0, "end-to-end latency was not measured"},
	} {
		c := undecided()
		c.Alpha = tt.alpha
		decideMoment(&c, limitOf(t, tt.limit), Cell{Requests: &measure.Collector{}, Cell: result.Cell{Metrics: result.Metrics{Stats: map[string]result.Statistic{"ttft": tt.stat}}}})
		if c.Verdict != tt.want || !strings.Contains(c.Reason, tt.reason) || c.Reason == "" {
			t.Errorf("%s: %s: %s", tt.name, c.Verdict, c.Reason)
		}
		switch {
		case tt.bound == 0 && c.Bound != nil:
			t.Errorf("%s: a bound %v of nothing", tt.name, *c.Bound)
		case tt.bound != 0 && (c.Bound == nil || math.Abs(float64(*c.Bound)-tt.bound) > 5e-4):
			t.Errorf("%s: the bound is %v, want %v", tt.name, c.Bound, tt.bound)
		case c.Lo != nil || c.Hi != nil:
			t.Errorf("%s: one-sided bounds are shown as an interval", tt.name)
		}
	}
}
