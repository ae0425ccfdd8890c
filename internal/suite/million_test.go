package suite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/shirou/gopsutil/v4/process"
)

// generate writes the folder of a run with one load cell of n requests, 100 a
// second, that each got frames of one token.
func generate(tb testing.TB, dir string, n, frames int) (path string) {
	tb.Helper()
	p := plan.Default()
	p.Candidate.URL = "http://127.0.0.1:1"
	p.Only = []plan.Benchmark{plan.Load}
	p.Load = plan.LoadPlan{Rate: 100, Requests: n}
	p.Claims = []plan.Claim{{Limit: "ttft.p99<900ms", Benchmark: plan.Load}, {Limit: "success>=99%", Benchmark: plan.Load}}
	f, err := newFolder(dir, "million", time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	log, err := runlog.Create(f.log())
	err = errors.Join(err, f.writePlan(p))
	if err != nil {
		tb.Fatal(err)
	}
	_ = log.Begin(runlog.RunRecord{Name: "million", Started: time.Now(), Seed: 1}, []result.Target{{Name: cells.Candidate, Evidence: result.Simulated, Model: "m"}}, nil)
	const id = "load/candidate"
	_ = log.Cell(runlog.CellRecord{ID: id, Benchmark: plan.Load, Target: cells.Candidate, Load: result.LoadShape{Kind: "open", Rate: 100, Arrival: "poisson", Requests: n, Text: "generated"}})
	rng := rand.New(rand.NewPCG(1, 2))
	due, last := exchange.Stamp(1e6), exchange.Stamp(0)
	load := 0.0 // latencies depend on each other, as a queue's do
	for i := range n {
		due += exchange.Stamp(rng.ExpFloat64() * 1e7)
		load = 0.98*load + rng.NormFloat64()
		x := &exchange.Exchange{
			Cell: id, Target: cells.Candidate, Phase: exchange.Measured, Index: i, Prompt: fmt.Sprintf("load-%d", i), PromptHash: rng.Uint64(),
			Due: due, Woken: due + exchange.Stamp(30e3+rng.Int64N(40e3)), Streamed: true, KernelStamps: true, Reused: true,
			Status: 200, Finish: "length", TokenSource: exchange.FromUsage, AskedInput: 256, AskedOutput: frames, FixedOutput: true,
			InputTokens: new(250 + rng.IntN(10)), OutputTokens: &frames, AnswerBytes: 4 * frames, RTT: 40 * time.Microsecond,
		}
		x.Started = x.Woken + 2e3
		x.Writing = x.Started + exchange.Stamp(20e3+rng.Int64N(10e3))
		x.Sent, x.FirstByte = x.Writing+12e3, x.Writing+exchange.Stamp(10e6)
		at := x.Writing + exchange.Stamp(1e6*(150+20*load+10*rng.ExpFloat64()))
		x.Frames = make([]exchange.Frame, frames)
		for k := range x.Frames {
			x.Frames[k].At = at
			at += exchange.Stamp(9e6 + rng.Int64N(2e6))
		}
		x.FirstToken, x.LastToken = x.Frames[0].At, x.Frames[frames-1].At
		x.FirstAnswer, x.Usage, x.Done = x.FirstToken, x.LastToken+1e5, x.LastToken+2e5
		last = max(last, x.Done)
		_ = log.Exchange(x)
	}
	_ = log.Window(runlog.WindowRecord{Cell: id, Start: 1e6, End: due})
	_ = log.End(runlog.EndRecord{Ended: time.Now(), Status: result.Complete})
	if err := log.Close(); err != nil {
		tb.Fatal(err)
	}
	return f.path
}

// heapPeak samples the heap until stop is called.
func heapPeak() (stop func() (mib float64)) {
	quit, done := make(chan struct{}), make(chan float64)
	go func() {
		peak := uint64(0)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
			select {
			case <-tick.C:
			case <-quit:
				done <- float64(peak) / (1 << 20)
				return
			}
		}
	}()
	return func() float64 { close(quit); return <-done }
}

// cpuSeconds is the processor time of this process.
func cpuSeconds(tb testing.TB) float64 {
	p, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		tb.Fatal(err)
	}
	t, err := p.Times()
	if err != nil {
		tb.Fatal(err)
	}
	return t.User + t.System
}

func benchmarkRecompute(b *testing.B, n, frames int) {
	path := generate(b, b.TempDir(), n, frames)
	runtime.GC()
	stop, cpu := heapPeak(), cpuSeconds(b)
	b.ResetTimer()
	for b.Loop() {
		if _, err := Recompute(path); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/run")
	b.ReportMetric((cpuSeconds(b)-cpu)/float64(b.N), "cpu-s/run")
	b.ReportMetric(stop(), "peak-heap-MiB")
}

// The habit: metrics and report of 20,000 requests.
func BenchmarkThousands32(b *testing.B) { benchmarkRecompute(b, 20_000, 32) }

// The bars: a million requests of 32 frames in 10 s, of 200 frames in 60 s, on
// two cores.
func BenchmarkMillion32(b *testing.B) {
	if testing.Short() {
		b.Skip("a million requests; -short")
	}
	benchmarkRecompute(b, 1_000_000, 32)
}

func BenchmarkMillion200(b *testing.B) {
	if testing.Short() {
		b.Skip("a million requests; -short")
	}
	benchmarkRecompute(b, 1_000_000, 200)
}
