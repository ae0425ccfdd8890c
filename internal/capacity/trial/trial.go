// Package trial gathers what a search for capacity needs of one of its cells,
// the same from running exchanges as from those of a log, so that a search can
// be concluded, and resumed, from its log.
package trial

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
)

// Trial is one cell of a search. It is safe for concurrent use.
type Trial struct {
	limits []metric.Limit

	mu   sync.Mutex // protects all following fields
	rows []capacity.Request
	done []float64 // ends of requests of any phase, seconds of the run
	// backlog counts requests that were admitted and their ends.
	backlog   capacity.Backlog
	first     float64 // when the first of them was due, seconds of the run; 0: none was
	measuring bool    // the warm-up is over
}

// New makes a trial of limits in words.
func New(texts []string) (*Trial, error) {
	t := &Trial{}
	for _, text := range texts {
		l, err := metric.ParseLimit(text)
		if err != nil {
			return nil, err
		}
		t.limits = append(t.limits, l)
	}
	return t, nil
}

const nsPerS = 1e9

// Admit notes a request that goes out.
func (t *Trial) Admit(x *exchange.Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	due := float64(x.Due) / nsPerS
	if t.first == 0 {
		t.first = due
	}
	if x.Phase == exchange.Measured && !t.measuring {
		t.measuring = true
		t.backlog.Full(due - t.first)
	}
	t.backlog.Arrived(due - t.first)
}

// Add takes an exchange that has ended.
func (t *Trial) Add(x *exchange.Exchange) {
	r := capacity.Request{Due: float64(x.Due) / nsPerS, OK: x.Class == exchange.OK, Cut: x.Class == exchange.Cut}
	measured := x.Phase == exchange.Measured
	if measured { // outside of the lock, which senders wait for
		if x.Done.Happened() && !r.Cut {
			r.Done = float64(x.Done) / nsPerS
		}
		for _, l := range t.limits {
			r.Excess = append(r.Excess, excess(l, x))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.Done.Happened() && r.OK {
		t.done = append(t.done, float64(x.Done)/nsPerS)
	}
	if t.first > 0 && x.Done.Happened() && !r.Cut {
		t.backlog.Ended(float64(x.Done)/nsPerS - t.first)
	}
	if !measured {
		return
	}
	t.rows = append(t.rows, r)
}

// excess is by how much a request breaks a limit (capacity.Request).
func excess(l metric.Limit, x *exchange.Exchange) float64 {
	v, most := measure.Bounds(l.Metric.Tag, x)
	upper := l.Op == metric.Less || l.Op == metric.LessEqual
	switch measure.Stand(l, x) {
	case measure.Undefined:
		if measure.Lacks(l.Metric.Tag, x) {
			return math.Inf(1)
		}
		return math.NaN()
	case measure.Open:
		return math.Inf(1)
	case measure.Breaks:
		if !upper {
			v = most // the nearest that it can be to the limit
		}
	}
	over := v - l.Value
	if !upper {
		over = -over
	}
	if holds := l.Holds(v); holds != (over <= 0) { // at the limit itself
		over = math.SmallestNonzeroFloat64
	}
	return over
}

// Overloaded reports whether the backlog grows, where it is time to look for that. It
// takes microseconds, however many requests there were: it is asked by those who send.
func (t *Trial) Overloaded(now exchange.Stamp) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.measuring && t.backlog.Overloaded(float64(now)/nsPerS-t.first)
}

// Course is how a cell went: when it began, warm-up included, its measured window,
// whether it was cut short by overload, and whether the requests in flight still grew
// at the cap of its warm-up.
type Course struct {
	Began, Start, End   exchange.Stamp
	Overloaded, Growing bool
}

// Observation is the trial as the search sees it.
func (t *Trial) Observation(c capacity.Load, went Course) capacity.Observation {
	t.mu.Lock()
	defer t.mu.Unlock()
	from, to := float64(went.Start)/nsPerS, float64(went.End)/nsPerS
	o := capacity.Observation{Load: c, Window: to - from, Overloaded: went.Overloaded, Growing: went.Growing}
	last := to
	for _, r := range t.rows {
		last = max(last, r.Done)
		r.Due -= from
		if r.Done > 0 {
			r.Done -= from
		}
		o.Requests = append(o.Requests, r)
	}
	slices.SortStableFunc(o.Requests, func(a, b capacity.Request) int { return cmp.Compare(a.Due, b.Due) })
	for _, at := range t.done {
		if at >= from && at < to {
			o.Completions = append(o.Completions, at-from)
		}
	}
	o.Seconds = last - float64(went.Began)/nsPerS
	return o
}
