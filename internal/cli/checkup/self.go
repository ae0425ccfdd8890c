package checkup

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/launch"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/stats"
)

// Self measures the built-in server end to end and compares the
// client's stamps with the times at which the server wrote.
func Self(ctx context.Context) []Check {
	fail := func(err error) []Check {
		return []Check{{Name: "built-in server", Status: "fail", Text: err.Error(), Do: "this is a fault of the tool or of a very restricted machine; please report it with these lines"}}
	}
	dir, err := os.MkdirTemp("", "inferometer-doctor-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	truth := filepath.Join(dir, "truth.jsonl")
	exe, err := os.Executable()
	if err != nil {
		return fail(err)
	}
	s, err := launch.Sim(ctx, exe, []string{"--profile", "vllm", "--ttft", "20ms", "--itl", "5ms", "--exit-with-stdin", "--truth-log", truth})
	if err != nil {
		return fail(err)
	}
	frames, ttft, err := probeSelf(ctx, s.URL)
	if stopErr := s.Stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return fail(err)
	}
	written, err := readTruth(truth)
	if err != nil {
		return fail(err)
	}
	errs := stampErrors(frames, written)
	if len(errs) < 100 {
		return fail(fmt.Errorf("only %d of the frames that were received are in the server's log", len(errs)))
	}
	p50, p99 := stats.Quantile(errs, 0.5), stats.Quantile(errs, 0.99)
	e2e := Check{Name: "built-in server", Status: "ok", Text: fmt.Sprintf("measured end to end: median time to first token %.1f ms (n=%d), set to 20 ms", stats.Quantile(ttft, 0.5), len(ttft))}
	if v := stats.Quantile(ttft, 0.5); v < 19 || v > 40 {
		e2e.Status, e2e.Do = "warn", "this machine is busy: latencies that it measures now are too long"
	}
	source := "the kernel's receive times"
	if !frames[0].kernel {
		source = "the time after each read"
	}
	stamps := Check{Name: "stamps", Status: "ok", Text: fmt.Sprintf("%s: p50 %.0f µs, p99 %.0f µs after the server's write (n=%d)", source, 1000*p50, 1000*p99, len(errs))}
	if p99 > 5 {
		stamps.Status, stamps.Do = "warn", "this machine is busy or has few cores; gaps between tokens that it measures are too long at their tail"
	}
	return []Check{e2e, stamps}
}

// seenFrame is a content frame as the client saw it.
type seenFrame struct {
	request, frame int
	unixNS         int64
	kernel         bool
}

// selfRequests is how many requests the built-in server gets, one at a time.
const selfRequests = 24

func probeSelf(ctx context.Context, url string) (frames []seenFrame, ttft []float64, err error) {
	clock := exchange.NewClock()
	c, err := endpoint.New(endpoint.Config{URL: url, Stream: true, Clock: clock, Timeout: 10 * time.Second})
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	if _, err := c.Probe(ctx); err != nil {
		return nil, nil, err
	}
	call, err := c.Encode(endpoint.Prompt{User: "Say something short.", MaxTokens: 16, Fixed: true})
	if err != nil {
		return nil, nil, err
	}
	for i := range selfRequests {
		x := exchange.Exchange{AskedOutput: 16, Due: clock.Now()}
		c.Do(ctx, call, &x)
		if x.Class != exchange.OK {
			return nil, nil, fmt.Errorf("a request to the built-in server failed (%s): %s", x.Class, x.Error)
		}
		if v, ok := x.FirstToken.Sub(x.Due); ok && i > 0 { // the first one connects
			ttft = append(ttft, v)
		}
		for k, f := range x.Frames {
			frames = append(frames, seenFrame{i, k, clock.Time(f.At).UnixNano(), x.KernelStamps})
		}
	}
	slices.Sort(ttft)
	return frames, ttft, nil
}

// readTruth returns the writes of tokens by request, the newest requests last.
func readTruth(path string) ([][]int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var out [][]int64
	last := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var t sim.Truth
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return nil, fmt.Errorf("the server's log cannot be read: %w", err)
		}
		if t.Kind != "token" {
			continue
		}
		if t.Request != last {
			out, last = append(out, nil), t.Request
		}
		out[len(out)-1] = append(out[len(out)-1], t.ActualUnix)
	}
	return out, lines.Err()
}

// stampErrors matches the client's frames with the server's writes: the last
// requests of the log are the ones that were measured. In ms, sorted.
func stampErrors(seen []seenFrame, written [][]int64) []float64 {
	if len(written) < selfRequests {
		return nil
	}
	written = written[len(written)-selfRequests:]
	var out []float64
	for _, s := range seen {
		if w := written[s.request]; s.frame < len(w) {
			out = append(out, float64(s.unixNS-w[s.frame])/1e6)
		}
	}
	slices.Sort(out)
	return out
}

// Responder starts the built-in responder as a child process of exe.
func Responder(exe string) calibrate.Responder {
	return func(ctx context.Context, args []string) (string, func() error, error) {
		s, err := launch.Sim(ctx, exe, args)
		if err != nil {
			return "", nil, err
		}
		return s.URL, s.Stop, nil
	}
}
