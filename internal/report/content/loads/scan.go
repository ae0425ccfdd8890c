package loads

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Scan shows a row for each point, then the trade-off between them; intervals
// are in tables of their own, which would be too wide otherwise.
func Scan(s *result.Scan, validity result.Validity) *content.Section {
	if s == nil {
		return nil
	}
	v := scanView{Scan: s, cells: map[string]result.Cell{}, trouble: troubles(validity.Checks), place: map[int]result.ParetoPoint{}}
	v.keys, v.labels = figure.ScanLabels(s)
	for _, c := range s.Cells {
		v.cells[c.ID] = c
	}
	if p := s.Pareto; p != nil && p.Refused == "" {
		for _, q := range p.Points {
			v.place[q.Point] = q
		}
	}
	out := &content.Section{ID: "scan", Title: "Sweep", Evidence: s.Evidence}
	out.Detail(v.swept())
	out.Say(plaintext.Line(s.Text))
	short := v.said(8)
	for i, text := range v.said(40) {
		out.Text = append(out.Text, content.Paragraph{Text: text, Short: short[i]})
	}
	if p := s.Pareto; p != nil && p.Refused == "" && len(p.Left) > 0 { // with the front, if that is drawn
		text := "Not placed: " + plaintext.Line(strings.Join(figure.Gather(p.Left), "; ")) + "."
		out.Text = append(out.Text, content.Paragraph{Text: text, TerminalOnly: len(p.Points) > 0})
	}
	out.Table(v.overview(), v.short())
	out.Pages(v.front(), v.latencies(), v.rates(), v.server())
	out.Notes = slices.DeleteFunc(explained(s.Cells, validity, []string{"ttft", "tpot", "e2e"}, []string{"p50", "p95"}), func(n content.Note) bool {
		return strings.HasPrefix(n.Text, format.Approximate+" "+metricName("input_throughput")) // a rate that it does not show
	})
	return out
}

type scanView struct {
	*result.Scan
	keys    string
	labels  []string
	cells   map[string]result.Cell
	trouble map[string]string // by cell
	place   map[int]result.ParetoPoint
}

// troubles names for each cell the checks that did not pass, the worst first.
func troubles(checks []result.Check) map[string]string {
	out := map[string]string{}
	for _, st := range []result.CheckStatus{result.Fail, result.Warn} {
		ids := map[string][]string{}
		for _, k := range checks {
			if k.Status == st && k.Cell != "" {
				ids[k.Cell] = append(ids[k.Cell], plaintext.Line(k.ID))
			}
		}
		for cell, names := range ids {
			if out[cell] != "" {
				out[cell] += "; "
			}
			out[cell] += string(st) + ": " + strings.Join(names, ", ")
		}
	}
	return out
}

// swept says which values the points have.
func (v *scanView) swept() string {
	var parts []string
	for _, k := range v.Keys {
		parts = append(parts, fmt.Sprintf("%s (%s)", format.Brief(k.Name, 60), strings.Join(briefly(k.Values), ", ")))
	}
	how := "every combination"
	if v.Mode == "zip" {
		how = "the first values together, then the second, and so on"
	}
	return fmt.Sprintf("Swept: %s; %s: %s points, of which %s were measured. Latency counts from when a request was due.",
		strings.Join(parts, ", "), how, format.Count(len(v.Points)), format.Count(len(v.Cells)))
}

func briefly(values []string) []string {
	out := make([]string, len(values))
	for i, s := range values {
		out[i] = format.Brief(s, 80)
	}
	return out
}

// said is what a reader must know to read the table; lists name so many points.
func (v *scanView) said(most int) []string {
	var out []string
	var reasons []string
	at := map[string][]string{}
	for i, p := range v.Points {
		if _, measured := v.cells[p.Cell]; measured {
			continue
		}
		why := cmp.Or(format.Brief(p.Why, 200), "no reason given")
		if at[why] == nil {
			reasons = append(reasons, why)
		}
		at[why] = append(at[why], plaintext.Line(v.labels[i]))
	}
	for _, why := range reasons {
		out = append(out, fmt.Sprintf("Not measured: %s: %s.", content.Some(at[why], most), why))
	}
	if slices.ContainsFunc(v.Cells, func(c result.Cell) bool { return c.Load.Kind == "closed" }) {
		out = append(out, "In a closed loop a slow server receives less load, so these latencies do not show how it performs at a given rate.")
	}
	p := v.Pareto
	switch {
	case p == nil:
	case p.Refused != "":
		out = append(out, "There is no Pareto front: "+strings.TrimSuffix(plaintext.Line(p.Refused), ".")+".")
	default:
		out = append(out, fmt.Sprintf("Pareto front: %s against %s. No point on it can be improved in one without losing in the other. It consists of estimates: where intervals overlap, points may swap places, and the best of many looks better than it is. Measure the one you choose again.",
			plaintext.Line(p.Y.Label), plaintext.Line(p.X.Label)))
	}
	return out
}

// each makes a table with a row for each point; of gets the point's index and
// its cell. A point without a cell has a row of nothing.
func (v *scanView) each(title string, head []string, of func(int, result.Cell) []string) content.Table {
	t := content.Table{Title: title, Head: content.Columns(append([]string{plaintext.Line(v.keys)}, head...)...)}
	for i, p := range v.Points {
		row := []string{format.Brief(v.labels[i], 120)}
		if c, measured := v.cells[p.Cell]; measured {
			row = append(row, of(i, c)...)
		} else {
			row = append(row, slices.Repeat([]string{format.Missing}, len(head))...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v *scanView) overview() content.Table {
	t := v.each("", []string{"on the front", "ok", "failed", "TTFT p50, ms", "TTFT p95, ms", "TPOT p50, ms", "requests/s", "output tokens/s", "one user, tokens/s", "problems"}, func(i int, c result.Cell) []string {
		m := c.Metrics
		return []string{
			v.standing(i), okText(c), format.Failures(c.Counts.ByClass), format.Figure(m, "ttft", "p50"), format.Figure(m, "ttft", "p95"), format.Figure(m, "tpot", "p50"),
			format.Figure(m, "throughput", ""), format.Figure(m, "output_throughput", ""), format.Figure(m, "user_rate", "p50"), cmp.Or(v.trouble[c.ID], format.Missing),
		}
	})
	for i, p := range v.Points {
		if _, measured := v.cells[p.Cell]; !measured {
			t.Rows[i][len(t.Rows[i])-1] = "not measured"
		}
	}
	return t.Filled()
}

// standing says where a point is in the Pareto front.
func (v *scanView) standing(point int) string {
	q, placed := v.place[point]
	switch {
	case !placed:
		return format.Missing
	case q.Dominated:
		return "dominated"
	}
	return "front"
}

// short is the overview for a terminal: 80 columns, if the values are short.
func (v *scanView) short() content.Table {
	t := v.each("", []string{"ok", "TTFT p50", "p95", "TPOT", "req/s", "tok/s", "per user"}, func(_ int, c result.Cell) []string {
		m := c.Metrics
		ok := fmt.Sprintf("%d/%d", c.Counts.OK, c.Counts.Scheduled)
		return []string{ok, format.Figure(m, "ttft", "p50"), format.Figure(m, "ttft", "p95"), format.Figure(m, "tpot", "p50"), format.Figure(m, "throughput", ""), format.Figure(m, "output_throughput", ""), format.Figure(m, "user_rate", "p50")}
	})
	t.Title = "times in ms; per user: tokens/s that one user sees"
	var front [][]string
	for i := range t.Rows {
		sign := ""
		if q, placed := v.place[i]; placed && !q.Dominated {
			sign = " ●"
			front = append(front, t.Rows[i])
		}
		t.Rows[i][0] = format.Ends(v.labels[i], 40) + sign
	}
	if front != nil {
		t.Title += "; ●: on the Pareto front"
	}
	if len(t.Rows) > mostShort {
		if front == nil {
			front = t.Rows
		}
		t.Rows = front[:min(len(front), mostShort)]
		t.Title += fmt.Sprintf("; %d of %d points, the report has all", len(t.Rows), len(v.Points))
	}
	return t
}

// mostShort is how many points a terminal shows; of more, those on the front.
const mostShort = 64

// front lists the points that no other beats, by speed.
func (v *scanView) front() content.Table {
	p := v.Pareto
	if p == nil || p.Refused != "" {
		return content.Table{}
	}
	t := content.Table{Title: "On the Pareto front", Head: content.Columns(plaintext.Line(v.keys), plaintext.Line(p.X.Label), plaintext.Line(p.Y.Label))}
	points := slices.DeleteFunc(slices.Clone(p.Points), func(q result.ParetoPoint) bool {
		return q.Dominated || q.Point < 0 || q.Point >= len(v.labels)
	})
	slices.SortStableFunc(points, func(a, b result.ParetoPoint) int { return cmp.Compare(a.X, b.X) })
	for _, q := range points {
		t.Rows = append(t.Rows, []string{format.Brief(v.labels[q.Point], 120), format.WithUnit(float64(q.X), plaintext.Line(p.X.Unit)), format.WithUnit(float64(q.Y), plaintext.Line(p.Y.Unit))})
	}
	return t
}

// unitless is statText without the unit, which the head of the table has.
func unitless(m result.Metrics, tag, stat string) string {
	s := m.Stats[tag]
	s.Unit = ""
	return statText(result.Metrics{Stats: map[string]result.Statistic{tag: s}}, tag, stat)
}

// latencies are the quantiles with their intervals.
func (v *scanView) latencies() content.Table {
	t := v.each("Latency in ms, with 95 % intervals", []string{"TTFT p50", "TTFT p95", "TTFT p99", "TPOT p50", "TPOT p95", "E2E p50", "E2E p95"}, func(_ int, c result.Cell) []string {
		m := c.Metrics
		return []string{
			unitless(m, "ttft", "p50"), unitless(m, "ttft", "p95"), unitless(m, "ttft", "p99"), unitless(m, "tpot", "p50"), unitless(m, "tpot", "p95"),
			unitless(m, "e2e", "p50"), unitless(m, "e2e", "p95"),
		}
	})
	t.Folded = true
	return t.Filled()
}

// rates are what came of the load, with intervals.
func (v *scanView) rates() content.Table {
	rate := func(m result.Metrics, tag string) string {
		r := m.Rates[tag]
		if tag != "success" {
			r.Unit = ""
		}
		return format.Rate(r)
	}
	t := v.each("Rates, with 95 % intervals", []string{"requests/s", "inside all limits/s", "output tokens/s", "success", "one user, tokens/s, p50", "p5"}, func(_ int, c result.Cell) []string {
		m := c.Metrics
		return []string{rate(m, "throughput"), rate(m, "goodput"), rate(m, "output_throughput"), rate(m, "success"), unitless(m, "user_rate", "p50"), unitless(m, "user_rate", "p5")}
	})
	t.Folded = true
	return t.Filled()
}

// server is what the server counted, of the points where it said anything.
func (v *scanView) server() content.Table {
	t := content.Table{Title: "What the server reports", Folded: true, Head: content.Columns(plaintext.Line(v.keys), "counted by the server")}
	for i, p := range v.Points {
		if text := serverText(v.cells[p.Cell].Server); text != "" {
			t.Rows = append(t.Rows, []string{format.Brief(v.labels[i], 120), text})
		}
	}
	return t
}
