package quality_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/inferometer/inferometer/internal/quality"
)

// TestSimulatorAnswers: what the two simulated profiles answer scores clearly
// over noise, about equally, and less for the wrong prompt.
func TestSimulatorAnswers(t *testing.T) {
	b, err := os.ReadFile("testdata/simulator.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Samples []struct{ Profile, Prompt, ID, Answer string }
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	items, err := quality.Prompts(nil, nil, 360, 1)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]quality.Item{}
	for _, it := range items {
		byID[it.ID] = it
	}
	sum, n := map[string]float64{}, map[string]float64{}
	for i, s := range v.Samples {
		it, ok := byID[s.ID]
		if !ok || it.Prompt != s.Prompt {
			t.Fatalf("sample %d answers %q, a prompt that is no longer shipped as %s: write the samples anew", i, s.Prompt, s.ID)
		}
		right := quality.Assess(it, s.Answer, nil).Total
		sum[s.Profile] += right
		n[s.Profile]++
		other := byID[v.Samples[(i+1)%len(v.Samples)].ID]
		if wrong := quality.Assess(other, s.Answer, nil).Total; wrong >= right-15 {
			t.Errorf("sample %d scores %.1f for its prompt and %.1f for %q", i, right, wrong, other.Prompt)
		}
	}
	if n["vllm"] < 10 || n["api"] != n["vllm"] {
		t.Fatalf("samples are missing: %v", n)
	}
	vllm, api := sum["vllm"]/n["vllm"], sum["api"]/n["api"]
	if vllm < 65 || api < 65 || vllm > 98 || api > 98 || vllm-api > 10 || api-vllm > 10 {
		t.Errorf("vllm %.1f, api %.1f", vllm, api)
	}
}
