package known

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/inferometer/inferometer/internal/physics"
)

// Steps against single kernels: a step of a model with layers of one shape
// must take what the kernel takes. The files' README says where they are from.

func kernels(t *testing.T, file string) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func num(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// one is a deployment of a small model with layers as the kernels have them.
func one(t *testing.T, device string, tp int, f physics.Format) *physics.Roofline {
	t.Helper()
	a, err := Accelerator(device)
	if err != nil {
		t.Fatal(err)
	}
	m := physics.Model{Name: "layers", Layers: 4, Hidden: 4096, Heads: 32, KVHeads: 8, HeadDim: 128, FF: 14336, Vocab: 1000}
	r, err := physics.New(physics.Deployment{Model: m, Accelerator: a, TP: tp, Weights: f, GraphTokens: -1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// deviations collects relative errors by what they are of.
type deviations map[string]*struct{ sum, most, n float64 }

func (e deviations) add(of string, got, want float64) {
	if e[of] == nil {
		e[of] = &struct{ sum, most, n float64 }{}
	}
	d := math.Abs(math.Log(got / want))
	e[of].sum += d
	e[of].n++
	e[of].most = max(e[of].most, d)
}

func (e deviations) check(t *testing.T, mean func(of string) float64) {
	t.Helper()
	for of, v := range e {
		t.Logf("%s: %.0f kernels, mean error %.3f, largest %.3f", of, v.n, v.sum/v.n, v.most)
		if v.sum/v.n > mean(of) || v.n < 7 {
			t.Errorf("%s: mean error %.3f over %.0f kernels, of at most %.2f", of, v.sum/v.n, v.n, mean(of))
		}
	}
}

func TestMatrixProducts(t *testing.T) {
	e := deviations{}
	for _, k := range kernels(t, "products.csv") {
		f, rows := physics.Format(k[1]), num(t, k[2])
		r := one(t, k[0], 1, f)
		s := r.Step(physics.Batch{Writers: int(rows)})
		weights := 4 * float64(4096*128*(32+2*8)+32*128*4096+3*4096*14336)
		a := r.Deployment().Accelerator
		peak := a.Peak.BF16
		if f == physics.FP8 {
			peak = a.Peak.FP8
		}
		want := 2 * weights * rows / (peak * num(t, k[3]))
		if rows <= 64 {
			want = weights * f.Bytes() / (a.Bandwidth * num(t, k[4]))
		}
		e.add(k[0]+" "+k[1], s.Terms[physics.TermWeights]+s.Terms[physics.TermCompute], want)
	}
	e.check(t, func(of string) float64 {
		if of == "B200 fp8" || of == "B300 fp8" {
			return 0.13 // their small products are far from any roofline
		}
		return 0.07
	})
}

func TestAttentionWhileWriting(t *testing.T) {
	e := deviations{}
	for _, k := range kernels(t, "attention.csv") {
		r := one(t, k[0], 1, physics.BF16)
		b := physics.Batch{Writers: int(num(t, k[2])), WriterContext: int(num(t, k[1]) * num(t, k[2]))}
		if inCache := 4096 * float64(b.WriterContext); (k[0] == "L40S" || k[0] == "RTX-PRO-6000") && inCache > 4e6 && inCache < 150e6 {
			continue // their caches of 100 MB hold it from one try to the next, as no engine's step would
		}
		s := r.Step(b)
		got := (s.Terms[physics.TermKV]+s.Terms[physics.TermLaunch])/4 - r.Coefficients().Layer
		e.add(k[0], got, num(t, k[3])*1e-6)
	}
	e.check(t, func(of string) float64 {
		if of == "L40S" || of == "RTX-PRO-6000" {
			return 0.16
		}
		return 0.11
	})
}

func TestAllReduce(t *testing.T) {
	e := deviations{}
	for _, k := range kernels(t, "allreduce.csv") {
		r := one(t, k[0], int(num(t, k[1])), physics.BF16)
		s := r.Step(physics.Batch{Writers: int(num(t, k[2]) / 4096)})
		e.add(k[0], s.Terms[physics.TermCommunication]/8, num(t, k[3])*1e-6)
	}
	e.check(t, func(of string) float64 {
		if of == "B200" {
			return 0.28 // its times grow with the message from 8 µs on in steps
		}
		return 0.22
	})
}

// Times a token of one user alone, or of few, at short contexts, in ms. None
// of these set a coefficient, but for the host's 1 ms of engines that plan
// while the accelerator waits, which the KubeCon runs gave.
func TestTimesATokenOfOthers(t *testing.T) {
	for _, c := range []struct {
		preset  string
		users   int
		context int
		real    float64
		within  float64
		source  string
		host    float64 // s a step where the engine plans it while the accelerator waits; 0: as it is
	}{
		{"h100/llama-3.1-8b", 1, 300, 6.48, 0.1, "yobitelcomm/bench, vLLM 0.21", 0},
		{"h100/llama-3.1-8b", 4, 300, 6.59, 0.1, "yobitelcomm/bench, vLLM 0.21", 0},
		{"h100/qwen2.5-7b", 1, 300, 6.27, 0.1, "yobitelcomm/bench, vLLM 0.21", 0},
		{"h100/mistral-7b", 1, 300, 7.04, 0.15, "yobitelcomm/bench, vLLM 0.21", 0},
		{"h100/gemma-2-9b", 1, 300, 8.65, 0.1, "yobitelcomm/bench, vLLM 0.21", 0},
		{"h100/llama-3.1-8b", 1, 230, 7.23, 0.1, "KubeCon NA 2025, inference-perf demos, vLLM 0.11, (e2e - ttft)/(n - 1)", 1e-3},
		{"h100/qwen3-8b", 1, 300, 7.28, 0.1, "gpustack performance lab, vLLM 0.11", 1e-3},
		{"h100/qwen3-8b", 8, 300, 7.71, 0.1, "gpustack performance lab, vLLM 0.11", 1e-3},
		{"8xh200/qwq-32b", 1, 300, 6.70, 0.35, "vllm#18725; small products on eight ranks", 0},
		{"a100/qwen2.5-3b", 1, 100, 1000 / 128., 0.25, "Qwen docs, vLLM 0.6.3", 1e-3},
		{"a100/qwen2.5-7b", 1, 100, 1000 / 84.3, 0.1, "Qwen docs, vLLM 0.6.3", 1e-3},
		{"a100/qwen2.5-14b", 1, 100, 1000 / 46.3, 0.1, "Qwen docs, vLLM 0.6.3", 1e-3},
		{"a100/qwen2.5-32b", 1, 100, 1000 / 22.1, 0.1, "Qwen docs, vLLM 0.6.3", 1e-3},
		{"2xa100/qwen2.5-72b", 1, 100, 1000 / 18.2, 0.15, "Qwen docs, vLLM 0.6.3", 1e-3},
		{"4xa100/qwen2.5-72b", 1, 100, 1000 / 31.4, 0.15, "Qwen docs, vLLM 0.6.3", 1e-3},
	} {
		d, err := Deployment(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		if c.host > 0 {
			d.Accelerator.Host.Step = c.host
		}
		r, err := physics.New(d)
		if err != nil {
			t.Fatal(err)
		}
		s := r.Step(physics.Batch{Writers: c.users, Rows: c.users, WriterContext: c.users * c.context})
		got := s.Total * 1000
		t.Logf("%s × %d: %.2f ms, real %.2f (%+.1f %%), floor %.2f, %v binds", c.preset, c.users, got, c.real, 100*(got/c.real-1), s.Floor*1000, s.Binds())
		if math.Abs(got/c.real-1) > c.within || s.Floor*1000 > c.real {
			t.Errorf("%s × %d: %.2f ms, %s says %.2f", c.preset, c.users, got, c.source, c.real)
		}
	}
}

// Llama 7B under llama.cpp: tokens a second while writing and while reading
// a prompt of 512. Source: llama.cpp discussion 4167.
func TestAppleChips(t *testing.T) {
	for _, c := range []struct {
		chip         string
		format       physics.Format
		prompt, text float64
	}{
		{"M1 Pro", physics.BF16, 302.14, 12.75}, {"M1 Max", physics.BF16, 599.53, 23.03}, {"M2 Ultra", physics.BF16, 1401.85, 41.02},
		{"M3 Max", physics.BF16, 779.17, 25.09}, {"M3 Ultra", physics.BF16, 1538.34, 39.78}, {"M4", physics.BF16, 230.18, 7.43},
		{"M4 Pro", physics.BF16, 464.48, 17.18}, {"M4 Max", physics.BF16, 922.83, 31.64},
		{"M1", physics.Q4, 117.96, 14.15}, {"M1 Max", physics.Q4, 530.06, 61.19}, {"M2 Ultra", physics.Q4, 1238.48, 94.27},
		{"M3 Max", physics.Q4, 759.70, 66.31}, {"M4", physics.Q4, 221.29, 24.11}, {"M4 Max", physics.Q4, 885.68, 83.06},
		{"M2 Max", physics.Q8, 677.91, 41.83}, {"M4 Pro", physics.Q8, 449.62, 30.69},
	} {
		a, err := Accelerator(c.chip)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Model("llama-2-7b")
		if err != nil {
			t.Fatal(err)
		}
		r, err := physics.New(physics.Deployment{Model: m, Accelerator: a, Weights: c.format})
		if err != nil {
			t.Fatal(err)
		}
		var b physics.Batch
		r.AddPrompt(&b, 512, 0, true)
		prompt := 512 / r.Step(b).Total
		text := 1 / r.Step(physics.Batch{Writers: 1, Rows: 1, WriterContext: 64}).Total
		t.Logf("%s %s: reads %.0f/s, real %.0f; writes %.1f/s, real %.1f", c.chip, c.format, prompt, c.prompt, text, c.text)
		if math.Abs(math.Log(prompt/c.prompt)) > 0.2 || math.Abs(math.Log(text/c.text)) > 0.2 {
			t.Errorf("%s %s: reads %.0f/s, real %.0f; writes %.1f/s, real %.1f", c.chip, c.format, prompt, c.prompt, text, c.text)
		}
	}
}
