// Package figure says what a picture shows, as data: axes, series with
// intervals, limits, evidence. It draws nothing and computes no statistic; a
// figure whose data is missing is not made, and one that leaves something out
// says so in its note.
package figure

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// Kind is how a series is drawn.
type Kind string

// The kinds of series.
const (
	Line  Kind = "line"  // points joined in order
	Step  Kind = "step"  // an empirical distribution
	Bar   Kind = "bar"   // side by side with the other bar series
	Stack Kind = "stack" // on top of the stack series before
	Dot   Kind = "dot"   // points on their own
	Front Kind = "front" // points on the edge of what can be had, where more is better in both axes
)

// Role gives a series its colour, the same in every figure.
type Role string

// The roles.
const (
	Candidate Role = "candidate"
	Baseline  Role = "baseline"
	Further   Role = "further" // a further target; coloured by order
	Part      Role = "part"    // one of several parts; coloured by order
	Beside    Role = "beside"  // of less weight than the others; grey
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
	// Label names the point, where it is more than a place on the axes.
	Label string `json:"label,omitempty"`
}

// Series is a set of points.
type Series struct {
	Name   string  `json:"name"`
	Role   Role    `json:"role"`
	Kind   Kind    `json:"kind"`
	Dashed bool    `json:"dashed,omitempty"` // the second line of a target
	Points []Point `json:"points"`
}

// Axis describes an axis. With Categories, positions are 0, 1, … and are
// named by them.
type Axis struct {
	Label      string   `json:"label,omitempty"`
	Unit       string   `json:"unit,omitempty"` // as in package metric; "times", "USD"
	Log        bool     `json:"log,omitempty"`
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
	ID       string          `json:"id"` // file name without extension
	Title    string          `json:"title"`
	Subtitle string          `json:"subtitle"`
	Evidence result.Evidence `json:"evidence"`
	X        Axis            `json:"x"`
	Y        Axis            `json:"y"`
	Series   []Series        `json:"series"`
	Limits   []Limit         `json:"limits,omitempty"`
	Note     string          `json:"note,omitempty"` // what is left out, and why
}

// All returns the figures that a result has data for, in the report's order.
func All(r *result.Result) []Figure {
	var out []Figure
	add := func(f *Figure) {
		if f != nil && len(f.Series) > 0 {
			out = append(out, *f)
		}
	}
	b := r.Benchmarks
	if l := b.Latency; l != nil {
		add(latencyComparison(r))
		add(improvement(l))
		add(distribution(r, "latency-distribution", "latency", "ttft", l.Cells, l.Evidence))
		add(distribution(r, "e2e-distribution", "latency", "e2e", l.Cells, l.Evidence))
	}
	if l := b.Load; l != nil {
		add(distribution(r, "load-distribution", "load", "ttft", l.Cells, l.Evidence))
		add(distribution(r, "load-e2e-distribution", "load", "e2e", l.Cells, l.Evidence))
		add(faster(l))
		add(byRound(l))
	}
	if c := b.Capacity; c != nil {
		for _, f := range capacity(c) {
			add(f)
		}
	}
	if b.Scan != nil {
		for _, f := range scan(b.Scan) {
			add(f)
		}
	}
	if t := b.Throughput; t != nil {
		add(throughput(t))
		add(outputThroughput(t))
		add(latencyByLevel(r))
		add(success(r))
	}
	if c := b.Cost; c != nil {
		add(breakdown(c))
		add(prices(r))
		add(projection(c))
	}
	if q := b.Quality; q != nil {
		add(components(q))
	}
	return out
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
		return "infinite, since requests failed"
	case e.NeededN > 0 && n >= e.NeededN && neff > 0:
		return fmt.Sprintf("n=%d, worth %.0f independent, needs %d", n, math.Floor(neff), e.NeededN)
	case e.NeededN > 0:
		return fmt.Sprintf("n=%d, needs %d", n, e.NeededN)
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
		out = append(out, claimed{l, label})
	}
	return out
}
