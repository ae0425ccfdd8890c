package follow

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

// Snapshot is a run at a moment. What is not known is missing.
type Snapshot struct {
	ID      string    `json:"id"` // the folder's name
	Name    string    `json:"name,omitempty"`
	Started time.Time `json:"started,omitzero"`
	State   State     `json:"state"`
	// Status and Reason are those of the end.
	Status  result.Status `json:"status,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Error   string        `json:"error,omitempty"` // why the log cannot be read on
	Targets []Target      `json:"targets,omitempty"`
	// AtS is the time of the run that the figures are of, in seconds since its start.
	AtS float64 `json:"at_s"`
	// Now is where the run was said to be last; nil: nothing is under way.
	Now *runlog.ProgressRecord `json:"now,omitempty"`
	// Cells are under way at the same time, one for each target that is measured, in the order
	// of the targets.
	Cells []UnderWay `json:"cells,omitempty"`
	// Over has the latest cells that are over, or blocks of them, of the Overs that there
	// were.
	Over  []CellOver `json:"-"`
	Overs int        `json:"-"`
	// Ended and Failed are all requests of the run, and Errors how those failed.
	Ended  int                    `json:"ended"`
	Failed int                    `json:"failed"`
	Errors map[exchange.Class]int `json:"errors,omitempty"`
	Points []Point                `json:"points,omitempty"`
}

// UnderWay is a cell that is measured now, or a block of one.
type UnderWay struct {
	Cell string                 `json:"cell"`
	Now  *runlog.ProgressRecord `json:"now,omitempty"` // nil: the log does not say where it is
	// Window has its requests of any phase that ended in its last half minute, with rates;
	// Measured those that are measured, so far.
	Window   Figures `json:"window"`
	Measured Figures `json:"measured"`
}

// CellOver is what a cell came to: its measured requests.
type CellOver struct {
	Cell   string `json:"cell"`
	Target string `json:"target"`
	Load   string `json:"load"`
	Figures
}

// Target is what a view says of a target.
type Target struct {
	Name     string          `json:"name"`
	Model    string          `json:"model,omitempty"`
	Evidence result.Evidence `json:"evidence,omitempty"`
}

// Figures are those of requests that have ended. Rates are those of a window that is a
// second long or more.
type Figures struct {
	Seconds   float64                `json:"seconds,omitempty"` // of the window
	OK        int                    `json:"ok"`
	Failed    int                    `json:"failed"`
	Cut       int                    `json:"cut,omitempty"`
	Errors    map[exchange.Class]int `json:"errors,omitempty"`
	Rate      *float64               `json:"rate,omitempty"`       // requests that succeeded per second
	TokenRate *float64               `json:"token_rate,omitempty"` // output tokens per second
	TTFT      *Tail                  `json:"ttft_ms,omitempty"`
	Gap       *Tail                  `json:"gap_ms,omitempty"`
	E2E       *Tail                  `json:"e2e_ms,omitempty"`
}

// Tail is quantiles of a latency in ms, to within 0.4 %. A quantile is missing where too
// few values are beyond it to say anything: p95 below 20 values, p99 below 100.
type Tail struct {
	N   uint64   `json:"n"`
	P50 float64  `json:"p50"`
	P95 *float64 `json:"p95,omitempty"`
	P99 *float64 `json:"p99,omitempty"`
}

// Point is a second of the run.
type Point struct {
	S        int      `json:"s"` // since the start
	Cell     string   `json:"cell"`
	OK       int      `json:"ok"`
	Failed   int      `json:"failed,omitempty"`
	Tokens   int      `json:"tokens,omitempty"` // output tokens of requests that succeeded
	InFlight *int     `json:"in_flight,omitempty"`
	TTFT     *float64 `json:"ttft_p50_ms,omitempty"`
	TTFT95   *float64 `json:"ttft_p95_ms,omitempty"`
	Gap95    *float64 `json:"gap_p95_ms,omitempty"`
}

// Snapshot says where the run is, with the points from a second of the run on.
func (v *View) Snapshot(from int) Snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := Snapshot{
		ID: v.id, Name: v.head.Name, Started: v.head.Started, State: v.state, Status: v.end.Status, Reason: v.end.Reason,
		AtS: seconds(v.last), Now: v.now, Over: slices.Clone(v.over), Overs: v.overs,
	}
	if v.err != nil {
		s.Error = v.err.Error()
	}
	for _, t := range v.targets {
		s.Targets = append(s.Targets, Target{t.Name, t.Model, t.Evidence})
	}
	said := slices.ContainsFunc(v.lanes, func(l *lane) bool { return l.now != nil })
	for _, l := range v.lanes {
		if said && l.now == nil {
			continue // of the next step, in a moment
		}
		s.Cells = append(s.Cells, UnderWay{Cell: l.cell, Now: l.now, Window: v.window(l), Measured: l.tally.figures()})
	}
	place := func(c UnderWay) int {
		return slices.IndexFunc(v.targets, func(t result.Target) bool { return c.Now != nil && t.Name == c.Now.Target })
	}
	slices.SortStableFunc(s.Cells, func(a, b UnderWay) int { return place(a) - place(b) })
	s.Points = v.points(from)
	for _, t := range v.totals {
		for o, n := range t.Ended {
			s.Ended += n
			if x := (exchange.Exchange{Class: o.Class}); x.Failed() {
				s.Failed += n
				if s.Errors == nil {
					s.Errors = map[exchange.Class]int{}
				}
				s.Errors[o.Class] += n
			}
		}
	}
	return s
}

// window has the requests of a cell that ended in its last half minute. It begins with a
// second, so that no part of a second is counted that is not in its length.
func (v *View) window(l *lane) Figures {
	var window tally
	first := int(math.Ceil(seconds(v.last - exchange.Stamp(WindowLength))))
	for i := range v.slices {
		if s := &v.slices[i]; s.cell == l.cell && s.block == l.block && s.second >= first {
			window.merge(&s.tally)
		}
	}
	f := window.figures()
	f.Seconds = seconds(v.last) - max(seconds(l.began), float64(first))
	if f.Seconds >= 1 {
		f.Rate, f.TokenRate = new(float64(window.ok)/f.Seconds), new(float64(window.output)/f.Seconds)
	}
	return f
}

// points are the seconds of the run from one on. Blocks of a cell that share one are added up.
func (v *View) points(from int) (out []Point) {
	var second []slice // the cells of one
	flush := func() {
		for i := range second {
			out = append(out, second[i].point())
		}
		second = second[:0]
	}
	for i := range v.slices {
		s := &v.slices[i]
		if s.second < from {
			continue
		}
		if len(second) > 0 && second[0].second != s.second {
			flush()
		}
		k := slices.IndexFunc(second, func(o slice) bool { return o.cell == s.cell })
		if k < 0 {
			k = len(second)
			second = append(second, slice{second: s.second, cell: s.cell})
		}
		second[k].merge(&s.tally)
		if s.inFlight != nil {
			second[k].inFlight = s.inFlight
		}
	}
	flush()
	return out
}

func seconds(at exchange.Stamp) float64 { return time.Duration(at).Seconds() }

func (c *tally) figures() Figures {
	return Figures{
		OK: c.ok, Failed: c.failed, Cut: c.cut, Errors: maps.Clone(c.errors),
		TTFT: tailOf(&c.ttft), Gap: tailOf(&c.gap), E2E: tailOf(&c.e2e),
	}
}

// Least numbers of values for a quantile to be shown: one beyond it on the mean.
const (
	least95 = 20
	least99 = 100
)

func tailOf(h *stats.Histogram) *Tail {
	n := h.N()
	if n == 0 {
		return nil
	}
	t := &Tail{N: n, P50: h.Quantile(0.5)}
	if n >= least95 {
		t.P95 = new(h.Quantile(0.95))
	}
	if n >= least99 {
		t.P99 = new(h.Quantile(0.99))
	}
	return t
}

func (s *slice) point() Point {
	p := Point{S: s.second, Cell: s.cell, OK: s.ok, Failed: s.failed, Tokens: s.output, InFlight: s.inFlight}
	if t := tailOf(&s.ttft); t != nil {
		p.TTFT, p.TTFT95 = &t.P50, t.P95
	}
	if t := tailOf(&s.gap); t != nil {
		p.Gap95 = t.P95
	}
	return p
}
