// Package calibrate measures the measuring program: it drives a responder
// whose every write is logged, at the load that is planned, and says what the
// client adds to a latency on this machine. The responder runs next to
// the client, on the same processors, so that what is found is an upper bound for
// a server elsewhere.
package calibrate

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/observe"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/stats"
)

// Load is what client and responder are put under.
type Load struct {
	Shape     loadgen.Shape
	TTFT, ITL time.Duration // of the responder, exact
	Tokens    int           // of each answer
	// Connections are dialled before the load's clock starts: as many as the load
	// that is calibrated for will have. 0: one for each user, or 8.
	Connections int
	// Plain takes the client's own clock for the time of a frame, as on
	// systems whose kernel reports no receive times.
	Plain bool
	// Cold dials each connection when its request is due, so that the time
	// that this takes is part of the latency.
	Cold bool
}

// Responder starts the built-in server with the given arguments, and returns
// its URL and what ends it.
type Responder func(ctx context.Context, args []string) (url string, stop func() error, err error)

// Run carries out a calibration. The log of the responder's writes goes to a
// temporary folder that is removed.
func Run(ctx context.Context, start Responder, l Load) (result.Floor, error) {
	at, others := time.Now().UTC().Truncate(time.Second), observe.Others(ctx, quietTime)
	dir, err := os.MkdirTemp("", "inferometer-calibrate-")
	if err != nil {
		return result.Floor{}, fmt.Errorf("failed to make a folder for the calibration: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	truth := filepath.Join(dir, "truth.jsonl")
	url, stop, err := start(ctx, []string{
		"--profile", "fixed", "--ttft", l.TTFT.String(), "--itl", l.ITL.String(), "--truth-log", truth,
	})
	if err != nil {
		return result.Floor{}, fmt.Errorf("failed to start the built-in responder: %w", err)
	}
	m, err := drive(ctx, url, l)
	err = errors.Join(err, stop())
	if err != nil {
		return result.Floor{}, err
	}
	written, err := readTruth(truth)
	if err != nil {
		return result.Floor{}, err
	}
	f, err := m.floor(l, written)
	f.At, f.OtherCPUShare = &at, others
	return f, err
}

// quietTime is how long the client looks on, before it starts the responder, at
// what else this machine does.
const quietTime = 100 * time.Millisecond

// Quiet reports whether nothing else took a fifth of the machine's processors
// before a calibration, as far as that could be seen. On a machine that is not
// quiet a floor says more of the others than of the client.
func Quiet(f result.Floor) bool { return f.OtherCPUShare == nil || *f.OtherCPUShare < 0.2 }

// measurement is what the client saw.
type measurement struct {
	clock  *exchange.Clock
	drift  float64 // wall clock against monotonic clock, ns per ns
	window loadgen.Window
	xs     []*exchange.Exchange // those that are measured, in order of due
	client result.Client
	lag    endpoint.Lag
}

func drive(ctx context.Context, url string, l Load) (*measurement, error) {
	m := &measurement{clock: exchange.NewClock()}
	cfg := endpoint.Config{URL: url, Stream: true, Clock: m.clock, Timeout: time.Minute}
	if l.Plain {
		cfg.Dial = plainDial
	}
	c, err := endpoint.New(cfg)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Probe(ctx); err != nil {
		return nil, fmt.Errorf("the built-in responder does not answer: %w", err)
	}
	call, err := c.Encode(endpoint.Prompt{User: "calibration", MaxTokens: l.Tokens, Fixed: true})
	if err != nil {
		return nil, err
	}
	connections := l.warmConnections()
	if l.Cold {
		connections = 0
	}
	if err := c.Warm(ctx, connections, l.Shape.Awaits()); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	d := loadgen.Driver{Clock: m.clock, Emit: func(x *exchange.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		m.xs = append(m.xs, x)
	}}
	watch, lag := observe.Begin(m.clock.Start()), c.Watch()
	m.window, err = d.Run(ctx, ctx, l.Shape, sameRequest{c, call, l.Tokens})
	m.client, m.lag = watch.End(), lag()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	mono := now.Sub(m.clock.Start())
	m.drift = float64(now.Round(0).Sub(m.clock.Start().Round(0))-mono) / float64(mono)
	slices.SortFunc(m.xs, func(a, b *exchange.Exchange) int { return cmp.Compare(a.Due, b.Due) })
	return m, ctx.Err()
}

// plainDial hides the socket, which the client would ask for receive times.
func plainDial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{c}, nil
}

// warmConnections is how many connections are dialled before the load's clock
// starts.
func (l Load) warmConnections() int {
	return cmp.Or(l.Connections, l.Shape.Users, 8)
}

// sameRequest sends one request again and again.
type sameRequest struct {
	client *endpoint.Client
	call   *endpoint.Call
	tokens int
}

func (s sameRequest) Prepare(_ exchange.Phase, _ int, x *exchange.Exchange) (loadgen.Request, error) {
	x.AskedOutput = s.tokens
	return &oneRequest{s.client.NewSending(s.call)}, nil
}

// oneRequest is sent as those of a load are.
type oneRequest struct{ sending endpoint.Sending }

// Write implements loadgen.Writer.
func (r *oneRequest) Write(_ context.Context, x *exchange.Exchange) { r.sending.Write(x) }

// Send implements loadgen.Request.
func (r *oneRequest) Send(ctx context.Context, x *exchange.Exchange) { r.sending.Do(ctx, x) }

// write is one write of the responder: when it was due, and when it began, in
// Unix nanoseconds.
type write struct{ intended, actual int64 }

// readTruth returns the writes that carried tokens, by request.
func readTruth(path string) (map[string][]write, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the responder left no log: %w", err)
	}
	defer func() { _ = f.Close() }()
	out := map[string][]write{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var t sim.Truth
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return nil, fmt.Errorf("the responder's log cannot be read: %w", err)
		}
		if t.Kind == "token" {
			out[t.Request] = append(out[t.Request], write{t.ActualUnix - (t.Actual - t.Intended), t.ActualUnix})
		}
	}
	return out, lines.Err()
}

// unix is the wall-clock time of a stamp, in nanoseconds.
func (m *measurement) unix(s exchange.Stamp) int64 {
	return m.clock.Time(s).UnixNano() + int64(m.drift*float64(s))
}

// minFrames is the fewest that can show a 99th percentile of frames.
const minFrames = 50

// floor compares what the client saw with what the responder did.
func (m *measurement) floor(l Load, written map[string][]write) (result.Floor, error) {
	f := result.Floor{Load: describe(l)}
	var stamp, ttft, added, woken, writing, lateness []float64
	var gaps spread
	var first, last exchange.Stamp
	all := 0 // frames of all phases
	f.KernelStamps = true
	for _, x := range m.xs {
		all += len(x.Frames)
		w := written[x.ServerID]
		if x.Phase != exchange.Measured {
			continue
		}
		f.Requests++
		if x.Class != exchange.OK || len(w) != len(x.Frames) {
			f.Lost++
			continue
		}
		f.KernelStamps = f.KernelStamps && x.KernelStamps
		for i, fr := range x.Frames {
			f.Frames++
			stamp = append(stamp, float64(m.unix(fr.At)-w[i].actual)/1e3)
			lateness = append(lateness, float64(w[i].actual-w[i].intended)/1e3)
			if i > 0 {
				gaps.add(float64(int64(fr.At-x.Frames[i-1].At)-(w[i].actual-w[i-1].actual)) / 1e6)
			}
		}
		f.Coalesced += x.Coalesced
		if first == 0 {
			first = x.FirstToken
		}
		last = max(last, x.LastToken)
		wake, _ := x.Woken.Sub(x.Due)
		wrote, _ := x.Writing.Sub(x.Due)
		seen, _ := x.FirstToken.Sub(x.Due)
		woken, writing = append(woken, 1e3*wake), append(writing, 1e3*wrote)
		ttft = append(ttft, seen-l.TTFT.Seconds()*1e3)
		added = append(added, wrote+float64(m.unix(x.FirstToken)-w[0].actual)/1e6)
	}
	if f.Frames < minFrames {
		return f, fmt.Errorf("the calibration saw %d frames, too few to say anything (%d of %d requests were lost)", f.Frames, f.Lost, f.Requests)
	}
	f.FramesPerS = float64(f.Frames) / (float64(last-first) / 1e9)
	f.AddedP50, f.AddedP99 = quantiles(added)
	f.TTFTErrorP50, f.TTFTErrorP99 = quantiles(ttft)
	f.TTFTErrorMean = stats.Mean(ttft)
	if l.Shape.Open() {
		f.RateError = m.rateError()
	}
	f.StampP50US, f.StampP99US = quantiles(stamp)
	f.WokenP50US, f.WokenP99US = quantiles(woken)
	f.WritingP50US, f.WritingP99US = quantiles(writing)
	f.WritingMeanUS, f.WritingMaxUS = stats.Mean(writing), slices.Max(writing)
	f.ResponderP50US, f.ResponderP99US = quantiles(lateness)
	f.GapSD = gaps.sd()
	if m.client.CPUMS != nil {
		f.CPUPerFrameUS = new(1e3 * *m.client.CPUMS / float64(all))
		f.CPUShare = m.client.CPUShare
	}
	return f, nil
}

// rateError is the rate at which requests were written over the rate of the
// drawn schedule, minus 1; nil where there are too few to have one.
func (m *measurement) rateError() *float64 {
	var drawn, written []exchange.Stamp
	for _, x := range m.xs {
		if x.Phase == exchange.Measured && x.Writing.Happened() {
			drawn, written = append(drawn, x.Due), append(written, x.Writing)
		}
	}
	if len(drawn) < 2 {
		return nil
	}
	span := func(s []exchange.Stamp) float64 { return float64(slices.Max(s) - slices.Min(s)) }
	return new(span(drawn)/span(written) - 1)
}

func describe(l Load) string {
	how := fmt.Sprintf("%d users at once", l.Shape.Users)
	if l.Shape.Users == 1 {
		how = "1 user at a time"
	}
	switch {
	case len(l.Shape.Times) > 0:
		how = fmt.Sprintf("%d requests at recorded times", len(l.Shape.Times))
	case l.Shape.Open():
		how = l.Shape.Schedule.Curve.String() + " requests/s"
	}
	return fmt.Sprintf("%s, answers of %d tokens every %v", how, l.Tokens, l.ITL)
}

func quantiles(v []float64) (p50, p99 float64) {
	slices.Sort(v)
	return stats.Quantile(v, 0.5), stats.Quantile(v, 0.99)
}

// spread is a standard deviation without the values (Welford, 1962).
type spread struct {
	n        int
	mean, sq float64
}

func (m *spread) add(v float64) {
	m.n++
	d := v - m.mean
	m.mean += d / float64(m.n)
	m.sq += d * (v - m.mean)
}

func (m *spread) sd() float64 {
	if m.n < 2 {
		return 0
	}
	return math.Sqrt(m.sq / float64(m.n-1))
}
