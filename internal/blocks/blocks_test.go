package blocks

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

func poisson(rate float64, requests int, d time.Duration) loadgen.Shape {
	return loadgen.Shape{
		Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(rate), Seed: 3},
		Requests: requests, Duration: d, Warmup: 5,
	}
}

func TestAClosedLoopIsCutEvenly(t *testing.T) {
	s := loadgen.Shape{Users: 8, Requests: 103, Duration: 50 * time.Second, Warmup: 8, Think: time.Second}
	sum := 0
	for _, p := range Cut(s, 10) {
		if p.Shape.Requests < 10 || p.Shape.Requests > 11 || p.Shape.Duration != 5*time.Second || p.Shape.Warmup != 8 || p.Shape.Users != 8 || p.Shape.Think != time.Second {
			t.Errorf("%+v", p.Shape)
		}
		sum += p.Shape.Requests
	}
	if sum != 103 {
		t.Errorf("the blocks have %d requests, want 103", sum)
	}
	for _, p := range Cut(loadgen.Shape{Users: 1, Duration: time.Minute}, 6) {
		if p.Shape.Requests != 0 || p.Shape.Duration != 10*time.Second {
			t.Errorf("%+v", p.Shape)
		}
	}
}

// The measured arrivals of all blocks, one behind the other, are the schedule of
// an uncut load: the gap between the last of a block and the first of the next
// is there too, as the time until the load behind the block begins.
func TestAnOpenLoopIsCutWithoutBendingItsSchedule(t *testing.T) {
	for name, s := range map[string]loadgen.Shape{
		"by requests": poisson(20, 203, 0),
		"by time":     poisson(20, 0, 11*time.Second),
		"the sooner":  poisson(20, 10_000, 11*time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			want := schedule(s)
			var got []time.Duration
			at := want[0]
			for i, p := range Cut(s, 7) {
				n, w := p.Shape.Requests, p.Shape.Warmup
				if err := p.Shape.Validate(); err != nil {
					t.Fatal(err)
				}
				if w != 5 || p.Shape.Duration != 0 || !slices.IsSorted(p.Shape.Times) || p.Shape.Times[0] != 0 || len(p.Shape.Times) < n+1 {
					t.Fatalf("block %d: %d warm-up, %d requests, %v", i, w, n, p.Shape.Times)
				}
				begin := p.Shape.Times[0]
				for _, due := range p.Shape.Times[:n] {
					got = append(got, at+due-begin)
				}
				at += p.Shape.Times[n] - begin // the window ends where the load behind it begins
			}
			if len(got) != len(want) {
				t.Fatalf("%d arrivals, want %d", len(got), len(want))
			}
			for i := range got {
				if d := got[i] - want[i]; d > time.Microsecond || d < -time.Microsecond {
					t.Fatalf("arrival %d at %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

// Before the rows of a trace that a block measures go the rows before them, and
// those behind it follow; faster replay is replayed in the shape itself.
func TestATraceIsCutBetweenItsRows(t *testing.T) {
	s := loadgen.Shape{Speed: 2}
	for i := range 100 {
		s.Times = append(s.Times, time.Duration(i)*time.Second) // each 0.5 s
	}
	measured := 0
	for i, p := range Cut(s, 4) {
		w, n := p.Shape.Warmup, p.Shape.Requests
		if p.From != 25*i || n != 25 || p.Shape.Speed != 0 {
			t.Errorf("block %d: row %d, %+v", i, p.From, p.Shape)
		}
		if want := min(10, p.From); w != want {
			t.Errorf("block %d: %d rows before it, want those of %v: %d", i, w, leadTime, want)
		}
		if gap := p.Shape.Times[1] - p.Shape.Times[0]; gap != 500*time.Millisecond || p.Shape.Times[0] != 0 {
			t.Errorf("block %d begins at %v with gaps of %v", i, p.Shape.Times[0], gap)
		}
		if behind := len(p.Shape.Times) - w - n; behind != 100-25*(i+1) {
			t.Errorf("block %d: %d rows behind it, want all that are left", i, behind)
		}
		measured += n
	}
	if measured != 100 {
		t.Errorf("%d rows are measured, want 100", measured)
	}
}

func TestNumberOfBlocks(t *testing.T) {
	inSessions := loadgen.Shape{Times: make([]time.Duration, 400), Turn: func(int) (int, time.Duration) { return 1, 0 }}
	trace := loadgen.Shape{Times: []time.Duration{0, time.Minute, 2 * time.Minute}}
	for _, tt := range []struct {
		name string
		l    plan.LoadPlan
		s    loadgen.Shape
		want int
	}{
		{"long enough for ten", plan.LoadPlan{}, loadgen.Shape{Users: 4, Requests: 1000}, 10},
		{"of twenty requests each", plan.LoadPlan{}, loadgen.Shape{Users: 1, Requests: 160}, 8},
		{"of four requests a user", plan.LoadPlan{}, loadgen.Shape{Users: 16, Requests: 500}, 7},
		{"never under five", plan.LoadPlan{}, loadgen.Shape{Users: 16, Requests: 100}, 5},
		{"but no empty ones", plan.LoadPlan{}, loadgen.Shape{Users: 1, Requests: 3}, 3},
		{"of five seconds", plan.LoadPlan{}, loadgen.Shape{Users: 4, Duration: 40 * time.Second}, 8},
		{"by time and requests", plan.LoadPlan{}, loadgen.Shape{Users: 4, Requests: 1000, Duration: 30 * time.Second}, 6},
		{"an open loop", plan.LoadPlan{}, poisson(4, 0, 30*time.Second), 5},
		{"as the plan says", plan.LoadPlan{Blocks: 20}, loadgen.Shape{Users: 16, Requests: 100}, 20},
		{"one, as the plan says", plan.LoadPlan{Blocks: 1}, loadgen.Shape{Users: 16, Requests: 100}, 1},
		{"a curve stays whole", plan.LoadPlan{RateCurve: "step:1,5/10s"}, poisson(4, 0, time.Minute), 1},
		{"sessions stay whole", plan.LoadPlan{}, inSessions, 1},
		{"rows are not cut", plan.LoadPlan{}, trace, 3},
	} {
		if got := Rounds(tt.l, tt.s); got != tt.want {
			t.Errorf("%s: %d blocks, want %d", tt.name, got, tt.want)
		}
	}
}

// slow is a server whose answers take some time.
type slow struct {
	clock *exchange.Clock
	takes time.Duration
}

func (s slow) Prepare(exchange.Phase, int, *exchange.Exchange) (loadgen.Request, error) {
	return loadgen.SendFunc(func(ctx context.Context, x *exchange.Exchange) {
		x.Writing = s.clock.Now()
		select {
		case <-time.After(s.takes):
			x.Class = exchange.OK
		case <-ctx.Done():
			x.Class = exchange.Cut
		}
		x.LastToken, x.Done = s.clock.Now(), s.clock.Now()
	}), nil
}

// Blocks of an open loop, run one after the other: each measures exactly its
// arrivals, its window ends where that of the next one would begin, the load goes
// on until the last measured request has ended, and none is cut.
func TestBlocksOfAnOpenLoopRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := poisson(10, 100, 0)
		want := schedule(s)
		clock := exchange.NewClock()
		length := exchange.Stamp(0)
		for i, p := range Cut(s, 5) {
			var mu sync.Mutex
			var all []*exchange.Exchange
			d := loadgen.Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, x)
			}}
			p.Shape.Grace = 10 * time.Second
			w, err := d.Run(t.Context(), t.Context(), p.Shape, slow{clock, 3 * time.Second})
			if err != nil || w.Reason != "" {
				t.Fatal(err, w.Reason)
			}
			measured, warm, behind := 0, 0, exchange.Stamp(0)
			last := exchange.Stamp(0)
			for _, x := range all {
				switch x.Phase {
				case exchange.Measured:
					measured++
					last = max(last, x.Done)
					if x.Class != exchange.OK || x.Due < w.Start || x.Due >= w.End {
						t.Errorf("block %d: %s at %v of [%v, %v)", i, x.Class, x.Due, w.Start, w.End)
					}
				case exchange.Warmup:
					warm++
				default:
					behind = max(behind, x.Due)
				}
			}
			if measured != 20 || warm != 5 {
				t.Errorf("block %d: %d measured, %d warm-up; want 20 and 5", i, measured, warm)
			}
			if behind < w.End || behind < last-exchange.Stamp(2*time.Second) {
				t.Errorf("block %d: the load ends at %v, and its last measured request at %v", i, behind, last)
			}
			length += w.End - w.Start
		}
		var next time.Duration
		for at := range s.Schedule.Times() {
			if at > want[99] {
				next = at
				break
			}
		}
		if d := length - exchange.Stamp(next-want[0]); d > 1000 || d < -1000 {
			t.Errorf("the windows are %v together, want the schedule's %v", time.Duration(length), next-want[0])
		}
	})
}

// A warm-up that waits for the load to settle is bounded by the load itself: twenty
// requests do not take a minute of it.
func TestAShortLoadHasAShortWarmup(t *testing.T) {
	for _, tt := range []struct {
		name     string
		load     plan.LoadPlan
		cap      time.Duration
		requests int
	}{
		{"a long load", plan.LoadPlan{Rate: 10, Requests: 10_000}, time.Minute, 600},
		{"two seconds", plan.LoadPlan{Rate: 10, Requests: 20}, 2 * time.Second, 20},
		{"by time", plan.LoadPlan{Rate: 10, Duration: plan.Duration(5 * time.Second)}, 5 * time.Second, 50},
		{"one user", plan.LoadPlan{Users: 1, Requests: 5}, time.Minute, 5},
		{"eight users", plan.LoadPlan{Users: 8, Requests: 1000}, time.Minute, 88},
		{"eight users, few requests", plan.LoadPlan{Users: 8, Requests: 20}, time.Minute, 32},
		{"as many as asked for", plan.LoadPlan{Rate: 10, Requests: 20, Warmup: terms.WarmupRequests(3)}, 0, 3},
		{"none", plan.LoadPlan{Users: 8, Requests: 20, Warmup: terms.WarmupRequests(0)}, 0, 0},
		{"as long as asked for", plan.LoadPlan{Rate: 10, Requests: 20, Warmup: &plan.Warmup{Time: 9 * time.Second}}, 0, 90},
		{"a curve", plan.LoadPlan{RateCurve: "ramp:1..50/10m"}, 0, 1},
	} {
		s := loadgen.Shape{Users: tt.load.Users, Requests: tt.load.Requests, Duration: tt.load.Duration.Std()}
		var err error
		if s.Schedule, err = tt.load.Schedule(1); err != nil {
			t.Fatal(err)
		}
		s = WarmedUp(tt.load, s)
		if most, known := s.MostWarmup(); s.Settle.Cap != tt.cap || most != tt.requests || !known {
			t.Errorf("%s: at most %v and %d requests (%v), want %v and %d", tt.name, s.Settle.Cap, most, known, tt.cap, tt.requests)
		}
	}
}
