package inferometer_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/launch"
	"github.com/inferometer/inferometer/internal/loadgen"
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

func responder(b testing.TB) calibrate.Responder {
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
// answers of 100 tokens: all streams begin at once, over connections that
// stand or that are dialled then (cold), or spread over a second.
func BenchmarkResponder(b *testing.B) {
	for _, how := range []string{"once", "cold", "spread"} {
		for _, streams := range []int{1, 10, 100, 500, 1000} {
			b.Run(fmt.Sprintf("%s/%d", how, streams), func(b *testing.B) {
				l := calibrate.Load{
					Shape: loadgen.Shape{Users: streams, Requests: max(streams, 10), Grace: time.Minute},
					TTFT:  50 * time.Millisecond, ITL: 10 * time.Millisecond, Tokens: 100, Cold: how == "cold",
				}
				if how == "spread" {
					l.Shape.Spread = time.Second
				}
				runFloor(b, l)
			})
		}
	}
}

// BenchmarkStamps is 1,000 streams with one frame each 20 ms, about 49,000
// frames/s: with the kernel's receive times and without.
func BenchmarkStamps(b *testing.B) {
	for name, plain := range map[string]bool{"kernel": false, "plain": true} {
		b.Run(name, func(b *testing.B) {
			runFloor(b, calibrate.Load{
				Shape: loadgen.Shape{Users: 1000, Spread: time.Second, Requests: 1000, Grace: time.Minute},
				TTFT:  50 * time.Millisecond, ITL: 20 * time.Millisecond, Tokens: 150, Plain: plain,
			})
		})
	}
}

// BenchmarkArrivals is an open loop of 2,000 one-frame requests/s for a
// minute; for five seconds with -short.
func BenchmarkArrivals(b *testing.B) {
	seconds := 60
	if testing.Short() {
		seconds = 5
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
	if f.Lost > 0 {
		b.Errorf("%d of %d requests were lost", f.Lost, f.Requests)
	}
	b.ReportMetric(0, "ns/op")
	for name, v := range map[string]float64{
		"ttft-err-p50-ms": f.TTFTErrorP50, "ttft-err-p99-ms": f.TTFTErrorP99, "ttft-err-mean-ms": f.TTFTErrorMean,
		"added-p50-ms": f.AddedP50, "added-p99-ms": f.AddedP99,
		"stamp-p50-µs": f.StampP50US, "stamp-p99-µs": f.StampP99US, "gap-sd-ms": f.GapSD,
		"woken-p50-µs": f.WokenP50US, "woken-p99-µs": f.WokenP99US,
		"writing-p50-µs": f.WritingP50US, "writing-p99-µs": f.WritingP99US,
		"responder-p50-µs": f.ResponderP50US, "responder-p99-µs": f.ResponderP99US,
		"frames/s": f.FramesPerS, "coalesced": float64(f.Coalesced),
	} {
		b.ReportMetric(v, name)
	}
	if f.CPUPerFrameUS != nil {
		b.ReportMetric(*f.CPUPerFrameUS, "cpu-µs/frame")
	}
	if f.RateError != nil {
		b.ReportMetric(100**f.RateError, "rate-err-%")
	}
}
