package specification

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

func of(t *testing.T, change func(*plan.Plan)) Specification {
	t.Helper()
	p := plan.Default()
	p.Candidate.URL, p.Only = "http://127.0.0.1:8000", []plan.Benchmark{plan.Load}
	if change != nil {
		change(&p)
	}
	s, err := Of(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A server that moved, a claim that was added and a folder of another name do not cost a run
// its baseline.
func TestWhatChangesNoMeasurementIsNotPartOfTheSpecification(t *testing.T) {
	want := of(t, nil).ID()
	for name, change := range map[string]func(*plan.Plan){
		"name":                        func(p *plan.Plan) { p.Name = "other" },
		"folder":                      func(p *plan.Plan) { p.Dir = "/elsewhere" },
		"seed":                        func(p *plan.Plan) { p.Seed = 99 },
		"URL":                         func(p *plan.Plan) { p.Candidate.URL = "http://10.0.0.1:9000" },
		"key":                         func(p *plan.Plan) { p.Candidate.KeyEnv = "KEY" },
		"header":                      func(p *plan.Plan) { p.Candidate.Headers = map[string]string{"X-A": "b"} },
		"claim":                       func(p *plan.Plan) { p.Claims = []plan.Claim{{Limit: "ttft.p95<50ms"}} },
		"price":                       func(p *plan.Plan) { p.Candidate.Price = &plan.Price{} },
		"spending":                    func(p *plan.Plan) { p.MaxCost = 3 },
		"volume":                      func(p *plan.Plan) { p.Cost.Samples = 77 },
		"texts":                       func(p *plan.Plan) { p.KeepText = "none" },
		"a benchmark that is not run": func(p *plan.Plan) { p.Latency.Iterations, p.Quality.Count = 7, 7 },
	} {
		if got := of(t, change).ID(); got != want {
			t.Errorf("%s: %s, want %s: %v", name, got, want, Differences(of(t, change), of(t, nil)))
		}
	}
}

// Runs of another workload, load or model never share a series.
func TestWhatChangesAMeasurementIsPartOfTheSpecification(t *testing.T) {
	plain := of(t, nil)
	seen := map[string]string{plain.ID(): "the default"}
	for name, change := range map[string]func(*plan.Plan){
		"input tokens":      func(p *plan.Plan) { p.Workload.InputTokens = 4096 },
		"users":             func(p *plan.Plan) { p.Load.Users = 8 },
		"model":             func(p *plan.Plan) { p.Candidate.Model = "llama" },
		"another model":     func(p *plan.Plan) { p.Candidate.Model = "qwen" },
		"simulated profile": func(p *plan.Plan) { p.Candidate.URL = "sim:vllm" },
		"baseline":          func(p *plan.Plan) { p.Baseline = &plan.Target{URL: "http://b", API: "chat", Stream: true} },
		"benchmarks":        func(p *plan.Plan) { p.Only = []plan.Benchmark{plan.Latency} },
		"body":              func(p *plan.Plan) { p.Candidate.Body = map[string]any{"top_k": 4} },
		"fixed cache salt":  func(p *plan.Plan) { p.Workload.CacheSalt = "a" },
		"data set":          func(p *plan.Plan) { p.Workload.Dataset = "/data/a.jsonl" },
		"another data set":  func(p *plan.Plan) { p.Workload.Dataset = "/data/b.jsonl" },
		"items at the load": func(p *plan.Plan) { p.Quality.Canary = 20 },
		"other such items":  func(p *plan.Plan) { p.Quality.Canary, p.Quality.Items = 20, "arithmetic" },
		"timeout":           func(p *plan.Plan) { p.Client.Timeout++ },
	} {
		s := of(t, change)
		if other, is := seen[s.ID()]; is {
			t.Errorf("%s has the specification of %s", name, other)
		}
		seen[s.ID()] = name
		if len(Differences(plain, s)) == 0 {
			t.Errorf("%s: no difference is named", name)
		}
	}
	salt := func(s string) string { return of(t, func(p *plan.Plan) { p.Workload.CacheSalt = s }).ID() }
	if salt("a") != salt("b") {
		t.Error("which salt it was is part of the specification")
	}
	set := func(s string) string { return of(t, func(p *plan.Plan) { p.Workload.Dataset = s }).ID() }
	if set("/data/a.jsonl") != set(`C:\sets\a.jsonl`) {
		t.Error("the folder of a data set is part of the specification")
	}
}

// The model that a server was found to serve counts, although the plan names none.
func TestTheFoundModelCounts(t *testing.T) {
	p := plan.Default()
	a, err := Of(p, map[string]string{"candidate": "llama"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Of(p, map[string]string{"candidate": "qwen"})
	if err != nil {
		t.Fatal(err)
	}
	if a.ID() == b.ID() {
		t.Error("two models have one specification")
	}
	if d := Differences(a, b); len(d) != 1 || !strings.Contains(d[0], "candidate.model: llama, not qwen") {
		t.Errorf("%q", d)
	}
	if p.Candidate.Model != "" {
		t.Error("the caller's plan was changed")
	}
}

func TestNothingHasNoSpecification(t *testing.T) {
	if id := (Specification{}).ID(); id != "" {
		t.Errorf("%q", id)
	}
	if Text("a").ID() == Text("b").ID() || Text("a").ID() != Text("a").ID() || len(Text("a").ID()) != 12 {
		t.Error("texts are not told apart")
	}
}
