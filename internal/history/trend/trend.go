// Package trend makes series of the index of runs, one metric over time, and says where they
// change. Runs that measured something else are never in one series.
package trend

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/history/change"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suggest"
)

// Metric is a figure of a run: a metric and one of its statistics.
type Metric struct {
	metric.Metric
	Statistic string // history.Only where the metric has one
}

// String is how it is typed.
func (m Metric) String() string {
	if m.Statistic == history.Only {
		return m.Tag
	}
	return m.Tag + "." + m.Statistic
}

var statistics = []string{"mean", "p50", "p90", "p95", "p99", "p99.9", "p1", "p5"}

// capacity is the answer of a search, which has no row among the metrics of requests.
var capacity = metric.Metric{Tag: "capacity", Name: "highest load within limits", Direction: metric.HigherIsBetter, Kind: metric.Rate}

// ParseMetric reads "ttft.p95", "output_throughput" or "ttft" (its median).
func ParseMetric(text string) (Metric, error) {
	tag, statistic, named := strings.Cut(text, ".")
	m, ok := metric.Lookup(tag)
	if tag == capacity.Tag {
		m, ok = capacity, true
	}
	if !ok {
		return Metric{}, fmt.Errorf("unknown metric %q%s; docs/metrics.md lists them", tag, suggest.DidYouMean(tag, append(metric.Tags(), capacity.Tag)))
	}
	single := m.Kind == metric.Rate || m.Tag == "accuracy"
	switch {
	case single && named && statistic != history.Only:
		return Metric{}, fmt.Errorf("%s has no %s: it is one number for a run", tag, statistic)
	case single:
		return Metric{m, history.Only}, nil
	case !named:
		return Metric{m, "p50"}, nil
	case !slices.Contains(statistics, statistic):
		return Metric{}, fmt.Errorf("unknown statistic %q of %s: use one of %s", statistic, tag, strings.Join(statistics, ", "))
	}
	return Metric{m, statistic}, nil
}

// Point is one run of a series.
type Point struct {
	Run     string         `json:"run"`
	Folder  string         `json:"folder"`
	Started time.Time      `json:"started"`
	Value   result.Number  `json:"value"`
	Lo      *result.Number `json:"lo,omitempty"`
	Hi      *result.Number `json:"hi,omitempty"`
	N       int            `json:"n"`
	NEff    float64        `json:"n_eff,omitempty"`
	Tags    []string       `json:"tags,omitempty"`
	servers []string
	labels  map[string]string
	version string
}

// Change is where a series changes.
type Change struct {
	At     int     `json:"at"`     // index of the first point after it
	Run    string  `json:"run"`    // that it begins with
	Before string  `json:"before"` // the run before that
	P      float64 `json:"p"`
	// Value is After ÷ Before where Ratio is set, else After − Before, with its 95 % interval.
	Ratio   bool     `json:"ratio"`
	Value   float64  `json:"value"`
	Lo      float64  `json:"lo"`
	Hi      float64  `json:"hi"`
	Level   float64  `json:"level"`     // mean since it
	Was     float64  `json:"level_was"` // mean from the previous change until it
	Worse   bool     `json:"worse"`
	Differs []string `json:"differs,omitempty"` // what else is not the same in the two runs
}

// Series is one figure of runs that measured the same, the oldest first.
type Series struct {
	Metric        string          `json:"metric"`
	Statistic     string          `json:"statistic"`
	Unit          string          `json:"unit"`
	Cell          string          `json:"cell"`
	Specification string          `json:"specification"`
	Limits        string          `json:"limits,omitempty"` // that goodput was counted by
	Evidence      result.Evidence `json:"evidence"`
	Models        []string        `json:"models,omitempty"`
	Points        []Point         `json:"points"`
	Changes       []Change        `json:"changes"`
	// Short says that there are too few points for any change to be found.
	Short bool `json:"short,omitempty"`
	m     Metric
}

// Trend is a figure over the runs of an index.
type Trend struct {
	Series []Series `json:"series"`             // those of most points first
	Left   []string `json:"left_out,omitempty"` // runs that are in no series, and why
}

// most are the points that a series has at most, the latest: looking for changes takes time in
// the square of their number.
const most = 1000

// fewest values have a change at all: with fewer there are too few orders for one to be rare.
const fewest = 10

// Index is what a trend needs of the history.
type Index interface {
	List(history.Filter) ([]history.Run, error)
	MetricsOf(folders []string, metric, statistic string) (map[string][]history.Metric, error)
}

// Of makes the series of a figure over the runs that a filter keeps, in the cells whose id
// holds the text cell.
func Of(h Index, m Metric, f history.Filter, cell string, o change.Options) (Trend, error) {
	var out Trend
	runs, err := h.List(f)
	if err != nil {
		return out, err
	}
	var folders []string
	for _, r := range runs {
		folders = append(folders, r.Folder)
	}
	figures, err := h.MetricsOf(folders, m.Tag, m.Statistic)
	if err != nil {
		return out, err
	}
	type group struct{ cell, specification, limits, unit, evidence string }
	at := map[group]int{}
	slices.Reverse(runs) // the oldest first
	for _, r := range runs {
		list := slices.DeleteFunc(slices.Clone(figures[r.Folder]), func(x history.Metric) bool { return !strings.Contains(x.Cell, cell) })
		if why := unusable(r, m, list); why != "" {
			out.Left = append(out.Left, r.ID+": "+why)
			continue
		}
		for _, x := range list {
			if why := unusableFigure(r, m, x); why != "" {
				out.Left = append(out.Left, r.ID+": "+why+" in "+x.Cell)
				continue
			}
			g := group{x.Cell, r.Specification, "", x.Unit, string(r.Evidence)}
			if m.Tag == "goodput" {
				g.limits = strings.Join(r.Limits, ", ")
			}
			i, is := at[g]
			if !is {
				i = len(out.Series)
				at[g] = i
				out.Series = append(out.Series, Series{Metric: m.Tag, Statistic: m.Statistic, Unit: x.Unit, Cell: x.Cell, Specification: r.Specification, Limits: g.limits, Evidence: r.Evidence, Models: r.Models, Changes: []Change{}, m: m})
			}
			out.Series[i].Points = append(out.Series[i].Points, Point{
				Run: r.ID, Folder: r.Folder, Started: r.Started, Value: x.Value, Lo: x.Lo, Hi: x.Hi, N: x.N, NEff: x.NEff, Tags: r.Tags, servers: r.Servers, labels: r.Labels, version: r.Version,
			})
		}
	}
	slices.SortStableFunc(out.Series, func(a, b Series) int { return cmp.Compare(len(b.Points), len(a.Points)) })
	for i := range out.Series {
		if n := len(out.Series[i].Points); n > most {
			out.Left = append(out.Left, fmt.Sprintf("%d runs of %s: only the latest %d are looked at", n-most, out.Series[i].Cell, most))
			out.Series[i].Points = out.Series[i].Points[n-most:]
		}
		out.Series[i].find(o)
	}
	return out, nil
}

// unusable says why a run is in no series.
func unusable(r history.Run, m Metric, figures []history.Metric) string {
	switch {
	case r.Status == history.Running:
		return "it is running"
	case r.Status != result.Complete:
		return "it is " + string(r.Status)
	case !r.Valid():
		return "it is invalid"
	case r.Specification == "":
		return "what it measured is not known, since its plan cannot be read"
	case len(figures) == 0:
		return "it has no " + m.String() + ": withheld, or not measured"
	}
	return ""
}

func unusableFigure(r history.Run, m Metric, x history.Metric) string {
	switch {
	case m.Tag == "goodput" && r.Evidence == result.Listed:
		return "another tool's file does not say by which limits its goodput was counted,"
	case x.Spoilt != "":
		return m.String() + " is spoilt (" + x.Spoilt + ")"
	case math.IsInf(float64(x.Value), 0):
		return m.String() + " is infinite, because requests failed"
	}
	return ""
}

// find looks for the changes of a series.
func (s *Series) find(o change.Options) {
	x := make([]float64, len(s.Points))
	for i, p := range s.Points {
		x[i] = float64(p.Value)
	}
	s.Short = len(x) < fewest
	points := change.Points(x, o)
	for i, p := range points {
		from, to := 0, len(x)
		if i > 0 {
			from = points[i-1].At
		}
		if i+1 < len(points) {
			to = points[i+1].At
		}
		shift, ok := change.ShiftOf(x[from:p.At], x[p.At:to], .95)
		if !ok {
			continue // cannot be: a part has at least three values
		}
		before, after := s.Points[p.At-1], s.Points[p.At]
		s.Changes = append(s.Changes, Change{
			At: p.At, Run: after.Run, Before: before.Run, P: p.P, Ratio: shift.Ratio, Value: shift.Value, Lo: shift.Lo, Hi: shift.Hi, Level: shift.After, Was: shift.Before,
			Worse: (shift.After > shift.Before) == (s.m.Direction == metric.LowerIsBetter), Differs: differs(before, after),
		})
	}
}

// differs lists what else is not the same in two runs, which may be why they differ.
func differs(a, b Point) []string {
	var out []string
	add := func(what, x, y string) {
		if x != y {
			out = append(out, fmt.Sprintf("%s: %s, before %s", what, cmp.Or(y, "none"), cmp.Or(x, "none")))
		}
	}
	add("server", strings.Join(a.servers, " and "), strings.Join(b.servers, " and "))
	add("tool version", a.version, b.version)
	names := map[string]bool{}
	for k := range a.labels {
		names[k] = true
	}
	for k := range b.labels {
		names[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(names)) {
		add("label "+k, a.labels[k], b.labels[k])
	}
	return out
}
