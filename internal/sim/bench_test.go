package sim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// BenchmarkStreams measures the server over loopback with a small client in
// the same process: TTFT 50 ms, ITL 10 ms, 100 tokens a stream, starts spread
// over a second (and for one stream, one after the other). It prints
//
//	drift-%      mean time from first to last token over 99 × ITL, minus 1
//	ttft-err-µs  first token − start − TTFT, as the client sees it
//	late-µs      start of the server's write − when it was due (truth log)
//	allocs/frame of server and client together
func BenchmarkStreams(b *testing.B) {
	for _, streams := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) {
			for b.Loop() {
				measureStreams(b, streams, 10*time.Millisecond, nil)
			}
		})
	}
}

// BenchmarkFirehose is the most frames a second that server and client make
// together when nothing has to wait.
func BenchmarkFirehose(b *testing.B) {
	for b.Loop() {
		measureStreams(b, 64, 0, nil)
	}
}

// BenchmarkBatchedStreams is BenchmarkStreams with an engine whose steps take
// 10 ms: all streams have their frames at one moment. ttft-err is then the wait
// for the next step, and the step after.
func BenchmarkBatchedStreams(b *testing.B) {
	for _, streams := range []int{100, 1000} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) {
			for b.Loop() {
				measureStreams(b, streams, 10*time.Millisecond, constantSteps(10*time.Millisecond))
			}
		})
	}
}

// BenchmarkBatchedFirehose is BenchmarkFirehose with an engine whose steps take
// no time.
func BenchmarkBatchedFirehose(b *testing.B) {
	for b.Loop() {
		measureStreams(b, 64, 0, constantSteps(0))
	}
}

func constantSteps(d time.Duration) *Batching {
	return &Batching{
		Config: scheduler.Config{MaxNumSeqs: 2048, MaxNumBatchedTokens: 8192, BlockSize: 16, Blocks: 28_000},
		Timer:  scheduler.StepTimerFunc(func(scheduler.Batch) (time.Duration, string) { return d, "constant" }),
	}
}

func measureStreams(b *testing.B, streams int, itl time.Duration, batch *Batching) {
	const tokens = 100
	ttft := 50 * time.Millisecond
	p := Profile{Name: "bench", Model: "m", TTFT: ttft, ITL: itl, Slots: streams, MaxModelLen: 4096, OutputTokens: 60, Batch: batch}
	var log bytes.Buffer
	log.Grow(max(streams, 20) * tokens * 220) // growing would stop all writers
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	served := make(chan error)
	go func() { served <- New(Config{Profile: p, TruthLog: &log}).Serve(ctx, l) }()

	transport := &http.Transport{MaxIdleConnsPerHost: streams, DisableCompression: true}
	client := &http.Client{Transport: transport}
	url := "http://" + l.Addr().String() + "/v1/chat/completions"
	type times struct{ start, first, last time.Time }
	got := make([]times, max(streams, 20))
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":"x"}],"max_tokens":%d,"ignore_eos":true,"stream":true}`, tokens)
	one := func(i int) {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			b.Error(err)
			return
		}
		got[i].start = time.Now()
		res, err := client.Do(req)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = res.Body.Close() }()
		frames := 0
		for r := bufio.NewReaderSize(res.Body, 4096); ; {
			line, err := r.ReadSlice('\n')
			if err != nil {
				break
			}
			if bytes.Contains(line, []byte(`"delta":{"content":`)) {
				if frames++; frames == 1 {
					got[i].first = time.Now()
				} else if frames == tokens {
					got[i].last = time.Now()
				}
			}
		}
		if frames != tokens {
			b.Errorf("stream %d: %d tokens, want %d", i, frames, tokens)
		}
	}
	one(0) // warm
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	var wg sync.WaitGroup
	for i := range streams {
		wg.Go(func() {
			if streams > 1 && itl > 0 {
				// By the golden ratio: even over the second and over the ITL.
				_, part := math.Modf(float64(i) * math.Phi)
				time.Sleep(time.Duration(part * float64(time.Second)))
			}
			one(i)
			for again := 1; streams == 1 && again < len(got); again++ {
				one(again)
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(begun)
	runtime.ReadMemStats(&after)
	transport.CloseIdleConnections()
	cancel()
	if err := <-served; err != nil {
		b.Fatal(err)
	}
	var firstErr, late []time.Duration
	var span time.Duration
	for _, g := range got {
		firstErr = append(firstErr, g.first.Sub(g.start)-ttft)
		span += g.last.Sub(g.first)
	}
	frames := 0
	for text := range bytes.Lines(log.Bytes()) {
		var w Truth
		if err := json.Unmarshal(text, &w); err != nil {
			b.Fatal(err)
		}
		if w.Kind == "token" {
			frames++
			late = append(late, time.Duration(w.Actual-w.Intended))
		}
	}
	frames -= tokens // of the first stream, which warmed up
	report := func(name string, d []time.Duration) {
		slices.Sort(d)
		b.ReportMetric(float64(d[len(d)/2])/1e3, name+"-p50-µs")
		b.ReportMetric(float64(d[len(d)*99/100])/1e3, name+"-p99-µs")
	}
	if itl > 0 {
		report("ttft-err", firstErr)
		report("late", late)
		b.ReportMetric(100*(span.Seconds()/float64(len(got))/(float64(tokens-1)*itl.Seconds())-1), "drift-%")
	}
	b.ReportMetric(float64(frames)/elapsed.Seconds(), "frames/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(frames), "allocs/frame")
	b.ReportMetric(0, "ns/op")
}
