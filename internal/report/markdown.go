package report

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

// Markdown returns the report as Markdown: claims first, each benchmark, what
// the business is told, the technical specification, validity, and how to
// reproduce it. Figures are linked in the folder figures/.
func Markdown(r *result.Result) []byte {
	m := &markdown{figures: map[string]figure.Figure{}}
	for _, f := range figure.All(r) {
		m.figures[f.ID] = f
	}
	m.line("# %s", escape("Inferometer: "+r.Run.Name))
	if s := warning(r); s != "" {
		m.line("> **%s**", escape(s))
	}
	m.line("%s", escape(headline(r)))
	if s := status(r); s != "" {
		m.line("**%s**", escape(s))
	}
	m.line("## Executive summary")
	m.line("%s Validity: %s", escape(summary(r)), escape(validityLine(r)))
	m.claims(r)
	for _, s := range sections(r) {
		m.section(s)
	}
	m.impact(r)
	m.specification(r)
	m.validity(r)
	m.reproduce(r)
	return []byte(m.b.String())
}

type markdown struct {
	b       strings.Builder
	figures map[string]figure.Figure
}

// line writes a paragraph.
func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.b, format+"\n\n", args...)
}

// escape makes text plain in Markdown and in a cell of a table.
func escape(s string) string {
	s = strings.TrimSpace(clean(s))
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '|', '#', '!', '~', '$', '@':
			b.WriteByte('\\')
		case '-', '+', '=': // lists and underlines of headings
			if i == 0 {
				b.WriteByte('\\')
			}
		case '.', ')': // numbered lists
			if digits := strings.TrimLeft(s[:i], "0123456789"); i > 0 && digits == "" && (i+1 == len(s) || s[i+1] == ' ') {
				b.WriteByte('\\')
			}
		case '<':
			b.WriteString("&lt;")
			continue
		case '>':
			b.WriteString("&gt;")
			continue
		case '&':
			b.WriteString("&amp;")
			continue
		}
		b.WriteRune(r)
	}
	// Bare addresses must not become links: a server chose some of them.
	return bare.Replace(b.String())
}

// bare breaks what readers of Markdown make links of, in a way that is not
// seen and does not spoil a copy of the text.
var bare = strings.NewReplacer("://", `:\//`, "www.", `www\.`, "WWW.", `WWW\.`, "Www.", `Www\.`, "mailto:", `mailto\:`, "xmpp:", `xmpp\:`)

func (m *markdown) table(t table) {
	if len(t.rows) == 0 {
		return
	}
	if t.title != "" {
		m.line("**%s**", escape(t.title))
	}
	row := func(cells []string) {
		for _, c := range cells {
			fmt.Fprintf(&m.b, "| %s ", escape(c))
		}
		m.b.WriteString("|\n")
	}
	row(t.head)
	m.b.WriteString("|---")
	for i := 1; i < len(t.head); i++ {
		m.b.WriteString(alignment(t.rows, i))
	}
	m.b.WriteString("|\n")
	for _, r := range t.rows {
		row(r)
	}
	m.b.WriteByte('\n')
}

// alignment of a column: figures to the right, words to the left.
func alignment(rows [][]string, column int) string {
	for _, row := range rows {
		cell := row[column]
		if cell != "" && !strings.ContainsAny(cell[:1], "0123456789$") && !strings.HasPrefix(cell, "−") &&
			!strings.HasPrefix(cell, "≥") && !strings.HasPrefix(cell, missing) && !strings.HasPrefix(cell, infinity) && !strings.HasPrefix(cell, "withheld") {
			return "|---"
		}
	}
	return "|--:"
}

func (m *markdown) claims(r *result.Result) {
	t := table{head: []string{"verdict", "claim", "estimate", "n", "evidence"}}
	lines := claimLines(r)
	for _, l := range lines {
		t.rows = append(t.rows, []string{l.verdict, l.limit, l.estimate, l.n, l.evidence})
	}
	m.table(t)
	for _, l := range lines {
		m.line("- **%s** %s. *%s.*", escape(l.verdict), escape(l.text), escape(l.reason))
	}
}

func (m *markdown) section(s section) {
	title := s.title
	if s.evidence != "" {
		title += " (" + string(s.evidence) + ")"
	}
	m.line("## %s", escape(title))
	for _, p := range s.text {
		m.line("%s", escape(p))
	}
	m.drawings(s.lead)
	for _, t := range s.tables {
		m.table(t)
	}
	m.drawings(s.figures)
	for _, n := range s.notes {
		m.line("- %s", escape(n))
	}
}

func (m *markdown) drawings(ids []string) {
	for _, id := range ids {
		f := m.figures[id]
		m.line("![%s](figures/%s.svg)", escape(f.Title+", "+string(f.Evidence)), id)
		if f.Note != "" {
			m.line("%s", escape(capital(f.Note)+"."))
		}
	}
}

// impact says what it means a month and a year.
func (m *markdown) impact(r *result.Result) {
	m.line("## Business impact")
	for _, p := range impact(r) {
		m.line("%s", escape(p))
	}
}

func (m *markdown) specification(r *result.Result) {
	m.line("## Technical specification")
	for _, t := range specification(r) {
		m.table(t)
	}
}

func (m *markdown) validity(r *result.Result) {
	m.line("## Validity")
	m.line("%s", escape(capital(validityLine(r))))
	all := checkTables(r)
	m.table(all[0])
	if len(r.Validity.Checks) > fewChecks {
		m.line("%s", escape(fmt.Sprintf("Each kind of finding is named once; result.json has all %d checks.", len(r.Validity.Checks))))
	}
}

func (m *markdown) reproduce(r *result.Result) {
	m.line("## How to reproduce")
	for _, p := range reproduce(r) {
		m.line("%s", escape(p))
	}
}
