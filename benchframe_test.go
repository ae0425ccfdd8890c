package inferometer_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/observe"
)

// BenchmarkFrames is what a frame costs the client in processor time, beside
// what it costs a bare loop (net/http, the kernel's receive times, a search
// for line ends) that reads the same streams right before: 1,000 streams at
// 49,000 and 98,000 frames/s. What is over it is the price of measuring.
func BenchmarkFrames(b *testing.B) {
	for _, c := range []struct {
		itl    time.Duration
		tokens int
	}{{20 * time.Millisecond, 150}, {10 * time.Millisecond, 200}} {
		b.Run(c.itl.String(), func(b *testing.B) {
			const streams = 1000
			url, stop, err := responder(b)(b.Context(), []string{"--profile", "fixed", "--itl", c.itl.String()})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = stop() }()
			var bare, client used
			for b.Loop() {
				bare = bare.plus(readBare(b, url, streams, c.tokens))
				client = client.plus(readMeasured(b, url, streams, 1, c.tokens))
			}
			own, least := 1e3*client.cpuMS/client.frames, 1e3*bare.cpuMS/bare.frames
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(least, "bare-cpu-µs/frame")
			b.ReportMetric(own, "cpu-µs/frame")
			b.ReportMetric(own/least, "cpu-ratio")
			if client.rss > 0 {
				b.ReportMetric(client.rss/1e6, "peak-rss-MB")
			}
		})
	}
}

// BenchmarkAllocations tells what a request allocates from what a frame does,
// by answers of different length.
func BenchmarkAllocations(b *testing.B) {
	const streams, each, tokens = 50, 20, 101
	url, stop, err := responder(b)(b.Context(), []string{"--profile", "fixed", "--itl", "2ms"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = stop() }()
	var one, many used
	for b.Loop() {
		one = one.plus(readMeasured(b, url, streams, each, 1))
		many = many.plus(readMeasured(b, url, streams, each, tokens))
	}
	request := one.mallocs / one.requests
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(request, "allocs/request")
	b.ReportMetric(max(0, many.mallocs-request*many.requests)/many.frames, "allocs/frame")
}

// used is what a reading of streams took.
type used struct {
	cpuMS, mallocs   float64
	frames, requests float64
	rss              float64 // peak, in bytes; 0 where it cannot be read
}

func (u used) plus(v used) used {
	return used{u.cpuMS + v.cpuMS, u.mallocs + v.mallocs, u.frames + v.frames, u.requests + v.requests, max(u.rss, v.rss)}
}

// watchUse begins to observe this process.
func watchUse(b *testing.B) func() used {
	runtime.GC()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) // begins the peak anew
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w := observe.Begin(time.Now())
	return func() used {
		seen := w.End()
		runtime.ReadMemStats(&after)
		if seen.CPUMS == nil {
			b.Skip("this system does not tell the processor time of a process")
		}
		return used{cpuMS: *seen.CPUMS, mallocs: float64(after.Mallocs - before.Mallocs), rss: peakRSS()}
	}
}

func peakRSS() float64 { return statusBytes("VmHWM:") }

// statusBytes reads a line of /proc/self/status; 0 where there is none.
func statusBytes(name string) float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, ok := strings.Cut(string(status), name)
	if !ok {
		return 0
	}
	kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return 1024 * kb
}

// readMeasured reads the streams as a run does, several after each other on
// each connection.
func readMeasured(b *testing.B, url string, streams, each, tokens int) used {
	clock := exchange.NewClock()
	c, err := endpoint.New(endpoint.Config{URL: url, Model: "fixed", Stream: true, Clock: clock})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	call, err := c.Encode(endpoint.Prompt{User: "x", MaxTokens: tokens, Fixed: true})
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Warm(b.Context(), streams, false); err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	frames, requests := 0, 0
	d := loadgen.Driver{Clock: clock, Emit: func(x *exchange.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		frames += len(x.Frames)
		requests++
	}}
	shape := loadgen.Shape{Users: streams, Spread: time.Second, Requests: streams * each, Ahead: streams, Grace: time.Minute}
	done := watchUse(b)
	if _, err := d.Run(b.Context(), b.Context(), shape, again{c, call, tokens}); err != nil {
		b.Fatal(err)
	}
	u := done()
	// Users go on until the last measured answer is there, so that there are
	// more than streams of them.
	if frames < streams*each*tokens {
		b.Errorf("%d frames, want at least %d", frames, streams*each*tokens)
	}
	u.frames, u.requests = float64(frames), float64(requests)
	return u
}

// again sends one request again and again.
type again struct {
	client *endpoint.Client
	call   *endpoint.Call
	tokens int
}

func (a again) Prepare(_ exchange.Phase, _ int, x *exchange.Exchange) (loadgen.Request, error) {
	x.AskedOutput = a.tokens
	return loadgen.SendFunc(func(ctx context.Context, x *exchange.Exchange) { a.client.Do(ctx, a.call, x) }), nil
}

// readBare reads the streams with as little as can be on top of net/http.
func readBare(b *testing.B, url string, streams, tokens int) used {
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":"x"}],"max_tokens":%d,"ignore_eos":true,"stream":true}`, tokens)
	conns := make(chan net.Conn, streams)
	for range streams {
		c, err := dialStamped(strings.TrimPrefix(url, "http://"))
		if err != nil {
			b.Fatal(err)
		}
		conns <- c
	}
	transport := &http.Transport{
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return <-conns, nil },
		MaxIdleConnsPerHost: streams, DisableCompression: true,
	}
	defer transport.CloseIdleConnections()
	done := watchUse(b)
	frames := make([]int, streams)
	var wait sync.WaitGroup
	for i := range streams {
		wait.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / time.Duration(streams))
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			res, err := transport.RoundTrip(req)
			if err != nil {
				b.Error(err)
				return
			}
			defer func() { _ = res.Body.Close() }()
			stamps := make([]time.Time, 0, tokens)
			for r := bufio.NewReaderSize(res.Body, 4096); ; {
				line, err := r.ReadSlice('\n')
				if err != nil {
					break
				}
				if bytes.Contains(line, []byte(`"delta":{"content":" `)) {
					stamps = append(stamps, time.Now())
				}
			}
			frames[i] = len(stamps)
		})
	}
	wait.Wait()
	u := done()
	u.frames, u.requests = float64(streams*tokens), float64(streams)
	for i, n := range frames {
		if n != tokens {
			b.Fatalf("stream %d: %d frames, want %d", i, n, tokens)
		}
	}
	return u
}
