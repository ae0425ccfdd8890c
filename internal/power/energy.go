package power

import (
	"cmp"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Method says how an energy was found.
type Method string

// The methods.
const (
	// Counter is the difference of a counter of energy between the edges of the
	// window, each interpolated between the updates around it.
	Counter Method = "counter"
	// Area is the area under readings of power (trapezoids).
	Area Method = "area"
)

// Limits of a figure. A counter of a Mac is updated in batches of up to 2.3 s
// (recorded on an M5 Max), so that a window needs ten of them, or twenty seconds, to
// be cut well at its edges; ML.ENERGY and Zeus warn below that, too.
const (
	MinUpdates = 10
	MinSeconds = 20.0
	// MaxGap is the largest share of a window that may lie between two readings of
	// power that are further apart than they should be.
	MaxGap = 0.05
	// fastestWatts bounds what a channel with a counter that wraps can draw: a longer
	// silence than it needs for one turn may hide another.
	fastestWatts = 2000.0
)

// Energy is what one channel used within a window.
type Energy struct {
	Joules float64
	// Bound is how far Joules may be off: one update of the counter at each edge of
	// each part of the window.
	Bound float64
	// Mean and Peak are in watts. Peak is the largest mean of a second or more between
	// updates, or the largest reading.
	Mean, Peak float64
	Method     Method
	Updates    int     // of the counter, or readings, inside
	Seconds    float64 // of the window
	Gaps       int     // silences longer than five usual ones, and a second
	GapShare   float64 // of the window in such silences
	Resets     int     // the counter began again: what was used around that is not counted
	// Withheld says why there is no energy; the other fields may say more.
	Withheld string
}

// Short reports whether the window has too few updates for its edges to matter
// little, and by what it is too short.
func (e Energy) Short() bool { return e.Updates < MinUpdates && e.Seconds < MinSeconds }

// Over is the energy of a channel within the parts of a window.
func (c *Channel) Over(window exchange.Spans) Energy {
	e := Energy{Seconds: float64(window.Length()) / 1e9}
	if e.Seconds <= 0 {
		e.Withheld = "there is no measured window"
		return e
	}
	if c.upTo != len(c.Points) {
		c.known, c.upTo = c.course(c.counters()), len(c.Points)
	}
	if len(c.known.looks) >= 2 {
		e = c.known.over(window, e)
	} else {
		e = c.area(window, e)
	}
	if e.Withheld == "" {
		c.frozen(window, &e)
	}
	if e.Withheld == "" && e.Seconds > 0 {
		e.Mean = e.Joules / e.Seconds
	}
	return e
}

// frozen refuses a channel that stood still: on some systems the counters of CPU and
// memory stay at 0 while others move, and such a zero is no measurement.
func (c *Channel) frozen(window exchange.Spans, e *Energy) {
	if c.MayRest || e.Joules > 0 {
		return
	}
	e.Withheld = "the readings stood at 0 through the window: the system reports no energy for it"
}

// counters are the points with a counter.
func (c *Channel) counters() []Point {
	var out []Point
	for _, p := range c.Points {
		if p.Joules >= 0 {
			out = append(out, p)
		}
	}
	return out
}

// course is a counter without its wraps, at the moments when it was seen to have
// changed.
type course struct {
	updates []Point // Joules grow
	looks   []exchange.Stamp
	resets  []exchange.Stamp // that lie before these updates
	doubt   []exchange.Stamp // silences in which it may have wrapped more than once end here
}

// course takes the wraps out of a counter.
func (c *Channel) course(points []Point) course {
	var out course
	total := 0.0
	for i, p := range points {
		out.looks = append(out.looks, p.At)
		if i == 0 {
			out.updates = append(out.updates, Point{At: p.At})
			continue
		}
		before := points[i-1]
		passed := float64(p.At-before.At) / 1e9
		delta := p.Joules - before.Joules
		if c.Wrap > 0 && passed*fastestWatts > c.Wrap {
			out.doubt = append(out.doubt, p.At)
		}
		if delta < 0 {
			wrapped := delta + c.Wrap
			if c.Wrap > 0 && wrapped >= 0 && wrapped <= passed*fastestWatts {
				delta = wrapped
			} else {
				out.resets = append(out.resets, p.At)
				delta = p.Joules // since it began again; what came before that is lost
			}
		}
		if delta == 0 {
			continue
		}
		total += delta
		out.updates = append(out.updates, Point{At: p.At, Joules: total})
	}
	return out
}

// at is the counter at a moment, interpolated, and how much one update around it is.
// ok is false outside of what was seen.
func (c course) at(t exchange.Stamp) (joules, update float64, ok bool) {
	u := c.updates
	i, exact := slices.BinarySearchFunc(u, t, func(p Point, t exchange.Stamp) int { return cmp.Compare(p.At, t) })
	step := func(i int) float64 { // the update that ends at i
		if i <= 0 || i >= len(u) {
			return 0
		}
		return u[i].Joules - u[i-1].Joules
	}
	switch {
	case exact:
		return u[i].Joules, 0, true
	case i == 0:
		return 0, 0, false
	case i == len(u):
		// After its last change a counter that is still looked at has not moved.
		if len(c.looks) == 0 || t > c.looks[len(c.looks)-1] {
			return 0, 0, false
		}
		return u[i-1].Joules, step(i - 1), true
	}
	share := float64(t-u[i-1].At) / float64(u[i].At-u[i-1].At)
	// The counter was published somewhere between two looks: what it was at t lies
	// within this update and the next.
	return u[i-1].Joules + share*step(i), max(step(i), step(i+1)), true
}

// over is the difference of the counter over each part of a window.
func (c course) over(window exchange.Spans, e Energy) Energy {
	e.Method = Counter
	for _, w := range window {
		from, stepFrom, ok1 := c.at(w.Start)
		to, stepTo, ok2 := c.at(w.End)
		if !ok1 || !ok2 {
			e.Withheld = "the counter was not read before and after the window"
			return e
		}
		e.Joules += to - from
		e.Bound += stepFrom + stepTo
		for i, p := range c.updates {
			if p.At < w.Start || p.At > w.End {
				continue
			}
			e.Updates++
			for k := i - 1; k >= 0 && c.updates[k].At >= w.Start; k-- {
				if passed := float64(p.At-c.updates[k].At) / 1e9; passed >= 1 {
					e.Peak = max(e.Peak, (p.Joules-c.updates[k].Joules)/passed)
					break
				}
			}
		}
		inside := func(t exchange.Stamp) bool { return t > w.Start && t <= w.End }
		for _, t := range c.resets {
			if inside(t) {
				e.Resets++
			}
		}
		for _, t := range c.doubt {
			if inside(t) {
				e.Withheld = "the counter was not read for so long that it may have wrapped more than once"
			}
		}
	}
	if e.Resets > 0 {
		e.Withheld = "the counter began again within the window: the driver, the exporter or the machine was restarted"
	}
	return e
}

// area is the area under the readings of power over each part of a window.
func (c *Channel) area(window exchange.Spans, e Energy) Energy {
	e.Method = Area
	p := slices.DeleteFunc(slices.Clone(c.Points), func(p Point) bool { return p.Watts < 0 })
	if len(p) < 2 {
		e.Withheld = "there are fewer than two readings"
		return e
	}
	usual := usualGap(p)
	slow := max(5*usual, 1)
	for _, w := range window {
		if p[0].At > w.Start || p[len(p)-1].At < w.End {
			e.Withheld = "the power was not read before and after the window"
			return e
		}
		first, last := true, 0.0
		for i := 1; i < len(p); i++ {
			a, b := p[i-1], p[i]
			from, to := max(a.At, w.Start), min(b.At, w.End)
			if b.At >= w.Start && b.At <= w.End {
				e.Updates++
			}
			if to <= from {
				continue
			}
			length := float64(b.At-a.At) / 1e9
			at := func(t exchange.Stamp) float64 { return a.Watts + (b.Watts-a.Watts)*float64(t-a.At)/1e9/length }
			took := float64(to-from) / 1e9
			e.Joules += (at(from) + at(to)) / 2 * took
			e.Peak = max(e.Peak, at(from), at(to))
			// What the power was between two readings is known within the two.
			whole := math.Abs(b.Watts-a.Watts) * length
			if first {
				e.Bound, first = e.Bound+whole, false
			}
			last = whole
			if length > slow {
				e.Gaps++
				e.GapShare += took / e.Seconds
			}
		}
		e.Bound += last
	}
	if e.GapShare > MaxGap {
		e.Withheld = "the power was not read during too much of the window"
	}
	return e
}

// usualGap is the median time between two readings, in seconds.
func usualGap(p []Point) float64 {
	gaps := make([]float64, 0, len(p))
	for i := 1; i < len(p); i++ {
		gaps = append(gaps, float64(p[i].At-p[i-1].At)/1e9)
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}
