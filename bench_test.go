package inferometer_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/launch"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/observe"
	"github.com/inferometer/inferometer/internal/result"
)

// The cases of this file run over real sockets, against the responder in a
// process of its own. Their figures are in docs/performance.md; a case for
// which a bar is set prints it beside them.

// buildOnce makes the binary that serves as responder.
var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "inferometer-bench-")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "inferometer")
	out, err := exec.Command("go", "build", "-o", exe, "./cmd/inferometer").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return exe, nil
})

func responder(b *testing.B) calibrate.Responder {
	exe, err := buildOnce()
	if err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, args []string) (string, func() error, error) {
		s, err := launch.Sim(ctx, exe, args)
		if err != nil {
			return "", nil, err
		}
		return s.URL, s.Stop, nil
	}
}

// BenchmarkResponder measures the responder with TTFT 50 ms, ITL 10 ms and
// answers of 100 tokens: all streams begin at once, or spread over a second.
func BenchmarkResponder(b *testing.B) {
	for _, spread := range []time.Duration{0, time.Second} {
		for _, streams := range []int{1, 10, 100, 500, 1000} {
			name := fmt.Sprintf("once/%d", streams)
			if spread > 0 {
				name = fmt.Sprintf("spread/%d", streams)
			}
			b.Run(name, func(b *testing.B) {
				runFloor(b, calibrate.Load{
					Shape: loadgen.Shape{Users: streams, Spread: spread, Requests: streams, Grace: time.Minute},
					TTFT:  50 * time.Millisecond, ITL: 10 * time.Millisecond, Tokens: 100,
				})
			})
		}
	}
}

// BenchmarkStamps is 1,000 streams with one frame each 20 ms: about 49,000
// frames/s.
func BenchmarkStamps(b *testing.B) {
	runFloor(b, calibrate.Load{
		Shape: loadgen.Shape{Users: 1000, Spread: time.Second, Requests: 1000, Grace: time.Minute},
		TTFT:  50 * time.Millisecond, ITL: 20 * time.Millisecond, Tokens: 150,
	})
}

// BenchmarkArrivals is an open loop of 2,000 one-frame requests/s.
func BenchmarkArrivals(b *testing.B) {
	seconds := 10
	if os.Getenv("INFEROMETER_BENCH_FULL") != "" {
		seconds = 60
	}
	runFloor(b, calibrate.Load{
		Shape: loadgen.Shape{Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(2000), Seed: 1}, Requests: 2000 * seconds, Warmup: 500, Grace: time.Minute},
		TTFT:  time.Millisecond, ITL: time.Millisecond, Tokens: 1,
	})
}

func runFloor(b *testing.B, l calibrate.Load) {
	start := responder(b)
	var f result.Floor
	for b.Loop() {
		var err error
		if f, err = calibrate.Run(b.Context(), start, l); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, v := range map[string]float64{
		"ttft-err-p50-ms": f.TTFTErrorP50, "ttft-err-p99-ms": f.TTFTErrorP99,
		"added-p50-ms": f.AddedP50, "added-p99-ms": f.AddedP99,
		"stamp-p50-µs": f.StampP50US, "stamp-p99-µs": f.StampP99US, "gap-sd-ms": f.GapSD,
		"woken-p50-µs": f.WokenP50US, "woken-p99-µs": f.WokenP99US,
		"writing-p50-µs": f.WritingP50US, "writing-p99-µs": f.WritingP99US,
		"responder-p50-µs": f.ResponderP50US, "responder-p99-µs": f.ResponderP99US,
		"frames/s": f.FramesPerS, "coalesced": float64(f.Coalesced), "lost": float64(f.Lost),
	} {
		b.ReportMetric(v, name)
	}
	if f.CPUPerFrameUS != nil {
		b.ReportMetric(*f.CPUPerFrameUS, "cpu-µs/frame")
	}
}

// BenchmarkReference reads the same streams with as little as can be: a
// goroutine a connection, a plain read and a search for line ends. What the
// client's processor time per frame is over this is the price of measuring.
func BenchmarkReference(b *testing.B) {
	for _, c := range []struct {
		itl    time.Duration
		tokens int
	}{{20 * time.Millisecond, 150}, {10 * time.Millisecond, 200}} {
		b.Run(c.itl.String(), func(b *testing.B) {
			for b.Loop() {
				reference(b, 1000, c.itl, c.tokens)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func reference(b *testing.B, streams int, itl time.Duration, tokens int) {
	url, stop, err := responder(b)(b.Context(), []string{"--profile", "fixed", "--itl", itl.String()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = stop() }()
	addr := strings.TrimPrefix(url, "http://")
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":"x"}],"max_tokens":%d,"ignore_eos":true,"stream":true}`, tokens)
	request := fmt.Sprintf("POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", addr, len(body), body)
	conns := make([]net.Conn, streams)
	for i := range conns {
		if conns[i], err = net.Dial("tcp", addr); err != nil {
			b.Fatal(err)
		}
		defer func() { _ = conns[i].Close() }()
	}
	watch := observe.Begin(time.Now())
	frames := make([]int, streams)
	var wait sync.WaitGroup
	for i, c := range conns {
		wait.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / time.Duration(streams))
			if _, err := c.Write([]byte(request)); err != nil {
				b.Error(err)
				return
			}
			for r := bufio.NewReaderSize(c, 4096); ; {
				line, err := r.ReadSlice('\n')
				if err != nil || bytes.HasPrefix(line, []byte("data: [DONE]")) {
					return
				}
				if bytes.Contains(line, []byte(`"delta":{"content":"`)) {
					frames[i]++
				}
			}
		})
	}
	wait.Wait()
	seen := watch.End()
	all := 0
	for _, n := range frames {
		all += n
	}
	if all != streams*tokens {
		b.Errorf("%d frames, want %d", all, streams*tokens)
	}
	if seen.CPUMS != nil {
		b.ReportMetric(1e3**seen.CPUMS/float64(all), "cpu-µs/frame")
	}
}
