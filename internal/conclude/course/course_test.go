package course

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scrape"
)

const ms = exchange.Stamp(1e6)

// steady is a load of 100 requests per second for ten seconds, each of which has its first token
// after 50 ms, and four further ones until 250 ms: 25 are in flight, and 500 tokens come per second.
func steady(n int) []*exchange.Exchange {
	var out []*exchange.Exchange
	for i := range n {
		due := exchange.Stamp(1e9) + exchange.Stamp(i)*10*ms
		x := &exchange.Exchange{
			Phase: exchange.Measured, Index: i, Due: due, Started: due, Writing: due, FirstToken: due + 50*ms, LastToken: due + 250*ms, Done: due + 250*ms,
			Streamed: true, OutputTokens: new(5), InputTokens: new(3),
		}
		for k := range 5 {
			x.Frames = append(x.Frames, exchange.Frame{At: x.FirstToken + exchange.Stamp(k)*50*ms})
		}
		out = append(out, x)
	}
	return out
}

func of(window exchange.Spans, xs []*exchange.Exchange) *Course {
	c := New(window, len(xs), MostLanes, 7, "a")
	for _, x := range xs {
		c.Add(x)
	}
	return c
}

var window = exchange.Spans{{Start: 1e9, End: 11e9}}

func TestCourseOfASteadyLoad(t *testing.T) {
	xs := steady(1000)
	xs[500].Class, xs[500].Frames, xs[500].FirstToken, xs[500].LastToken = exchange.HTTP5xx, nil, 0, 0
	xs[500].OutputTokens = nil
	r := of(window, xs).Result()
	n := len(r.Started)
	if r.FromS != 1 || math.Abs(r.StepS*float64(n)-10) > 1e-9 || n != 40 {
		t.Fatalf("%d slices of %v s from %v s", n, r.StepS, r.FromS)
	}
	failed := 0
	for i := 2; i < n; i++ { // the first ones fill the server
		if math.Abs(r.InFlight[i]-25) > 0.1 || r.Started[i] != 25 {
			t.Errorf("slice %d: %v in flight, %d started", i, r.InFlight[i], r.Started[i])
		}
		if r.Ended[i]+r.Failed[i] != 25 || r.TTFTP50[i] == nil || *r.TTFTP50[i] != 50 {
			t.Errorf("slice %d: %d ended, %d failed, TTFT %v", i, r.Ended[i], r.Failed[i], r.TTFTP50[i])
		}
		if math.Abs(r.Tokens[i]-500) > 20 {
			t.Errorf("slice %d: %v tokens/s", i, r.Tokens[i])
		}
		failed += r.Failed[i]
	}
	if failed != 1 {
		t.Errorf("%d failed", failed)
	}
}

// A slice with too few requests has no quantile: it is missing, and not 0.
func TestSlicesWithoutRequestsHaveNoQuantile(t *testing.T) {
	xs := steady(1000)[:600] // the last 4 s are empty
	r := of(window, xs).Result()
	last := len(r.Started) - 1
	if r.TTFTP50[last] != nil || r.TTFTP50[0] == nil || r.Ended[last] != 0 {
		t.Errorf("an empty slice has the median %v", r.TTFTP50[last])
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back result.Course
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(*r, back); d != "" {
		t.Error(d)
	}
}

// The time between the blocks of a cell is left out: the slices are of the blocks.
func TestCourseOfBlocksLeavesThePausesOut(t *testing.T) {
	xs := steady(1000)
	blocks := exchange.Spans{{Start: 1e9, End: 3e9}, {Start: 9e9, End: 11e9}}
	r := of(blocks, xs).Result()
	if !r.Folded || r.FromS != 0 || math.Abs(r.StepS*float64(len(r.Started))-4) > 1e-9 {
		t.Fatalf("%+v", r)
	}
	sum := 0
	for i, n := range r.Started {
		sum += n
		if math.Abs(r.InFlight[i]-25) > 1 && i > 2 {
			t.Errorf("slice %d: %v in flight", i, r.InFlight[i])
		}
	}
	if sum != 400 {
		t.Errorf("%d started in the blocks", sum)
	}
}

// The sample is chosen by seed and place alone, so that it is the same in whatever order the
// log has the requests, and another with another seed; a stage that was not reached is absent.
func TestLanesAreASeededSample(t *testing.T) {
	xs := steady(1000)
	for i := range xs {
		if i%2 == 1 {
			xs[i].Class, xs[i].FirstToken, xs[i].LastToken = exchange.Timeout, 0, 0
		}
	}
	lanes := of(window, xs).Lanes()
	shuffled := append([]*exchange.Exchange{}, xs...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if d := cmp.Diff(lanes, of(window, shuffled).Lanes()); d != "" {
		t.Errorf("another order, another sample: %s", d)
	}
	if len(lanes) != MostLanes {
		t.Fatalf("%d lanes", len(lanes))
	}
	halves := [2]int{}
	for i, l := range lanes {
		halves[l.Index/500]++
		if i > 0 && l.DueS < lanes[i-1].DueS {
			t.Error("lanes are not in the order in which they were due")
		}
		if failed := l.Index%2 == 1; failed != (l.Class == "timeout") || failed != (l.FirstToken == nil) || l.SentS == nil || l.DoneS == nil {
			t.Errorf("lane %+v", l)
		}
	}
	if halves[0] < 15 || halves[1] < 15 {
		t.Errorf("the sample is of one part of the run: %v", halves)
	}
	other := New(window, len(xs), MostLanes, 8, "a")
	for _, x := range xs {
		other.Add(x)
	}
	if reflect.DeepEqual(other.Lanes(), lanes) {
		t.Error("another seed chooses the same requests")
	}
}

// What is kept of a cell has the same size for a thousand requests and for a million.
func TestCourseIsBounded(t *testing.T) {
	size := func(n int) int {
		c := New(exchange.Spans{{Start: 1e9, End: 1e9 + exchange.Stamp(n)*10*ms}}, n, MostLanes, 1, "a")
		for _, x := range steady(n) {
			x.Frames = nil
			c.Add(x)
		}
		r, lanes := c.Result(), c.Lanes()
		if len(r.Started) > MostSlices || len(lanes) > MostLanes {
			t.Errorf("%d slices, %d lanes", len(r.Started), len(lanes))
		}
		b, err := json.Marshal([]any{r, lanes})
		if err != nil {
			t.Fatal(err)
		}
		return len(b)
	}
	if small, large := size(3000), size(100_000); large > small*3/2 || large > 40_000 {
		t.Errorf("%d bytes of 3,000 requests, %d of 100,000", small, large)
	}
}

// A run with hundreds of cells has as many courses as a picture needs, that of the cell that
// decides a search among them.
func TestRunsOfManyCellsKeepFewCourses(t *testing.T) {
	var cells []Cell
	for i := range 300 {
		cells = append(cells, Cell{ID: fmt.Sprint(i), Window: window, Requests: 100, Many: i > 0})
	}
	courses, lanes := 0, 0
	got := Begin(cells, 1)
	for _, c := range got {
		if c != nil {
			courses++
			if c.keep > 0 {
				lanes++
			}
		}
	}
	if courses != mostCourses || lanes != mostSampled || got[0] == nil || got[299] == nil || got[299].keep == 0 {
		t.Errorf("%d courses, %d with lanes", courses, lanes)
	}
}

// The server's gauges stand in the slices of the requests, a counter by what it grew, and
// where nothing was asked nothing stands.
func TestServerMetricsAreAlignedWithTheRequests(t *testing.T) {
	c := of(window, steady(1000))
	for i, running := range []float64{20, 25, 30} {
		c.Sample(scrape.Sample{Asked: 5e9 + exchange.Stamp(i)*50*ms, Values: map[scrape.Quantity]float64{scrape.Running: running, scrape.Preemptions: float64(100 + 2*i)}})
	}
	c.Sample(scrape.Sample{Asked: 6e9, Failed: "no answer", Values: map[scrape.Quantity]float64{scrape.Running: 1}})
	c.Sample(scrape.Sample{Asked: 12e9, Values: map[scrape.Quantity]float64{scrape.Running: 1}})
	s := c.Result().Server
	at := 4 * len(s.Running) / 10
	if s.Running[at] == nil || *s.Running[at] != 25 || s.Preemptions[at] == nil || *s.Preemptions[at] != 4 || s.Waiting != nil {
		t.Fatalf("%+v", s)
	}
	for i, v := range s.Running {
		if i != at && v != nil {
			t.Errorf("slice %d has %v", i, *v)
		}
	}
}

func TestTooFewRequestsHaveNoCourse(t *testing.T) {
	c := New(window, leastRequests-1, MostLanes, 1, "a")
	c.Add(steady(1)[0])
	c.Sample(scrape.Sample{})
	if c != nil || c.Result() != nil || c.Lanes() != nil {
		t.Error("a course of few requests")
	}
}
