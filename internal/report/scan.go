package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

// scan shows a row for each point, then what they have to trade; intervals are
// in tables of their own, which would else be too wide.
func scan(s *result.Scan, checks []result.Check, figures []string) *section {
	if s == nil {
		return nil
	}
	v := scanView{Scan: s, cells: map[string]result.Cell{}, trouble: troubles(checks), place: map[int]result.ParetoPoint{}}
	v.keys, v.labels = figure.ScanLabels(s)
	for _, c := range s.Cells {
		v.cells[c.ID] = c
	}
	if p := s.Pareto; p != nil && p.Refused == "" {
		for _, q := range p.Points {
			v.place[q.Point] = q
		}
	}
	out := &section{id: "scan", title: "Sweep", evidence: s.Evidence, figures: figures}
	if len(figures) > 1 { // what the points have to trade, and the first metric
		out.lead, out.figures = figures[:2], figures[2:]
	}
	out.told = append([]string{clean(s.Text)}, v.said(8)...)
	out.text = append([]string{v.swept(), clean(s.Text)}, v.said(40)...)
	out.tables = append(out.tables, v.overview(), v.front(), v.latencies(), v.rates(), v.server())
	out.short = []table{v.short()}
	out.notes = stars(s.Cells)
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
				ids[k.Cell] = append(ids[k.Cell], clean(k.ID))
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
		parts = append(parts, fmt.Sprintf("%s (%s)", brief(k.Name, 60), strings.Join(briefly(k.Values), ", ")))
	}
	how := "every combination"
	if v.Mode == "zip" {
		how = "the first values together, then the second, and so on"
	}
	return fmt.Sprintf("Swept: %s; %s: %s points, of which %s were measured. Latency counts from when a request was due.",
		strings.Join(parts, ", "), how, count(len(v.Points)), count(len(v.Cells)))
}

func briefly(values []string) []string {
	out := make([]string, len(values))
	for i, s := range values {
		out[i] = brief(s, 80)
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
		why := cmp.Or(brief(p.Why, 200), "nothing says why")
		if at[why] == nil {
			reasons = append(reasons, why)
		}
		at[why] = append(at[why], clean(v.labels[i]))
	}
	for _, why := range reasons {
		out = append(out, fmt.Sprintf("Not measured: %s: %s.", some(at[why], most), why))
	}
	if slices.ContainsFunc(v.Cells, func(c result.Cell) bool { return c.Load.Kind == "closed" }) {
		out = append(out, "In a closed loop a slow server gets less load: these latencies do not say how the server does at a given rate.")
	}
	p := v.Pareto
	switch {
	case p == nil:
	case p.Refused != "":
		out = append(out, "There is no Pareto front: "+strings.TrimSuffix(clean(p.Refused), ".")+".")
	default:
		out = append(out, fmt.Sprintf("Pareto front: %s against %s. No point of it is beaten in one without loss in the other. It is made of estimates: where intervals overlap, points may change places, and the best of many looks better than it is. Measure the one you choose again.",
			clean(p.Y.Label), clean(p.X.Label)))
		if len(p.Left) > 0 {
			out = append(out, "Without a place in it: "+clean(strings.Join(figure.Gather(p.Left), "; "))+".")
		}
	}
	return out
}

// some lists the first few and counts the others.
func some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
}

// value prints a quantile or, without a statistic, a rate, alone and without
// unit: the head has it.
func value(m result.Metrics, tag, stat string) string {
	e := rateEstimate(m.Rates[tag])
	if stat != "" {
		e, _ = m.Stats[tag].Quantile(stat)
	}
	if e.Value == nil && e.AtLeast != nil {
		return "≥ " + number(float64(*e.AtLeast))
	}
	return middle(e, 1)
}

func rateEstimate(r result.Rate) result.Estimate {
	return result.Estimate{Value: r.Value, Lo: r.Lo, Hi: r.Hi, Withheld: r.Withheld}
}

// each makes a table with a row for each point; of gets the point's index and
// its cell. A point without a cell has a row of nothing.
func (v *scanView) each(title string, head []string, of func(int, result.Cell) []string) table {
	t := table{title: title, head: append([]string{clean(v.keys)}, head...)}
	for i, p := range v.Points {
		row := []string{brief(v.labels[i], 120)}
		if c, measured := v.cells[p.Cell]; measured {
			row = append(row, of(i, c)...)
		} else {
			row = append(row, slices.Repeat([]string{missing}, len(head))...)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (v *scanView) overview() table {
	t := v.each("", []string{"on the front", "ok", "failed", "TTFT p50, ms", "TTFT p95, ms", "TPOT p50, ms", "requests/s", "output tokens/s", "one user, tokens/s", "trouble"}, func(i int, c result.Cell) []string {
		m := c.Metrics
		return []string{
			v.standing(i), okText(c), failures(c.Counts), value(m, "ttft", "p50"), value(m, "ttft", "p95"), value(m, "tpot", "p50"),
			value(m, "throughput", ""), value(m, "output_throughput", ""), value(m, "user_rate", "p50"), cmp.Or(v.trouble[c.ID], missing),
		}
	})
	for i, p := range v.Points {
		if _, measured := v.cells[p.Cell]; !measured {
			t.rows[i][len(t.rows[i])-1] = "not measured"
		}
	}
	return filled(t)
}

// filled returns a table without the columns that have nothing in any row.
func filled(t table) table {
	for i := len(t.head) - 1; i > 0; i-- {
		if !slices.ContainsFunc(t.rows, func(row []string) bool { return row[i] != missing }) {
			t = without(t, i)
		}
	}
	return t
}

// standing says where a point is in the Pareto front.
func (v *scanView) standing(point int) string {
	q, placed := v.place[point]
	switch {
	case !placed:
		return missing
	case q.Dominated:
		return "beaten"
	}
	return "front"
}

// short is the overview for a terminal: 80 columns, if the values are short.
func (v *scanView) short() table {
	t := v.each("", []string{"ok", "TTFT p50", "p95", "TPOT", "req/s", "tok/s", "a user"}, func(_ int, c result.Cell) []string {
		m := c.Metrics
		ok := fmt.Sprintf("%d/%d", c.Counts.OK, c.Counts.Scheduled)
		return []string{ok, value(m, "ttft", "p50"), value(m, "ttft", "p95"), value(m, "tpot", "p50"), value(m, "throughput", ""), value(m, "output_throughput", ""), value(m, "user_rate", "p50")}
	})
	t.title = "times in ms; a user: tokens/s that one user sees"
	var front [][]string
	for i := range t.rows {
		sign := ""
		if q, placed := v.place[i]; placed && !q.Dominated {
			sign = " ●"
			front = append(front, t.rows[i])
		}
		t.rows[i][0] = ends(v.labels[i], 40) + sign
	}
	if front != nil {
		t.title += "; ●: on the Pareto front"
	}
	if len(t.rows) > mostShort {
		if front == nil {
			front = t.rows
		}
		t.rows = front[:min(len(front), mostShort)]
		t.title += fmt.Sprintf("; %d of %d points, the report has all", len(t.rows), len(v.Points))
	}
	return t
}

// mostShort is how many points a terminal shows; of more, those on the front.
const mostShort = 64

// front lists the points that no other beats, by speed.
func (v *scanView) front() table {
	p := v.Pareto
	if p == nil || p.Refused != "" {
		return table{}
	}
	t := table{title: "On the Pareto front", head: []string{clean(v.keys), clean(p.X.Label), clean(p.Y.Label)}}
	points := slices.DeleteFunc(slices.Clone(p.Points), func(q result.ParetoPoint) bool {
		return q.Dominated || q.Point < 0 || q.Point >= len(v.labels)
	})
	slices.SortStableFunc(points, func(a, b result.ParetoPoint) int { return cmp.Compare(a.X, b.X) })
	for _, q := range points {
		t.rows = append(t.rows, []string{brief(v.labels[q.Point], 120), withUnit(float64(q.X), clean(p.X.Unit)), withUnit(float64(q.Y), clean(p.Y.Unit))})
	}
	return t
}

// latencies are the quantiles with their intervals.
func (v *scanView) latencies() table {
	quantile := func(m result.Metrics, tag, stat string) string {
		st := m.Stats[tag]
		st.Unit = ""
		m = result.Metrics{Stats: map[string]result.Statistic{tag: st}}
		return statText(m, tag, stat)
	}
	t := v.each("Latency in ms, with 95 % intervals", []string{"TTFT p50", "TTFT p95", "TTFT p99", "TPOT p50", "TPOT p95", "E2E p50", "E2E p95"}, func(_ int, c result.Cell) []string {
		m := c.Metrics
		return []string{
			quantile(m, "ttft", "p50"), quantile(m, "ttft", "p95"), quantile(m, "ttft", "p99"), quantile(m, "tpot", "p50"), quantile(m, "tpot", "p95"),
			quantile(m, "e2e", "p50"), quantile(m, "e2e", "p95"),
		}
	})
	t.folded = true
	return filled(t)
}

// rates are what came of the load, with intervals.
func (v *scanView) rates() table {
	rate := func(m result.Metrics, tag string) string {
		r := m.Rates[tag]
		if tag != "success" {
			r.Unit = ""
		}
		return rateText(r)
	}
	t := v.each("Rates, with 95 % intervals", []string{"requests/s", "inside all limits/s", "output tokens/s", "success", "one user, tokens/s, p50", "p5"}, func(_ int, c result.Cell) []string {
		m := c.Metrics
		st := m.Stats["user_rate"]
		st.Unit = ""
		m.Stats = map[string]result.Statistic{"user_rate": st}
		return []string{rate(m, "throughput"), rate(m, "goodput"), rate(m, "output_throughput"), rate(m, "success"), statText(m, "user_rate", "p50"), statText(m, "user_rate", "p5")}
	})
	t.folded = true
	return filled(t)
}

// server is what the server counted, of the points where it said anything.
func (v *scanView) server() table {
	t := table{title: "What the server says", folded: true, head: []string{clean(v.keys), "counted by the server"}}
	for i, p := range v.Points {
		if text := serverText(v.cells[p.Cell].Server); text != "" {
			t.rows = append(t.rows, []string{brief(v.labels[i], 120), text})
		}
	}
	return t
}
