package cost

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

func notes(c *result.Cost) string { return strings.Join(c.Notes, "\n") }

// The prompts of a run are new to every cache: how much that overstates the API is
// said, and a stated share is what it is priced by.
func TestCachedShare(t *testing.T) {
	c := Assess(migration())
	// Half of 256 tokens at $0.10 in place of $2: $0.000256 + $0.0000128 + $0.00064.
	const half = (128*2 + 128*0.1 + 640) / 1e6
	e := c.Cache
	if e == nil || e.Given != nil || math.Abs(float64(e.PerRequest)-half) > 1e-12 || math.Abs(float64(e.Overstated)-100*(0.001152/half-1)) > 1e-9 || *e.Measured != 0 {
		t.Fatalf("%+v", e)
	}
	near(t, "savings at half", e.Savings, 100*(1-1131.5/3e6/half))
	for _, want := range []string{"50 % of the input", "$0.000909 per request instead of $0.00115", "overstates it by 26.8 %", "Savings would be 58.5 %", "--cached-share"} {
		if !strings.Contains(e.Text, want) {
			t.Errorf("no %q in %q", want, e.Text)
		}
	}
	in := migration()
	in.CachedShare, in.Stated = new(0.5), map[string]bool{"cost.cached_share": true}
	c = Assess(in)
	near(t, "request", c.Baseline.PerRequest.Value, half)
	near(t, "a million cached tokens", c.Baseline.PerMTokCached.Value, 0.1)
	near(t, "a million new tokens", c.Baseline.PerMTokInput.Value, 2)
	near(t, "savings", c.Volumes[0].SavingsPercent.Value, 100*(1-1131.5/3e6/half))
	if c.Cache == nil || c.Cache.Given == nil || !strings.Contains(c.Cache.Text, "as the plan says") {
		t.Errorf("%+v", c.Cache)
	}
	for _, i := range c.Inputs {
		if i.Key == "cost.cached_share" && i.Basis != result.BasisPlan {
			t.Errorf("%+v", i)
		}
	}
	in.Baseline.Price.Cached = nil
	if c := Assess(in); c.Cache != nil {
		t.Errorf("a price without cached tokens: %+v", c.Cache)
	}
}

func TestBatches(t *testing.T) {
	in := migration()
	in.BatchShare = 0.4
	c := Assess(in)
	if !strings.Contains(c.Withheld, "cost.batch_factor") {
		t.Errorf("%q", c.Withheld)
	}
	in.BatchFactor = 0.5
	c = Assess(in)
	near(t, "by the plan's factor", c.Baseline.PerRequest.Value, 0.001152*0.8)
	in.BatchFactor = 0
	in.Baseline.Price.Batch = &result.Service{Rates: result.Rates{Input: 1, Output: 5}}
	c = Assess(in)
	near(t, "by the price list", c.Baseline.PerRequest.Value, 0.001152*0.8)
	sum := 0.0
	for _, p := range c.Baseline.Parts {
		sum += p.USD
	}
	if math.Abs(sum-0.001152*0.8) > 1e-12 {
		t.Errorf("parts %+v", c.Baseline.Parts)
	}
	// 0.6 × the peak of 3, and 0.4 spread evenly.
	in.MonthlyRequests = 20 / 2.2 * SecondsPerMonth
	if v := Assess(in).Volumes[0]; v.Replicas != 1 {
		t.Errorf("%d replicas", v.Replicas)
	}
	in.MonthlyRequests++
	if v := Assess(in).Volumes[0]; v.Replicas != 2 {
		t.Errorf("%d replicas", v.Replicas)
	}
}

// A request that is sent to the baseline again is paid twice.
func TestFallback(t *testing.T) {
	in := migration()
	in.FallbackShare = 0.1
	c := Assess(in)
	want := 1131.5 + 0.1*3456
	near(t, "month", c.Volumes[0].Candidate.Value, want)
	near(t, "savings", c.Volumes[0].SavingsPercent.Value, 100*(1-want/3456))
	// $1,131.50 against nine tenths of $0.001152.
	near(t, "break-even", c.BreakEven.MonthlyRequests.Value, math.Ceil(1131.5/(0.9*0.001152)))
	if last := c.Candidate.Parts[len(c.Candidate.Parts)-1]; last.Name != "fallback" || math.Abs(last.USD-0.0001152) > 1e-12 {
		t.Errorf("%+v", c.Candidate.Parts)
	}
	in.Baseline.Price = nil
	if c := Assess(in); c.Candidate.PerRequest.Value != nil {
		t.Errorf("%+v", c.Candidate.PerRequest)
	}
}

// What failed is paid as well, and an answer that nobody accepts is worth nothing.
func TestPerSuccessAndPerAcceptedAnswer(t *testing.T) {
	in := migration()
	in.AcceptScore = new(60.0)
	in.Baseline.Failed, in.Baseline.FailedBilled = 30, []pricing.Use{{Input: 256, Output: 64}, {Input: 256, Output: 0}}
	in.Baseline.Scored, in.Baseline.Accepted = 100, 80
	in.Candidate.Failed, in.Candidate.Scored = 50, 10
	c := Assess(in)
	near(t, "API's success", c.Baseline.PerSuccess.Value, 0.001152+(0.001152+0.000512)/200)
	near(t, "API's accepted answer", c.Baseline.PerAccepted.Value, (0.001152+(0.001152+0.000512)/200)/0.8)
	near(t, "machine's success", c.Candidate.PerSuccess.Value, 1131.5/3e6/(200.0/250))
	if e := c.Candidate.PerSuccess; e.Lo == nil || float64(*e.Lo) >= float64(*e.Value) {
		t.Errorf("the share that succeeds is uncertain: %+v", e)
	}
	if e := c.Candidate.PerAccepted; e.Value != nil || !strings.Contains(e.Withheld, "none of 10 answers") {
		t.Errorf("%+v", e)
	}
	in.Candidate.Scored = 0
	if e := Assess(in).Candidate.PerAccepted; !strings.Contains(e.Withheld, "quality benchmark") {
		t.Errorf("%+v", e)
	}
}

// Three throughputs: the headline is the expected one, with its concurrency.
func TestThroughputs(t *testing.T) {
	in := migration()
	in.Candidate.Peak = &Capacity{Requests: rate(40, 36, 44), From: "throughput/candidate@100 (100 users)", Among: 1}
	c := Assess(in)
	o := c.Candidate.Operating
	if len(o) != 3 || o[0].Name != result.AtPeak || o[1].Name != result.WithinLimits || o[2].Name != result.Expected {
		t.Fatalf("%+v", o)
	}
	full := 1.55 / 3600 / 20 / 310 * 1e6
	near(t, "at the peak", o[0].PerMTok.Value, full/2)
	near(t, "within the limits", o[1].PerMTok.Value, full)
	near(t, "expected", o[2].PerMTok.Value, float64(*c.Candidate.PerMTok.Value))
	near(t, "utilization", o[2].Utilization, 3e6/(20*SecondsPerMonth))
	near(t, "token/s", o[2].TokensPerSecond, 3e6/SecondsPerMonth*310)
	if !strings.Contains(o[2].From, "throughput/candidate@50, busy 5.71 % of the time at 3,000,000 requests per month") || !strings.Contains(o[0].From, "100 users") {
		t.Errorf("%q %q", o[0].From, o[2].From)
	}
}

func TestGrowthAndProjection(t *testing.T) {
	in := migration()
	in.Growth, in.Months = 0.1, 24
	c := Assess(in)
	api, own := 0.0, 0.0
	for m := range 12 {
		v := 3e6 * math.Pow(1.1, float64(m))
		api += 0.001152 * v
		own += 1131.5 * math.Ceil(v*3/(20*SecondsPerMonth))
	}
	near(t, "saved in a year", c.Volumes[0].SavingsYear.Value, api-own)
	if p := c.Projection; len(p) != 24 || math.Abs(p[11].Baseline-api) > 1e-6 || math.Abs(p[11].Candidate-own) > 1e-6 || math.Abs(p[1].Requests-3.3e6) > 1e-6 {
		t.Errorf("%+v", p[11])
	}
	for _, m := range c.Projection {
		if float64(*m.CandidateLo) > m.Candidate || float64(*m.CandidateHi) < m.Candidate {
			t.Errorf("%+v", m)
		}
	}
}

// A machine that was bought, committed or is run by people costs what that costs.
func TestRunningMachines(t *testing.T) {
	in := migration()
	m := in.Candidate.Machine
	m.StaffMonth, m.SpareReplicas, m.Node = 2000, 1, 8
	c := Assess(in)
	near(t, "month", c.Volumes[0].Candidate.Value, 8*1131.5+2000)
	if v := c.Volumes[0]; v.Replicas != 2 || v.Accelerators != 8 {
		t.Errorf("%+v", v)
	}
	near(t, "utilisation of all that is paid for", c.Volumes[0].Utilisation, 3e6/(8*20*SecondsPerMonth))
	m.Rent, m.Scaling = tariff.Committed, tariff.ScaleHourly
	in.Profile = make([]float64, 24)
	in.Profile[3] = 1
	c = Assess(in)
	if !strings.Contains(notes(c), "busiest hour of cost.profile has 24 times the mean") {
		t.Errorf("%q", notes(c))
	}
	if !strings.Contains(notes(c), "committed is paid for all the time") || c.Scenario.Own.Scaling != "" {
		t.Errorf("%q", notes(c))
	}
	in = migration()
	in.Candidate.Machine.USDPerHour, in.Candidate.Machine.Bought = pricing.Own(ownedVector)
	c = Assess(in)
	near(t, "a month of a machine that was bought", c.Volumes[0].Candidate.Value, 1.5596196543263754*730)
	basis := map[string]string{}
	for _, i := range c.Inputs {
		basis[i.Name] = i.Basis
	}
	for name, want := range map[string]string{
		"volume": result.BasisDefault, "candidate: power of an accelerator": result.BasisMeasured, "candidate: PUE of the site": result.BasisPlan,
		"candidate: throughput of a replica": result.BasisSimulated, "baseline: tokens of a request": result.BasisMeasured, "baseline: price per million tokens": result.BasisListed,
	} {
		if basis[name] != want {
			t.Errorf("%s is %q, want %q in %+v", name, basis[name], want, c.Inputs)
		}
	}
	if !strings.Contains(notes(c), "bought at $35,000.00 each: $1.56 (capital over 4 years $1.21, power $0.149 at 1.275 kW measured and a PUE of 1.3, maintenance $0.20)") {
		t.Errorf("%q", notes(c))
	}
}

// The scenario of a result answers as the result does, so that a question to it
// starts from the truth.
func TestScenarioIsTheResult(t *testing.T) {
	for name, change := range map[string]func(*Input){
		"plain":    func(*Input) {},
		"cached":   func(in *Input) { in.CachedShare = new(0.7) },
		"batches":  func(in *Input) { in.BatchShare, in.BatchFactor = 0.3, 0.5 },
		"fallback": func(in *Input) { in.FallbackShare = 0.2 },
		"tiers": func(in *Input) {
			in.Baseline.Price.LongContext = []result.LongContext{{Above: 200, Rates: result.Rates{Input: 4, Output: 15}}}
		},
		"growth": func(in *Input) { in.Growth = 0.03 },
		"nodes":  func(in *Input) { in.Candidate.Machine.Node, in.Candidate.Machine.SpareReplicas = 4, 1 },
		"staff":  func(in *Input) { in.Candidate.Machine.StaffMonth = 500 },
	} {
		t.Run(name, func(t *testing.T) {
			in := migration()
			change(&in)
			c := Assess(in)
			if c.Scenario == nil {
				t.Fatal(c.Withheld)
			}
			a := whatIf(t, *c.Scenario)
			v := c.Volumes[0]
			about(t, "own month", a.OwnMonth, float64(*v.Candidate.Value), 1e-9)
			about(t, "API's month", a.APIMonth, float64(*v.Baseline.Value), 1e-9)
			about(t, "savings", a.SavingsPercent, float64(*v.SavingsPercent.Value), 1e-9)
			about(t, "a year", a.SavingsYear, float64(*v.SavingsYear.Value), 1e-9)
			about(t, "utilization", a.Utilization, float64(*v.Utilisation), 1e-9)
			if len(a.Wins) != len(c.BreakEven.Wins) || a.Wins[0] != c.BreakEven.Wins[0] {
				t.Errorf("%+v, and %+v", a.Wins, c.BreakEven.Wins)
			}
		})
	}
}

// Each input moves the savings the way it must, and the largest effect comes first.
func TestSensitivity(t *testing.T) {
	in := migration()
	in.MonthlyRequests = 30e6
	c := Assess(in)
	last := math.Inf(1)
	up := map[string]bool{
		"requests per month": true, "throughput of a replica": true, "price of the API": true, "output tokens of a request": true,
		"peak over mean": false, "USD per accelerator hour": false, "cached share of the API's input": false,
	}
	if len(c.Sensitivity) != len(up) {
		t.Fatalf("%+v", c.Sensitivity)
	}
	base := float64(*c.Volumes[0].SavingsPercent.Value)
	for _, s := range c.Sensitivity {
		rise := float64(s.SavingsHigh - s.SavingsLow)
		if rises, known := up[s.Name]; !known || rises && rise < 0 || !rises && rise > 0 {
			t.Errorf("%+v", s)
		}
		if math.Abs(rise) > last {
			t.Errorf("%s has more effect than what is before it", s.Name)
		}
		last = math.Abs(rise)
		if lo, hi := min(s.SavingsLow, s.SavingsHigh), max(s.SavingsLow, s.SavingsHigh); base < float64(lo)-15 || base > float64(hi)+15 {
			t.Errorf("%+v is far from %v", s, base)
		}
		if s.Name == "throughput of a replica" && s.Basis != result.BasisMeasured {
			t.Errorf("%+v", s)
		}
	}
	// Half the price, by hand: 30 million requests take 2 replicas.
	for _, s := range c.Sensitivity {
		if s.Name == "price of the API" {
			about(t, "savings at half the price", float64(s.SavingsLow), 100*(1-2*1131.5/(30e6*0.000576)), 1e-9)
		}
	}
	in = migration()
	in.Candidate, *in.Baseline = *in.Baseline, in.Candidate
	in.Candidate.Name, in.Baseline.Name = "candidate", "baseline"
	for _, s := range Assess(in).Sensitivity {
		if s.Name == "price of the API" && s.SavingsLow < s.SavingsHigh {
			t.Errorf("a candidate that is the API saves more at half its price: %+v", s)
		}
	}
}

// The curve has both sides of each step, and is what the months cost.
func TestCurve(t *testing.T) {
	in := migration()
	in.MonthlyRequests = 20e6 // a replica carries 17,520,000
	c := Assess(in)
	at := map[float64]result.CurvePoint{}
	last := -1.0
	for _, p := range c.Curve {
		if p.MonthlyRequests <= last {
			t.Fatalf("%v after %v", p.MonthlyRequests, last)
		}
		last = p.MonthlyRequests
		at[last] = p
	}
	if len(c.Curve) > mostPoints || at[17_520_000].Candidate != 1131.5 || at[17_520_001].Candidate != 2263 || at[20e6].Baseline == 0 || last != 40e6 {
		t.Errorf("%d points to %v: %+v %+v", len(c.Curve), last, at[17_520_000], at[17_520_001])
	}
}

// Tokens of two tokenizers are not the same unit, and the notes say so.
func TestTokenizersAreNotTheSameUnit(t *testing.T) {
	if c := Assess(migration()); !strings.Contains(notes(c), "250 tokens on average to the candidate and 256 to the baseline") {
		t.Errorf("%q", notes(c))
	}
	in := migration()
	in.Baseline.Usage = same(200, 250, 0, 64)
	if c := Assess(in); strings.Contains(notes(c), "not the same unit") {
		t.Errorf("%q", notes(c))
	}
}
