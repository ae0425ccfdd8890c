// Package page decides what the report of a matrix says: the recommendation first,
// then the configurations next to each other, what was expected of them, and every
// run. It computes no statistic.
package page

import (
	"fmt"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/matrix/analysis"
	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Of is the report of a matrix that was analysed.
func Of(m design.Matrix, d analysis.Document) content.Document {
	a := d.Analysis
	doc := content.Document{
		Title: "Engine configurations: " + plaintext.Line(m.Name), Name: plaintext.Line(m.Name),
		Headline: fmt.Sprintf("%s, %s, %s in blocks", amount.Things(len(m.Configurations), "engine configuration"), amount.Things(len(m.Workloads), "workload"), amount.Things(m.Repeats, "repeat")),
		Started:  d.Started.UTC().Format("2006-01-02 15:04"), Evidence: a.Evidence, Version: plaintext.Line(d.Version),
	}
	if d.Status != result.Complete {
		doc.Status = format.Sentence(plaintext.Line("The matrix is " + string(d.Status) + ": " + d.Reason))
	}
	if a.Evidence == result.Simulated {
		doc.Warning = "SIMULATED: the engines of this matrix are simulated servers."
	}
	doc.Answers = append(doc.Answers, content.Paragraph{Lead: "Which configuration?", Text: plaintext.Line(a.Recommendation)})
	for _, s := range []*content.Section{comparison(m, d), expectations(m, a), workloads(a), runs(d)} {
		if s != nil {
			doc.Sections = append(doc.Sections, *s)
		}
	}
	return doc
}

// head makes columns of a table of configurations.
func head(names ...string) []content.Column {
	out := []content.Column{{Name: "configuration", Kind: content.Name}}
	for _, n := range names {
		out = append(out, content.Column{Name: n})
	}
	return out
}

// clean is a text of a plan or of an engine as a report has it.
func clean(s string) string { return plaintext.Line(s) }

// comparison is the matrix itself.
func comparison(m design.Matrix, d analysis.Document) *content.Section {
	a := d.Analysis
	s := &content.Section{ID: "configurations", Title: "Configurations", Evidence: a.Evidence}
	speed := content.Table{Title: "Speed, and how many times that of " + clean(a.Baseline), Head: head("decode, token/s", "× baseline", "prefill, token/s", "× baseline", "users, token/s", "× baseline")}
	rest := content.Table{Title: "First token, start, memory, energy, quality", Head: head("TTFT, ms", "start, s", "memory, GiB", "J/token", "efficiency", "quality", "front")}
	for _, c := range a.Configurations {
		name := clean(c.Name)
		if c.Why != "" {
			speed.Rows = append(speed.Rows, []string{name, format.Missing, format.Missing, format.Missing, format.Missing, format.Missing, format.Missing})
			s.Notes = append(s.Notes, content.Note{Kind: content.Errors, Text: name + ": " + clean(firstLine(c.Why))})
			continue
		}
		speed.Rows = append(speed.Rows, []string{
			name, c.Value(a.Decode, analysis.DecodeRate).String(), times(c.Speedup(a.Decode, analysis.DecodeRate)),
			c.Value(a.Prefill, analysis.PrefillRate).String(), times(c.Speedup(a.Prefill, analysis.PrefillRate)),
			c.Value(a.Users, analysis.Throughput).String(), times(c.Speedup(a.Users, analysis.Throughput)),
		})
		rest.Rows = append(rest.Rows, []string{
			name, c.Value(a.Prefill, analysis.TTFT).String(), c.LoadS.String(), gib(c.Memory), c.Energy.String(), share(c.Efficiency), c.Quality.String(), onFront(&c),
		})
	}
	speed.Short = []content.Table{brief(speed)}
	s.Tables = []content.Table{speed, rest}
	for _, text := range a.Because {
		s.Text = append(s.Text, content.Paragraph{Text: clean(text)})
	}
	explain := func(text string) {
		s.Notes = append(s.Notes, content.Note{Kind: content.Remark, Text: clean(text)})
	}
	for _, n := range a.Notes {
		s.Notes = append(s.Notes, content.Note{Kind: content.Assumption, Text: clean(firstLine(n))})
	}
	explain(intervals(m))
	for _, w := range []struct{ name, what string }{{a.Decode, "Decode is the output speed of one user (median), in the workload"}, {a.Prefill, "Prefill is input tokens over the time from sending to the first token, in the workload"}, {a.Users, "Users is the output of all users together, in the workload"}} {
		if w.name != "" {
			explain(fmt.Sprintf("%s %s.", w.what, w.name))
		}
	}
	explain("Efficiency is tokens per joule relative to the best configuration. Quality is the share of items answered right, relative to the baseline.")
	if len(a.Axes) > 0 {
		explain("On the front is what no other configuration equals in " + strings.Join(a.Axes, ", ") + " while it is better in one of them.")
	}
	s.Figures = figures(a)
	return s
}

// brief is the table of speeds for a terminal: the rates without their intervals, which
// leaves those of the speed-ups room.
func brief(t content.Table) content.Table {
	t.Head = head("decode", "× baseline", "prefill", "× baseline", "users", "× baseline")
	t.Title += ", token/s"
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = append([]string{}, row...)
		for c := 1; c < len(row); c += 2 {
			rows[i][c], _, _ = strings.Cut(row[c], " [")
		}
	}
	t.Rows = rows
	return t
}

// intervals says what the intervals of this matrix are.
func intervals(m design.Matrix) string {
	if m.Repeats < 3 {
		return fmt.Sprintf("With %s there are no intervals; 3 or more give them.", amount.Things(m.Repeats, "repeat"))
	}
	return fmt.Sprintf("Intervals are at 95 %%, Student's over the logarithms of %d runs; those of speed-ups are over the ratios within each block, so that a drift of the machine between blocks is not in them.", m.Repeats)
}

func times(v analysis.Value) string {
	if v.Withheld == "the baseline" {
		return "1"
	}
	return v.String()
}

func gib(v analysis.Value) string {
	if v.Value == nil {
		return format.Missing
	}
	return format.Number(float64(*v.Value) / (1 << 30))
}

func share(n *result.Number) string {
	if n == nil {
		return format.Missing
	}
	return fmt.Sprintf("%.0f %%", 100*float64(*n))
}

func onFront(c *analysis.Summary) string {
	switch {
	case c.Unplaced != "":
		return format.Missing
	case c.Beaten != "":
		return "no: " + clean(c.Beaten)
	}
	return "yes"
}

// expectations sets what was measured next to what a model of the machine allows and
// to what somebody expected.
func expectations(m design.Matrix, a *analysis.Analysis) *content.Section {
	t := content.Table{Head: head("decode, token/s", "modelled", "reached", "× measured", "× expected")}
	s := &content.Section{ID: "expectations", Title: "Against expectations"}
	known := false
	reasons := map[string]bool{}
	for _, c := range a.Configurations {
		if c.Why != "" && c.Expected == 0 {
			continue
		}
		ceiling, reached, expected := format.Missing, format.Missing, format.Missing
		if c.Roofline.Rate != nil {
			known = true
			ceiling, reached = format.Number(float64(*c.Roofline.Rate)), share(c.Roofline.Share)
			s.Notes = append(s.Notes, content.Note{Kind: content.Remark, Text: clean(c.Name + ": " + c.Roofline.Text + ".")})
		} else if c.Roofline.Text != "" && !reasons[c.Roofline.Text] {
			reasons[c.Roofline.Text] = true
			s.Notes = append(s.Notes, content.Note{Kind: content.Remark, Text: clean(c.Name + ": no ceiling: " + c.Roofline.Text + ".")})
		}
		if c.Expected > 0 {
			known = true
			expected = format.Number(c.Expected)
			if c.By != "" {
				reasons[c.By] = true
			}
		}
		t.Rows = append(t.Rows, []string{clean(c.Name), c.Value(a.Decode, analysis.DecodeRate).String(), ceiling, reached, times(c.Speedup(a.Decode, analysis.DecodeRate)), expected})
	}
	if !known {
		return nil
	}
	s.Tables = []content.Table{t}
	for _, c := range m.Configurations {
		if c.Expected > 0 {
			s.Text = append(s.Text, content.Paragraph{Text: clean("The column × expected: " + c.ExpectedBy + ".")})
			break
		}
	}
	if len(a.Listed) > 0 {
		l := content.Table{Title: "Published by others (listed)", PagesOnly: true, Head: []content.Column{{Name: "what", Kind: content.Name}, {Name: "prefill, token/s"}, {Name: "decode, token/s"}, {Name: "source", Kind: content.Sentence}}}
		for _, p := range a.Listed {
			l.Rows = append(l.Rows, []string{clean(p.What), format.Number(p.Prefill), format.Number(p.Decode), clean(p.Source)})
		}
		s.Tables = append(s.Tables, l)
	}
	s.Text = append(s.Text, content.Paragraph{Text: "Without a chip of the catalog the modelled rate is a ceiling: the memory's bandwidth over the bytes of the weights, which each token reads once; the KV cache and the computation are not in it.", PagesOnly: true})
	return s
}

// workloads has every figure of every workload.
func workloads(a *analysis.Analysis) *content.Section {
	s := &content.Section{ID: "workloads", Title: "Every workload", Evidence: a.Evidence, PagesOnly: true}
	var names []string
	seen := map[string]bool{}
	for _, c := range a.Configurations {
		for _, w := range c.Cells {
			if !seen[w.Workload] {
				seen[w.Workload] = true
				names = append(names, w.Workload)
			}
		}
	}
	for _, w := range names {
		t := content.Table{Title: clean(w), Head: head(), Folded: true}
		for _, q := range analysis.Quantities() {
			t.Head = append(t.Head, content.Column{Name: q.Name + ", " + q.Unit}, content.Column{Name: "×"})
		}
		for _, c := range a.Configurations {
			row := []string{clean(c.Name)}
			for _, q := range analysis.Quantities() {
				row = append(row, c.Value(w, q.Tag).String(), times(c.Speedup(w, q.Tag)))
			}
			t.Rows = append(t.Rows, row)
		}
		s.Tables = append(s.Tables, t)
	}
	if len(s.Tables) == 0 {
		return nil
	}
	return s
}

// runs lists every run in its order.
func runs(d analysis.Document) *content.Section {
	s := &content.Section{ID: "runs", Title: "Runs", PagesOnly: true}
	t := content.Table{Layout: content.Words, Folded: true, Head: []content.Column{
		{Name: "run"}, {Name: "block"}, {Name: "configuration", Kind: content.Name}, {Name: "ended"}, {Name: "began"}, {Name: "start, s"}, {Name: "memory, GiB"}, {Name: "thermal state"}, {Name: "folder"}, {Name: "reason", Kind: content.Sentence},
	}}
	for _, r := range d.Runs {
		memory, load := format.Missing, format.Missing
		if r.PeakMemory > 0 {
			memory = format.Number(float64(r.PeakMemory) / (1 << 30))
		}
		if r.LoadS > 0 {
			load = format.Number(r.LoadS)
		}
		thermal, folder := r.Thermal, r.Folder
		if thermal == "" {
			thermal = "not known"
		}
		if folder == "" {
			folder = format.Missing
		}
		t.Rows = append(t.Rows, []string{
			fmt.Sprint(r.Step), fmt.Sprint(r.Block), clean(r.Configuration), string(r.Status), r.Started.UTC().Format(time.TimeOnly), load, memory, clean(thermal), clean(folder), clean(firstLine(r.Reason + r.Warning)),
		})
	}
	s.Tables = []content.Table{t}
	return s
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSuffix(line, ":")
}
