// Package capacity searches for the highest load that an endpoint carries
// within limits. It is pure: from what the cells so far have shown it says
// which load to try next, and at the end what may be concluded. Its caller
// drives the load, over real sockets or in virtual time.
//
// The search is exploratory and proves nothing. What it finds is tested in
// confirmation cells with seeds of their own and a length that is fixed before
// they begin; only those decide, by the same rule as all claims. Confirmation
// goes upward and ends with the first load that is not proved, so that the
// probability of a false proof does not grow with the number of cells (a fixed
// sequence of ordered hypotheses: Maurer, Hothorn, Lehmacher 1995). When it must
// begin again at a lower load it uses a smaller error probability.
package capacity

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/warmup"
)

// Limit is what must hold at a load. The zero Quantile makes it a limit on the
// share of requests that succeed.
type Limit struct {
	Text     string  // as the user wrote it: ttft.p99<500ms
	Quantile float64 // share of requests that must be within: 0.99
	Success  float64 // share of requests that must succeed, where Quantile is 0
}

// Request is one measured request of a cell. Times are in seconds from the
// start of the cell's window.
type Request struct {
	Due, Done float64
	OK        bool
	Cut       bool // the client ended it: whether it would have succeeded is open
	// Excess says by how much the request breaks each limit: above 0 it does,
	// +Inf for a failure, for a cut request that did not break it yet, and for one
	// that succeeded and lacks the metric (measure.Lacks); NaN where the metric is
	// undefined and that says nothing. It is not used for limits on success.
	Excess []float64
}

// Role is what a cell is for.
type Role string

// The roles, in the order of a search.
const (
	Ladder     Role = "ladder"     // closed loop with more and more users, until throughput stops growing
	Saturation Role = "saturation" // the top of the ladder for longer: the most that is carried without limits
	Explore    Role = "explore"    // roughly where the border is
	Confirm    Role = "confirm"    // decides
)

// Load is what one cell of a search drives.
type Load struct {
	Role     Role    `json:"role"`
	Rate     float64 `json:"rate,omitempty"`  // requests/s of an open loop
	Users    int     `json:"users,omitempty"` // of a closed loop
	Requests int     `json:"requests"`        // measured ones
	Seed     uint64  `json:"seed"`
	// Around marks exploration close to the border.
	Around bool `json:"around,omitempty"`
	// Alpha is the error probability with which a confirmation decides.
	Alpha float64 `json:"alpha,omitempty"`
	// Chain counts the times that confirmation began at a lower load, from 1.
	Chain int `json:"chain,omitempty"`
	// Limits of its time in seconds, so that a cell cannot take much longer than the
	// search can afford: of the warm-up, of the window of a closed loop, and of the
	// wait for requests that are in flight at its end. 0: no other than usual.
	WarmUp float64 `json:"warm_up_s,omitempty"`
	Window float64 `json:"window_s,omitempty"`
	Grace  float64 `json:"grace_s,omitempty"`
}

// load is what is searched over.
func (t Load) load() float64 {
	if t.Rate > 0 {
		return t.Rate
	}
	return float64(t.Users)
}

// Observation is a cell and what it showed.
type Observation struct {
	Load
	Requests []Request // in due order
	Seconds  float64   // that the cell took, warm-up and drain included
	Window   float64   // length of the measured window in seconds
	// Completions are the times at which requests of any phase ended within
	// the window.
	Completions []float64
	// Overloaded says that the cell was cut short because its backlog grew.
	Overloaded bool
	// Growing says that the requests in flight still grew when the warm-up had to
	// end: the load is more than is carried, or not steady. It does not hold.
	Growing bool
	// Earlier are the latencies of the cells before it that were carried. Next and
	// Conclude fill it in.
	Earlier warmup.Latencies

	counts []limitCount // by limit, once they are known
}

// broke reports whether the load is more than is carried, whatever the limits are.
func (o *Observation) broke() bool { return o.Overloaded || o.Growing }

// Config is what to search for.
type Config struct {
	Limits []Limit
	// Users searches for users of a closed loop, and not for requests/s.
	Users bool
	Alpha float64 // of the answer; 0 means 0.05
	// MaxSeconds is how long the cells may take in all; 0 means 600.
	MaxSeconds float64
	// Precision is how near to the border the answer should come, as a share;
	// 0 means 0.05.
	Precision float64
	Seed      uint64
	MaxUsers  int // of the ladder; 0 means 4096
}

func (c Config) alpha() float64     { return orElse(c.Alpha, 0.05) }
func (c Config) seconds() float64   { return orElse(c.MaxSeconds, 600) }
func (c Config) precision() float64 { return orElse(c.Precision, 0.05) }

func (c Config) maxUsers() int {
	if c.MaxUsers > 0 {
		return c.MaxUsers
	}
	return 4096
}

func orElse(v, def float64) float64 {
	if v > 0 {
		return v
	}
	return def
}

// strictest is the largest share of requests that a limit wants to be within;
// 0.9 at least, so that a search on medians has cells of some length too.
func (c Config) strictest() float64 {
	q := 0.9
	for _, l := range c.Limits {
		q = max(q, l.Quantile, min(l.Success, 0.999))
	}
	return q
}

// Throughput is the rate of completions: the slope of their count over time by
// least squares, after the first tenth. Requests that end in bunches, as those
// of a closed loop do, make the ratio of number and time wrong by up to a
// bunch; the error of the slope is the square of that.
func (o Observation) Throughput() float64 {
	at := slices.Sorted(slices.Values(o.Completions))
	at = at[len(at)/10:]
	if len(at) < 3 {
		return 0
	}
	n := float64(len(at))
	mid := 0.0
	for _, t := range at {
		mid += t / n
	}
	var sxy, sxx float64
	for i, t := range at {
		sxy += (t - mid) * (float64(i) - (n-1)/2)
		sxx += (t - mid) * (t - mid)
	}
	if sxx == 0 {
		return 0
	}
	return sxy / sxx
}

// inFlight and response are the mean number of requests in the system and
// their mean time in it, over those that ended in the window.
func (o Observation) little() (inFlight, rate, response float64) {
	n := 0
	for _, r := range o.Requests {
		if r.Done > 0 && !math.IsInf(r.Done, 0) {
			response += r.Done - r.Due
			n++
			inFlight += max(0, min(r.Done, o.Window)-r.Due)
		}
	}
	if n == 0 || o.Window <= 0 {
		return 0, 0, 0
	}
	return inFlight / o.Window, float64(n) / o.Window, response / float64(n)
}

// failed is the share of requests that failed.
func (o Observation) failed() float64 {
	n := 0
	for _, r := range o.Requests {
		if !r.OK && !r.Cut {
			n++
		}
	}
	return float64(n) / float64(max(1, len(o.Requests)))
}
