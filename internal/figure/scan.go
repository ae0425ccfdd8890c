package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// scan shows the trade-off between the points, then each metric over the swept
// key.
func scan(r *result.Result) []*Figure {
	w := layOut(r.Benchmarks.Scan)
	w.validity = r.Validity
	out := []*Figure{w.pareto()}
	gaps := "gap" // as long as fewer points know the tokens of each frame
	if n := w.gives("itl", "p50"); n > 0 && 2*n >= w.gives("gap", "p50") {
		gaps = "itl"
	}
	for _, m := range []struct {
		tag   string
		stats []string
	}{
		{"ttft", []string{"p50", "p95", "p99"}}, {"tpot", []string{"p50", "p95"}}, {gaps, []string{"p50", "p99"}}, {"e2e", []string{"p50", "p95", "p99"}},
	} {
		out = append(out, w.latencies(m.tag, m.stats)...)
	}
	out = append(out, w.requests()...)
	return append(out,
		w.overKey("output_throughput", "", []view{{"output_throughput", "", ""}}),
		w.overKey("success", "", []view{{"success", "", ""}}),
		latencyAgainstThroughput(r, "scan-latency-against-throughput", w.Evidence, w.swept()),
	)
}

// view is one quantity of a figure: a quantile, or a rate where stat is empty.
type view struct{ tag, stat, name string }

func (v view) of() func(result.Cell) (result.Estimate, size) {
	if v.stat == "" {
		return rate(v.tag)
	}
	return quantile(v.tag, v.stat)
}

// gives counts the points that have a value.
func (w *sweep) gives(tag, stat string) int {
	n := 0
	for _, c := range w.Cells {
		e, _ := view{tag: tag, stat: stat}.of()(c)
		if _, ok := finite(e.Value); ok {
			n++
		}
	}
	return n
}

// latencies makes one figure of all quantiles where there is one line, and one
// of each where there are several.
func (w *sweep) latencies(tag string, stats []string) []*Figure {
	var views []view
	for _, s := range stats {
		views = append(views, view{tag, s, s})
	}
	if len(w.lines) == 1 {
		return []*Figure{w.overKey(tag, "", views)}
	}
	var out []*Figure
	for _, v := range views {
		out = append(out, w.overKey(tag, v.stat, []view{{v.tag, v.stat, ""}}))
	}
	return out
}

// requests are those that were completed and those of them that kept every
// limit, next to what was asked for.
func (w *sweep) requests() []*Figure {
	done := []view{{"throughput", "", "completed"}}
	inside := view{"goodput", "", "inside all limits"}
	var out []*Figure
	switch {
	case len(w.lines) > 1:
		out = append(out, w.overKey("throughput", "", []view{{"throughput", "", ""}}), w.overKey("goodput", "", []view{{"goodput", "", ""}}))
	case w.gives("goodput", "") > 0:
		out = append(out, w.overKey("throughput", "", append(done, inside)))
	default:
		out = append(out, w.overKey("throughput", "", done))
	}
	if asked, ok := w.offered(); ok && out[0] != nil {
		out[0].Series = slices.Insert(out[0].Series, 0, asked)
	}
	return out
}

// offered is the rate of requests that was asked for, where that is the swept
// key.
func (w *sweep) offered() (Series, bool) {
	s := Series{Name: "requested", Role: Faint, Kind: Rule, Dashed: true}
	for _, i := range slices.Concat(w.allPoints()...) {
		x := w.place(i)
		if c, measured := w.cells[w.Points[i].Cell]; measured && (c.Load.Rate <= 0 || c.Load.Rate != x) {
			return Series{}, false
		}
		if !slices.ContainsFunc(s.Points, func(p Point) bool { return p.X == x }) {
			s.Points = append(s.Points, Point{X: x, Y: x})
		}
	}
	slices.SortFunc(s.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	return s, w.ordered() && len(s.Points) > 1 && len(w.Cells) > 0
}

// overKey draws quantities of a metric over the swept key.
func (w *sweep) overKey(tag, stat string, views []view) *Figure {
	m, _ := metric.Lookup(tag)
	f := &Figure{
		ID: "scan-" + strings.ReplaceAll(tag, "_", "-"), Title: plaintext.Capital(m.Name), Evidence: w.Evidence, X: w.axis(),
		Y: Axis{Label: m.Name, Unit: m.Unit, Metric: tag},
	}
	switch {
	case m.Unit == "ratio":
		f.Y.Unit, f.Y.Share = "", true
	case m.Unit == "1/s":
		f.Y.Label = "requests"
	case tag == "output_throughput":
		f.Y.Label = "output"
	}
	if stat != "" {
		f.ID, f.Title, f.Y.Label = f.ID+"-"+stat, f.Title+", "+stat, f.Y.Label+", "+stat
	}
	var without absences
	for _, v := range views {
		for _, l := range w.lines {
			if s, ok := w.series(l, v, &without); ok {
				f.Series = append(f.Series, s)
			}
		}
	}
	if len(f.Series) == 0 {
		return nil
	}
	if len(f.Series) == 1 && w.lines[0].name == "" {
		f.Series[0].Role = Candidate
	}
	f.Y.Log = m.Unit == "ms" && wide(f.Series)
	f.Subtitle = w.says(f)
	f.Note = notes(slices.Concat(without.told(), w.leftOut(), spoiltNote(f)))
	return f
}

// series has the points of a line that have a value or a bound; ok is false
// where none has a value.
func (w *sweep) series(l line, v view, without *absences) (s Series, ok bool) {
	s = Series{Name: strings.Join(slices.DeleteFunc([]string{v.name, l.name}, func(s string) bool { return s == "" }), ", "), Role: Part, Kind: Line}
	if !w.ordered() {
		s.Kind = Dot
	}
	if s.Name == "" {
		s.Name = v.tag
	}
	for _, i := range l.points {
		at := w.label(i)
		c, measured := w.cells[w.Points[i].Cell]
		if !measured {
			without.add("", at, cmp.Or(w.Points[i].Why, "not measured"), size{}, 0)
			continue
		}
		e, n := v.of()(c)
		p, drawn := point(w.place(i), e)
		if drawn {
			s.Points = append(s.Points, spoil(p, w.validity, v.tag, c.ID))
			ok = ok || !p.AtLeast
			if bare(v, e) {
				without.add(v.name, at, bareRate, size{}, 0)
			}
			if note := remark(c, v.tag); note != "" {
				without.add("", at, note, size{}, 0)
			}
		}
		if !drawn || p.AtLeast {
			without.add(v.name, at, absence(e, n.n, n.eff), n, e.NeededN)
		}
	}
	return s, ok
}

// remark is what a reader must know of a value that is shown. Frames that
// arrived together spoil the gaps, and the inter-token latency says so.
func remark(c result.Cell, tag string) string {
	if note := c.Metrics.Stats[tag].Note; note != "" || tag != "gap" {
		return note
	}
	if note := c.Metrics.Stats["itl"].Note; strings.HasPrefix(note, "bundled") {
		return note
	}
	return ""
}

// wide says whether values differ so much that a linear axis would hide some.
func wide(all []Series) bool {
	least, most := math.Inf(1), 0.0
	for _, s := range all {
		for _, p := range s.Points {
			least, most = min(least, p.Y), max(most, p.Y)
		}
	}
	return least > 0 && most >= 5*least
}

// says what the figure's points and lines are.
func (w *sweep) says(f *Figure) string {
	parts := []string{"each point is a cell"}
	if len(w.along) > 0 && w.x >= 0 {
		if w.Mode == "zip" {
			parts = append(parts, "together with "+w.keyNames(w.along))
		} else if len(w.along) > 1 {
			parts = append(parts, "a line is "+w.keyNames(w.along))
		}
	}
	bounds, hollow := false, false
	for _, s := range f.Series {
		for _, p := range s.Points {
			bounds = bounds || p.Lo != nil || p.Hi != nil
			hollow = hollow || p.AtLeast
		}
	}
	switch {
	case bounds:
		parts = append(parts, "95 % intervals")
	default:
		parts = append(parts, "too few requests for intervals")
	}
	if hollow {
		parts = append(parts, "with an arrow: lower bound")
	}
	return strings.Join(parts, "; ")
}

// leftOut names the lines that do not fit into a figure.
func (w *sweep) leftOut() []string {
	if len(w.left) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("lines shown only in the table: %s", list(w.left))}
}

// list names a few things, so many as fit a line, and counts the others.
func list(names []string) string {
	const most = 72 // letters
	n, letters := 0, 0
	for ; n < len(names) && (n == 0 || letters+len(names[n]) <= most); n++ {
		letters += len(names[n]) + 2
	}
	text := strings.Join(names[:n], ", ")
	if n < len(names) {
		text = fmt.Sprintf("%s and %d more", text, len(names)-n)
	}
	return text
}

// pareto shows the trade-off between the points, with those that another beats
// in the background.
func (w *sweep) pareto() *Figure {
	p := w.Pareto
	if p == nil || p.Refused != "" {
		return nil
	}
	f := &Figure{
		ID: "scan-pareto", Title: "Pareto front", Evidence: w.Evidence,
		Subtitle: "each point is a cell; up and to the right is better; labels where they fit: " + w.keyNames(w.varied),
		X:        paretoAxis(p.X), Y: paretoAxis(p.Y),
	}
	beaten := Series{Name: "dominated by another", Role: Faint, Kind: Dot}
	front := Series{Name: "on the front", Role: Candidate, Kind: Front}
	spoilt := Series{Name: "hollow: a check of validity failed", Role: Faint, Kind: Dot}
	for _, q := range p.Points {
		x, okX := finite(&q.X)
		y, okY := finite(&q.Y)
		if !okX || !okY || q.Point < 0 || q.Point >= len(w.Points) {
			continue
		}
		at := Point{X: x, Y: y, Label: w.label(q.Point)}
		switch {
		case q.Spoilt != "":
			at.Hollow = true
			spoilt.Points = append(spoilt.Points, at)
		case q.Dominated:
			beaten.Points = append(beaten.Points, at)
		default:
			front.Points = append(front.Points, at)
		}
	}
	slices.SortStableFunc(front.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	for _, s := range []Series{spoilt, beaten, front} {
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	if len(p.Left) > 0 {
		f.Note = "not placed: " + strings.Join(Gather(p.Left), "; ")
	}
	return f
}

func paretoAxis(a result.ParetoAxis) Axis {
	tag, _, _ := strings.Cut(a.Metric, ".")
	if _, known := metric.Lookup(tag); !known {
		tag = ""
	}
	return Axis{Label: a.Label, Unit: a.Unit, Metric: tag}
}
