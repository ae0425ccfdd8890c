package conduct

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// How many streams a trace has at once follows from its own lengths.
func TestStreamsOfATrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.csv")
	rows := "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.0,74,100\n2023-11-16 18:15:47.0,96,300\n"
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	p := plan.Default()
	p.Candidate.URL, p.Only, p.Load.Trace = "http://x", []plan.Benchmark{plan.Load}, path
	s := sessionOf(t, p, cells.Candidate)
	s.targets[0].TPOT = 10 * time.Millisecond
	c, err := loadCell(s.maker, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := streams(c); math.Abs(got-2.2) > 1e-9 { // 1 a second, 0.2 s and 200 tokens of 10 ms each
		t.Errorf("%v streams, want 2.2", got)
	}
}

// The connections of a trace are dialled before it begins, as many as its bursts
// need: others would be dialled when a request is due, which is in its latency.
func TestTheBurstsOfATraceHaveConnections(t *testing.T) {
	burst := func(n int) []time.Duration { return slices.Repeat([]time.Duration{time.Minute}, n) }
	for _, tt := range []struct {
		name   string
		times  []time.Duration
		speed  float64
		limits []int // requests in flight, open files
		want   int
	}{
		{"one a second", []time.Duration{0, time.Second + 1, 2*time.Second + 2}, 1, nil, 9},
		{"a burst", append([]time.Duration{0}, burst(200)...), 1, nil, 208},
		{"a thousand at once", burst(1000), 1, []int{0, 0}, 1008},
		{"faster", []time.Duration{0, 2 * time.Second, 4 * time.Second}, 4, nil, 11},
		{"more than anything needs", burst(9000), 1, nil, 4096},
		{"fewer are let in flight", burst(9000), 1, []int{1500, 19_936}, 1500},
		{"fewer files", burst(9000), 1, []int{0, 960}, 960},
		{"limits above the need", burst(100), 1, []int{5000, 19_936}, 108},
	} {
		c := &Cell{target: &target.Target{}, shape: loadgen.Shape{Times: tt.times, Speed: tt.speed}}
		if got := c.prewarm(tt.limits...); got != tt.want {
			t.Errorf("%s: %d connections, want %d", tt.name, got, tt.want)
		}
	}
}

// All users of a closed loop have a connection, and an open loop what it has in
// flight when it begins.
func TestOtherLoadsHaveConnections(t *testing.T) {
	flat := func(rate float64) loadgen.Shape {
		return loadgen.Shape{Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(rate)}}
	}
	for _, tt := range []struct {
		name   string
		shape  loadgen.Shape
		limits []int
		want   int
	}{
		{"one user", loadgen.Shape{Users: 1}, nil, 1},
		{"many users", loadgen.Shape{Users: 1000}, nil, 1000},
		{"too many users", loadgen.Shape{Users: 10_000}, []int{0, 19_936}, 4096},
		{"a rate", flat(500), nil, 1008},
		{"a rate and few slots", flat(500), []int{64, 0}, 64},
	} {
		c := &Cell{target: &target.Target{}, shape: tt.shape}
		if got := c.prewarm(tt.limits...); got != tt.want {
			t.Errorf("%s: %d connections, want %d", tt.name, got, tt.want)
		}
	}
}

// A floor is found again by the next run only if small differences in what was
// seen of the target make no other load of it.
func TestACalibrationIsShortAndRounded(t *testing.T) {
	cell := func(users int, rate float64, tpot time.Duration, tokens int) *Cell {
		c := &Cell{target: &target.Target{TPOT: tpot}, shape: loadgen.Shape{Users: users}}
		c.Workload.OutputTokens = tokens
		if users == 0 {
			c.shape.Schedule = arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(rate)}
		}
		return c
	}
	for _, tt := range []struct {
		name string
		c    *Cell
	}{
		{"one user", cell(1, 0, 10*time.Millisecond, 128)},
		{"one user, one token", cell(1, 0, 0, 1)},
		{"slow tokens", cell(3, 0, 300*time.Millisecond, 128)},
		{"a hundred users", cell(100, 0, 12*time.Millisecond, 128)},
		{"a low rate", cell(0, 0.1, 12*time.Millisecond, 128)},
		{"a high rate", cell(0, 500, 12*time.Millisecond, 2000)},
	} {
		l := calibrationLoad(tt.c)
		answer := l.TTFT + time.Duration(l.Tokens-1)*l.ITL
		took := l.Shape.Duration + answer
		if n := l.Shape.Users; n > 0 {
			took = l.Shape.Spread + answer*time.Duration(l.Shape.Requests/n)
		}
		if took > 600*time.Millisecond || l.Tokens < 2 || l.TTFT <= 0 || l.ITL <= 0 {
			t.Errorf("%s: %v of %+v", tt.name, took, l)
		}
		if n := tt.c.prewarm(); l.Connections < n || l.Connections > n+n/2 {
			t.Errorf("%s: %d connections, and the load has %d", tt.name, l.Connections, n)
		}
		if l.Shape.Users > 0 && l.Shape.Requests*l.Tokens < 50 {
			t.Errorf("%s: %d requests of %d tokens are too few to say anything", tt.name, l.Shape.Requests, l.Tokens)
		}
	}
	if a, b := calibrationLoad(cell(4, 0, 12*time.Millisecond, 128)), calibrationLoad(cell(4, 0, 13*time.Millisecond, 128)); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v and %+v", a, b)
	}
	if l := calibrationLoad(cell(0, 500, 12*time.Millisecond, 100), 16); l.Connections != 16 {
		t.Errorf("%d connections, of at most 16", l.Connections)
	}
}

// Nothing is calibrated for costs or scores alone.
func TestCalibrationIsForLatencies(t *testing.T) {
	for _, tt := range []struct {
		only  []plan.Benchmark
		claim string
		want  bool
	}{
		{nil, "", true},
		{[]plan.Benchmark{plan.Load}, "", true},
		{[]plan.Benchmark{plan.Throughput, plan.Cost}, "", true},
		{[]plan.Benchmark{plan.Cost}, "", false},
		{[]plan.Benchmark{plan.Quality}, "savings>=30%", false},
		{[]plan.Benchmark{plan.Cost, plan.Quality}, "success>=99%", false},
		{[]plan.Benchmark{plan.Quality}, "ttft.p95<500ms", true},
	} {
		p := plan.Plan{Only: tt.only}
		if tt.claim != "" {
			p.Claims = []plan.Claim{{Limit: tt.claim}}
		}
		if got := showsLatency(p); got != tt.want {
			t.Errorf("%v %q: %v", tt.only, tt.claim, got)
		}
	}
}

// A floor of the same day is taken from the cache; the responder is not started.
func TestAFloorIsMeasuredOnceADay(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL, p.Only, p.Load.Users, p.Load.Requests = "http://x", []plan.Benchmark{plan.Load}, 2, 10
	s := sessionOf(t, p, cells.Candidate)
	s.targets[0].TPOT = 10 * time.Millisecond
	c, err := loadCell(s.maker, false)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "log")
	if s.log, err = runlog.Create(path); err != nil {
		t.Fatal(err)
	}
	if err := s.log.Begin(runlog.RunRecord{Started: time.Now()}, nil, nil); err != nil {
		t.Fatal(err)
	}
	s.Stop, s.CacheDir, s.Version = t.Context(), t.TempDir(), "test"
	s.Responder = func(context.Context, []string) (string, func() error, error) {
		t.Error("the responder is started")
		return "", nil, errors.New("not here")
	}
	at := time.Now().Add(-time.Hour).UTC()
	cache := calibrate.Cache{Dir: s.CacheDir, Version: s.Version}
	if err := cache.Put(calibrationLoad(c), result.Floor{AddedP99: 0.5, At: &at}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.calibrate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := s.log.Close(); err != nil {
		t.Fatal(err)
	}
	run, err := runlog.Read(path)
	if err != nil || run.Floor == nil || !run.Floor.Cached || run.Floor.AddedP99 != 0.5 || !run.Floor.At.Equal(at) {
		t.Errorf("%+v, %v", run.Floor, err)
	}
}
