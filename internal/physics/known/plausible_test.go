package known

import (
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/physics"
)

func ids(fs []physics.Finding) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.ID)
	}
	return out
}

func seconds(ms float64) *float64 { return new(ms / 1e3) }

// Published results that physics rejects, and the same or like results that
// it must let pass. Figures: kubernetes-sigs/inference-perf demos of KubeCon
// NA 2025 and gpustack's performance lab 47277d7 (both Apache-2.0).
func TestPublishedResults(t *testing.T) {
	device := func(name string) physics.Accelerator {
		a, err := Accelerator(name)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	h100 := must(t, "h100/llama-3.1-8b")
	kubecon := physics.Measured{TTFT: seconds(31.1), E2E: seconds(480.5), Input: 204.1, Output: 63.1, Requests: new(1.0), OutputTokens: new(64.0)}
	half, whole := kubecon, kubecon
	half.TPOT, whole.TPOT = seconds(3.47), seconds(7.23)

	// Two engines had steps of 43 to 44 ms on a full cache, whatever the load.
	full := physics.Measured{FullStep: seconds(43.4), Output: 100}
	pcie := must(t, "h100-pcie/qwen3-32b")
	size := func(name string, active float64, device2 string) physics.Bounds {
		return physics.SizeBounds(name, active, physics.BF16, device(device2), 1)
	}
	bundled := physics.Measured{TTFT: seconds(41.88), TPOT: seconds(1.38), MedianGap: seconds(0), Input: 342, Output: 281.4, Requests: new(7.68), OutputTokens: new(2196.67)}

	for _, c := range []struct {
		name string
		m    physics.Measured
		b    physics.Bounds
		want []string
	}{
		{"KubeCon as reported: two chunks counted a token", half, h100.Bounds(half), []string{"tpot_floor", "tpot_account"}},
		{"KubeCon from its own e2e", whole, h100.Bounds(whole), nil},
		{"gpustack Qwen3.5-9B on H100", bundled, size("qwen3.5-9b", 9e9, "H100"), []string{"tpot_floor", "gap_zero"}},
		{"gpustack Qwen3-14B on \"H100 SXM\"", full, must(t, "h100/qwen3-14b").Bounds(full), []string{"memory_rate"}},
		{"gpustack Qwen3-32B on \"H100 SXM\"", full, must(t, "h100/qwen3-32b").Bounds(full), []string{"memory_rate"}},
		{"the same on H100 PCIe", full, pcie.Bounds(full), nil},
	} {
		got := physics.Implausible(c.m, c.b)
		if !slices.Equal(ids(got), c.want) {
			t.Errorf("%s: %+v, want %v", c.name, got, c.want)
		}
		for _, f := range got {
			if t.Log(f.Text); f.Text == "" || f.Severity == "" || f.Unit == "" {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}

func TestImpossibleResults(t *testing.T) {
	r := must(t, "h100/llama-3.1-8b")
	// A sound result to begin with.
	sound := physics.Measured{
		TTFT: seconds(45), TPOT: seconds(8), E2E: seconds(45 + 127*8), MedianGap: seconds(7.9), Input: 512, Output: 128,
		Requests: new(20.0), OutputTokens: new(2560.0), Concurrency: new(21.2),
	}
	if got := physics.Implausible(sound, r.Bounds(sound)); got != nil {
		t.Fatalf("a sound result: %+v", got)
	}
	if got := physics.Implausible(physics.Measured{}, physics.Bounds{}); got != nil {
		t.Fatalf("nothing measured: %+v", got)
	}
	for want, edit := range map[string]func(*physics.Measured){
		"tpot_floor":         func(m *physics.Measured) { m.TPOT, m.E2E = seconds(4), nil },
		"ttft_floor":         func(m *physics.Measured) { m.TTFT, m.E2E = seconds(4), nil },
		"throughput_ceiling": func(m *physics.Measured) { m.OutputTokens, m.Requests = new(5500.0), nil },
		"full_step_floor":    func(m *physics.Measured) { m.FullStep = seconds(15) },
		"memory_rate":        func(m *physics.Measured) { m.FullStep = seconds(60) },
		"gap_zero":           func(m *physics.Measured) { m.MedianGap = seconds(0) },
		"first_after_last":   func(m *physics.Measured) { m.E2E, m.Concurrency = seconds(40), nil },
		"tpot_account":       func(m *physics.Measured) { m.TPOT = seconds(5) },
		"token_account":      func(m *physics.Measured) { m.OutputTokens = new(2000.0) },
		"little":             func(m *physics.Measured) { m.Concurrency = new(60.0) },
	} {
		m := sound
		edit(&m)
		if got := physics.Implausible(m, r.Bounds(m)); !slices.Equal(ids(got), []string{want}) {
			t.Errorf("want %s, got %+v", want, got)
		}
	}
	// What excuses it: a cached prompt, drafts, a smaller format.
	cached := sound
	cached.TTFT, cached.Cached, cached.E2E = seconds(4), 496, nil
	drafts := sound
	drafts.TPOT, drafts.TokensPerStep, drafts.E2E, drafts.Concurrency = seconds(3), 2.5, nil, nil
	for _, m := range []physics.Measured{cached, drafts} {
		if got := physics.Implausible(m, r.Bounds(m)); got != nil {
			t.Errorf("%+v", got)
		}
	}
	d := r.Deployment()
	d.Weights = physics.FP8
	small, err := physics.New(d)
	if err != nil {
		t.Fatal(err)
	}
	fast := sound
	fast.TPOT, fast.E2E = seconds(4), nil
	if got := physics.Implausible(fast, small.Bounds(fast)); got != nil {
		t.Errorf("%+v", got)
	}
}
