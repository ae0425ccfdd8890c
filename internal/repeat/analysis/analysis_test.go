package analysis

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// repeats are one of each value of the candidate's median time to first token, three
// hours apart, each with an interval of its own.
func repeats(values ...float64) []Measured {
	var out []Measured
	start := time.Date(2026, 11, 30, 21, 0, 0, 0, time.UTC)
	for i, v := range values {
		p := result.Estimate{Value: result.Num(v), Lo: result.Num(v - 1), Hi: result.Num(v + 1)}
		if math.IsNaN(v) {
			p = result.Estimate{Withheld: "too few"}
		}
		r := &result.Result{Evidence: result.Measured}
		r.Benchmarks.Load = &result.Load{Cells: []result.Cell{{ID: "load/candidate", Target: "candidate", Metrics: result.Metrics{Stats: map[string]result.Statistic{"ttft": {Unit: "ms", P50: p}}}}}}
		out = append(out, Measured{Repeat{Number: i + 1, Due: start.Add(time.Duration(i) * 3 * time.Hour), Status: Done}, r})
	}
	return out
}

func median(t *testing.T, a *Analysis) Figure {
	t.Helper()
	for _, f := range a.Figures {
		if f.Metric == "ttft" && f.Stat == "p50" {
			return f
		}
	}
	t.Fatalf("%+v", a)
	return Figure{}
}

// The interval is that of the repeats' own figures: what differs between hours counts,
// however narrow a repeat's own interval is. 95 % of the intervals hold the mean.
func TestWhatDiffersBetweenRepeatsIsInTheInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	held, narrow := 0, 0
	const runs = 1000
	for range runs {
		var values []float64
		for range 8 {
			values = append(values, 100*math.Exp(.2*rng.NormFloat64()))
		}
		m := median(t, Of(repeats(values...), 0)).Mean
		if *m.Lo <= 100 && 100 <= *m.Hi {
			held++
		}
		if *m.Hi-*m.Lo < 4 { // the repeats' own are 2 wide
			narrow++
		}
	}
	if held < 930 || held > 970 || narrow > runs/50 {
		t.Errorf("%d of %d hold the mean, %d are narrow", held, runs, narrow)
	}
}

func TestFewRepeatsHaveNoInterval(t *testing.T) {
	f := median(t, Of(repeats(100, 110, 120, math.NaN(), 130), 0))
	if f.Mean.Value != nil || !strings.Contains(f.Mean.Withheld, "4 of the repeats have it: an interval over the day needs 5") || f.Mean.NeededN != 5 {
		t.Errorf("%+v", f.Mean)
	}
	if *f.Least.Value != 100 || *f.Most.Value != 130 || f.Points[3].Why != "too few" {
		t.Errorf("%+v", f)
	}
}

// Noon and night are named with what they had, and as different only where their own
// intervals do not overlap.
func TestTheRangeOverTheDay(t *testing.T) {
	f := median(t, Of(repeats(100, 104, 100.5, 130, 101, 100), 0))
	if *f.Most.Value != 130 || f.Most.At.Hour() != 6 || !f.Apart || f.Trend != "" {
		t.Errorf("%+v", f)
	}
	if f = median(t, Of(repeats(100, 100.5, 101, 100.2, 100.8), 0)); f.Apart {
		t.Errorf("%+v", f)
	}
	if f = median(t, Of(repeats(100, 104, 108, 112, 116, 120), 0)); f.Trend != "rises" {
		t.Errorf("%+v", f)
	}
	if f = median(t, Of(repeats(100, 100, 100, 100, 100), 0)); f.Mean.Value == nil || f.Mean.Lo != nil {
		t.Errorf("%+v", f.Mean)
	}
}

// A repeat without an interval of its own stands with the quantile of its sample: those
// that have one are the calm ones. Where failures reach into it, the day has no mean.
func TestARepeatWithFewIndependentRequestsStillCounts(t *testing.T) {
	of := func(sample float64) Figure {
		all := repeats(100, 101, 102, 103, 104)
		all[3].Result.Benchmarks.Load.Cells[0].Metrics.Stats["ttft"] = result.Statistic{Unit: "ms", P50: result.Estimate{Withheld: "too few", Sample: result.Num(sample)}}
		return median(t, Of(all, 0))
	}
	if f := of(500); !f.Most.Sample || *f.Most.Value != 500 || f.Mean.Value == nil || f.Apart {
		t.Errorf("%+v", f)
	}
	if f := of(math.Inf(1)); f.Mean.Value != nil || *f.Most.Value != 104 || !strings.Contains(f.Mean.Withheld, "no finite value") {
		t.Errorf("%+v", f)
	}
}

// What a check spoils is in no mean.
func TestASpoiltFigureDoesNotCount(t *testing.T) {
	all := repeats(100, 101, 102, 103, 104, 900)
	all[5].Result.Validity.Checks = []result.Check{{ID: "client_delay", Status: result.Fail, Cell: "load/candidate", Figures: []string{"ttft"}}}
	f := median(t, Of(all, 0))
	if *f.Most.Value != 104 || f.Points[5].Why != "spoilt by the check client_delay" {
		t.Errorf("%+v", f)
	}
}

// A comparison is followed by its ratio, and success by its difference.
func TestComparisonsTakeTheRepeatsAsBlocks(t *testing.T) {
	all := repeats(1, 1, 1, 1, 1)
	for i, r := range all {
		ratio := 1.1 + .01*float64(i)
		r.Result.Benchmarks.Load.Versus = []result.Comparison{
			{Metric: "ttft", Stat: "p50", Unit: "ratio", Against: "baseline", Estimate: result.Estimate{Value: result.Num(ratio), Lo: result.Num(ratio - .5), Hi: result.Num(ratio + .5)}},
			{Metric: "success", Stat: "difference", Unit: "percentage points", Against: "baseline", Estimate: result.Estimate{Value: result.Num(-float64(i))}},
		}
	}
	a := Of(all, 0)
	if f := a.Figures[0]; f.Against != "baseline" || *f.Mean.Lo < 1.1 || *f.Mean.Hi > 1.15 || *f.Mean.Lo >= *f.Mean.Value {
		t.Errorf("%+v", f.Mean)
	}
	if f := a.Figures[1]; *f.Mean.Value != -2 {
		t.Errorf("%+v", f.Mean)
	}
}

// A claim is decided by the mean over the repeats; what each says alone is kept.
func TestClaimsAreDecidedByTheRepeats(t *testing.T) {
	claim := func(values []float64, verdicts ...result.Verdict) Claim {
		all := repeats(values...)
		for i, r := range all {
			v := result.Undecided
			if i < len(verdicts) {
				v = verdicts[i]
			}
			r.Result.Claims = []result.Claim{
				{ID: "a", Limit: "ttft.p50<500ms", Set: true, Alpha: .05, Verdict: v, Estimate: result.Num(values[i])},
				{ID: "ref", Limit: "ttft.p50<50ms", Alpha: .05, Verdict: result.Refuted, Estimate: result.Num(values[i])},
			}
		}
		return Of(all, 0).Claims[0]
	}
	for _, tt := range []struct {
		values   []float64
		verdicts []result.Verdict
		want     result.Verdict
		text     string
	}{
		{[]float64{300, 310, 290, 305, 295}, nil, result.Proved, "alone, of 5 repeats, it is undecided in 5"},
		{[]float64{600, 610, 590, 605, 595}, []result.Verdict{result.Refuted}, result.Refuted, "refuted in 1, undecided in 4"},
		{[]float64{300, 310, 900, 305, 600}, nil, result.Undecided, "the interval over the repeats holds the limit"},
		{[]float64{300, 310, 290}, nil, result.Undecided, "needs 5"},
		{[]float64{300, 300, 300, 300, 300}, nil, result.Undecided, ""},
		{[]float64{300, 310, 290, 305, 295}, []result.Verdict{result.Invalid, result.Invalid, result.Invalid, result.Invalid, result.Invalid}, result.Invalid, "every repeat of it is spoilt"},
	} {
		if c := claim(tt.values, tt.verdicts...); c.Verdict != tt.want || !strings.Contains(c.Reason, tt.text) {
			t.Errorf("%v: %s: %s", tt.values, c.Verdict, c.Reason)
		}
	}
}

// A mean over the hours that went well proves nothing where others failed, or are not known.
func TestHoursThatAreLeftOutProveNothing(t *testing.T) {
	of := func(failed, unknown int, limit string) Claim {
		all := repeats(300, 310, 290, 305, 295, 300, 300)
		for i, r := range all {
			r.Result.Claims = []result.Claim{{ID: "a", Limit: limit, Set: true, Alpha: .05, Verdict: result.Undecided, Estimate: result.Num(float64(290 + 3*i))}}
			if i < unknown {
				r.Result.Claims[0].Estimate = nil
			}
			if i == 5 { // which holds alone, whatever its value
				r.Result.Claims[0].Estimate, r.Result.Claims[0].Verdict = nil, result.Proved
			}
		}
		return Of(all, failed).Claims[0]
	}
	for _, tt := range []struct {
		failed, unknown int
		limit           string
		want            result.Verdict
		reason          string
	}{
		{0, 0, "ttft.p50<500ms", result.Proved, "it holds"},
		{2, 0, "ttft.p50<500ms", result.Undecided, "not counted are 2 failed"},
		{0, 1, "ttft.p50<500ms", result.Undecided, "1 without a value"},
		{2, 1, "ttft.p50<100ms", result.Refuted, "does not hold"},
	} {
		if c := of(tt.failed, tt.unknown, tt.limit); c.Verdict != tt.want || !strings.Contains(c.Reason, tt.reason) {
			t.Errorf("%+v: %s: %s", tt, c.Verdict, c.Reason)
		}
	}
	if notes := Of(repeats(1, 2), 2).Notes; len(notes) != 1 || !strings.Contains(notes[0], "2 repeats failed") {
		t.Error(notes)
	}
}
