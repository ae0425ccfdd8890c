package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/result"
)

// runOf makes the result of a run whose decode cell has the given rate and whose
// prefill cell a time to first token in ms.
func runOf(decode, ttft float64) *result.Result {
	stat := func(x float64) result.Statistic {
		return result.Statistic{P50: result.Estimate{Value: result.Num(x)}, Mean: result.Num(x)}
	}
	cell := func(id string, users int) result.Cell {
		return result.Cell{
			ID: id, Evidence: result.Measured, Workload: result.Workload{InputTokens: 100}, Load: result.LoadShape{Users: users},
			Metrics: result.Metrics{
				Stats: map[string]result.Statistic{"user_rate": stat(decode), "ttft": stat(ttft), "ttft_service": stat(ttft), "e2e": stat(1000)},
				Rates: map[string]result.Rate{"output_throughput": {Value: result.Num(decode * float64(users))}},
			},
		}
	}
	r := &result.Result{Evidence: result.Measured}
	r.Benchmarks.Scan = &result.Scan{
		Points: []result.ScanPoint{{Cell: "scan/001"}, {Cell: "scan/002"}, {Why: "not measured"}},
		Cells:  []result.Cell{cell("scan/001", 1), cell("scan/002", 1)},
	}
	return r
}

// three has the configurations f32 (the baseline), f16 and q4, over the blocks of the
// rates given.
func three(rates ...[3]float64) Input {
	in := Input{Results: map[int]*result.Result{}}
	in.Matrix = design.Matrix{
		Repeats: len(rates), Bandwidth: 20, Workloads: []design.Workload{
			{Name: "decode", InputTokens: 10, OutputTokens: 100, Users: 1}, {Name: "prefill", InputTokens: 100, OutputTokens: 1, Users: 1}, {Name: "users", Users: 8, InputTokens: 1, OutputTokens: 1},
		},
		Configurations: []design.Configuration{{Name: "f32", Precision: "32 bits", WeightsGB: 0.8}, {Name: "f16", Precision: "16 bits", WeightsGB: 0.4}, {Name: "q4", Precision: "4 bits"}},
	}
	for block, of := range rates {
		for i, rate := range of {
			step := len(in.Runs) + 1
			r := Run{Step: step, Block: block + 1, Configuration: in.Matrix.Configurations[i].Name, Status: Done, LoadS: 2, PeakMemory: int64(1<<30) / int64(i+1)}
			in.Runs = append(in.Runs, r)
			in.Results[step] = runOf(rate, 50)
		}
	}
	return in
}

func summary(t *testing.T, a *Analysis, name string) *Summary {
	t.Helper()
	s := a.find(name)
	if s == nil {
		t.Fatalf("no %s", name)
	}
	return s
}

// A drift of the machine that touches a whole block is in no speed-up: its interval
// is that of the ratios within blocks, by hand here.
func TestSpeedupsArePairedByBlock(t *testing.T) {
	a := Of(three([3]float64{10, 20, 31}, [3]float64{20, 41, 60}, [3]float64{5, 10, 15}))
	v := summary(t, a, "f16").Speedup("decode", DecodeRate)
	logs := []float64{math.Log(2), math.Log(41.0 / 20), math.Log(2)}
	mean := (logs[0] + logs[1] + logs[2]) / 3
	ss := 0.0
	for _, l := range logs {
		ss += (l - mean) * (l - mean)
	}
	half := 4.302652729911275 * math.Sqrt(ss/2/3) // Student's, 2 degrees of freedom
	for _, c := range []struct {
		got  *result.Number
		want float64
	}{{v.Value, math.Exp(mean)}, {v.Lo, math.Exp(mean - half)}, {v.Hi, math.Exp(mean + half)}} {
		if c.got == nil || math.Abs(float64(*c.got)-c.want) > 1e-9 {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
	if own := summary(t, a, "f16").Value("decode", DecodeRate); own.Hi == nil || *own.Hi < 50 {
		t.Errorf("the rate itself does not show the drift: %v", own)
	}
	if !strings.HasPrefix(a.Recommendation, "Use q4: it has 3.0") || !strings.Contains(strings.Join(a.Because, " "), "Whether its answers are as good was not measured") {
		t.Errorf("%s %q", a.Recommendation, a.Because)
	}
}

func TestFewBlocksGiveNoInterval(t *testing.T) {
	for n := 1; n <= 2; n++ {
		a := Of(three([][3]float64{{10, 20, 30}, {11, 20, 30}}[:n]...))
		v := summary(t, a, "q4").Speedup("decode", DecodeRate)
		if v.Value == nil || v.Lo != nil || !strings.Contains(v.Withheld, "an interval needs 3") || v.N != n {
			t.Errorf("%d blocks: %+v", n, v)
		}
		if !strings.Contains(a.Recommendation, "an observation and no proof") {
			t.Errorf("%s", a.Recommendation)
		}
	}
}

func TestNoDifferenceIsNotCalledFaster(t *testing.T) {
	a := Of(three([3]float64{10, 12, 9}, [3]float64{12, 10, 9}, [3]float64{10, 11, 9}))
	if !strings.HasPrefix(a.Recommendation, "No configuration is shown to be faster than f32") {
		t.Errorf("%s", a.Recommendation)
	}
}

func TestAFigureThatACheckSpoilsIsLeftOut(t *testing.T) {
	in := three([3]float64{10, 20, 30}, [3]float64{10, 20, 30})
	in.Results[2].Validity.Checks = []result.Check{{ID: "drift", Status: result.Fail, Figures: []string{"user_rate"}, Cell: "scan/001", Text: "it drifts"}}
	in.Results[2].Validity.Status = result.Fail
	if _, spoilt := in.Results[2].Validity.Spoilt("user_rate", "scan/001"); !spoilt {
		t.Fatal("the check of this test spoils nothing")
	}
	a := Of(in)
	if v := summary(t, a, "f16").Speedup("decode", DecodeRate); v.N != 1 {
		t.Errorf("%+v", v)
	}
	if !strings.Contains(strings.Join(a.Notes, "\n"), "f16, block 1, decode: decode rate is spoilt by the check drift") {
		t.Errorf("%q", a.Notes)
	}
}

func TestAConfigurationThatFailedIsSaidAndTheRestIsCompared(t *testing.T) {
	in := three([3]float64{10, 20, 30}, [3]float64{10, 21, 33}, [3]float64{10, 20, 32})
	for i := range in.Runs {
		if in.Runs[i].Configuration == "f16" {
			in.Runs[i].Status, in.Runs[i].Reason = Skipped, "there is no program"
			delete(in.Results, in.Runs[i].Step)
		}
	}
	in.Runs[2].Status, in.Runs[2].Reason = Crashed, "out of memory"
	a := Of(in)
	if s := summary(t, a, "f16"); s.Why != "there is no program" || s.Unplaced == "" || len(s.Cells) > 0 {
		t.Errorf("%+v", s)
	}
	if s := summary(t, a, "q4"); s.Runs != 2 || s.Speedup("decode", DecodeRate).N != 2 {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(strings.Join(a.Notes, "\n"), "q4: 2 of 3 runs: out of memory") {
		t.Errorf("%q", a.Notes)
	}
}

func TestQuantitiesAndTheCeilingOfMemory(t *testing.T) {
	a := Of(three([3]float64{10, 20, 30}))
	s := summary(t, a, "f32")
	if v := s.Value("prefill", PrefillRate); v.Value == nil || math.Abs(float64(*v.Value)-2000) > 1e-6 { // 100 tokens in 50 ms
		t.Errorf("prefill %v", v)
	}
	if s.Roofline.Rate == nil || math.Abs(float64(*s.Roofline.Rate)-25) > 1e-9 || math.Abs(float64(*s.Roofline.Share)-0.4) > 1e-9 { // 20 GB/s over 0.8 GB
		t.Errorf("%+v", s.Roofline)
	}
	if q := summary(t, a, "q4").Roofline; q.Rate != nil || !strings.Contains(q.Text, "weights_gb") {
		t.Errorf("%+v", q)
	}
	if s.Memory.Value == nil || math.Abs(float64(*s.Memory.Value)-(1<<30)) > 1 || s.LoadS.Value == nil {
		t.Errorf("%+v", s)
	}
	if _, ok := s.find("users").Values[PrefillRate]; ok {
		t.Error("a cell that was not measured has values")
	}
}

// What could not be measured is missing in all that rests on it, and never 0.
func TestEnergyDecidesOnlyWhereAllHaveIt(t *testing.T) {
	in := three([3]float64{10, 20, 30})
	a := Of(in)
	if s := summary(t, a, "f16"); s.Energy.Value != nil || s.Efficiency != nil || s.Energy.Withheld == "" || fmt.Sprint(a.Axes) != "[decode rate]" || s.Beaten != "q4" {
		t.Errorf("%+v %v", s, a.Axes)
	}
	setEnergy := func(of func(rate float64) *result.Energy) {
		for _, r := range in.Results {
			c := &r.Benchmarks.Scan.Cells[0]
			c.Energy = of(float64(*c.Metrics.Rates["output_throughput"].Value))
		}
	}
	used := func(j float64) *result.Energy {
		return &result.Energy{Domain: "package", Source: "rapl", Figures: map[string]result.Estimate{"j_per_output_token": {Value: result.Num(j)}}}
	}
	setEnergy(func(rate float64) *result.Energy { return used(0.1 * rate) }) // the slower, the less
	a = Of(in)
	if s := summary(t, a, "f16"); s.Beaten != "" || math.Abs(float64(*s.Efficiency)-0.5) > 1e-9 || len(a.Axes) != 2 {
		t.Errorf("%+v %v", s, a.Axes)
	}
	setEnergy(func(rate float64) *result.Energy {
		if rate == 20 {
			return &result.Energy{Withheld: "the counter stood still", Thermal: []string{"heavy"}}
		}
		return used(1)
	})
	a = Of(in)
	if len(a.Axes) != 1 || !strings.Contains(strings.Join(a.Notes, "\n"), "f16, block 1: no energy: the counter stood still") || !strings.Contains(strings.Join(a.Notes, "\n"), "f16, block 1: heat slowed the machine") {
		t.Errorf("%v %q", a.Axes, a.Notes)
	}
}

func TestQualityIsRelativeToTheBaseline(t *testing.T) {
	in := three([3]float64{10, 20, 30})
	for i, percent := range []float64{80, 80, 60} {
		in.Results[i+1].Benchmarks.Quality = &result.Quality{Answers: &result.Answers{Passes: []result.AnswerPass{
			{Users: 8, Right: result.Estimate{Value: result.Num(1)}}, {Users: 1, Right: result.Estimate{Value: result.Num(percent)}},
		}}}
	}
	a := Of(in)
	if q := summary(t, a, "q4").Quality; q.Value == nil || math.Abs(float64(*q.Value)-0.75) > 1e-9 {
		t.Errorf("%+v", q)
	}
	// f16 answers as well as f32 and is faster; q4 is faster still and answers worse.
	if summary(t, a, "f32").Beaten != "f16" || summary(t, a, "f16").Beaten != "" || len(a.Axes) != 2 {
		t.Errorf("%+v %v", a.Configurations, a.Axes)
	}
}

// A run in which a source failed has the energy of a part of the machine: it is neither
// averaged nor compared with that of the whole.
func TestEnergiesOfSeveralDomainsAreNotMixed(t *testing.T) {
	in := three([3]float64{10, 20, 30}, [3]float64{10, 20, 30})
	for step, r := range in.Results {
		e := &result.Energy{Domain: "package + gpu_board", Source: "rapl and nvidia-smi", Figures: map[string]result.Estimate{"j_per_output_token": {Value: result.Num(4)}}}
		if step == 2 {
			e.Domain, e.Figures["j_per_output_token"] = "package", result.Estimate{Value: result.Num(0.1)}
		}
		r.Benchmarks.Scan.Cells[0].Energy = e
	}
	a := Of(in)
	if e := summary(t, a, "f16").Energy; e.Value == nil || math.Abs(float64(*e.Value)-4) > 1e-9 || e.N != 1 {
		t.Errorf("%+v", e)
	}
	if !strings.Contains(strings.Join(a.Notes, "\n"), "f16, block 1: its energy is left out: it is of package alone") {
		t.Errorf("%q", a.Notes)
	}
}

// An energy that its own check fails, of a window too short for its counter, decides nothing.
func TestAnEnergyThatItsCheckFailsIsLeftOut(t *testing.T) {
	in := three([3]float64{10, 20, 30})
	for _, r := range in.Results {
		r.Benchmarks.Scan.Cells[0].Energy = &result.Energy{Domain: "package", Figures: map[string]result.Estimate{"j_per_output_token": {Value: result.Num(1)}}}
	}
	in.Results[2].Validity.Checks = []result.Check{{ID: "power", Status: result.Fail, Cell: "scan/001", Text: "known within 80 %"}}
	a := Of(in)
	if e := summary(t, a, "f16").Energy; e.Value != nil || !strings.Contains(strings.Join(a.Notes, "\n"), "f16, block 1: no energy: known within 80 %") {
		t.Errorf("%+v %q", e, a.Notes)
	}
}

// No right answer is a measurement, and not a missing one.
func TestAConfigurationWithoutARightAnswerIsNotRecommended(t *testing.T) {
	in := three([3]float64{10, 20, 30})
	for i, percent := range []float64{80, 80, 0} {
		in.Results[i+1].Benchmarks.Quality = &result.Quality{Answers: &result.Answers{Passes: []result.AnswerPass{{Users: 1, Right: result.Estimate{Value: result.Num(percent)}}}}}
	}
	a := Of(in)
	if q := summary(t, a, "q4").Quality; q.Value == nil || *q.Value != 0 {
		t.Errorf("%+v", q)
	}
	if !strings.HasPrefix(a.Recommendation, "Do not use q4") || len(a.Axes) != 2 {
		t.Errorf("%s %v", a.Recommendation, a.Axes)
	}
}

func TestTheRooflineOfAKnownChip(t *testing.T) {
	in := three([3]float64{10, 20, 30})
	in.Matrix.Chip, in.Matrix.Architecture = "m4-max", "llama-3.1-8b"
	in.Matrix.Configurations[2].Format = "q4_0"
	a := Of(in)
	s := summary(t, a, "q4")
	if s.Roofline.Rate == nil || *s.Roofline.Rate < 40 || *s.Roofline.Rate > 130 || s.Roofline.Share == nil || s.Roofline.Evidence != result.Modelled {
		t.Errorf("%+v", s.Roofline)
	}
	if len(a.Listed) == 0 || a.Listed[0].Evidence != result.Listed || a.Listed[0].Source == "" {
		t.Errorf("%+v", a.Listed)
	}
	if s := summary(t, a, "f16"); !s.Roofline.Ceiling { // without a format it is the ceiling of memory
		t.Errorf("%+v", s.Roofline)
	}
}
