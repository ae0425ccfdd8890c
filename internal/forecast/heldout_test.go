package forecast

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/sim/kv"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// Runs that no coefficient was set on, but for the 1 ms a step of engines that
// plan while the accelerator waits.

func engine(t *testing.T, preset string, seqs int) *physics.Roofline {
	t.Helper()
	d, err := known.Deployment(preset)
	if err != nil {
		t.Fatal(err)
	}
	d.MaxSeqs = seqs
	d.Accelerator.Host.Step = 1e-3
	r, err := physics.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// All requests at once, long prompts, vLLM 0.11 on an A100 with 80 GB: how long
// until all are done. The error is that of reading prompts and of a full
// cache. Source: gpustack performance lab 47277d7 (Apache-2.0).
func TestLongPromptsOnA100(t *testing.T) {
	sum, n := 0.0, 0.0
	for _, c := range []struct {
		preset           string
		requests, in, to int
		real             float64 // s
	}{
		{"a100/qwen3-32b", 100, 32000, 77, 1783.59}, {"a100/qwen3-32b", 500, 3996, 200, 1141.94}, {"a100/qwen3-32b", 500, 1996, 100, 415.71},
		{"a100/qwen3-14b", 100, 32000, 99, 724.56}, {"a100/qwen3-14b", 500, 3996, 200, 407.05}, {"a100/qwen3-14b", 500, 1996, 100, 175.66},
	} {
		r := engine(t, c.preset, 0)
		cfg := Config(r)
		cfg.Synchronous, cfg.AdmitPartly = true, true
		var requests []*scheduler.Request
		for i := range c.requests {
			requests = append(requests, &scheduler.Request{Index: uint64(i), Prompt: c.in, Output: c.to})
		}
		serve(t, r, cfg, requests)
		last := slices.MaxFunc(requests, func(a, b *scheduler.Request) int { return int(a.Last - b.Last) }).Last.Seconds()
		t.Logf("%s, %d × %d/%d: %.0f s, real %.0f (%+.1f %%)", c.preset, c.requests, c.in, c.to, last, c.real, 100*(last/c.real-1))
		if math.Abs(last/c.real-1) > 0.22 {
			t.Errorf("%s, %d × %d/%d: %.0f s, real %.0f", c.preset, c.requests, c.in, c.to, last, c.real)
		}
		sum += math.Abs(last/c.real - 1)
		n++
	}
	if t.Logf("mean absolute error %.1f %%", 100*sum/n); sum/n > 0.12 {
		t.Errorf("mean absolute error %.1f %%", 100*sum/n)
	}
}

// Llama-3.1-8B on H100 with vLLM 0.11, 204 tokens in and 63 out: e2e under
// rates that it can carry, and the rate that it cannot pass. The workload's
// prompts share a long prefix. Source: kubernetes-sigs/inference-perf, demos of
// KubeCon NA 2025 (Apache-2.0).
func TestSaturationOnH100(t *testing.T) {
	for _, c := range []struct {
		name   string
		seqs   int
		cache  bool
		rate   float64 // offered a second
		real   float64 // e2e in ms, or with most requests a second
		most   bool    // the rate is over what it can carry
		within float64
	}{
		{"plain", 128, false, 1, 480.5, false, 0.1}, {"plain", 128, false, 31.4, 546.7, false, 0.12}, {"plain", 128, false, 61.8, 679.6, false, 0.2},
		{"plain", 128, false, 92.2, 1021.3, false, 0.2}, {"plain", 128, false, 150, 102, true, 0.08},
		{"192 sequences", 192, false, 150, 114, true, 0.08},
		{"prefix cache", 128, true, 43.2, 523.7, false, 0.08}, {"prefix cache", 128, true, 85.5, 578.8, false, 0.08},
		{"prefix cache", 128, true, 127.8, 666.1, false, 0.08}, {"prefix cache", 128, true, 250, 171, true, 0.08},
	} {
		r := engine(t, "h100/llama-3.1-8b", c.seqs)
		cfg := Config(r)
		cfg.Synchronous, cfg.AdmitPartly, cfg.NoPrefixCaching = true, true, !c.cache
		var requests []*scheduler.Request
		for i := range 3000 {
			chain := kv.NewChain(16, 0)
			chain.AddSpan(1, 190)
			chain.AddSpan(uint64(i+2), 14)
			requests = append(requests, &scheduler.Request{
				Index: uint64(i), Arrival: time.Duration(float64(i) / c.rate * float64(time.Second)), Prompt: 204, Output: 63, Hashes: chain.Hashes(),
			})
		}
		o := serve(t, r, cfg, requests)
		got := o.e2e
		if c.most { // of those in the middle
			slices.SortFunc(requests, func(a, b *scheduler.Request) int { return int(a.Last - b.Last) })
			from, to := len(requests)/4, len(requests)*3/4
			got = float64(to-from) / (requests[to].Last - requests[from].Last).Seconds()
		}
		t.Logf("%s at %.1f/s: %.1f, real %.1f (%+.1f %%)", c.name, c.rate, got, c.real, 100*(got/c.real-1))
		if math.Abs(got/c.real-1) > c.within {
			t.Errorf("%s at %.1f/s: %.1f, real %.1f", c.name, c.rate, got, c.real)
		}
	}
}

// BenchmarkForecast is requests of 512 tokens in and 128 out on one H100, with
// physics for each step.
func BenchmarkForecast(b *testing.B) {
	d, err := known.Deployment("h100/llama-3.1-8b")
	if err != nil {
		b.Fatal(err)
	}
	d.MaxSeqs = 256
	r, err := physics.New(d)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	requests := 0
	for b.Loop() {
		f, err := scheduler.NewFleet(1, scheduler.RoundRobin, Config(r), Timer(r))
		if err != nil {
			b.Fatal(err)
		}
		i := 0
		err = f.Run(func() *scheduler.Request {
			if i == 5000 {
				return nil
			}
			i++
			return &scheduler.Request{Index: uint64(i), Arrival: time.Duration(i) * 30 * time.Millisecond, Prompt: 512, Output: 128}
		}, func(int, time.Duration, *scheduler.Outcome) {})
		if err != nil {
			b.Fatal(err)
		}
		requests += i
	}
	b.ReportMetric(float64(requests)/b.Elapsed().Seconds(), "requests/s")
}
