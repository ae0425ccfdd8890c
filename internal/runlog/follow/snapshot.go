package follow

import (
	"maps"
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
	// Now is where the run is; nil: nothing is under way.
	Now *runlog.ProgressRecord `json:"now,omitempty"`
	// Window has requests of the cell under way, of any phase, that ended in its last half
	// minute; Cell its measured requests.
	Window Figures `json:"window"`
	Cell   Figures `json:"cell"`
	// Over is the latest cell that is over, or block of one.
	Over *CellOver `json:"over,omitempty"`
	// Ended and Failed are all requests of the run.
	Ended  int     `json:"ended"`
	Failed int     `json:"failed"`
	Points []Point `json:"points,omitempty"`
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

// Figures are those of requests that have ended. Rates are missing before the first
// second is over.
type Figures struct {
	Seconds   float64                `json:"seconds"` // that they are of
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
	Tokens   int      `json:"tokens,omitempty"` // output tokens of requests that ended
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
		AtS: seconds(v.last), Now: v.now, Over: v.over,
	}
	if v.err != nil {
		s.Error = v.err.Error()
	}
	for _, t := range v.targets {
		s.Targets = append(s.Targets, Target{t.Name, t.Model, t.Evidence})
	}
	since := max(v.began, v.last-exchange.Stamp(WindowLength))
	var window tally
	for i := range v.slices {
		sl := &v.slices[i]
		if sl.cell == v.cellID && float64(sl.second+1) > seconds(since) {
			window.merge(&sl.tally)
		}
		if sl.second >= from {
			s.Points = append(s.Points, sl.point())
		}
	}
	if v.cellID != "" {
		s.Window = window.figures(seconds(v.last - since))
	}
	s.Cell = v.measured()
	for _, t := range v.totals {
		for o, n := range t.Ended {
			s.Ended += n
			if x := (exchange.Exchange{Class: o.Class}); x.Failed() {
				s.Failed += n
			}
		}
	}
	return s
}

// measured is what the cell under way has come to so far.
func (v *View) measured() Figures {
	if v.first == 0 {
		return Figures{}
	}
	return v.cell.figures(seconds(v.last - v.first))
}

func seconds(at exchange.Stamp) float64 { return time.Duration(at).Seconds() }

func (c *tally) figures(seconds float64) Figures {
	f := Figures{
		Seconds: seconds, OK: c.ok, Failed: c.failed, Cut: c.cut, Errors: maps.Clone(c.errors),
		TTFT: tailOf(&c.ttft), Gap: tailOf(&c.gap), E2E: tailOf(&c.e2e),
	}
	if seconds >= 1 {
		f.Rate, f.TokenRate = new(float64(c.ok)/seconds), new(float64(c.output)/seconds)
	}
	return f
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
