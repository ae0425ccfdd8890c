package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Markdown returns the report as Markdown. Figures are linked in the folder
// figures/.
func Markdown(r *result.Result) []byte { return markdownOf(run.Of(r)) }

func markdownOf(d content.Document) []byte {
	d = d.Bounded()
	m := &markdown{}
	m.line("# %s", escape(d.Title))
	if d.Warning != "" {
		m.line("> **%s**", escape(d.Warning))
	}
	if d.Status != "" {
		m.line("**%s**", escape(d.Status))
	}
	m.paragraphs(d.Answers)
	if len(d.Tiles.List) > 0 {
		m.table(d.Tiles.Table())
	}
	if d.Headline != "" {
		m.line("**Endpoints:** %s", escape(d.Headline))
	}
	m.paragraphs(d.Conditions)
	for _, s := range d.Sections {
		m.section(s, d.Evidence)
	}
	return []byte(m.b.String())
}

type markdown struct{ b strings.Builder }

// line writes a paragraph.
func (m *markdown) line(layout string, args ...any) {
	fmt.Fprintf(&m.b, layout+"\n\n", args...)
}

// escape makes text plain in Markdown and in a cell of a table.
func escape(s string) string {
	s = strings.TrimSpace(plaintext.Line(s))
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

// paragraphs write what each is about, its text and what it rests on.
func (m *markdown) paragraphs(list []content.Paragraph) {
	for _, p := range list {
		if p.TerminalOnly {
			continue
		}
		text := escape(p.Text)
		if p.Lead != "" {
			text = "**" + escape(p.Heading()) + "** " + text
		}
		if p.Basis != "" {
			text += " (" + escape(p.Basis) + ")"
		}
		m.line("%s", text)
	}
}

// paragraph writes plain text; an empty one writes nothing.
func (m *markdown) paragraph(text string) {
	if text != "" {
		m.line("%s", escape(text))
	}
}

func (m *markdown) section(s content.Section, evidence result.Evidence) {
	title := s.Title
	if s.Evidence != "" && s.Evidence != evidence { // else the head says it
		title += " (" + string(s.Evidence) + ")"
	}
	m.line("## %s", escape(title))
	m.paragraph(s.Summary.Text)
	m.paragraphs(slices.Concat(s.Answers, s.Text))
	m.drawings(s.Lead)
	for _, t := range s.Tables {
		if t.HTMLOnly || len(t.Rows) == 0 {
			continue
		}
		if t.Layout == content.Cards {
			m.cards(t)
		} else {
			m.table(t)
		}
	}
	m.drawings(s.Figures)
	for _, n := range s.Notes {
		m.line("- %s", escape(n.String()))
	}
}

func (m *markdown) drawings(figures []figure.Figure) {
	for _, f := range figures {
		m.line("![%s](figures/%s.svg)", escape(f.Title+", "+string(f.Evidence)), f.ID)
		m.paragraph(format.Sentence(f.Note))
	}
}

// cards write the short values of all rows as a table, then the sentences of
// each.
func (m *markdown) cards(t content.Table) {
	short := t
	for i := len(t.Head) - 1; i >= 0; i-- {
		if t.Head[i].Kind == content.Sentence || t.Head[i].Kind == content.Aside {
			short = short.Without(i)
		}
	}
	m.table(short.Filled())
	for _, row := range t.Rows {
		k := content.CardOf(t, row)
		sentences := strings.TrimSpace(strings.Join(k.Sentences, " ") + " " + k.Aside)
		if sentences == "" {
			continue
		}
		m.line("- **%s** %s: %s", escape(k.State), escape(k.Name), escape(sentences))
	}
}

func (m *markdown) table(t content.Table) {
	if t.Title != "" {
		m.line("**%s**", escape(t.Title))
	}
	for _, h := range t.Head {
		fmt.Fprintf(&m.b, "| %s ", escape(h.Name))
	}
	m.b.WriteString("|\n|---")
	for i := 1; i < len(t.Head); i++ {
		m.b.WriteString(alignment(t, i))
	}
	m.b.WriteString("|\n")
	for _, row := range t.Rows {
		for _, c := range row {
			fmt.Fprintf(&m.b, "| %s ", escape(c))
		}
		m.b.WriteString("|\n")
	}
	m.b.WriteByte('\n')
}

// alignment of a column: numbers to the right, words to the left.
func alignment(t content.Table, column int) string {
	for _, row := range t.Rows {
		cell := row[column]
		if cell != "" && !strings.ContainsAny(cell[:1], "0123456789$") && !strings.HasPrefix(cell, "−") &&
			!strings.HasPrefix(cell, "≥") && !strings.HasPrefix(cell, format.Missing) && !strings.HasPrefix(cell, format.Infinity) && !strings.HasPrefix(cell, "withheld") {
			return "|---"
		}
	}
	return "|--:"
}
