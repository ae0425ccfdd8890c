package cost

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// level is a throughput level as it is measured: ten slices of a window whose rates
// scatter around the truth.
func level(r *rand.Rand, id string, truth, scatter float64) result.Cell {
	slices := make([]float64, 10)
	for i := range slices {
		slices[i] = truth * (1 + scatter*r.NormFloat64())
	}
	m, lo, hi, _ := stats.MeanInterval(slices, 0.95)
	return result.Cell{ID: id, Target: "candidate", Metrics: result.Metrics{Rates: map[string]result.Rate{"throughput": rate(m, lo, hi)}}}
}

// The best of several levels is in part the luckiest. Its bounds hold at their
// confidence all the same; the highest value with its own interval would not.
func TestBoundsHoldForTheLevelThatWasChosen(t *testing.T) {
	const runs, truth = 500, 20.0
	r := rand.New(rand.NewPCG(7, 7))
	above, naive := 0, 0
	for run := range runs {
		var tp result.Throughput
		for k := range 8 {
			tp.Cells = append(tp.Cells, level(r, fmt.Sprint(k), truth, 0.1))
		}
		best := Best(&tp, "candidate", nil)
		i, ok := best.requests(0.9)
		if !ok || i.lo > truth {
			above++
		}
		if drawn := i.value + best.deviations(0.9)(stats.NormalQuantile(0.05)); run < 20 && math.Abs(drawn-i.lo) > 0.01*(i.value-i.lo) {
			t.Errorf("the lower draws are %v, and the bound is %v", drawn, i.lo)
		}
		peak := Peak(&tp, "candidate")
		peak.Among = 1
		if i, _ := peak.requests(0.9); i.lo > truth {
			naive++
		}
	}
	// One-sided at 5 %, and the spread of a share of 500 runs.
	if share := float64(above) / runs; share > 0.08 {
		t.Errorf("the lower bound is above the truth in %.1f %% of runs", 100*share)
	}
	if share := float64(naive) / runs; share < 0.15 {
		t.Errorf("the highest value with its own interval errs in only %.1f %% of runs: the test shows nothing", 100*share)
	}
}

// A level of a few requests is not chosen because it is noisy.
func TestANoisyLevelIsNotChosen(t *testing.T) {
	tp := &result.Throughput{Cells: []result.Cell{
		{ID: "steady", Target: "candidate", Metrics: result.Metrics{Rates: map[string]result.Rate{"throughput": rate(20, 19, 21)}}},
		{ID: "noisy", Target: "candidate", Metrics: result.Metrics{Rates: map[string]result.Rate{"throughput": rate(23, 12, 34)}}},
		{ID: "short", Target: "candidate", Metrics: result.Metrics{Rates: map[string]result.Rate{"throughput": {Value: result.Num(30)}}}},
	}}
	if b := Best(tp, "candidate", nil); b.Cell != "steady" || b.Among != 3 {
		t.Errorf("%+v", b)
	}
	if p := Peak(tp, "candidate"); p.Cell != "short" {
		t.Errorf("%+v", p)
	}
	tp.Cells = tp.Cells[2:]
	if b := Best(tp, "candidate", nil); b.Cell != "short" {
		t.Errorf("%+v", b)
	}
}

// Where one quantity alone is uncertain, the bounds of the savings are those of its
// interval, at any confidence.
func TestSavingsHaveTheBoundsOfWhatWasMeasured(t *testing.T) {
	for _, conf := range []float64{0.8, 0.9, 0.95, 0.99} {
		in := migration()
		in.Conf = conf
		for i := range in.Baseline.Usage {
			in.Baseline.Usage[i].Output = 40 + i/4
		}
		c := Assess(in)
		s, b := c.Volumes[0].SavingsPercent, c.Baseline.PerRequest
		for _, p := range []struct{ got, api *result.Number }{{s.Lo, b.Lo}, {s.Hi, b.Hi}} {
			want := 100 * (1 - 1131.5/3e6/float64(*p.api))
			if math.Abs(float64(*p.got)-want) > 0.01 {
				t.Errorf("at %v: %v, want %v", conf, *p.got, want)
			}
		}
	}
	// The capacity, where the number of replicas is large and so nearly smooth.
	for _, conf := range []float64{0.9, 0.98} {
		in := migration()
		in.Conf, in.MonthlyRequests = conf, 3e9
		c := Assess(in)
		b := newBill(in.Candidate, in)
		b.demand.PeakToMean = 3
		s := c.Volumes[0].SavingsPercent
		for _, p := range []struct {
			got *result.Number
			rps float64
		}{{s.Lo, b.capacity.lo}, {s.Hi, b.capacity.hi}} {
			want := 100 * (1 - math.Ceil(3e9*3/(p.rps*SecondsPerMonth))*1131.5/(3e9*0.001152))
			if math.Abs(float64(*p.got)-want) > 0.3 {
				t.Errorf("at %v: %v, want %v", conf, *p.got, want)
			}
		}
	}
}

// The same run gives the same odds, and another seed nearly the same.
func TestOddsAreDeterministic(t *testing.T) {
	in := migration()
	in.MonthlyRequests = 990_000 // near the break-even
	for i := range in.Baseline.Usage {
		in.Baseline.Usage[i].Output = 40 + i/4
	}
	a, b := Assess(in), Assess(in)
	if !reflect.DeepEqual(a, b) {
		t.Error("two assessments of the same input differ")
	}
	in.Seed = 99
	c := Assess(in)
	for _, p := range [][2]float64{{float64(a.Odds.Cheaper), float64(c.Odds.Cheaper)}, {float64(*a.Odds.Savings.Lo), float64(*c.Odds.Savings.Lo)}} {
		if math.Abs(p[0]-p[1]) > 0.02 {
			t.Errorf("%v with one seed and %v with another", p[0], p[1])
		}
	}
	if o := a.Odds; o.Cheaper < 0.5 || o.Cheaper > 1 || o.Draws != drawCount || !strings.Contains(o.Text, "cheaper in") {
		t.Errorf("%+v", o)
	}
	// $1,131.50 against 990,000 requests at a normal mean: P by hand.
	in.Conf = 0.95
	bill := newBill(*in.Baseline, in)
	se := (bill.request.hi - bill.request.value) / stats.StudentQuantile(0.975, 199)
	want := 1 - stats.StudentCDF((1131.5/990_000-bill.request.value)/se, 199)
	if math.Abs(float64(a.Odds.Cheaper)-want) > 0.002 {
		t.Errorf("cheaper in %v, want %v", a.Odds.Cheaper, want)
	}
}

// A thing saves nothing against itself.
func TestSavingsAgainstItselfAreZero(t *testing.T) {
	in := migration()
	in.Candidate = *in.Baseline
	in.Candidate.Name = "candidate"
	for i := range in.Baseline.Usage {
		in.Baseline.Usage[i].Output = 40 + i/4
	}
	in.Candidate.Usage = in.Baseline.Usage
	c := Assess(in)
	for _, e := range []result.Estimate{c.Volumes[0].SavingsPercent, c.Volumes[0].SavingsMonth, c.Volumes[0].SavingsYear} {
		near(t, "savings", e.Value, 0)
		near(t, "lower", e.Lo, 0)
		near(t, "upper", e.Hi, 0)
	}
	if c.Odds.Cheaper != 0 || len(c.BreakEven.Wins) != 0 {
		t.Errorf("%+v %+v", c.Odds, c.BreakEven)
	}
	in = migration()
	m := in.Candidate
	m.Name = "baseline"
	in.Baseline = &m
	c = Assess(in)
	near(t, "savings of a machine", c.Volumes[0].SavingsPercent.Value, 0)
	if len(c.BreakEven.Wins) != 0 {
		t.Errorf("%+v", c.BreakEven)
	}
}

// More tokens and higher prices never cost less.
func TestCostIsMonotoneInTokensAndPrices(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 18))
		p := result.Price{Rates: result.Rates{Input: 5 * r.Float64(), Output: 20 * r.Float64()}}
		if r.IntN(2) == 0 {
			p.Cached = new(p.Input * r.Float64())
		}
		if r.IntN(2) == 0 {
			p.LongContext = []result.LongContext{{Above: 500, Rates: result.Rates{Input: p.Input * 2, Cached: p.Cached, Output: p.Output * 1.5}}}
		}
		use := pricing.Use{Input: r.IntN(1000), Output: r.IntN(1000)}
		var share *float64
		if r.IntN(2) == 0 {
			share = new(r.Float64())
		}
		was := priced(p, use, share)
		more := use
		more.Input++
		longer := use
		longer.Output++
		dear := p
		dear.Input *= 1.1
		out := p
		out.Output *= 1.1
		for what, now := range map[string]float64{
			"an input token": priced(p, more, share), "an output token": priced(p, longer, share),
			"the price of input": priced(dear, use, share), "the price of output": priced(out, use, share),
		} {
			if now < was*(1-1e-12) {
				t.Errorf("seed %d: %s makes %v of %v", seed, what, now, was)
			}
		}
		own, api, d := anyFleet(r)
		s := result.CostScenario{MonthlyRequests: 1 + math.Floor(4000*r.Float64()), PeakToMean: d.PeakToMean, Profile: d.Profile, BatchShare: d.BatchShare, Own: *own.Fleet}
		s.API = result.CostAPI{InputTokens: 100, OutputTokens: 50, Input: api.PerRequest, Output: 1}
		before, err := WhatIf(s)
		if err != nil {
			t.Fatal(err)
		}
		s.API.OutputTokens++
		s.Own.USDPerHour *= 1.01
		s.Own.RequestsPerSecond *= 0.99
		after, err := WhatIf(s)
		if err != nil {
			t.Fatal(err)
		}
		if after.APIMonth < before.APIMonth || after.OwnMonth < before.OwnMonth {
			t.Errorf("seed %d: %+v, and was %+v", seed, after, before)
		}
	}
}
