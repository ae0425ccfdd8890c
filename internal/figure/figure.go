// Package figure says what a picture shows, as data: axes, series with
// intervals, limits, evidence. It draws nothing and computes no statistic; a
// figure whose data is missing is not made, and one that leaves something out
// says so in its note.
package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// Kind is how a series is drawn.
type Kind string

// The kinds of series.
const (
	Line  Kind = "line"  // points joined in order
	Rule  Kind = "rule"  // a line of reference, whose points are not marked
	Step  Kind = "step"  // an empirical distribution
	Bar   Kind = "bar"   // side by side with the other bar series
	Stack Kind = "stack" // on top of the stack series before
	Band  Kind = "band"  // the area between Lo and Hi of its points, under the lines
	Dot   Kind = "dot"   // points on their own
	Front Kind = "front" // points that no other beats, where more is better in both axes
	Bins  Kind = "bins"  // a histogram: each point is a bin from Lo to Hi of the x axis, Y high
	Span  Kind = "span"  // lying bars from Lo to Hi of the x axis in the row Y: what lasted from when to when
)

// Role gives a series its colour, the same in every figure.
type Role string

// The roles.
const (
	Candidate Role = "candidate"
	Baseline  Role = "baseline"
	Further   Role = "further" // a further target; coloured by its place
	Part      Role = "part"    // one of several parts; coloured by order
	Faint     Role = "faint"   // of less weight than the others; grey
)

// Point is one value. Lo and Hi are absent where that bound does not exist;
// Hi may be +Inf where failures reach into the interval.
type Point struct {
	X  float64        `json:"x"`
	Y  float64        `json:"y"`
	Lo *result.Number `json:"lo,omitempty"`
	Hi *result.Number `json:"hi,omitempty"`
	// AtLeast marks a value that is withheld: Y is a lower bound of it, to be
	// drawn so that nobody takes it for an estimate.
	AtLeast bool `json:"at_least,omitempty"`
	// Hollow marks a value that nothing rests on, such as one that a check spoils.
	Hollow bool `json:"hollow,omitempty"`
	// Label names the point, where it is more than a place on the axes. A bar bears it
	// in the place of its value.
	Label string `json:"label,omitempty"`
}

// Series is a set of points.
type Series struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
	Kind Kind   `json:"kind"`
	// Place is that of a further target among those of the run, from 1 on, so that it has one
	// colour in all figures; 0: by the order of the series.
	Place  int     `json:"place,omitempty"`
	Dashed bool    `json:"dashed,omitempty"` // the second line of a target
	Points []Point `json:"points"`
}

// Area is a range of the x axis that is shaded.
type Area struct {
	From float64       `json:"from"`
	To   result.Number `json:"to"` // "inf": up to the end of the axis
	Role Role          `json:"role"`
}

// Axis describes an axis. With Categories, positions are 0, 1, … and are
// named by them. Where the y axis has them, bars lie: they go from Base of the x
// axis to X, at Y from the top.
type Axis struct {
	Label string `json:"label,omitempty"`
	Unit  string `json:"unit,omitempty"` // as in package metric; "times", "USD"
	// Metric is the tag of the metric that the axis has values of; empty: of none. A page
	// explains it where the axis is named.
	Metric string `json:"metric,omitempty"`
	Log    bool   `json:"log,omitempty"`
	Count  bool   `json:"count,omitempty"` // of things: 250k, 3M
	// Measured says that the values were not chosen: the axis names round ones.
	Measured   bool     `json:"measured,omitempty"`
	Share      bool     `json:"share,omitempty"` // of values in [0, 1], shown in percent
	Base       float64  `json:"base,omitempty"`  // where bars begin; on a log axis 0 means its lower end
	Categories []string `json:"categories,omitempty"`
	// Ticks are the values that were planned: the axis reaches to all of them,
	// measured or not, and names them.
	Ticks []float64 `json:"ticks,omitempty"`
}

// Limit is a line at a value of the y axis, or of the x axis if Vertical.
type Limit struct {
	Value    float64 `json:"value"`
	Label    string  `json:"label"`
	Vertical bool    `json:"vertical,omitempty"`
	// Only holds the categories that the limit is about; empty means all.
	Only []int `json:"only,omitempty"`
}

// Figure is one picture.
type Figure struct {
	ID string `json:"id"` // file name without extension
	// Benchmark is the one that the figure is about, by its name in result.json.
	// The section of that benchmark shows it.
	Benchmark string `json:"benchmark"`

	Title    string          `json:"title"`
	Subtitle string          `json:"subtitle"`
	Evidence result.Evidence `json:"evidence"`
	X        Axis            `json:"x"`
	Y        Axis            `json:"y"`
	Series   []Series        `json:"series"`
	Limits   []Limit         `json:"limits,omitempty"`
	Areas    []Area          `json:"areas,omitempty"`
	Note     string          `json:"note,omitempty"` // what is left out, and why
	// Sync names the figures that share an x axis, such as those over a run's time: what is
	// zoomed in one is zoomed in all. Empty: this one has its own.
	Sync string `json:"sync,omitempty"`
}

// groups is the one list of figures: those of each benchmark, in the order in
// which its section shows them. A benchmark is named as in result.json.
//
// Ids, which files and pages are named by and which stay: BENCHMARK is latency, throughput,
// load or capacity.
//
//	BENCHMARK-ttft-histogram, BENCHMARK-e2e-histogram   bins (latency, load)
//	BENCHMARK-ttft-over-time                            p50 and p95 in slices of the window
//	BENCHMARK-in-flight-over-time, BENCHMARK-tokens-over-time, BENCHMARK-completed-over-time
//	BENCHMARK-failures-over-time                        bins; only where requests failed
//	BENCHMARK-server-requests-over-time, BENCHMARK-server-kv-cache-over-time, BENCHMARK-server-preemptions-over-time
//	BENCHMARK-lanes, BENCHMARK-lanes-2, …               spans; a sample of requests, one for each cell
//	BENCHMARK-ttft-by-turn, BENCHMARK-e2e-by-turn       conversations (throughput, load)
//	throughput-latency-against-throughput, scan-latency-against-throughput, capacity-latency-against-throughput
//	capacity-trials                                     what the search tried, proved and refuted
var groups = []struct {
	benchmark string
	figures   func(*result.Result) []*Figure
}{
	{"latency", ofLatency},
	{"load", ofLoad},
	{"capacity", ofCapacity},
	{"scan", ofScan},
	{"throughput", ofThroughput},
	{"cost", ofCost},
	{"quality", ofQuality},
	{"power", ofPower},
}

// Benchmarks returns the names of the benchmarks that have figures.
func Benchmarks() []string {
	var out []string
	for _, g := range groups {
		out = append(out, g.benchmark)
	}
	return out
}

// All returns the figures that a result has data for, in the report's order.
func All(r *result.Result) []Figure {
	var out []Figure
	for _, g := range groups {
		for _, f := range g.figures(r) {
			if f != nil && len(f.Series) > 0 {
				f.Benchmark = g.benchmark
				placed(f, r.Targets)
				out = append(out, *f)
			}
		}
	}
	return out
}

// placed gives the series of further targets their places. Their names begin with those of
// their targets.
func placed(f *Figure, all []result.Target) {
	var names []string
	for _, t := range all {
		if role(t.Name) == Further {
			names = append(names, t.Name)
		}
	}
	for i := range f.Series {
		s, found := &f.Series[i], ""
		for k, name := range names {
			if s.Role == Further && len(name) > len(found) && (strings.HasPrefix(s.Name, name) || strings.Contains(s.Name, "/"+name)) {
				s.Place, found = k+1, name
			}
		}
	}
}

func ofLatency(r *result.Result) []*Figure {
	l := r.Benchmarks.Latency
	if l == nil {
		return nil
	}
	return append([]*Figure{
		latencyComparison(r), improvement(l),
		distribution(r, "latency-distribution", "latency", "ttft", l.Cells, l.Evidence),
		distribution(r, "e2e-distribution", "latency", "e2e", l.Cells, l.Evidence),
		histogram(r, "latency", "ttft", l.Cells, l.Evidence), histogram(r, "latency", "e2e", l.Cells, l.Evidence),
	}, overTime(r, "latency", l.Evidence)...)
}

func ofLoad(r *result.Result) []*Figure {
	l := r.Benchmarks.Load
	if l == nil {
		return nil
	}
	return append([]*Figure{
		faster(l),
		distribution(r, "load-distribution", "load", "ttft", l.Cells, l.Evidence),
		distribution(r, "load-e2e-distribution", "load", "e2e", l.Cells, l.Evidence),
		byRound(l),
		histogram(r, "load", "ttft", l.Cells, l.Evidence), histogram(r, "load", "e2e", l.Cells, l.Evidence),
		byTurn(r, "load", "ttft", "Time to first token", l.Cells, l.Evidence), byTurn(r, "load", "e2e", "End-to-end latency", l.Cells, l.Evidence),
	}, overTime(r, "load", l.Evidence)...)
}

func ofCapacity(r *result.Result) []*Figure {
	c := r.Benchmarks.Capacity
	if c == nil {
		return nil
	}
	out := append(capacity(c, r.Validity), tried(c), latencyAgainstThroughput(r, "capacity-latency-against-throughput", c.Evidence, searched(c)))
	return append(out, overTime(r, "capacity", c.Evidence)...)
}

func ofScan(r *result.Result) []*Figure {
	if r.Benchmarks.Scan == nil {
		return nil
	}
	return scan(r)
}

func ofThroughput(r *result.Result) []*Figure {
	t := r.Benchmarks.Throughput
	if t == nil {
		return nil
	}
	return append([]*Figure{
		throughput(r), outputThroughput(r), latencyByLevel(r), success(r),
		latencyAgainstThroughput(r, "throughput-latency-against-throughput", t.Evidence, levels(t)),
		byTurn(r, "throughput", "ttft", "Time to first token", t.Cells, t.Evidence), byTurn(r, "throughput", "e2e", "End-to-end latency", t.Cells, t.Evidence),
	}, overTime(r, "throughput", t.Evidence)...)
}

func ofCost(r *result.Result) []*Figure {
	c := r.Benchmarks.Cost
	if c == nil {
		return nil
	}
	return []*Figure{byVolume(c), tornado(c), breakdown(c), prices(r), projection(c), againstLatency(r)}
}

func ofQuality(r *result.Result) []*Figure {
	if r.Benchmarks.Quality == nil {
		return nil
	}
	q := r.Benchmarks.Quality
	if q.Answers == nil {
		return []*Figure{components(q)}
	}
	return []*Figure{rightByKind(q), rightByLoad(q), components(q)}
}

func role(target string) Role {
	switch target {
	case "baseline":
		return Baseline
	case "candidate", "":
		return Candidate
	}
	return Further
}

// finite returns the value of n if it is there and finite.
func finite(n *result.Number) (float64, bool) {
	if n == nil || math.IsInf(float64(*n), 0) || math.IsNaN(float64(*n)) {
		return 0, false
	}
	return float64(*n), true
}

// point places an estimate, or the lower bound of one that is withheld.
func point(x float64, e result.Estimate) (Point, bool) {
	if y, ok := finite(e.Value); ok {
		return Point{X: x, Y: y, Lo: e.Lo, Hi: e.Hi}, true
	}
	if y, ok := finite(e.AtLeast); ok && e.Value == nil {
		return Point{X: x, Y: y, AtLeast: true}, true
	}
	return Point{}, false
}

// absence says in a few words why point had no estimate to place.
func absence(e result.Estimate, n int, neff float64) string {
	switch {
	case e.Value != nil:
		return "infinite, because requests failed"
	case e.NeededN > 0 && n >= e.NeededN && neff > 0:
		return fmt.Sprintf("n=%d, effective %.0f of %d needed", n, math.Floor(neff), e.NeededN)
	case e.NeededN > 0:
		return fmt.Sprintf("n=%d of %d", n, e.NeededN)
	case e.Withheld != "":
		return e.Withheld
	}
	return "not measured"
}

// notes joins what is left out, each once.
func notes(parts []string) string {
	var kept []string
	seen := map[string]bool{}
	for _, p := range parts {
		if !seen[p] {
			seen[p] = true
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "; ")
}

// claimed is a claim's limit, read.
type claimed struct {
	metric.Limit
	label string
	set   bool // by the user
}

// limitsOn returns the limits that a benchmark's claims set on a metric, those
// that nobody set marked as reference. A limit is drawn once.
func limitsOn(r *result.Result, benchmark, tag string) []claimed {
	var out []claimed
	seen := map[string]bool{}
	for _, c := range r.Claims {
		if c.Benchmark != benchmark || seen[c.Limit] {
			continue
		}
		l, err := metric.ParseLimit(c.Limit)
		if err != nil || l.Metric.Tag != tag {
			continue
		}
		seen[c.Limit] = true
		label := c.Limit
		if !c.Set {
			label += " (reference)"
		}
		out = append(out, claimed{l, label, c.Set})
	}
	return out
}

// setOn is limitsOn without those that nobody set: far from all values, one would press
// these into a corner of the figure.
func setOn(r *result.Result, benchmark, tag string) []claimed {
	return slices.DeleteFunc(limitsOn(r, benchmark, tag), func(c claimed) bool { return !c.set || c.Value <= 0 })
}
