// Package course says how a cell went over time: counts and quantiles in slices of its
// measured window, and a seeded sample of requests. It takes exchanges one by one in
// the second pass over the log and keeps none; what it makes has the same size for a hundred
// requests and for a million.
package course

import (
	"hash/fnv"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scrape"
	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/stats"
)

// Bounds of what is kept of a cell.
const (
	MostSlices = 120
	MostLanes  = 60
	// leastRequests of a cell have a course.
	leastRequests = 8
)

// Course adds up one cell.
type Course struct {
	window   exchange.Spans
	step     float64 // ns of a slice
	inFlight []float64
	started  []int
	ended    []int
	failed   []int
	tokens   []float64
	ttft     [][]float32 // ms, of the requests that succeeded in each slice
	server   server

	keep  int // lanes
	seed  uint64
	lanes []lane // in the order of their keys; the last goes first
}

// lane is a request of the sample, with the random key that chose it.
type lane struct {
	key                       uint64
	index                     int
	due, sent, first, last, d exchange.Stamp
	class                     exchange.Class
}

// New begins the course of a cell over its window, in which requests were measured. seed and
// id choose the requests of the sample, of which there are at most lanes. It is nil
// for a cell with too little to show.
func New(window exchange.Spans, requests, lanes int, seed uint64, id string) *Course {
	if requests < leastRequests || window.Length() <= 0 {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // it never fails
	k := slicesFor(requests)
	return &Course{
		window: window, step: float64(window.Length()) / float64(k), keep: min(lanes, MostLanes), seed: seeded.Mix(seed ^ h.Sum64()),
		inFlight: make([]float64, k), started: make([]int, k), ended: make([]int, k), failed: make([]int, k), tokens: make([]float64, k),
		ttft: make([][]float32, k),
	}
}

// slicesFor is how many slices show so many requests: a slice has enough of them for its
// tail, else for its median, and there are few enough to be seen.
func slicesFor(requests int) int {
	return max(2, min(MostSlices, max(requests/(result.CourseTailN*5/4), min(24, requests/result.CourseMedianN))))
}

// at is the slice of a moment of the window; false outside of it.
func (c *Course) at(s exchange.Stamp) (int, bool) {
	if !s.Happened() {
		return 0, false
	}
	in, ok := c.window.Fold(s)
	return c.slice(in), ok
}

func (c *Course) slice(in exchange.Stamp) int {
	return min(len(c.started)-1, int(float64(in)/c.step))
}

// Add takes an exchange of any phase: what happened in the window counts in it.
func (c *Course) Add(x *exchange.Exchange) {
	if c == nil {
		return
	}
	if i, in := c.at(x.Writing); in {
		c.started[i]++
	}
	end := max(x.Done, x.LastToken)
	if i, in := c.at(end); in {
		switch {
		case x.Class == exchange.OK:
			c.ended[i]++
			if ms, ok := x.FirstToken.Sub(x.Due); ok {
				c.ttft[i] = append(c.ttft[i], float32(ms))
			}
		case x.Failed():
			c.failed[i]++
		}
	}
	if x.Writing.Happened() && end > x.Writing {
		c.fly(x.Writing, end)
	}
	c.count(x)
	if x.Phase == exchange.Measured {
		c.sample(x, end)
	}
}

// fly adds the time that a request was in flight to the slices that it was in.
func (c *Course) fly(from, to exchange.Stamp) {
	a, b := float64(c.window.Overlap(c.window[0].Start, from)), float64(c.window.Overlap(c.window[0].Start, to))
	for i := c.slice(exchange.Stamp(a)); a < b && i < len(c.inFlight); i++ {
		until := min(b, float64(i+1)*c.step)
		if i == len(c.inFlight)-1 {
			until = b
		}
		c.inFlight[i] += until - a
		a = until
	}
}

// count adds the tokens of an exchange where they came.
func (c *Course) count(x *exchange.Exchange) {
	n, _ := x.Output()
	if len(x.Frames) == 0 {
		if i, in := c.at(x.LastToken); in {
			c.tokens[i] += float64(n)
		}
		return
	}
	each := float64(n) / float64(len(x.Frames))
	// Frames are close together: a slice is looked up again only when one leaves it.
	var from, to exchange.Stamp
	slice := -1
	for i := range x.Frames {
		at := x.Frames[i].At
		if at < from || at >= to {
			k, in := c.at(at)
			if slice = -1; in {
				slice = k
			}
			from, to = at, at+exchange.Stamp(c.step/64)
			if j, ok := c.at(to); slice >= 0 && (!ok || j != slice) {
				to = at + 1
			}
		}
		if slice >= 0 {
			c.tokens[slice] += each
		}
	}
}

// sample keeps the requests with the least keys, which are random and depend on nothing but the
// seed and the request's place: the sample is the same whenever a run is read.
func (c *Course) sample(x *exchange.Exchange, end exchange.Stamp) {
	if c.keep == 0 {
		return
	}
	key := seeded.Mix(c.seed + uint64(x.Index))
	if len(c.lanes) == c.keep && key >= c.lanes[len(c.lanes)-1].key {
		return
	}
	l := lane{key: key, index: x.Index, due: x.Due, sent: x.Writing, first: x.FirstToken, last: x.LastToken, d: end, class: x.Class}
	i, _ := slices.BinarySearchFunc(c.lanes, key, func(l lane, k uint64) int {
		switch {
		case l.key < k:
			return -1
		case l.key > k:
			return 1
		}
		return 0
	})
	if len(c.lanes) == c.keep {
		c.lanes = c.lanes[:c.keep-1]
	}
	c.lanes = slices.Insert(c.lanes, i, l)
}

// Sample takes a look at the server's own metrics.
func (c *Course) Sample(s scrape.Sample) {
	if c == nil || s.Failed != "" {
		return
	}
	if i, in := c.at(s.Asked); in {
		c.server.add(i, len(c.started), s)
	}
}

// Result is the course of the cell; nil where there is none.
func (c *Course) Result() *result.Course {
	if c == nil {
		return nil
	}
	out := &result.Course{
		FromS: seconds(c.window[0].Start), StepS: c.step / 1e9, Folded: len(c.window) > 1,
		InFlight: make([]float64, len(c.inFlight)), Started: c.started, Ended: c.ended, Tokens: make([]float64, len(c.tokens)),
		Server: c.server.result(),
	}
	if out.Folded {
		out.FromS = 0
		if out.Server != nil {
			out.Server.Preemptions = nil // those of the time between the blocks are among them
		}
	}
	if slices.Max(c.failed) > 0 {
		out.Failed = c.failed
	}
	for i := range c.inFlight {
		out.InFlight[i] = round(c.inFlight[i] / c.step)
		out.Tokens[i] = round(c.tokens[i] / (c.step / 1e9))
	}
	out.TTFTP50, out.TTFTP95 = c.quantiles(0.5, result.CourseMedianN), c.quantiles(0.95, result.CourseTailN)
	return out
}

// quantiles of each slice; nil where none has enough requests.
func (c *Course) quantiles(p float64, least int) []*result.Number {
	out, any := make([]*result.Number, len(c.ttft)), false
	for i, v := range c.ttft {
		if len(v) < least {
			continue
		}
		slices.Sort(v)
		wide := make([]float64, len(v))
		for k, ms := range v {
			wide[k] = float64(ms)
		}
		out[i], any = result.Num(round(stats.Quantile(wide, p))), true
	}
	if !any {
		return nil
	}
	return out
}

// Lanes are the requests of the sample in the order in which they were due.
func (c *Course) Lanes() []result.Lane {
	if c == nil {
		return nil
	}
	all := slices.Clone(c.lanes)
	slices.SortFunc(all, func(a, b lane) int { return int(min(1, max(-1, a.due-b.due))) })
	var out []result.Lane
	for _, l := range all {
		out = append(out, result.Lane{
			Index: l.index, DueS: seconds(l.due), SentS: reached(l.sent), FirstToken: reached(l.first), LastToken: reached(l.last), DoneS: reached(l.d), Class: string(l.class),
		})
	}
	return out
}

// seconds since the run began, to the microsecond.
func seconds(s exchange.Stamp) float64 { return math.Round(float64(s)/1e3) / 1e6 }

func reached(s exchange.Stamp) *float64 {
	if !s.Happened() {
		return nil
	}
	return new(seconds(s))
}

// round keeps five digits, which no picture shows.
func round(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	scale := math.Pow(10, 4-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}
