package claim

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
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
	// A mean of 10 ms, its standard error 0.20101 ms; Student's quantiles of 99 degrees
	// of freedom at 0.95 and 0.999 are 1.6604 and 3.1746 (tables).
	unlike := func(n int) []*exchange.Exchange {
		return requests(n, func(i int) *exchange.Exchange { return request(i, 8+4*float64(i%2), 0) })
	}
	hundred := collect(serial, unlike(100)...)
	failures := unlike(100)
	failures[7].Class = exchange.Reset
	// Eight slow waves are worth a few requests.
	waves := requests(400, func(i int) *exchange.Exchange { return request(i, 10+2*math.Sin(float64(i)/8)+jitter(i)/10, 0) })
	for _, tt := range []struct {
		name   string
		limit  string
		cell   Cell
		alpha  float64
		want   result.Verdict
		bound  float64
		reason string
	}{
		{"under it", "ttft.mean<10.5ms", hundred, 0.05, result.Proved, 10.3338, "meets the limit"},
		{"too near", "ttft.mean<10.2ms", hundred, 0.05, result.Undecided, 10.3338, "9.666 ms to 10.33 ms"},
		{"over it", "ttft.mean<9.5ms", hundred, 0.05, result.Refuted, 9.6662, "breaks the limit"},
		{"surer", "ttft.mean<10.5ms", hundred, 0.001, result.Undecided, 10.6381, ""},
		{"a least mean", "ttft.mean>9.5ms", hundred, 0.05, result.Proved, 9.6662, ""},
		{"few independent requests", "ttft.mean<20ms", collect(open, waves...), 0.05, result.Undecided, 0, "too few for an interval of their mean; about"},
		{"failures", "ttft.mean<11ms", collect(serial, failures...), 0.05, result.Undecided, 0, "1 of 100 requests failed"},
		{"one request", "ttft.mean<11ms", collect(serial, unlike(1)...), 0.05, result.Undecided, 0, "too few requests for an interval of their mean: 1"},
		{"a maximum", "ttft.max<11ms", hundred, 0.05, result.Undecided, 0, "only quantiles and means"},
		{"a metric that is not there", "tpot.mean<11ms", hundred, 0.05, result.Undecided, 0, "was not measured"},
	} {
		c := undecided()
		c.Alpha = tt.alpha
		decideMoment(&c, limitOf(t, tt.limit), tt.cell)
		if c.Verdict != tt.want || !strings.Contains(c.Reason, tt.reason) || c.Reason == "" {
			t.Errorf("%s: %s: %s", tt.name, c.Verdict, c.Reason)
		}
		switch {
		case tt.bound == 0 && c.Bound != nil:
			t.Errorf("%s: a bound %v of nothing", tt.name, *c.Bound)
		case tt.bound != 0 && (c.Bound == nil || math.Abs(float64(*c.Bound)-tt.bound) > 5e-4):
			t.Errorf("%s: the bound is %v, want %v", tt.name, c.Bound, tt.bound)
		case tt.bound != 0 && (c.Lo == nil || c.Hi == nil || float64(*c.Hi) <= 10.3338):
			t.Errorf("%s: the two-sided interval is not shown: %v to %v", tt.name, c.Lo, c.Hi)
		}
	}
}

// What is shown of a quantile and what decides a claim on it rest on one effective
// size, at the error of each.
func TestShownAndDecidedRestOnOneEffectiveSize(t *testing.T) {
	bursts := requests(2000, func(i int) *exchange.Exchange {
		ms := 10 + jitter(i)/1000
		if i%400 < 30 { // a burst, under noise that hides it from the ranks
			ms += 5
		}
		return request(i, ms, 0)
	})
	cell := collect(open, bursts...)
	s := cell.Metrics.Stats["ttft"]
	l := limitOf(t, "ttft.p95<=15ms")
	l.Value = float64(*s.P95.Sample)
	c := undecided()
	c.Alpha = 0.025 // each side of what is shown
	decideQuantile(&c, l, 0.95, "", cell)
	if c.NEff != s.P95.NEff || c.NEff > 100 {
		t.Errorf("five bursts are shown with an effective size of %v and decided with %v", s.P95.NEff, c.NEff)
	}
}
