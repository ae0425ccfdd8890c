package inferometer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// caching serves a simulated engine whose prefix cache forgets nothing here and
// whose steps take next to no time, so that what a prompt could find is there.
func caching(t *testing.T) string {
	t.Helper()
	p, err := sim.LookupProfile("fitted")
	if err != nil {
		t.Fatal(err)
	}
	p.MaxModelLen = 200_000
	p.Batch.Blocks, p.Batch.MaxNumBatchedTokens = 1<<20, 1<<16
	p.Batch.Timer = scheduler.StepTimerFunc(func(scheduler.Batch) (time.Duration, string) { return 200 * time.Microsecond, "test" })
	p.Batch.FrontEnd = 0
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

// replay replays a trace, and returns its cell.
func replay(t *testing.T, url, trace string, change func(*inferometer.Plan)) result.Cell {
	t.Helper()
	p := inferometer.DefaultPlan(url)
	p.Dir, p.Only = t.TempDir(), []inferometer.Benchmark{"load"}
	p.Client.Calibrate = false
	p.Load.Trace = trace
	change(&p)
	r, err := inferometer.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if r.Benchmarks.Load == nil || len(r.Benchmarks.Load.Cells) != 1 || r.Benchmarks.Load.Cells[0].Replay == nil {
		t.Fatalf("no replay: %+v", r.Benchmarks.Load)
	}
	c := r.Benchmarks.Load.Cells[0]
	if n := c.Counts; n.OK != n.Scheduled || n.OK != c.Replay.Rows {
		t.Errorf("%d rows, %+v, %v", c.Replay.Rows, n, c.Errors)
	}
	return c
}

// What the trace's ids of blocks say a cache could have known is what the
// prompts give a server that caches: of whole blocks of 16 tokens, where the
// trace has blocks of 512, and with a chat template before them.
func TestObservedHitsAreTheIdealOnes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	// 40 prompts in 8 conversations that grow, all behind one system prompt.
	rng := rand.New(rand.NewPCG(1, 2))
	held := make([][]int, 8)
	next := 1
	for i := range 40 {
		blocks := &held[rng.IntN(len(held))]
		if len(*blocks) == 0 {
			*blocks = []int{0}
		}
		for range 1 + rng.IntN(3) {
			*blocks = append(*blocks, next)
			next++
		}
		// The last block is partial, and of an id that nobody else has: with more
		// text behind it, it is another block.
		in := 512*len(*blocks) + 1 + rng.IntN(512)
		ids := append(slices.Clone(*blocks), 1_000_000+i)
		row, err := json.Marshal(map[string]any{"timestamp": 100 * i, "input_length": in, "output_length": 2, "hash_ids": ids})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(f, "%s\n", row)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	c := replay(t, caching(t), path, func(p *inferometer.Plan) {})
	checkHits(t, c.Replay, 0.02)
	if e := c.Replay.InputError; e == nil || float64(*e) > 0.01 {
		t.Errorf("lengths are off by %v", e)
	}
}

func checkHits(t *testing.T, r *result.Replay, within float64) {
	t.Helper()
	if r.IdealHits == nil || r.ObservedHits == nil || r.ObservedN != r.Rows {
		t.Fatalf("%+v", r)
	}
	ideal, observed := float64(*r.IdealHits), float64(*r.ObservedHits)
	t.Logf("ideal %.4f, observed %.4f over %d requests; lengths off by %.4f", ideal, observed, r.ObservedN, float64(*r.InputError))
	if ideal < 0.05 || math.Abs(observed-ideal) > within {
		t.Errorf("%.4f of the input was cached, and the trace allows %.4f", observed, ideal)
	}
}

// The head of a real trace against the same server, at a speed at which one
// prompt is computed before the next comes.
func TestMooncakeHitsAsRecorded(t *testing.T) {
	path := sample(t, "mooncake-conversation.jsonl")
	c := replay(t, caching(t), path, func(p *inferometer.Plan) {
		p.Load.Requests, p.Load.Speed, p.Load.Replay.Spread = 150, 4, true
		p.Load.Replay.Context = 16_000
		p.Workload.OutputTokens = 1
	})
	checkHits(t, c.Replay, 0.03)
}

// sample is the path of a recorded trace, where those lie beside the checkout.
func sample(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "shared", "traces", name)
	if _, err := os.Stat(path); err != nil {
		if path = filepath.Join("..", path); !exists(path) {
			t.Skipf("no recorded traces beside the checkout: %v", err)
		}
	}
	return path
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// The head of every recorded trace of a known format is replayed from end to
// end: read, sent, answered and judged. Files that hold no arrivals are refused
// with a reason.
func TestEveryRecordedTraceIsReplayed(t *testing.T) {
	sample(t, "README.md")
	url := caching(t)
	for _, tt := range []struct {
		file, format string
		speed        float64
	}{
		{"azure-llm-2023-code.csv", "azure-llm", 50},
		{"azure-llm-2023-conv.csv", "azure-llm", 50},
		{"burstgpt-v1-3rows.csv", "burstgpt", 1e4},
		{"burstgpt-v3-4rows.csv", "burstgpt", 1e4},
		{"mooncake-conversation.jsonl", "mooncake", 10},
		{"bailian-format-example.jsonl", "bailian", 1e3},
		{"weka-agentic-0022.json", "weka-agentic", 1e4},
		{"weka-agentic-0026.json", "weka-agentic", 1e4},
		{"weka-agentic-0057.json", "weka-agentic", 1e4},
		{"weka-agentic-0291-subagents.json", "weka-agentic", 1e4},
		{"tracelab-example-rounds.jsonl", "tracelab", 1e8},
	} {
		t.Run(tt.file, func(t *testing.T) {
			c := replay(t, url, sample(t, tt.file), func(p *inferometer.Plan) {
				p.Load.Requests, p.Load.Speed, p.Load.Replay.Sort = 10, tt.speed, true
				p.Load.Replay.Context = 6000
			})
			if c.Replay.Format != tt.format {
				t.Errorf("format %q", c.Replay.Format)
			}
			if e := c.Replay.OutputError; e == nil || *e != 0 {
				t.Errorf("the answers' lengths are off by %v", e)
			}
		})
	}
	for file, want := range map[string]string{
		"servegen-deepseek-r1-chunk50-trace.csv":    "ServeGen",
		"servegen-deepseek-r1-chunk50-dataset.json": "ServeGen",
		"servegen-mm-image-chunk7-dataset.json":     "ServeGen",
		"otel-genai-customer-support.json":          "unknown trace format",
		"sharegpt-lengths-etalon.csv":               "unknown trace format",
		"sonnet-llmperf.txt":                        "unknown trace format",
	} {
		p := inferometer.DefaultPlan(url)
		p.Dir, p.Only = t.TempDir(), []inferometer.Benchmark{"load"}
		p.Client.Calibrate = false
		p.Load.Trace = sample(t, file)
		if _, err := inferometer.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}
