package suite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/workload"
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
	for _, p := range cut(s, 10) {
		if p.shape.Requests < 10 || p.shape.Requests > 11 || p.shape.Duration != 5*time.Second || p.shape.Warmup != 8 || p.shape.Users != 8 || p.shape.Think != time.Second {
			t.Errorf("%+v", p.shape)
		}
		sum += p.shape.Requests
	}
	if sum != 103 {
		t.Errorf("the blocks have %d requests, want 103", sum)
	}
	for _, p := range cut(loadgen.Shape{Users: 1, Duration: time.Minute}, 6) {
		if p.shape.Requests != 0 || p.shape.Duration != 10*time.Second {
			t.Errorf("%+v", p.shape)
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
			for i, p := range cut(s, 7) {
				n, w := p.shape.Requests, p.shape.Warmup
				if err := p.shape.Validate(); err != nil {
					t.Fatal(err)
				}
				if w != 5 || p.shape.Duration != 0 || !slices.IsSorted(p.shape.Times) || p.shape.Times[0] != 0 || len(p.shape.Times) < w+n+1 {
					t.Fatalf("block %d: %d warm-up, %d requests, %v", i, w, n, p.shape.Times)
				}
				begin := p.shape.Times[w]
				for _, due := range p.shape.Times[w : w+n] {
					got = append(got, at+due-begin)
				}
				at += p.shape.Times[w+n] - begin // the window ends where the load behind it begins
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
	for i, p := range cut(s, 4) {
		w, n := p.shape.Warmup, p.shape.Requests
		if p.from != 25*i || n != 25 || p.shape.Speed != 0 {
			t.Errorf("block %d: row %d, %+v", i, p.from, p.shape)
		}
		if want := min(10, p.from); w != want {
			t.Errorf("block %d: %d rows before it, want those of %v: %d", i, w, leadTime, want)
		}
		if gap := p.shape.Times[1] - p.shape.Times[0]; gap != 500*time.Millisecond || p.shape.Times[0] != 0 {
			t.Errorf("block %d begins at %v with gaps of %v", i, p.shape.Times[0], gap)
		}
		if behind := len(p.shape.Times) - w - n; behind != 100-25*(i+1) {
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
		if got := roundsOf(tt.l, tt.s); got != tt.want {
			t.Errorf("%s: %d blocks, want %d", tt.name, got, tt.want)
		}
	}
}

// blocksOfRun lays out a load of three targets.
func blocksOfRun(t *testing.T, seed uint64, change func(*plan.Plan)) []step {
	t.Helper()
	p := plan.Default()
	p.Seed, p.Only, p.Workload.CacheSalt = seed, []plan.Benchmark{plan.Load}, "salt"
	p.Load.Users, p.Load.Requests = 2, 120
	change(&p)
	r := &run{plan: p, clock: exchange.NewClock()}
	for _, name := range []string{candidate, baseline, "fp8"} {
		r.targets = append(r.targets, &target{name: name, fixed: name != baseline})
	}
	steps, err := r.cells()
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// rows writes a trace of 100 rows, one each 500 ms.
func rows(t *testing.T) string {
	t.Helper()
	text := "TIMESTAMP,ContextTokens,GeneratedTokens\n"
	for i := range 100 {
		text += fmt.Sprintf("2023-11-16 18:15:%02d.%d000000,%d,%d\n", i/2, 5*(i%2), 60+i, 3+i%7)
	}
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sessions is a trace of conversations.
const sessions = "../interop/testdata/tracelab.jsonl"

func orderOf(steps []step) string {
	var names []string
	for _, s := range steps {
		names = append(names, s[0].target.name)
	}
	return strings.Join(names, " ")
}

// In each round every target has one block, alone; all blocks of a round send
// the same bytes, and nothing else ever does.
func TestTurns(t *testing.T) {
	for name, change := range map[string]func(*plan.Plan){
		"closed": func(*plan.Plan) {},
		"open":   func(p *plan.Plan) { p.Load.Users, p.Load.Rate, p.Load.Arrival = 0, 5, "poisson" },
		"data set": func(p *plan.Plan) {
			p.Workload.Dataset = filepath.Join(t.TempDir(), "prompts.txt")
			var text strings.Builder
			for i := range p.Load.Requests { // not one more than are sent
				fmt.Fprintf(&text, "prompt number %d\n", i)
			}
			if err := os.WriteFile(p.Workload.Dataset, []byte(text.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"trace": func(p *plan.Plan) {
			p.Load = plan.LoadPlan{Trace: rows(t)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			steps := blocksOfRun(t, 1, change)
			rounds := steps[0][0].block.rounds
			if rounds < minRounds || len(steps) != 3*rounds {
				t.Fatalf("%d steps of %d rounds", len(steps), rounds)
			}
			sent := map[string]string{} // text → where
			for i, s := range steps {
				c := s[0]
				if len(s) != 1 || c.round() != 1+i/3 || c.ID != "load/"+c.target.name || c.Rounds != rounds {
					t.Fatalf("step %d: %d cells, %s in round %d of %d", i, len(s), c.ID, c.round(), c.Rounds)
				}
				if c.Workload.FixedOutput != (c.target.name != baseline && name != "data set") {
					t.Errorf("%s: fixed output is %v", c.ID, c.Workload.FixedOutput)
				}
				for what, src := range map[string]workload.Source{"main": c.main, "warm-up": c.warm, "lead": c.lead} {
					if src == nil {
						continue
					}
					for k := range c.total() + 3 { // and some that are sent behind the window
						if what == "lead" && k >= c.shape.Warmup {
							break
						}
						it, err := src.Item(k)
						if err != nil {
							t.Fatal(err)
						}
						here := fmt.Sprintf("round %d, %s %d", c.round(), what, k)
						if k >= c.total() || what == "lead" {
							here = fmt.Sprintf("round %d, around", c.round())
						}
						if there, ok := sent[it.User]; ok && there != here && (!strings.Contains(there, "around") || !strings.Contains(here, "around")) {
							t.Fatalf("%s sends what was sent in %s", here, there)
						}
						sent[it.User] = here
					}
				}
			}
			order := strings.Fields(orderOf(steps))
			for i := 0; i < len(order); i += 3 {
				round := slices.Sorted(slices.Values(order[i : i+3]))
				if !slices.Equal(round, []string{baseline, candidate, "fp8"}) {
					t.Errorf("round %d is of %v", 1+i/3, order[i:i+3])
				}
			}
			if again := orderOf(blocksOfRun(t, 1, change)); again != orderOf(steps) {
				t.Errorf("the same seed gives %q and %q", orderOf(steps), again)
			}
			if other := orderOf(blocksOfRun(t, 2, change)); other == orderOf(steps) {
				t.Errorf("another seed gives the same order %q", other)
			}
		})
	}
}

// Where the turns of a session cannot be cut, asking for it is refused, and
// without it each target runs the whole.
func TestSessionsAreNotCut(t *testing.T) {
	trace := func(p *plan.Plan) { p.Load = plan.LoadPlan{Trace: sessions} }
	steps := blocksOfRun(t, 1, trace)
	if len(steps) != 3 || steps[0][0].block.rounds != 1 || steps[0][0].shape.Turn == nil || steps[0][0].lead != nil {
		t.Fatalf("%d steps, %+v", len(steps), steps[0][0].block)
	}
	p := plan.Default()
	p.Only, p.Load = []plan.Benchmark{plan.Load}, plan.LoadPlan{Trace: sessions, Blocks: 5}
	r := &run{plan: p, clock: exchange.NewClock(), targets: []*target{{name: candidate}, {name: baseline}}}
	if _, err := r.cells(); err == nil || !strings.Contains(err.Error(), "--blocks") || !strings.Contains(err.Error(), "--trace-open") {
		t.Errorf("%v", err)
	}
}

// slow is a server whose answers take some time.
type slow struct {
	clock *exchange.Clock
	takes time.Duration
}

func (s slow) Prepare(exchange.Phase, int, *exchange.Exchange) (loadgen.Send, error) {
	return func(ctx context.Context, x *exchange.Exchange) {
		x.Writing = s.clock.Now()
		select {
		case <-time.After(s.takes):
			x.Class = exchange.OK
		case <-ctx.Done():
			x.Class = exchange.Cut
		}
		x.LastToken, x.Done = s.clock.Now(), s.clock.Now()
	}, nil
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
		for i, p := range cut(s, 5) {
			var mu sync.Mutex
			var all []*exchange.Exchange
			d := loadgen.Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, x)
			}}
			p.shape.Grace = 10 * time.Second
			w, err := d.Run(t.Context(), t.Context(), p.shape, slow{clock, 3 * time.Second})
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
