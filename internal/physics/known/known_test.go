package known

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/physics"
)

// Sizes as published, in 10^9 weights; cache in bytes a token at 16 bits.
// Computed from the published configurations; those of 0 are not published.
func TestSizesOfKnownModels(t *testing.T) {
	for name, want := range map[string]struct {
		params, active float64
		kv             float64
	}{
		"llama-3.2-1b": {1.24, 0, 32768}, "llama-3.2-3b": {3.21, 0, 114688}, "llama-3.1-8b": {8.03, 0, 131072},
		"llama-3.1-70b": {70.55, 0, 327680}, "llama-3.1-405b": {405.85, 0, 516096},
		"llama-2-7b": {6.74, 0, 524288}, "llama-2-70b": {68.98, 0, 327680},
		"qwen2.5-0.5b": {.49, 0, 12288}, "qwen2.5-1.5b": {1.54, 0, 28672}, "qwen2.5-3b": {3.09, 0, 36864}, "qwen2.5-7b": {7.62, 0, 57344},
		"qwen2.5-14b": {14.77, 0, 196608}, "qwen2.5-32b": {32.76, 0, 262144}, "qwen2.5-72b": {72.7, 0, 327680},
		"qwen3-0.6b": {.60, 0, 114688}, "qwen3-1.7b": {1.72, 0, 114688}, "qwen3-4b": {4.02, 0, 147456}, "qwen3-8b": {8.19, 0, 147456},
		"qwen3-14b": {14.77, 0, 163840}, "qwen3-32b": {32.76, 0, 262144},
		"qwen3-30b-a3b": {30.53, 3.0, 98304}, "qwen3-235b-a22b": {235.1, 21.6, 192512},
		"mistral-7b-v0.3": {7.25, 0, 131072}, "mistral-nemo-12b": {12.25, 0, 163840},
		"mixtral-8x7b": {46.7, 12.75, 131072}, "mixtral-8x22b": {141, 39, 229376},
		"deepseek-v3": {671, 36.6, 70272}, "gpt-oss-20b": {20.9, 3.6, 49152}, "gpt-oss-120b": {116.8, 5.1, 73728},
		"gemma-2-9b": {9.24, 0, 344064}, "gemma-2-27b": {27.2, 0, 376832}, "gemma-3-1b": {1.0, 0, 26624}, "gemma-3-4b": {3.88, 0, 139264},
		"gemma-3-12b": {11.8, 0, 393216}, "gemma-3-27b": {27.0, 0, 507904}, "phi-4": {14.66, 0, 204800}, "phi-4-mini": {3.84, 0, 131072},
	} {
		m, err := Model(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := m.Parameters() / 1e9; math.Abs(got-want.params) > max(0.006*want.params, 0.0051) {
			t.Errorf("%s has %.3f billion weights, want %.3f", name, got, want.params)
		}
		if got := m.ActiveParameters() / 1e9; want.active > 0 && math.Abs(got/want.active-1) > 0.05 {
			t.Errorf("%s: %.3f billion weights a token, want %.3f", name, got, want.active)
		}
		if got := m.KVBytesPerToken(physics.BF16); got != want.kv {
			t.Errorf("%s caches %.0f bytes a token, want %.0f", name, got, want.kv)
		}
	}
	m, _ := Model("gpt-oss-20b")
	if long, want := m.KVBytes(10128, ""), float64(12*128+12*10128)*2048; long != want {
		t.Errorf("a long sequence of gpt-oss-20b takes %v bytes, want %v: half of its layers keep 128 tokens", long, want)
	}
}

func TestEveryModelAndDeviceIsUsable(t *testing.T) {
	for _, m := range catalog.Models() {
		if _, err := FromArchitecture(m); err != nil {
			t.Error(err)
		}
	}
	usable := 0
	for _, d := range catalog.Devices() {
		a, err := FromDevice(d)
		if err != nil {
			if d.TFLOPS.BF16 > 0 || !strings.Contains(err.Error(), "is unknown") {
				t.Error(err)
			}
			continue
		}
		usable++
		m, _ := Model("llama-3.2-1b")
		r, err := physics.New(physics.Deployment{Model: m, Accelerator: a})
		if err != nil {
			t.Error(err)
			continue
		}
		if s := r.Step(physics.Batch{Writers: 1, WriterContext: 100, Rows: 1}); s.Total < s.Floor || s.Floor <= 0 {
			t.Errorf("%s: %+v", d.Name, s)
		}
	}
	if usable < 40 {
		t.Errorf("only %d devices", usable)
	}
	all, err := efficiencies()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Source == "" || e.Basis.Band() == 0 {
			t.Errorf("%v has no source or basis", e.Devices)
		}
		for _, n := range e.Devices {
			if _, err := catalog.LookupDevice(n); err != nil && !strings.HasPrefix(n, "apple") {
				t.Error(err)
			}
		}
	}
}

func TestPresets(t *testing.T) {
	d, err := Deployment("4xh100/meta-llama/Llama-3.1-70B-Instruct")
	if err != nil || d.TP != 4 || d.Accelerator.Name != "H100-SXM" || d.Model.Name != "llama-3.1-70b" {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err = Deployment("rtx-4090/llama-3.1-8b"); err != nil || d.TP != 1 || d.Accelerator.Name != "RTX-4090" {
		t.Errorf("%+v, %v", d, err)
	}
	for preset, want := range map[string]string{
		"h100": "must be accelerator/model", "0xh100/llama-3.1-8b": "at least one", "h10/llama-3.1-8b": `did you mean`,
		"h100/lama-3.1-8b": `did you mean "llama-3.1-8b"`, "m6/llama-3.1-8b": "compute rate is unknown",
	} {
		if _, err := Deployment(preset); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", preset, err, want)
		}
	}
}

// Numbers of cache blocks that vLLM 0.15.1 logged on H100 at utilization 0.9,
// and 0.19 on an RTX 4090. Sources: inference-sim/sim-to-real-accuracy-
// validation dcec3fd (figures only) and casys-kaist/LLMServingSim 5daddb2 (MIT).
func TestCacheSizeOfRealLogs(t *testing.T) {
	for _, c := range []struct {
		preset string
		blocks int
	}{
		{"h100/llama-2-7b", 7463}, {"4xh100/llama-3.1-70b", 30251}, {"4xh100/llama-3.1-70b", 30425},
		{"2xh100/mistral-nemo-12b", 48009}, {"h100/mistral-nemo-12b", 19251},
		{"h100/qwen2.5-7b", 65352}, {"h100/qwen2.5-7b", 65368}, {"2xh100/yi-34b", 20793}, {"rtx-4090/llama-3.1-8b", 2588},
	} {
		r := must(t, c.preset)
		if got := r.KVTokens() / 16; math.Abs(float64(got)/float64(c.blocks)-1) > 0.015 {
			t.Errorf("%s: %d blocks, the log says %d", c.preset, got, c.blocks)
		}
	}
}

func must(t *testing.T, preset string) *physics.Roofline {
	t.Helper()
	d, err := Deployment(preset)
	if err != nil {
		t.Fatal(err)
	}
	r, err := physics.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
