// Package virtual carries out a search for capacity in virtual time: it drives the
// cells that the search asks for against simulated servers, with the warm-up, the
// look for overload, and the drain that cells have over real sockets. With queues
// whose border is known it shows how often an answer of the search is right.
package virtual

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/warmup"
)

// Server is a server in virtual time. Times are in seconds since it began.
type Server interface {
	// Arrive takes a request. Calls are in the order of time, and come before any
	// Advance to a later time.
	Arrive(id int, now float64)
	// Next is when it does something of itself; +Inf: never, if nothing arrives.
	Next() float64
	// Advance does what is due at Next, and tells of the requests that end with it:
	// when their first and their last token came.
	Advance(ended func(id int, first, last float64))
}

// Starter is a server that knows the first token of a request before its last.
type Starter interface {
	// First is when the first token of a running request came, or comes.
	First(id int) float64
}

// Arrivals are the due times of an open loop.
type Arrivals func(rate float64, seed uint64) iter.Seq[float64]

// Endpoint is what a search is carried out against.
type Endpoint struct {
	Server   func(seed uint64) Server
	Arrivals Arrivals // nil: Poisson
	// Within is the limit on the first token, or on the last one with ToLast,
	// in seconds from the due time.
	Within float64
	ToLast bool
	// FailFrom is the rate from which all requests fail; 0: none do.
	FailFrom float64
}

// Search carries out a search to its end.
func (e Endpoint) Search(c capacity.Config) (capacity.Answer, []capacity.Observation) {
	var h []capacity.Observation
	for {
		s, more := c.Next(h)
		if !more {
			return c.Conclude(h), h
		}
		h = append(h, e.Cell(s))
	}
}

// request is one request of a cell.
type request struct {
	due, first, last float64 // last is 0 until it ends
	measured         bool
}

// cell is a cell under way.
type cell struct {
	endpoint Endpoint
	load     capacity.Load
	server   Server
	now      float64
	requests []request
	begin    float64 // of the window; negative: it has not begun
	end      float64 // of the window; 0: it has not ended
	left     int     // measured requests that run
	sent     int     // measured requests
	ended    []float64
	backlog  capacity.Backlog
	over     bool
	growing  bool
	watch    warmup.Watch
}

// Cell drives one cell.
func (e Endpoint) Cell(step capacity.Step) capacity.Observation {
	c := &cell{endpoint: e, load: step.Load, server: e.Server(step.Load.Seed), begin: -1}
	c.watch = warmup.Watch{Cap: duration(step.Load.WarmUp), Known: step.Known, Closed: step.Load.Users > 0}
	if c.load.Users > 0 {
		c.closed()
	} else {
		c.open()
	}
	return c.observation()
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * 1e9) }

// send starts a request.
func (c *cell) send(measured bool) {
	if measured {
		if c.begin < 0 {
			c.begin = c.now
			c.backlog.Full(c.now)
		}
		c.left++
		c.sent++
	}
	c.backlog.Arrived(c.now)
	c.watch.Begin(duration(c.now))
	c.requests = append(c.requests, request{due: c.now, measured: measured})
	c.server.Arrive(len(c.requests)-1, c.now)
}

// advance lets the server do what it does next, and says who is through.
func (c *cell) advance() (through int) {
	c.now = c.server.Next()
	c.server.Advance(func(id int, first, last float64) {
		r := &c.requests[id]
		r.first, r.last = first, last
		c.ended = append(c.ended, last)
		c.backlog.Ended(last)
		c.watch.End(duration(r.due), duration(last))
		if r.measured {
			c.left--
		}
		through++
	})
	return through
}

// open drives an open loop: requests come as the arrivals have it, with a schedule of
// its own for the warm-up, until those that are measured have ended.
func (c *cell) open() {
	l := c.load
	arrivals := c.endpoint.Arrivals
	if arrivals == nil {
		arrivals = Poisson
	}
	before, stop := iter.Pull(arrivals(l.Rate, ^l.Seed))
	defer stop()
	next, stop := iter.Pull(arrivals(l.Rate, l.Seed))
	defer stop()
	warming, offset := true, 0.0
	pending, _ := before()
	for cooldown := 0; ; {
		if c.end > 0 && c.left == 0 {
			return
		}
		if at := c.server.Next(); at <= pending {
			if c.end > 0 && at > c.end+l.Grace {
				c.now = c.end + l.Grace
				return
			}
			c.advance()
			continue
		}
		c.now = pending
		switch {
		case warming:
			if end := c.watch.Over(duration(c.now)); end != warmup.NotYet {
				warming, c.growing, offset = false, end == warmup.Growing, c.now
				break
			}
			c.send(false)
			pending, _ = before()
			continue
		case c.end == 0:
			if c.over = c.backlog.Overloaded(c.now); c.over {
				c.end, pending = c.now, math.Inf(1)
				continue
			}
			c.send(true)
			if c.sent == l.Requests {
				c.end = c.now
			}
		case cooldown < max(100, c.sent):
			cooldown++
			c.send(false)
		default:
			pending = math.Inf(1)
			continue
		}
		t, _ := next()
		pending = offset + t
	}
}

// closed drives a closed loop. Its users begin within about as long as a request
// takes, and the first request of each is not measured.
func (c *cell) closed() {
	users, spread := c.load.Users, c.watch.Known.Mean()
	for i := 0; i < users; {
		at := spread * float64(i) / float64(users)
		if c.server.Next() < at {
			c.step()
			continue
		}
		c.now = at
		c.send(false)
		i++
	}
	for c.end == 0 || c.left > 0 {
		if c.end > 0 && c.server.Next() > c.end+c.load.Grace {
			c.now = c.end + c.load.Grace
			return
		}
		c.step()
	}
}

// step lets the server of a closed loop do what it does next: whoever is through
// sends again.
func (c *cell) step() {
	users := c.load.Users
	for range c.advance() {
		if c.end == 0 && c.begin >= 0 && c.load.Window > 0 && c.now > c.begin+c.load.Window {
			c.end = c.now
		}
		if c.end > 0 {
			c.send(false)
			continue
		}
		warm := len(c.ended) >= users
		if l := c.load; warm && c.begin < 0 && l.WarmUp > 0 {
			warm = len(c.requests) >= 10*users || c.watch.Over(duration(c.now)) != warmup.NotYet
		}
		c.send(warm)
		if c.sent == c.load.Requests {
			c.end = c.now
		}
	}
}

// nanoseconds rounds to them, as stamps are: what is left of a subtraction would
// otherwise drift with time, and look like dependence where no request waits.
func nanoseconds(seconds float64) float64 { return math.Round(seconds*1e9) / 1e9 }

// observation is the cell as the search sees it.
func (c *cell) observation() capacity.Observation {
	e := c.endpoint
	o := capacity.Observation{Load: c.load, Overloaded: c.over, Growing: c.growing, Window: c.end - c.begin}
	last := c.end
	for id, r := range c.requests {
		if !r.measured {
			continue
		}
		x := capacity.Request{Due: r.due - c.begin, OK: true}
		took := r.first - r.due
		if e.ToLast {
			took = r.last - r.due
		}
		switch {
		case e.FailFrom > 0 && c.load.Rate >= e.FailFrom:
			x.OK, x.Done, x.Excess = false, r.last-c.begin, []float64{math.Inf(1)}
		case r.last == 0: // cut: open, unless it has broken the limit already
			x.OK, x.Cut = false, true
			x.Excess = []float64{c.now - r.due - e.Within}
			if s, ok := c.server.(Starter); ok && !e.ToLast && s.First(id) <= c.now {
				x.Excess[0] = nanoseconds(s.First(id) - r.due - e.Within)
			} else if x.Excess[0] <= 0 {
				x.Excess[0] = math.Inf(1)
			}
			last = max(last, c.now)
		default:
			x.Done, x.Excess = r.last-c.begin, []float64{nanoseconds(took - e.Within)}
			last = max(last, r.last)
		}
		o.Requests = append(o.Requests, x)
	}
	slices.SortStableFunc(o.Requests, func(a, b capacity.Request) int { return cmp.Compare(a.Due, b.Due) })
	for _, t := range c.ended {
		if t >= c.begin && t < c.end {
			o.Completions = append(o.Completions, t-c.begin)
		}
	}
	o.Seconds = last
	return o
}
