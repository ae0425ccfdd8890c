package whatif

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// typed is an error of what was typed.
type typed struct{ error }

// ask runs the command.
func ask(args ...string) (string, error) {
	var out bytes.Buffer
	c := Command(&out, func(err error) error { return typed{err} })
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.Execute()
	return out.String(), err
}

// run is a result with a machine and an API, as an older version has it.
func run() *result.Result {
	return &result.Result{
		Schema: result.Schema,
		Targets: []result.Target{
			{Name: "candidate", Machine: &result.Machine{Accelerator: "L40S", Count: 1, USDPerHour: 1.55, Source: "Nebius, its price page", AsOf: "2026-09-25", MinReplicas: 1}},
			{Name: "baseline", Price: &result.Price{Rates: tariff.Rates{Input: 3, Output: 12}, Source: "the provider\x1b[2J", AsOf: "2026-10-01"}},
		},
		Benchmarks: result.Benchmarks{Cost: &result.Cost{
			Candidate: &result.TargetCost{Target: "candidate", Kind: "machine", Samples: 200, InputTokens: result.Num(256), OutputTokens: result.Num(64), CapacityRPS: result.Num(20), CapacityFrom: "throughput/candidate@50"},
			Baseline:  &result.TargetCost{Target: "baseline", Kind: "api", Samples: 200, InputTokens: result.Num(250), OutputTokens: result.Num(60)},
			Volumes:   []result.VolumeCost{{MonthlyRequests: 1e6}},
		}},
	}
}

// write makes the folder of a run.
func folder(t *testing.T, r *result.Result) string {
	t.Helper()
	dir := t.TempDir()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "result.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func answer(t *testing.T, args ...string) Answer {
	t.Helper()
	out, err := ask(append(args, "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	var a Answer
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// The command gives the answers of the vectors that the formula and the page are
// held against.
func TestTheCommandFollowsTheSharedVectors(t *testing.T) {
	b, err := os.ReadFile("../../cost/testdata/whatif.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name     string
		Scenario result.CostScenario
		Answer   result.CostAnswer
	}
	if err := json.Unmarshal(b, &vectors); err != nil || len(vectors) < 10 {
		t.Fatal(len(vectors), err)
	}
	near := func(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 }
	for _, v := range vectors {
		r := run()
		r.Benchmarks.Cost.Scenario = &v.Scenario
		a := answer(t, folder(t, r))
		if !near(a.OwnMonth, v.Answer.OwnMonth) || !near(a.APIMonth, v.Answer.APIMonth) || !near(a.SavingsPercent, v.Answer.SavingsPercent) || a.Replicas != v.Answer.Replicas {
			t.Errorf("%s: %+v, want %+v", v.Name, a.CostAnswer, v.Answer)
		}
	}
}

// What no flag states is the run's, and every input says where it comes from.
func TestEachInputSaysWhereItComesFrom(t *testing.T) {
	dir := folder(t, run())
	for _, path := range []string{dir, filepath.Join(dir, "result.json")} {
		out, err := ask(path, "--accelerator", "h100", "--usd-per-hour", "2.69", "--tokens-per-second", "2500", "--monthly-requests", "3M", "--utilization", "0.4")
		if err != nil {
			t.Fatal(err)
		}
		// 3,000,000 × 320 tokens ÷ (2,500 × 0.4 × 2,628,000 s) is 0.37: one H100 for 730 h.
		for _, want := range []string{
			"3,000,000 requests per month cost $1,964 on own machines (1 replica", "requests per month", "--monthly-requests", "--utilization", "--usd-per-hour", "--tokens-per-second",
			"the run: mean of 200 requests", "the run, the provider", "2026-10-01", "$2.69 per accelerator hour", "$3.00 per 1M tokens",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%q lacks %q", out, want)
			}
		}
		if strings.ContainsAny(out, "\x1b") || strings.Contains(out, "requests/s") {
			t.Errorf("%q", out)
		}
	}
	a := answer(t, dir, "--monthly-requests", "3e6", "--peak-to-mean", "3")
	for _, in := range a.Inputs {
		if in.From == "" || in.Value == "" {
			t.Errorf("%+v", in)
		}
	}
	if a.Scenario.Own.RequestsPerSecond != 20 || a.Scenario.Own.USDPerHour != 1.55 || a.Scenario.API.InputTokens != 250 {
		t.Errorf("%+v", a.Scenario)
	}
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	whole := folder(t, run())
	bare := folder(t, &result.Result{Schema: result.Schema})
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "result.json"), []byte(`{"schema":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	peak := []string{"--peak-to-mean", "3"}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "name one run"},
		{[]string{filepath.Join(other, "none")}, "no such file"},
		{[]string{t.TempDir()}, "name the folder of a run that has ended"},
		{[]string{other}, "is not the result of a run"},
		{[]string{whole}, "add --utilization or --peak-to-mean"},
		{[]string{bare}, "add --monthly-requests, --utilization or --peak-to-mean, --accelerator or --usd-per-hour, --tokens-per-second or --requests-per-second, --price, or --input-price and --output-price, --input-tokens and --output-tokens; for example: inferometer cost whatif RUN --monthly-requests 3M --utilization 0.4 --accelerator h100 --tokens-per-second 2500 --price gpt-5-mini --input-tokens 256 --output-tokens 64"},
		{append([]string{whole, "--usd-per-hour", "-1"}, peak...), "--usd-per-hour: invalid value -1"},
		{append([]string{whole, "--monthly-requests", "0"}, peak...), "--monthly-requests: invalid value 0"},
		{append([]string{whole, "--monthly-requests", "many"}, peak...), `"many" is not a number`},
		{append([]string{whole, "--accelerators", "1.5"}, peak...), "must be a whole number"},
		{append([]string{whole, "--cached-share", "60"}, peak...), "--cached-share: invalid value 60: must be between 0 and 1"},
		{append([]string{whole, "--accelerator", "h1000"}, peak...), `--accelerator: no hourly price is listed for accelerator "h1000"`},
		{append([]string{whole, "--price", "no-such-model"}, peak...), `--price: no price is listed for model "no-such-model"`},
		{[]string{whole, "--utilization", "40"}, "--utilization 40: must be greater than 0 and at most 1"},
		{[]string{whole, "--utilization", "0"}, "--utilization 0: must be"},
		{[]string{whole, "--peak-to-mean", "0.5"}, "--peak-to-mean: invalid value 0.5"},
		{append([]string{whole, "--utilization", "0.3"}, peak...), "say the same thing in two ways"},
	} {
		out, err := ask(tt.args...)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v %q, want %q", tt.args, err, out, tt.want)
		}
		if wrong := (typed{}); err != nil && !errors.As(err, &wrong) && !strings.Contains(tt.want, "not a number") {
			t.Errorf("%v: %v is no mistake of what was typed", tt.args, err)
		}
	}
}

// A price of the price list replaces all of the run's.
func TestAListedPriceIsTaken(t *testing.T) {
	a := answer(t, folder(t, run()), "--peak-to-mean", "3", "--price", "gpt-5-mini")
	if api := a.Scenario.API; api.Input != 0.25 || api.Cached == nil || *api.Cached != 0.025 || api.Output != 2 {
		t.Errorf("%+v", api)
	}
	a = answer(t, folder(t, run()), "--peak-to-mean", "3", "--input-price", "1", "--output-price", "2")
	if api := a.Scenario.API; api.Input != 1 || api.Cached != nil || api.Output != 2 {
		t.Errorf("%+v", api)
	}
}
