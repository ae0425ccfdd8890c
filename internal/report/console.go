package report

import (
	"cmp"
	"io"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/result"
)

// ConsoleOptions says what the terminal can do.
type ConsoleOptions struct {
	Color bool
	Width int // columns; 0 means 100
	// Folder of the run, to say where its files are; empty for none.
	Folder string
}

// Console prints a result for a terminal: claims first, then a short form of
// each benchmark, the run's judgement of itself, and at the end, where it is read,
// a sentence for each thing that was asked, and where the report is.
func Console(w io.Writer, r *result.Result, o ConsoleOptions) error {
	c := newConsole(o)
	c.document(run.Of(r))
	c.files(r.Artifacts)
	_, err := io.WriteString(w, c.b.String())
	return err
}

// ForecastConsole prints a forecast for a terminal: first that nothing of it
// was measured, then the loads and what was assumed, and the answers at the end.
func ForecastConsole(w io.Writer, f *result.Forecast, o ConsoleOptions) error {
	return DocumentConsole(w, run.OfForecast(f), nil, o)
}

// DocumentConsole prints a document that is not that of a run, and where its files
// are.
func DocumentConsole(w io.Writer, d content.Document, files []result.Artifact, o ConsoleOptions) error {
	c := newConsole(o)
	c.document(d)
	c.files(files)
	_, err := io.WriteString(w, c.b.String())
	return err
}

func newConsole(o ConsoleOptions) *console {
	if o.Width <= 0 {
		o.Width = 100
	}
	return &console{ConsoleOptions: o}
}

type console struct {
	ConsoleOptions
	answered bool // the last line is an answer
	marks    map[string]bool
	b        strings.Builder
}

func (c *console) line(s string) {
	c.b.WriteString(strings.TrimRight(s, " "))
	c.b.WriteByte('\n')
}

func (c *console) paint(code, s string) string {
	if !c.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (c *console) bold(s string) string { return c.paint("1", s) }
func (c *console) dim(s string) string  { return c.paint("2", s) }

// wrap prints text in lines of the terminal's width, indented.
func (c *console) wrap(indent, s string) {
	width := max(40, c.Width) - len(indent)
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && visible(line)+1+visible(word) > width {
			c.line(indent + line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		c.line(indent + line)
	}
}

// visible counts the columns of s without colours: wide letters take two,
// marks that combine with a letter none.
func visible(s string) int {
	n := 0
	for len(s) > 0 {
		if rest, ok := strings.CutPrefix(s, "\x1b["); ok {
			if i := strings.IndexByte(rest, 'm'); i >= 0 {
				s = rest[i+1:]
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch k := width.LookupRune(r).Kind(); {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// stateColor is the colour of a verdict or of a check's status.
var stateColor = map[content.State]string{
	"proved": "32;1", "refuted": "31;1", "undecided": "33;1", "invalid": "35;1", "reference": "2",
	"fail": "31;1", "warn": "33",
}

func (c *console) state(s string) string {
	if color, ok := stateColor[content.State(s)]; ok {
		return c.paint(color, s)
	}
	return s
}

func (c *console) document(d content.Document) {
	d = d.Bounded()
	if d.Warning != "" {
		c.wrap("", c.paint("33;1", d.Warning))
		c.line("")
	}
	head := c.bold(d.Name)
	if d.Headline != "" {
		head += ": " + d.Headline
	}
	c.wrap("", head)
	if d.Status != "" {
		c.wrap("", c.paint("31", d.Status))
	}
	for _, s := range d.Sections {
		if !s.PagesOnly {
			c.section(s, d)
		}
	}
	if d.Tiles.Compared() {
		t := d.Tiles.Table()
		t.Title = ""
		c.line("")
		c.wrap("", c.bold("IN SHORT")+": "+d.Tiles.Of)
		c.table(t)
	}
	c.legend()
	c.answers(d)
}

// answers are the last thing on a terminal: what is read first.
func (c *console) answers(d content.Document) {
	if len(d.Answers) == 0 {
		return
	}
	c.answered = true
	c.line("")
	head := c.bold("ANSWER")
	if d.Warning != "" { // which may have left the screen
		head += "  " + c.dim(string(d.Evidence))
	}
	c.line(head)
	if d.Status != "" {
		c.wrap("  ", c.paint("31", d.Status))
	}
	for _, p := range d.Answers {
		text := p.Text
		if p.Lead != "" {
			text = c.bold(p.Heading()) + " " + text
		}
		if basis := shownBasis(d, p.Basis); basis != "" {
			text += " " + c.dim("("+basis+")")
		}
		if color, ok := stateColor[p.State]; ok {
			text = c.paint(color, text)
		}
		c.wrap("  ", text)
	}
}

// shownBasis is what an answer rests on, without the evidence that the head has said.
func shownBasis(d content.Document, text string) string {
	if d.Warning == "" {
		return text
	}
	return strings.TrimSuffix(strings.TrimSuffix(text, string(d.Evidence)), ", ")
}

func (c *console) section(s content.Section, d content.Document) {
	c.line("")
	head := c.bold(strings.ToUpper(s.Title))
	if s.Evidence != "" && (s.Evidence != d.Evidence || d.Warning == "") { // else the warning says it
		head += "  " + c.dim(string(s.Evidence))
	}
	if s.Summary.Text != "" {
		head += ": " + s.Summary.Text
		c.wrap("", head)
	} else {
		c.line(head)
	}
	c.paragraphs(s.Answers)
	above := len(s.Answers) > 0
	for _, t := range s.Tables {
		for _, t := range terminalTables(t) {
			if above {
				c.line("")
			}
			above = true
			switch t.Layout {
			case content.Cards:
				c.cards(t)
			case content.Inline:
				c.inline(t)
			default:
				c.table(t)
			}
		}
	}
	c.paragraphs(s.Text)
	for _, n := range s.Notes {
		switch n.Kind {
		case content.Remark: // pages only
		case content.Assumption:
			c.wrap("  ", "- "+n.String())
		default:
			c.wrap("  ", c.dim(n.String()))
		}
	}
}

// terminalTables are what a terminal shows of a table.
func terminalTables(t content.Table) []content.Table {
	if t.PagesOnly || t.HTMLOnly {
		return nil
	}
	list := t.Short
	if list == nil {
		list = []content.Table{t}
	}
	var out []content.Table
	for _, t := range list {
		if !t.PagesOnly && !t.HTMLOnly && len(t.Rows) > 0 {
			out = append(out, withoutPagesOnly(t))
		}
	}
	return out
}

func (c *console) paragraphs(list []content.Paragraph) {
	for _, p := range list {
		if !p.PagesOnly {
			c.wrap("  ", cmp.Or(p.Short, p.Text))
		}
	}
}

// withoutPagesOnly leaves out the columns that a terminal does not show.
func withoutPagesOnly(t content.Table) content.Table {
	for i := len(t.Head) - 1; i >= 0; i-- {
		if t.Head[i].PagesOnly {
			t = t.Without(i)
		}
	}
	return t
}

// verdictWidth is that of the longest verdict.
const verdictWidth = len("undecided")

// cards print each row by itself: verdict, name and values on a line, with the
// small print where it fits, and the sentences below.
func (c *console) cards(t content.Table) {
	indent := strings.Repeat(" ", verdictWidth+3)
	for _, row := range t.Rows {
		k := content.CardOf(t, row)
		verdict := c.state(k.State)
		if k.Name == "" && len(k.Values) == 0 && len(k.Sentences) > 0 {
			c.wrap("  ", verdict+"  "+k.Sentences[0])
			k.Sentences = k.Sentences[1:]
		} else {
			head := "  " + verdict + strings.Repeat(" ", max(0, verdictWidth-visible(verdict))) + " " + c.bold(k.Name)
			for _, v := range k.Values {
				head += "  " + v
			}
			fine := strings.Join(k.Fine, ", ")
			if visible(head)+2+visible(fine) > c.Width {
				c.line(head)
				c.wrap(indent, c.dim(fine))
			} else {
				c.line(head + "  " + c.dim(fine))
			}
		}
		for _, s := range k.Sentences {
			c.wrap(indent, s)
		}
		c.wrap(indent, k.Aside)
	}
}

// inline prints names and values in a few lines.
func (c *console) inline(t content.Table) {
	var parts []string
	for _, row := range t.Rows {
		parts = append(parts, strings.Join(row, " "))
	}
	c.wrap("  ", strings.Join(parts, "; "))
}

// files says where the report is or, without one, the run's folder.
func (c *console) files(files []result.Artifact) {
	if c.Folder == "" {
		return
	}
	if c.b.Len() > 0 && !c.answered {
		c.line("")
	}
	for _, a := range files {
		if a.Kind == "html" {
			c.line("  " + c.bold("Report:") + " " + filepath.Join(plaintext.Line(c.Folder), a.Path))
			return
		}
	}
	c.line("  " + c.bold("Files:") + " " + plaintext.Line(c.Folder))
}
