package forecast

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/sim/kv"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// Forecasts against what real engines did. The figures and where they are from
// are in testdata; everything runs in virtual time.

// row is one line of a data file by its column names.
type row map[string]string

func (r row) number(t *testing.T, column string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(r[column], 64)
	if err != nil {
		t.Fatalf("column %q: %v", column, err)
	}
	return v
}

func read(t *testing.T, name string) []row {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []row
	for _, line := range lines[1:] {
		r := row{}
		for i, name := range lines[0] {
			r[name] = line[i]
		}
		out = append(out, r)
	}
	return out
}

// outcome are mean times in ms.
type outcome struct{ ttft, tpot, e2e float64 }

func (o *outcome) add(ttft, e2e, output, n float64) {
	o.ttft += ttft / n
	o.e2e += e2e / n
	o.tpot += (e2e - ttft) / (output - 1) / n
}

// serve runs requests through engines that take turns.
func serve(t *testing.T, r *physics.Roofline, c scheduler.Config, requests []*scheduler.Request) outcome {
	t.Helper()
	f, err := scheduler.NewFleet(r.Deployment().DP, scheduler.RoundRobin, c, Timer(r))
	if err != nil {
		t.Fatal(err)
	}
	left := requests
	err = f.Run(func() *scheduler.Request {
		if len(left) == 0 {
			return nil
		}
		q := left[0]
		left = left[1:]
		return q
	}, func(int, time.Duration, *scheduler.Outcome) {})
	if err != nil {
		t.Fatal(err)
	}
	var o outcome
	for _, q := range requests {
		if q.Generated != q.Output {
			t.Fatalf("request %d has %d of %d tokens", q.Index, q.Generated, q.Output)
		}
		o.add(ms(q.First-q.Arrival), ms(q.Last-q.Arrival), float64(q.Output), float64(len(requests)))
	}
	return o
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func off(got, want float64) string {
	return fmt.Sprintf("%.1f ms, real %.1f (%+.1f %%)", got, want, 100*(got/want-1))
}

// Traces of single requests, under a load that fills the cache of the RTX
// 4090 until hundreds of requests are preempted. Kernels alone give the
// single-accelerator runs. Of the box with two accelerators the links were
// fitted to the run of Qwen3-32B, and the run with experts shows them again.
func TestTracesOfSingleRequests(t *testing.T) {
	box := []physics.Link{{Ranks: 2, Latency: 40e-6, Bandwidth: 16e9}}
	for _, c := range []struct {
		trace, preset   string
		dp              int
		links           []physics.Link
		known, anywhere float64 // most error of e2e, with what is known of the device and with generic factors
	}{
		{"rtx4090-llama-3.1-8b", "rtx-4090/llama-3.1-8b", 1, nil, 0.05, 0.25},
		{"rtxpro6000-llama-3.1-8b", "rtx-pro-6000/llama-3.1-8b", 1, nil, 0.05, 0.25},
		{"rtxpro6000-qwen3-32b-tp2", "2xrtx-pro-6000/qwen3-32b", 1, box, 0.05, 0.25},
		{"rtxpro6000-qwen3-30b-a3b-dp2-ep2", "rtx-pro-6000/qwen3-30b-a3b", 2, box, 0.05, 0.25},
	} {
		for _, generic := range []bool{false, true} {
			d, err := known.Deployment(c.preset)
			if err != nil {
				t.Fatal(err)
			}
			d.DP, d.MaxSeqs = c.dp, 128
			limit := c.known
			if c.links != nil {
				d.Accelerator.Links = c.links
			}
			if generic {
				limit = c.anywhere
				other := d.Accelerator.Other // of the memory, not of the time
				d.Accelerator.Coefficients = physics.DefaultCoefficients()
				d.Accelerator.Other = other
			}
			r, err := physics.New(d)
			if err != nil {
				t.Fatal(err)
			}
			cfg := Config(r)
			cfg.MaxNumBatchedTokens, cfg.AdmitPartly, cfg.FrontEnd = 2048, true, 0 // stamps are the engine's own
			var real outcome
			var requests []*scheduler.Request
			rows := read(t, c.trace)
			for i, line := range rows {
				at, output := line.number(t, "arrival_ms"), line.number(t, "output")
				real.add(line.number(t, "first_ms")-at, line.number(t, "last_ms")-at, output, float64(len(rows)))
				requests = append(requests, &scheduler.Request{
					Index: uint64(i), Arrival: time.Duration(at * float64(time.Millisecond)), Prompt: int(line.number(t, "input")), Output: int(output),
				})
			}
			got := serve(t, r, cfg, requests)
			what := fmt.Sprintf("%s (generic %v): ttft %s; tpot %s; e2e %s", c.trace, generic, off(got.ttft, real.ttft), off(got.tpot, real.tpot), off(got.e2e, real.e2e))
			if t.Log(what); math.Abs(got.e2e/real.e2e-1) > limit {
				t.Errorf("%s, of at most %.0f %%", what, 100*limit)
			}
		}
	}
}

// Means of vLLM 0.15.1 on H100, with one set of coefficients for all models.
//
// The prompts are a shared and a unique part, and they come again: in the
// later stage of each run the 99th percentile of the time to first token is
// one step over its mean, which leaves no time to read 400 tokens, and step
// times rise with the number of sequences by no more than their cache. How many
// there were is not told; 100 are taken. The itl of the file is the time
// between pieces of text, so that it is larger than a step where a tokenizer
// holds pieces back (Llama-2).
func TestMeansOfVLLMOnH100AtLength(t *testing.T) {
	atLength(t)
	type errors struct{ ttft, itl, e2e, n float64 }
	var dense, sparse errors
	for _, line := range read(t, "h100-vllm-0.15.1") {
		model := line["model"]
		m, err := known.Model(model)
		if err != nil {
			t.Fatal(err)
		}
		a, err := known.Accelerator("H100-SXM")
		if err != nil {
			t.Fatal(err)
		}
		r, err := physics.New(physics.Deployment{Model: m, Accelerator: a, TP: int(line.number(t, "tp")), MaxSeqs: 128})
		if err != nil {
			t.Fatal(err)
		}
		cfg := Config(r)
		cfg.MaxNumBatchedTokens, cfg.Blocks, cfg.AdmitPartly = int(line.number(t, "max_num_batched_tokens")), int(line.number(t, "kv_blocks")), true
		shared, unique, output := int(line.number(t, "shared")), int(line.number(t, "unique")), int(line.number(t, "output"))
		rng := rand.New(rand.NewPCG(1, 2))
		at := 0.0
		var requests []*scheduler.Request
		for i := range 1000 {
			at += rng.ExpFloat64() / line.number(t, "rate")
			chain := kv.NewChain(16, 0)
			chain.AddSpan(1, shared)
			chain.AddSpan(uint64(1000+i%100), unique)
			requests = append(requests, &scheduler.Request{
				Index: uint64(i), Arrival: time.Duration(at * float64(time.Second)), Prompt: shared + unique, Output: output, Hashes: chain.Hashes(),
			})
		}
		got := serve(t, r, cfg, requests)
		ttft, itl, e2e := line.number(t, "ttft_ms"), line.number(t, "itl_ms"), line.number(t, "e2e_ms")
		t.Logf("%s TP%s at %s/s: ttft %s; itl %s; e2e %s", m.Name, line["tp"], line["rate"], off(got.ttft, ttft), off(got.tpot, itl), off(got.e2e, e2e))
		to := &dense
		if m.MoE.Experts > 0 {
			to = &sparse
		}
		to.n++
		to.ttft += math.Abs(got.ttft/ttft - 1)
		to.itl += math.Abs(got.tpot/itl - 1)
		to.e2e += math.Abs(got.e2e/e2e - 1)
	}
	for _, c := range []struct {
		name                  string
		e                     errors
		ttft, itl, e2e, least float64 // mean absolute errors at most, and rows at least
	}{
		{"dense", dense, 0.09, 0.10, 0.06, 15},
		{"with experts", sparse, 0.18, 0.11, 0.10, 6},
	} {
		t.Logf("%s: %.0f rows, mean absolute error of ttft %.1f %%, itl %.1f %%, e2e %.1f %%", c.name, c.e.n, 100*c.e.ttft/c.e.n, 100*c.e.itl/c.e.n, 100*c.e.e2e/c.e.n)
		if c.e.n < c.least || c.e.ttft/c.e.n > c.ttft || c.e.itl/c.e.n > c.itl || c.e.e2e/c.e.n > c.e2e {
			t.Errorf("%s: errors are over %.0f, %.0f and %.0f %%", c.name, 100*c.ttft, 100*c.itl, 100*c.e2e)
		}
	}
}

func TestConfigIsThatOfVLLM(t *testing.T) {
	for preset, want := range map[string][2]int{
		"h100/llama-3.1-8b": {1024, 8192}, "h200/llama-3.1-8b": {1024, 8192}, "b200/llama-3.1-8b": {1024, 16384},
		"a100/llama-3.1-8b": {256, 2048}, "l40s/llama-3.1-8b": {256, 2048},
	} {
		d, err := known.Deployment(preset)
		if err != nil {
			t.Fatal(err)
		}
		r, err := physics.New(d)
		if err != nil {
			t.Fatal(err)
		}
		c := Config(r)
		if c.MaxNumSeqs != want[0] || c.MaxNumBatchedTokens != want[1] || c.Blocks*16 != r.KVTokens() || c.Validate() != nil {
			t.Errorf("%s: %+v, want limits of %v", preset, c, want)
		}
	}
}
