package plausible

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/validity"
)

// published is a cell as a published table has it, in ms.
type published struct {
	model, gpu        string
	count             int
	ttft, tpot, gap   float64
	e2e               float64
	input, output     float64
	requests, tokens  float64 // a second
	simulated, cached bool
}

func (p published) target() result.Target {
	t := result.Target{Name: "candidate", Model: p.model, Evidence: result.Measured}
	if p.gpu != "" {
		t.Machine = &result.Machine{Accelerator: p.gpu, Count: max(1, p.count), MinReplicas: 1}
	}
	if p.simulated {
		t.Evidence = result.Simulated
	}
	return t
}

func (p published) cell() validity.Cell {
	stat := func(v float64) result.Statistic {
		return result.Statistic{N: 400, NOK: 400, Mean: result.Num(v), Min: result.Num(v), P50: result.Estimate{Value: result.Num(v)}}
	}
	rate := func(v float64) result.Rate { return result.Rate{Value: result.Num(v)} }
	c := validity.Cell{Result: &result.Cell{
		ID: "throughput/candidate", Target: "candidate", WindowS: 60, Counts: result.Counts{OK: 400}, Workload: result.Workload{FixedOutput: true},
		Metrics: result.Metrics{
			Stats: map[string]result.Statistic{
				"ttft_service": stat(p.ttft), "tpot": stat(p.tpot), "gap": stat(p.gap), "e2e_service": stat(p.e2e), "input_tokens": stat(p.input), "output_tokens": stat(p.output),
			},
			Rates: map[string]result.Rate{"throughput": rate(p.requests), "output_throughput": rate(p.tokens)},
		},
	}, W: p.e2e / 1e3, Lambda: p.requests, InFlight: p.requests * p.e2e / 1e3}
	if p.cached {
		c.CachedShare = new(0.9)
	}
	return c
}

// Rows that were published and cannot be, and rows that can. Figures:
// kubernetes-sigs/inference-perf, demos of KubeCon NA 2025; gpustack
// performance lab 47277d7 (both Apache-2.0).
func TestPublishedRowsThatCannotBe(t *testing.T) {
	kubecon := published{model: "meta-llama/Llama-3.1-8B-Instruct", gpu: "H100", ttft: 31.1, tpot: 3.47, gap: 3.4, e2e: 480.5, input: 204, output: 63.1, requests: 1, tokens: 63}
	right := kubecon
	right.tpot, right.gap = 7.24, 7.2
	bundled := published{model: "Qwen3.5-9B", gpu: "H100", ttft: 41.9, tpot: 1.38, gap: 0, e2e: 429, input: 342, output: 281, requests: 7.68, tokens: 2158}
	fast := right
	fast.input, fast.ttft, fast.e2e = 8000, 20, 20+7.24*62.1
	known := fast
	known.cached = true
	many := right
	many.tokens, many.requests = 500_000, 500_000/63.1
	apart := right
	apart.tokens = 80
	elsewhere, nowhere, sim := kubecon, kubecon, kubecon
	elsewhere.model, nowhere.gpu, sim.simulated = "my-own-finetune", "", true
	odd := kubecon
	odd.count = 3 // divides no number of heads

	for _, c := range []struct {
		name    string
		row     published
		finds   string // in a finding's text; "" for none
		value   float64
		unknown string
	}{
		{"KubeCon as reported: two chunks counted a token", kubecon, "at least 4.", 3.47, ""},
		{"KubeCon from its own e2e", right, "", 0, ""},
		{"gpustack Qwen3.5-9B: text in bursts", bundled, "half of all frames came at the same moment", 0, `no model "Qwen3.5-9B"`},
		{"a prompt read faster than the accelerator computes", fast, "leaves no time to read 8000 new tokens", 20, ""},
		{"the same from the prefix cache", known, "", 0, ""},
		{"more tokens than can be computed", many, "are more than", 500_000, ""},
		{"tokens that do not add up", apart, "requests times their tokens", 80, ""},
		{"a model of nobody", elsewhere, "", 0, `no model "my-own-finetune"`},
		{"a machine that nobody named", nowhere, "", 0, "candidate.machine.accelerator"},
		{"the simulator", sim, "", 0, "simulated"},
	} {
		p := Cell(c.row.target(), c.row.cell())
		if c.unknown == "" && p.What == "" || !strings.Contains(p.Unknown, c.unknown) {
			t.Errorf("%s: held against %q, unknown %q", c.name, p.What, p.Unknown)
		}
		found := false
		for _, f := range p.Findings {
			found = found || c.finds != "" && strings.Contains(f.Text, c.finds) && f.Value == c.value
		}
		if c.finds != "" && !found {
			t.Errorf("%s: %+v, want %q of %v", c.name, p.Findings, c.finds, c.value)
		}
		if c.finds == "" && c.unknown == "" && len(p.Findings) > 0 {
			t.Errorf("%s: %+v", c.name, p.Findings)
		}
	}
	// A third of the weights a rank is read in 1.8 ms: 3.47 can be.
	if p := Cell(odd.target(), odd.cell()); len(p.Findings) != 1 || p.Findings[0].ID != "tpot_account" {
		t.Errorf("three accelerators: %+v", p.Findings)
	}
}
