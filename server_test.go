package inferometer_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/suite"
)

// batching serves a simulated engine that batches, in a cache of few blocks.
func batching(t *testing.T, blocks int) string {
	t.Helper()
	p, err := sim.LookupProfile("fitted")
	if err != nil {
		t.Fatal(err)
	}
	p.Batch.Blocks = blocks
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- sim.New(sim.Config{Profile: p, Seed: 1}).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

func checkOf(r *inferometer.Result, id string) (result.Check, bool) {
	i := slices.IndexFunc(r.Validity.Checks, func(c result.Check) bool { return c.ID == id })
	if i < 0 {
		return result.Check{}, false
	}
	return r.Validity.Checks[i], true
}

// What the server counts is what the client counts, to the token, warm-up
// included; and it is made again from the run's folder.
func TestServerCountsWhatTheClientCounts(t *testing.T) {
	for _, tt := range []struct {
		name, url string
		known     []string // checks that pass
	}{
		{"fixed latencies", "sim:vllm", []string{"server_tokens", "server_prompt_tokens", "server_prefix_cache", "server_queue"}},
		{"batches", batching(t, 28_000), []string{"server_tokens", "server_prompt_tokens", "server_queue", "preemptions"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := inferometer.DefaultPlan(tt.url)
			p.Dir = t.TempDir()
			p.Only = []inferometer.Benchmark{"latency", "throughput"}
			p.Latency.Iterations, p.Latency.Warmup = 8, 2
			p.Throughput.Levels, p.Throughput.Requests = []int{4}, 20
			p.Workload.OutputTokens = 8
			r, err := inferometer.Run(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range append(r.Benchmarks.Latency.Cells, r.Benchmarks.Throughput.Cells...) {
				s := c.Server
				if s == nil || s.Withheld != "" || s.GenerationTokens == nil || s.PromptTokens == nil || s.Ours.GenerationTokens == nil || s.Ours.PromptTokens == nil {
					t.Fatalf("%s: %+v", c.ID, s)
				}
				for what, n := range map[string]struct {
					server float64
					client *result.Span
				}{"generated": {*s.GenerationTokens, s.Ours.GenerationTokens}, "prompt": {*s.PromptTokens, s.Ours.PromptTokens}} {
					if n.server < n.client.Lo || n.server > n.client.Hi {
						t.Errorf("%s: %v tokens %s, the client has %+v", c.ID, n.server, what, *n.client)
					}
				}
				// One user leaves nothing under way that would be cut at the end.
				if g := s.Ours.GenerationTokens; c.ID == "pass/candidate" && (g.Lo != g.Hi || g.Lo != 8*10) {
					t.Errorf("%s: the client has %+v generated tokens, of 10 requests of 8", c.ID, *g)
				}
			}
			for _, id := range tt.known {
				if c, _ := checkOf(r, id); c.Status != result.Pass {
					t.Errorf("%s: %+v", id, c)
				}
			}
			folder := filepath.Join(p.Dir, r.Run.ID)
			if !slices.ContainsFunc(r.Artifacts, func(a result.Artifact) bool { return a.Path == "server-metrics.jsonl.zst" }) {
				t.Error("the samples are no artifact")
			}
			page, err := os.ReadFile(filepath.Join(folder, "report.md"))
			if err != nil || !strings.Contains(string(page), "The server reports: 80 tokens generated (client: 80)") {
				t.Errorf("the page does not say it, %v", err)
			}
			again, err := suite.Recompute(folder)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, again.Result); diff != "" {
				t.Errorf("made again, the result is another:\n%s", diff)
			}
			// Half a file, as a crash leaves it, is half of the samples.
			file := filepath.Join(folder, "server-metrics.jsonl.zst")
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, whole[:len(whole)/2], 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := suite.Recompute(folder); err != nil {
				t.Errorf("half a file of samples: %v", err)
			}
		})
	}
}

// A cache that is too small for the load is said, with what it did.
func TestServerSaysPreemptions(t *testing.T) {
	p := inferometer.DefaultPlan(batching(t, 58)) // 928 tokens for 8 × (256 + 64)
	p.Dir, p.Only = t.TempDir(), []inferometer.Benchmark{"load"}
	p.Load.Users, p.Load.Requests = 8, 24
	r, err := inferometer.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Benchmarks.Load.Cells[0].Server
	if s == nil || s.Preemptions == nil || *s.Preemptions == 0 || s.QueueMS == nil || *s.QueueMS <= 0 {
		t.Fatalf("%+v", s)
	}
	if c, _ := checkOf(r, "preemptions"); c.Status != result.Warn {
		t.Errorf("%+v", c)
	}
	if c, _ := checkOf(r, "server_tokens"); c.Status != result.Pass {
		t.Errorf("%+v", c)
	}
}

// Where the metrics are not read there is no file, no figure and no check; where
// they are read in vain, one check says why.
func TestServerNotAsked(t *testing.T) {
	for _, tt := range []struct {
		name, url string
		asked     bool
	}{{"off", "off", false}, {"in vain", "http://127.0.0.1:1/metrics", true}} {
		t.Run(tt.name, func(t *testing.T) {
			p := inferometer.DefaultPlan("sim:vllm")
			p.Dir, p.Only = t.TempDir(), []inferometer.Benchmark{"latency"}
			p.Candidate.MetricsURL = tt.url
			p.Latency.Iterations, p.Latency.Warmup, p.Workload.OutputTokens = 4, 1, 4
			r, err := inferometer.Run(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			_, err = os.Stat(filepath.Join(p.Dir, r.Run.ID, "server-metrics.jsonl.zst"))
			if s := r.Benchmarks.Latency.Cells[0].Server; (s != nil) != tt.asked || (err == nil) != tt.asked || s != nil && !strings.Contains(s.Withheld, "127.0.0.1:1") {
				t.Errorf("server %+v, file %v", s, err)
			}
			c, ok := checkOf(r, "server_metrics")
			if ok != tt.asked || ok && (c.Status != result.NotAssessed || !strings.Contains(c.Text, "127.0.0.1:1")) {
				t.Errorf("%+v", c)
			}
			if c, ok := checkOf(r, "server_tokens"); ok {
				t.Errorf("%+v", c)
			}
		})
	}
}
