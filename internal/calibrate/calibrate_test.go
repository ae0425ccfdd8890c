package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/sim"
)

// made is a measurement of n requests of ten frames: each is written 100 µs
// after it was due and woken after 60, the responder writes its first token
// 50.2 ms after the due time and one each 10 ms after that, and each frame is
// stamped 30 µs after its write, the last one of each request 50 µs.
func made(n int) (m *measurement, written map[string][]write) {
	m = &measurement{clock: exchange.NewClock()}
	written = map[string][]write{}
	const us = exchange.Stamp(time.Microsecond)
	for i := range n {
		due := exchange.Stamp(time.Second) * exchange.Stamp(i+1)
		x := &exchange.Exchange{
			Phase: exchange.Measured, ServerID: fmt.Sprint("r", i),
			Due: due, Woken: due + 60*us, Writing: due + 100*us, KernelStamps: true,
		}
		for k := range 10 {
			at := due + 50_200*us + exchange.Stamp(k)*10_000*us
			actual := m.unix(at)
			late := 30 * us
			if k == 9 {
				late = 50 * us
			}
			written[x.ServerID] = append(written[x.ServerID], write{intended: actual - int64(200*us), actual: actual})
			x.Frames = append(x.Frames, exchange.Frame{At: at + late, Tokens: 1})
		}
		x.FirstToken, x.LastToken = x.Frames[0].At, x.Frames[9].At
		m.xs = append(m.xs, x)
	}
	return m, written
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestFloor(t *testing.T) {
	m, written := made(20)
	m.xs[3].Coalesced = 2
	m.xs[4].Class = exchange.Reset    // failed
	delete(written, "r5")             // not in the responder's log
	m.xs[6].Phase = exchange.Warmup   // not measured
	m.xs[7].Phase = exchange.Cooldown // neither
	l := Load{Shape: loadgen.Shape{Users: 4}, TTFT: 50 * time.Millisecond, ITL: 10 * time.Millisecond, Tokens: 10}
	f, err := m.floor(l, written)
	if err != nil {
		t.Fatal(err)
	}
	if f.Requests != 18 || f.Lost != 2 || f.Frames != 160 || f.Coalesced != 2 || !f.KernelStamps {
		t.Errorf("%+v", f)
	}
	if f.Load != "4 users at once, answers of 10 tokens every 10ms" || f.RateError != nil || f.CPUPerFrameUS != nil {
		t.Errorf("%+v", f)
	}
	// Time to first token and what was added to it are in ms, the rest in µs.
	near(t, "time to first token", f.TTFTErrorP50, 0.23, 1e-6)
	near(t, "its 99th percentile", f.TTFTErrorP99, 0.23, 1e-6)
	near(t, "its mean", f.TTFTErrorMean, 0.23, 1e-6)
	near(t, "added", f.AddedP50, 0.13, 1e-6) // 100 µs until the write, 30 µs after the responder's
	near(t, "added, 99th percentile", f.AddedP99, 0.13, 1e-6)
	near(t, "stamp", f.StampP50US, 30, 1e-3)
	near(t, "stamp, 99th percentile", f.StampP99US, 50, 1e-3)
	near(t, "woken", f.WokenP50US, 60, 1e-3)
	near(t, "writing", f.WritingP99US, 100, 1e-3)
	near(t, "responder", f.ResponderP50US, 200, 1e-3)
	// One of nine gaps is 20 µs too long: its deviation is 20·√(8/81) µs, with
	// n−1 for n a little more.
	near(t, "gap", f.GapSD, 0.020*math.Sqrt(8.0/81*144/143), 1e-9)
	// 16 requests of which the last begins 19 s after the first.
	near(t, "frames per s", f.FramesPerS, 160/(19+0.09002), 1e-6)
}

func TestFloorNeedsFrames(t *testing.T) {
	m, written := made(4)
	if f, err := m.floor(Load{}, written); err == nil || !strings.Contains(err.Error(), "40 frames, too few") || f.Frames != 40 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestRateError(t *testing.T) {
	m, _ := made(11)
	if r := m.rateError(); r == nil || math.Abs(*r) > 1e-12 {
		t.Errorf("requests that are all as late: %v", r)
	}
	// The last of eleven is written a second later: 10 s of schedule in 11.
	last := m.xs[10]
	last.Writing = last.Writing.Add(time.Second)
	if r := m.rateError(); r == nil || math.Abs(*r-(10.0/11-1)) > 1e-12 {
		t.Errorf("the last one late: %v", r)
	}
	m.xs = m.xs[:1]
	if r := m.rateError(); r != nil {
		t.Errorf("of one request: %v", *r)
	}
}

func TestUnixFollowsTheDrift(t *testing.T) {
	m := &measurement{clock: exchange.NewClock(), drift: 1e-3}
	s := exchange.Stamp(10 * time.Second)
	if got := m.unix(s) - m.clock.Time(s).UnixNano(); got != int64(10*time.Millisecond) {
		t.Errorf("%v after 10 s of a clock that gains 0.1 %%", time.Duration(got))
	}
}

func TestDescribe(t *testing.T) {
	l := Load{Shape: loadgen.Shape{Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(2.5)}}, ITL: time.Millisecond, Tokens: 3}
	if got := describe(l); got != "2.5 requests/s, answers of 3 tokens every 1ms" {
		t.Error(got)
	}
}

func TestWarmConnections(t *testing.T) {
	for _, tt := range []struct {
		l    Load
		want int
	}{{Load{Shape: loadgen.Shape{Users: 7}}, 7}, {Load{}, 8}, {Load{Shape: loadgen.Shape{Users: 7}, Connections: 100}, 100}} {
		if got := tt.l.warmConnections(); got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.l, got, tt.want)
		}
	}
}

// One request whose frames have no kernel stamp is enough: its times are of
// another clock.
func TestKernelStampsAreThoseOfAllRequests(t *testing.T) {
	m, written := made(20)
	m.xs[3].KernelStamps = false
	if f, err := m.floor(Load{}, written); err != nil || f.KernelStamps {
		t.Errorf("%v, %v", f.KernelStamps, err)
	}
}

func TestSpreadIsTheStandardDeviation(t *testing.T) {
	var s spread
	if s.add(3); s.sd() != 0 {
		t.Errorf("of one value: %v", s.sd())
	}
	s = spread{}
	rng := rand.New(rand.NewPCG(1, 2))
	var v []float64
	for range 1000 {
		v = append(v, 1e6+rng.NormFloat64()) // a large mean and a small deviation
		s.add(v[len(v)-1])
	}
	mean, sq := 0.0, 0.0
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sq += (x - mean) * (x - mean)
	}
	near(t, "deviation", s.sd(), math.Sqrt(sq/float64(len(v)-1)), 1e-6)
}

func TestReadTruth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "truth.jsonl")
	text := `{"request":"a","kind":"headers","intended_ns":1,"actual_ns":2,"actual_unix_ns":1002}
{"request":"a","kind":"token","intended_ns":10,"actual_ns":12,"actual_unix_ns":1012}
{"request":"b","kind":"token","intended_ns":20,"actual_ns":20,"actual_unix_ns":1020}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readTruth(path)
	if err != nil || len(got) != 2 || len(got["a"]) != 1 || got["a"][0] != (write{1010, 1012}) || got["b"][0] != (write{1020, 1020}) {
		t.Errorf("%v, %v", got, err)
	}
	if err := os.WriteFile(path, []byte(text+"{oops\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readTruth(path); err == nil {
		t.Error("a broken log is read")
	}
	if _, err := readTruth(path + "x"); err == nil {
		t.Error("an absent log is read")
	}
}

// A calibration against a responder in this process: nothing is lost, the
// folder of its log goes away, and the responder is stopped.
func TestRun(t *testing.T) {
	var folder string
	stopped := false
	start := func(_ context.Context, args []string) (string, func() error, error) {
		path := args[len(args)-1]
		folder = filepath.Dir(path)
		file, err := os.Create(path)
		if err != nil {
			return "", nil, err
		}
		profile, err := sim.LookupProfile("fixed")
		if err != nil {
			return "", nil, err
		}
		profile.TTFT, profile.ITL = 5*time.Millisecond, 2*time.Millisecond
		s := sim.New(sim.Config{Profile: profile, TruthLog: file})
		server := httptest.NewServer(s.Handler())
		return server.URL, func() error {
			stopped = true
			server.Close()
			return errors.Join(s.Close(), file.Close())
		}, nil
	}
	l := Load{Shape: loadgen.Shape{Users: 4, Requests: 12, Grace: time.Minute}, TTFT: 5 * time.Millisecond, ITL: 2 * time.Millisecond, Tokens: 10}
	f, err := Run(t.Context(), start, l)
	if err != nil {
		t.Fatal(err)
	}
	if f.Requests != 12 || f.Lost != 0 || f.Frames != 120 || f.FramesPerS <= 0 || f.TTFTErrorP50 <= 0 || f.AddedP99 < f.AddedP50 {
		t.Errorf("%+v", f)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) || !stopped {
		t.Errorf("the folder is left (%v), stopped %v", err, stopped)
	}
}

func TestRunReportsAResponderThatFails(t *testing.T) {
	broken := errors.New("no processor left")
	_, err := Run(t.Context(), func(context.Context, []string) (string, func() error, error) { return "", nil, broken }, Load{})
	if !errors.Is(err, broken) {
		t.Errorf("it cannot start: %v", err)
	}
	ended := errors.New("it had crashed")
	_, err = Run(t.Context(), func(context.Context, []string) (string, func() error, error) {
		return "http://127.0.0.1:1", func() error { return ended }, nil
	}, Load{Shape: loadgen.Shape{Users: 1, Requests: 1}})
	if !errors.Is(err, ended) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("it does not answer, and says why at its end: %v", err)
	}
}
