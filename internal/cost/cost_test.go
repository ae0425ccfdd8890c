package cost

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

func near(t *testing.T, what string, got *result.Number, want float64) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is missing, want %v", what, want)
		return
	}
	if g := float64(*got); !(math.Abs(g-want) <= 1e-9*math.Max(1, math.Abs(want))) && g != want {
		t.Errorf("%s = %v, want %v", what, g, want)
	}
}

func rate(v, lo, hi float64) result.Rate {
	return result.Rate{Value: result.Num(v), Lo: result.Num(lo), Hi: result.Num(hi)}
}

func same(n, in, cached, out int) (u []Usage) {
	for i := range n {
		u = append(u, used(fmt.Sprint(i), in, cached, out))
	}
	return u
}

func used(prompt string, in, cached, out int) Usage {
	return Usage{Prompt: prompt, Use: pricing.Use{Input: in, Cached: min(cached, in), Output: out}, CachedKnown: true, Odd: cached > in}
}

func price(in, cached, out float64) *result.Price {
	return &result.Price{Rates: result.Rates{Input: in, Cached: &cached, Output: out}, Source: "list", AsOf: "2026-10-01"}
}

// migration is the demo's question: one L40S at $1.55 an hour, which carries
// 20 requests/s, against a price of $2, $0.10 and $10.
func migration() Input {
	return Input{
		Candidate: Target{
			Name: "candidate", Evidence: result.Simulated, Usage: same(200, 250, 0, 60),
			Machine:  &result.Machine{Accelerator: "L40S", Count: 1, USDPerHour: 1.55, Source: "catalog", AsOf: "2026-10-01", MinReplicas: 1},
			Capacity: &Capacity{Requests: rate(20, 18, 22), From: "throughput/candidate@50"},
		},
		Baseline:        &Target{Name: "baseline", Evidence: result.Measured, Usage: same(200, 256, 0, 64), Price: price(2, 0.1, 10)},
		MonthlyRequests: 3_000_000, BesideRequests: 30_000, Demand: Demand{PeakToMean: 3}, Months: 12,
	}
}

func TestMigration(t *testing.T) {
	c := Assess(migration())
	if c.Withheld != "" || c.Evidence != result.Simulated || c.Candidate.Evidence != result.Simulated || c.Baseline.Evidence != result.Listed {
		t.Fatalf("%q %s %s %s", c.Withheld, c.Evidence, c.Candidate.Evidence, c.Baseline.Evidence)
	}
	// 730 h × $1.55 = $1,131.50, over 3 million requests. A request in
	// continuous use takes a 20th of a second: $1.55 ÷ 3,600 ÷ 20.
	near(t, "candidate's request", c.Candidate.PerRequest.Value, 1131.5/3e6)
	near(t, "candidate's lower bound", c.Candidate.PerRequest.Lo, 1131.5/3e6)
	near(t, "candidate's upper bound", c.Candidate.PerRequest.Hi, 1131.5/3e6)
	near(t, "candidate's million tokens", c.Candidate.PerMTok.Value, 1131.5/3e6/310*1e6)
	near(t, "at full use", c.Candidate.PerMTokFull.Value, 1.55/3600/20/310*1e6)
	near(t, "its lower bound, at the most throughput", c.Candidate.PerMTokFull.Lo, 1.55/3600/22/310*1e6)
	near(t, "candidate's tokens for a USD", c.Candidate.TokensPerUSD.Value, 310*3e6/1131.5)
	busy, idle := c.Candidate.Parts[0], c.Candidate.Parts[1]
	if math.Abs(busy.USD-1.55/72000) > 1e-15 || math.Abs(busy.USD+idle.USD-1131.5/3e6) > 1e-15 || busy.Name != "busy machine" {
		t.Errorf("parts %+v", c.Candidate.Parts)
	}
	// 256 × $2 + 64 × $10, for a million of such requests: $1,152.
	near(t, "baseline's request", c.Baseline.PerRequest.Value, 0.001152)
	near(t, "baseline's million tokens", c.Baseline.PerMTok.Value, 3.6)
	near(t, "baseline's tokens for a USD", c.Baseline.TokensPerUSD.Value, 1e6/3.6)
	v := c.Volumes[0]
	near(t, "candidate's month", v.Candidate.Value, 1131.5)
	near(t, "baseline's month", v.Baseline.Value, 3456)
	near(t, "savings", v.SavingsPercent.Value, 100*(3456-1131.5)/3456)
	near(t, "savings, lower bound", v.SavingsPercent.Lo, 100*(3456-1131.5)/3456)
	near(t, "saved a month", v.SavingsMonth.Value, 2324.5)
	near(t, "saved a year", v.SavingsYear.Value, 27894)
	near(t, "utilisation", v.Utilisation, 3e6/(20*2628000))
	if v.Replicas != 1 {
		t.Errorf("%d replicas", v.Replicas)
	}
	beside := c.Volumes[1]
	near(t, "savings of the small volume", beside.SavingsPercent.Value, 100*(34.56-1131.5)/34.56)
	for _, want := range []string{"At 30,000 requests", "$1,132", "$34.56", "$1,097 more per month (savings of −3,174 %)", "while it is idle", "$0.0377 instead of $0.000377", "$0.00115"} {
		if !strings.Contains(beside.Text, want) {
			t.Errorf("no %q in %q", want, beside.Text)
		}
	}
	near(t, "break-even", c.BreakEven.MonthlyRequests.Value, math.Ceil(1131.5/0.001152))
	if !strings.Contains(c.BreakEven.Text, "982,205 requests") || strings.Contains(c.BreakEven.Text, "more expensive") {
		t.Errorf("%q", c.BreakEven.Text)
	}
	if len(c.Projection) != 12 || c.Projection[11].Month != 12 || c.Projection[11].Candidate != 13578 || c.Projection[0].Baseline != c.Projection[11].Baseline/12 {
		t.Errorf("%+v", c.Projection)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Error(err)
	}
}

// The mean of costs 1 and 3 (in thousandths of a USD) is 2 ± 12.706 × 1; the
// lower bound of a cost stops at 0.
func TestIntervalOfTheMeanCost(t *testing.T) {
	in := migration()
	in.Baseline.Usage = []Usage{used("a", 500, 0, 0), used("b", 1500, 0, 0)}
	c := Assess(in)
	near(t, "request", c.Baseline.PerRequest.Value, 0.002)
	near(t, "lower", c.Baseline.PerRequest.Lo, 0)
	if hi := float64(*c.Baseline.PerRequest.Hi); math.Abs(hi-0.0147062) > 1e-7 {
		t.Errorf("upper %v", hi)
	}
	// Every token costs the same, so the cost of a token is exact.
	near(t, "million tokens, lower", c.Baseline.PerMTok.Lo, 2)
	near(t, "million tokens, upper", c.Baseline.PerMTok.Hi, 2)
	if !math.IsInf(float64(*c.Volumes[0].SavingsPercent.Lo), -1) {
		t.Errorf("the baseline may cost nothing, so savings have no lower bound: %v", *c.Volumes[0].SavingsPercent.Lo)
	}
	if hi := float64(*c.Volumes[0].SavingsPercent.Hi); hi <= 81 || hi > 100 {
		t.Errorf("upper bound of savings %v", hi)
	}
}

func TestCachedTokensArePartOfInput(t *testing.T) {
	in := migration()
	in.Baseline.Usage = same(3, 1000, 600, 50)
	c := Assess(in).Baseline
	// 400 × $2 + 600 × $0.10 + 50 × $10 for a million of such requests.
	near(t, "request", c.PerRequest.Value, (800+60+500)/1e6)
	if c.Parts[0].USD != 800/1e6 || c.Parts[1].Name != "cached" || c.Parts[2].USD != 500/1e6 {
		t.Errorf("%+v", c.Parts)
	}
	in.Baseline.Price.Cached = nil
	near(t, "without a price for cached tokens", Assess(in).Baseline.PerRequest.Value, (2000+500)/1e6)
	in = migration()
	in.Baseline.Usage = same(3, 10, 60, 50)
	got := Assess(in)
	near(t, "more cached than input", got.Baseline.PerRequest.Value, (1+500)/1e6)
	if !strings.Contains(strings.Join(got.Notes, " "), "3 requests reported more cached") {
		t.Errorf("%q", got.Notes)
	}
}

func TestReplicasAreWhole(t *testing.T) {
	// One replica carries 20/s ÷ 3 × 2,628,000 s = 17,520,000 requests a month.
	for _, tt := range []struct {
		volume float64
		min    int
		want   int
		lo, hi float64 // replicas at 22/s and at 18/s
	}{
		{17_520_000, 1, 1, 1, 2},
		{17_520_001, 1, 2, 1, 2},
		{35_040_001, 1, 3, 2, 3},
		{1, 2, 2, 2, 2},
	} {
		in := migration()
		in.MonthlyRequests, in.Candidate.Machine.MinReplicas, in.Candidate.Machine.Count = tt.volume, tt.min, 2
		v := Assess(in).Volumes[0]
		if v.Replicas != tt.want {
			t.Errorf("%v requests: %d replicas, want %d", tt.volume, v.Replicas, tt.want)
		}
		near(t, "month", v.Candidate.Value, float64(tt.want)*2263)
		near(t, "month, lower", v.Candidate.Lo, tt.lo*2263)
		near(t, "month, upper", v.Candidate.Hi, tt.hi*2263)
	}
}

func TestLongerRequestsTakeCapacity(t *testing.T) {
	in := migration()
	in.Candidate.Capacity.Output = rate(20*40, 700, 900) // measured with 40 tokens; usage has 60
	in.Candidate.Capacity.Input = rate(20*500, 9000, 11000)
	c := Assess(in)
	near(t, "capacity", c.Candidate.CapacityRPS, 20/1.5)
	if !strings.Contains(strings.Join(c.Notes, " "), "1.50 times as long") {
		t.Errorf("%q", c.Notes)
	}
}

func TestStaircase(t *testing.T) {
	in := migration()
	in.BesideRequests = 0
	// A replica carries 0.5/s ÷ 3 × 2,628,000 s = 438,000 requests, and the
	// baseline takes $0.0034: a replica is paid for at 332,794.1 of them,
	// q = 0.7598, so just above one, two and three replicas it is more
	// expensive again (q ÷ (1 − q) = 3.16), and permanently cheaper from 4 × 332,794.
	in.Candidate.Capacity.Requests = rate(0.5, 0.5, 0.5)
	in.Baseline.Usage = same(10, 700, 0, 200)
	be := Assess(in).BreakEven
	near(t, "break-even", be.MonthlyRequests.Value, math.Ceil(1131.5/0.0034))
	if !strings.Contains(be.Text, "permanently cheaper beyond about 1,331,177") {
		t.Errorf("%q", be.Text)
	}
	bill := newBill(in.Candidate, in)
	const settled = 4 * 1131.5 / 0.0034
	for v := 1e5; v < 1e7; v += 997 {
		m := bill.month(v)
		if cheaper := m.value < v*0.0034; v > settled && !cheaper || v < 1131.5/0.0034 && cheaper {
			t.Fatalf("at %v requests the machine costs %v and the API %v", v, m.value, v*0.0034)
		}
	}
	if m := bill.month(3*438_000 + 1); m.value < (3*438_000+1)*0.0034 {
		t.Error("just above three replicas the machine is more expensive again")
	}
	in.Candidate.Capacity.Requests = rate(0.3, 0.3, 0.3) // 262,800 a replica
	be = Assess(in).BreakEven
	if be.MonthlyRequests.Value != nil || !strings.Contains(be.Text, "No volume makes the candidate cheaper") || !strings.Contains(be.Text, "$0.00431") {
		t.Errorf("%+v", be)
	}
	in.Candidate.Capacity.Requests = rate(0.5, 0.3, 0.7) // it may never pay
	if hi := Assess(in).BreakEven.MonthlyRequests.Hi; hi == nil || !math.IsInf(float64(*hi), 1) {
		t.Errorf("upper bound %v", hi)
	}
}

func TestBothByToken(t *testing.T) {
	in := migration()
	in.Candidate.Machine, in.Candidate.Capacity, in.Candidate.Price = nil, nil, price(1, 0.1, 5)
	for i := range 50 {
		in.Candidate.Usage[i].Input = 1000 * i
	}
	in.Baseline.Usage = append([]Usage(nil), in.Candidate.Usage...)
	c := Assess(in)
	v := c.Volumes[0]
	near(t, "savings", v.SavingsPercent.Value, 50)
	near(t, "lower, paired by prompt", v.SavingsPercent.Lo, 50)
	near(t, "upper", v.SavingsPercent.Hi, 50)
	if c.BreakEven.MonthlyRequests.Value != nil || !strings.Contains(c.BreakEven.Text, "cheaper than the baseline") || v.Utilisation != nil {
		t.Errorf("%+v", c.BreakEven)
	}
	if !strings.Contains(c.Volumes[1].Text, "the same at every volume") {
		t.Errorf("%q", c.Volumes[1].Text)
	}
	in.Candidate.Usage[0].Prompt = "another"
	c = Assess(in)
	near(t, "savings", c.Volumes[0].SavingsPercent.Value, 50)
	if lo := float64(*c.Volumes[0].SavingsPercent.Lo); lo > 45 {
		t.Errorf("without pairs the interval is wide: %v", lo)
	}
}

func TestMachineAsBaseline(t *testing.T) {
	in := migration()
	in.Candidate, *in.Baseline = *in.Baseline, in.Candidate
	in.Candidate.Name, in.Baseline.Name = "candidate", "baseline"
	c := Assess(in)
	near(t, "savings", c.Volumes[0].SavingsPercent.Value, 100*(1131.5-3456)/1131.5)
	if c.BreakEven.MonthlyRequests.Value != nil || !strings.Contains(c.BreakEven.Text, "cheaper up to 982,204 requests") {
		t.Errorf("%q", c.BreakEven.Text)
	}
}

// The text of the break-even is held to the costs themselves, also where the
// machine is the baseline: above the first crossing an API can be cheaper again.
func TestMachineAsBaselineStaircase(t *testing.T) {
	in := migration()
	in.PeakToMean = 1
	in.Candidate = Target{Name: "candidate", Evidence: result.Measured, Usage: same(10, 400, 0, 0), Price: price(2, 0.1, 10)} // $0.0008 per request
	rps := 1e6 / SecondsPerMonth
	in.Baseline = &Target{
		Name: "baseline", Evidence: result.Measured, Usage: same(10, 400, 0, 0),
		Machine: &result.Machine{Accelerator: "X", Count: 1, USDPerHour: 1}, Capacity: &Capacity{Requests: rate(rps, rps, rps), From: "x"},
	}
	text := Assess(in).BreakEven.Text
	// $730 pays for 912,500 requests, q = 0.9125, and q ÷ (1 − q) = 10.4: the
	// API is cheaper again after ten steps, the last of them to 11 replicas.
	if !strings.Contains(text, "cheaper up to 912,499 requests") || !strings.Contains(text, "permanently more expensive beyond about 10,037,499") {
		t.Errorf("%q", text)
	}
	api, machine := newBill(in.Candidate, in), newBill(*in.Baseline, in)
	cheaper := func(v float64) bool {
		a := api.month(v)
		m := machine.month(v)
		return a.value < m.value
	}
	for v := 1000.0; v < 3e7; v += 1000 {
		if c := cheaper(v); v < 912_500 && !c || v > 10_037_500 && c {
			t.Fatalf("at %v requests the API being cheaper is %v", v, c)
		}
	}
	for step := 1.0; step <= 10; step++ {
		if !cheaper(step*1e6+1) || step > 1 && cheaper(step*1e6) {
			t.Errorf("step %v: the API is not cheaper just above it, or cheaper at it", step)
		}
	}
}

// The notes quote list prices, which are never rounded.
func TestListPricesAreQuotedWhole(t *testing.T) {
	quoted := regexp.MustCompile(`\$([0-9.,]+[0-9])`)
	check := func(name string, b *bill, want ...float64) {
		t.Helper()
		var got []float64
		for _, m := range quoted.FindAllStringSubmatch(b.notes[0], -1) {
			v, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: listed as %v, printed as %v in %q", name, want, got, b.notes[0])
		}
	}
	prices, machines := catalog.Builtin().Prices(), catalog.Builtin().Offers()
	if len(prices) == 0 || len(machines) == 0 {
		t.Fatal("the catalog is empty")
	}
	for _, p := range prices {
		want := []float64{p.Input}
		if p.Cached != nil {
			want = append(want, *p.Cached)
		}
		listed := &result.Price{Rates: result.Rates{Input: p.Input, Cached: p.Cached, Output: p.Output}}
		check(p.Model, newBill(Target{Name: "candidate", Usage: same(2, 10, 0, 10), Price: listed}, Input{Conf: 0.95}), append(want, p.Output)...)
	}
	for _, a := range machines {
		check(a.Name(), newBill(Target{Name: "candidate", Machine: &result.Machine{Count: 1, USDPerHour: a.USDPerHour}}, Input{}), a.USDPerHour)
	}
}

// What is missing is withheld with a reason, and never 0.
func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Input)
		want   string
	}{
		{"throughput", func(in *Input) { in.Candidate.Capacity = nil }, "--only cost,throughput"},
		{"a rate", func(in *Input) { in.Candidate.Capacity.Requests = result.Rate{Withheld: "the window is empty"} }, "the window is empty"},
		{"a rate of 0", func(in *Input) { in.Candidate.Capacity.Requests = rate(0, 0, 0) }, "no request succeeded"},
		{"machine and price", func(in *Input) { in.Candidate.Machine = nil }, "candidate.machine"},
		{"the hour's price", func(in *Input) { in.Candidate.Machine.USDPerHour = 0 }, "--usd-per-hour"},
		{"the baseline's price", func(in *Input) { in.Baseline.Price = nil }, "baseline.price"},
		{"usage", func(in *Input) { in.Baseline.Usage = nil }, "no successful request reported its usage"},
		{"baseline", func(in *Input) { in.Baseline = nil }, "--baseline"},
		{"volume", func(in *Input) { in.MonthlyRequests = 0 }, "--monthly-requests"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := migration()
			tt.change(&in)
			c := Assess(in)
			if !strings.Contains(c.Withheld, tt.want) {
				t.Errorf("withheld %q, want %q", c.Withheld, tt.want)
			}
			if c.BreakEven != nil || c.Projection != nil {
				t.Error("a conclusion from what is missing")
			}
			for _, v := range c.Volumes {
				if v.SavingsPercent.Value != nil || v.SavingsMonth.Value != nil || v.SavingsPercent.Withheld == "" {
					t.Errorf("%+v", v)
				}
			}
			if b, err := json.Marshal(c); err != nil || strings.Contains(string(b), "NaN") {
				t.Errorf("%s %v", b, err)
			}
		})
	}
	in := migration()
	in.Candidate.Capacity = nil
	c := Assess(in)
	near(t, "at least one replica", c.Volumes[0].Candidate.AtLeast, 1131.5)
	if c.Candidate.PerRequest.Value != nil || c.Candidate.PerRequest.Withheld == "" {
		t.Errorf("%+v", c.Candidate.PerRequest)
	}
	in = migration()
	in.Candidate.Usage = nil // a machine's request has a cost, its tokens have none
	c = Assess(in)
	near(t, "savings", c.Volumes[0].SavingsPercent.Value, 100*(3456-1131.5)/3456)
	if c.Candidate.PerMTok.Value != nil || c.Candidate.PerMTok.Withheld == "" || c.Candidate.InputTokens != nil {
		t.Errorf("%+v", c.Candidate)
	}
	in = migration()
	in.Candidate.Capacity.Requests = result.Rate{Value: result.Num(20)}
	c = Assess(in)
	if s := c.Volumes[0].SavingsPercent; s.Value == nil || s.Lo != nil || s.Hi != nil {
		t.Errorf("a throughput without interval gives savings without: %+v", s)
	}
}

func TestBest(t *testing.T) {
	cell := func(id, target string, rps float64) result.Cell {
		return result.Cell{ID: id, Target: target, Metrics: result.Metrics{Rates: map[string]result.Rate{"throughput": rate(rps, rps, rps)}}}
	}
	tp := &result.Throughput{Cells: []result.Cell{cell("a", "candidate", 5), cell("b", "candidate", 9), cell("c", "candidate", 7), cell("d", "baseline", 99)}}
	if b := Best(tp, "candidate", nil); b == nil || !strings.HasPrefix(b.From, "b ") {
		t.Errorf("%+v", b)
	}
	if b := Best(tp, "candidate", func(c result.Cell) bool { return c.ID != "b" }); b == nil || *b.Requests.Value != 7 {
		t.Errorf("%+v", b)
	}
	if Best(nil, "candidate", nil) != nil || Best(tp, "other", nil) != nil {
		t.Error("a capacity from nowhere")
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.0571: "0.0571", 12.345: "12.3", 99.96: "100", 3174.01: "3,174", -67.26: "−67.3"} {
		if got := short(v); got != want {
			t.Errorf("short(%v) = %q, want %q", v, got, want)
		}
	}
}
