package ci

import (
	"fmt"
	"io"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report"
	document "github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// How much a summary holds, so that it has at most 40 lines.
const (
	mostAnswers = 4
	mostRows    = 6 // of each of three tables, the last of which says how many more there are
	mostText    = 240
)

// WriteSummary writes a run's summary.
func WriteSummary(run *export.Run, w io.Writer) error {
	_, err := w.Write(Summary(run))
	return err
}

// Summary is what a pull request needs of a run, as Markdown of at most 40 lines: the
// answers, the claims, the gate, the figures of each load, and what spoils them.
func Summary(run *export.Run) []byte {
	r := run.Result
	d := document.Of(r)
	s := &summary{}
	s.line("### %s", text("Inferometer: "+d.Name))
	if d.Warning != "" {
		s.line("> **%s**", text(d.Warning))
	}
	if d.Status != "" {
		s.line("**%s**", text(d.Status))
	}
	for i, a := range d.Answers {
		if i == mostAnswers {
			break
		}
		s.b.WriteString("- ")
		if a.Lead != "" {
			s.b.WriteString("**" + text(a.Lead) + ":** ")
		}
		s.b.WriteString(text(a.Text) + "\n")
	}
	if len(d.Answers) > 0 {
		s.b.WriteByte('\n')
	}
	s.claims(r)
	s.gate(run.Gate)
	s.loads(r)
	tool, said := "Inferometer "+r.Run.Version, checks(r.Validity)
	if r.Evidence == result.Listed {
		if tool = r.Run.Version; r.Validity.Status == result.NotAssessed {
			said = "Nothing is known of how these figures were taken."
		}
	}
	s.line("%s", text(said+" Run "+r.Run.ID+", "+string(r.Evidence)+", "+tool+"."))
	return []byte(s.b.String())
}

type summary struct{ b strings.Builder }

// line writes a paragraph of one line.
func (s *summary) line(layout string, args ...any) { _, _ = fmt.Fprintf(&s.b, layout+"\n\n", args...) }

// text makes any text harmless in Markdown.
func text(t string) string { return report.EscapeMarkdown(plaintext.Short(t, mostText)) }

// table writes rows of plain text.
func (s *summary) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	row := func(cells []string) {
		for _, c := range cells {
			_, _ = fmt.Fprintf(&s.b, "| %s ", text(c))
		}
		s.b.WriteString("|\n")
	}
	row(head)
	s.b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for i, cells := range rows {
		if i == mostRows-1 && len(rows) > mostRows {
			rest := make([]string, len(head))
			rest[0] = fmt.Sprintf("and %d more", len(rows)-i)
			row(rest)
			break
		}
		row(cells)
	}
	s.b.WriteByte('\n')
}

// order of verdicts: what needs attention first.
var order = []result.Verdict{result.Refuted, result.Invalid, result.Undecided, result.Proved}

func (s *summary) claims(r *result.Result) {
	var rows [][]string
	for _, v := range order {
		for _, c := range r.Claims {
			if c.Set && c.Verdict == v {
				rows = append(rows, []string{c.Limit, string(c.Verdict), format.Span(c.Estimate, c.Lo, c.Hi, c.Unit), c.Reason})
			}
		}
	}
	s.table([]string{"claim", "verdict", "value", "why"}, rows)
}

func (s *summary) gate(conditions []export.Condition) {
	var rows, fine [][]string
	for _, c := range conditions {
		row := []string{c.Condition, c.Against, c.Outcome, c.Reason}
		if c.Outcome == export.Excluded {
			fine = append(fine, row)
		} else {
			rows = append(rows, row)
		}
	}
	s.table([]string{"fails if", "against", "outcome", "why"}, append(rows, fine...))
}

func (s *summary) loads(r *result.Result) {
	var rows [][]string
	for benchmark, c := range r.Cells() {
		if benchmark == "capacity" {
			continue // its answer is above, and its trials are many
		}
		m, ok := c.Metrics, fmt.Sprintf("%d of %d", c.Counts.OK, c.Counts.Attempted)
		if !c.FailuresKnown() {
			ok = fmt.Sprintf("%d, failures unknown", c.Counts.OK)
		}
		rows = append(rows, []string{
			c.Target + ", " + c.Load.Text, format.Figure(m, "ttft", "p50"), format.Figure(m, "ttft", "p95"), format.Figure(m, "tpot", "p50"),
			format.Figure(m, "throughput", ""), ok,
		})
	}
	s.table([]string{"load", "TTFT p50", "TTFT p95", "TPOT p50", "requests/s", "ok"}, rows)
}

// checks is what the run's checks say, in a sentence.
func checks(v result.Validity) string {
	failed, warned := []string{}, 0
	for _, c := range v.Checks {
		switch c.Status {
		case result.Fail:
			failed = append(failed, strings.TrimSuffix(c.ID+" in "+c.Cell, " in "))
		case result.Warn:
			warned++
		}
	}
	switch {
	case len(failed) > 0:
		more := ""
		if len(failed) > 3 {
			failed, more = failed[:3], fmt.Sprintf(" and %d more", len(failed)-3)
		}
		return "Checks failed: " + strings.Join(failed, ", ") + more + "."
	case warned > 0:
		return amount.Things(warned, "check") + " of validity warned, none failed."
	}
	return "No check of validity warned or failed."
}
