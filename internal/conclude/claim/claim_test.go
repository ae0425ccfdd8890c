package claim

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
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

func TestDecideRate(t *testing.T) {
	rate := func(v, lo, hi float64) result.Rate {
		return result.Rate{Value: result.Num(v), Lo: result.Num(lo), Hi: result.Num(hi), N: 600}
	}
	for _, tt := range []struct {
		name   string
		limit  string
		rate   result.Rate
		want   result.Verdict
		needed int
		reason string
	}{
		{"over it", "throughput>=10", rate(12, 11, 13), result.Proved, 0, "meets the limit"},
		// One-sided at 0.05: 1.833 ÷ 2.262 (Student, 9 degrees of freedom) of the shown half-width.
		{"around it", "throughput>=10", rate(10.5, 9.5, 11.5), result.Undecided, 0, "9.69 to 11.31"},
		{"one-sided", "throughput>=10", rate(10.9, 9.9, 11.9), result.Proved, 0, "10.09"},
		{"under it", "throughput>=10", rate(8, 7, 9), result.Refuted, 0, "breaks the limit"},
		{"tokens", "output_throughput>100", rate(120, 110, 130), result.Proved, 0, "token/s"},
		{"of another name", "input_throughput>10", rate(12, 11, 13), result.Undecided, 0, "there is no input tokens per second"},
		{"withheld", "throughput>=10", result.Rate{Withheld: "the window is empty"}, result.Undecided, 0, "there is no"},
		{"without an interval", "throughput>=10", result.Rate{Value: result.Num(12), N: 49}, result.Undecided, 50, "too few completions"},
	} {
		tag := limitOf(t, tt.limit).Metric.Tag
		if tt.name == "of another name" {
			tag = "throughput"
		}
		c := undecided()
		decideRate(&c, limitOf(t, tt.limit), Cell{Requests: &measure.Collector{}, Cell: result.Cell{Metrics: result.Metrics{Rates: map[string]result.Rate{tag: tt.rate}}}})
		if c.Verdict != tt.want || c.NeededN != tt.needed || !strings.Contains(c.Reason, tt.reason) {
			t.Errorf("%s: %s, needs %d: %s", tt.name, c.Verdict, c.NeededN, c.Reason)
		}
		if tt.want != result.Undecided && (c.N != 600 || c.Estimate != tt.rate.Value || c.Lo != tt.rate.Lo || c.Hi != tt.rate.Hi) {
			t.Errorf("%s: the claim has not the figures of the rate: %+v", tt.name, c)
		}
	}
}

// A claim that asks for more certainty gets bounds of more.
func TestRateClaimsHonourAlpha(t *testing.T) {
	cell := Cell{Cell: result.Cell{Metrics: result.Metrics{Rates: map[string]result.Rate{
		"throughput": {Value: result.Num(11), Lo: result.Num(10), Hi: result.Num(12), N: 600},
	}}}}
	// Half-widths by Student's quantiles of 9 degrees of freedom (tables): 1.383,
	// 1.833, 2.262 and 4.297.
	for alpha, bound := range map[float64]float64{0.1: 11 - 1.383/2.262, 0.05: 11 - 1.833/2.262, 0.025: 10, 0.001: 11 - 4.297/2.262} {
		c := undecided()
		c.Alpha = alpha
		decideRate(&c, limitOf(t, "throughput>=10"), cell)
		if want := bound >= 10-1e-9; math.Abs(float64(*c.Bound)-bound) > 5e-4 || (c.Verdict == result.Proved) != want {
			t.Errorf("alpha %v: %s by %v, want %v", alpha, c.Verdict, *c.Bound, bound)
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
		{"too near", "ttft.mean<10.2ms", hundred, 0.05, result.Undecided, 10.3338, "9.666 to 10.33 ms"},
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

func TestDecideSuccess(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ok, fail int
		shed     int
		limit    string
		want     result.Verdict
		needed   int
		reason   string
	}{
		{"nothing ended", 0, 0, 0, "success>=95%", result.Undecided, 0, "no request ended"},
		// 0.95^59 is the first under 0.05.
		{"just enough", 59, 0, 0, "success>=95%", result.Proved, 0, "59 of 59"},
		{"one short", 58, 0, 0, "success>=95%", result.Undecided, 59, "59 requests like these would prove it"},
		{"some failed", 390, 10, 0, "success>=95%", result.Proved, 0, "390 of 400"},
		{"half failed", 50, 50, 0, "success>=95%", result.Refuted, 0, "50 of 100"},
		{"shed is not served", 50, 0, 50, "success>=95%", result.Refuted, 0, "50 of 100"},
		{"all of them, where at most half may", 62, 0, 0, "success<50%", result.Refuted, 0, "at least 95.28 %"},
		{"all of them, where a tenth may", 62, 0, 0, "success<=10%", result.Refuted, 0, "62 of 62"},
		{"few of them, where at most half may", 5, 57, 0, "success<50%", result.Proved, 0, "at most"},
		{"about half, where at most half may", 30, 32, 0, "success<=50%", result.Undecided, 0, "does not decide success<=50%"},
		{"more than", 390, 10, 0, "success>95%", result.Proved, 0, "390 of 400"},
	} {
		c := undecided()
		decideSuccess(&c, limitOf(t, tt.limit), Cell{Requests: &measure.Collector{}, Cell: result.Cell{Counts: result.Counts{OK: tt.ok, Failed: tt.fail, Shed: tt.shed}}})
		if c.Verdict != tt.want || tt.needed != 0 && c.NeededN != tt.needed || !strings.Contains(c.Reason, tt.reason) || c.N != tt.ok+tt.fail+tt.shed {
			t.Errorf("%s: %s of %d, needs %d: %s", tt.name, c.Verdict, c.N, c.NeededN, c.Reason)
		}
	}
}

// Requests that were cut may have succeeded or not: they never help a verdict.
func TestSuccessOfCutRequestsIsOpen(t *testing.T) {
	for _, tt := range []struct {
		ok, fail, cut int
		limit         string
		want          result.Verdict
	}{
		{4500, 0, 0, "success>=99%", result.Proved},
		{4500, 0, 1500, "success>=99%", result.Undecided}, // a quarter was cut
		{4500, 0, 1500, "success>=60%", result.Proved},
		{0, 0, 100, "success>=99%", result.Undecided},
		{0, 90, 10, "success>=99%", result.Refuted},
		{10, 0, 90, "success<50%", result.Undecided},
	} {
		c := undecided()
		cell := Cell{Cell: result.Cell{Counts: result.Counts{OK: tt.ok, Failed: tt.fail, Cut: tt.cut}}}
		decideSuccess(&c, limitOf(t, tt.limit), cell)
		if c.Verdict != tt.want || c.Reason == "" {
			t.Errorf("%+v: %s: %s", tt, c.Verdict, c.Reason)
		}
	}
}
