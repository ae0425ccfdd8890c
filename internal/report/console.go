package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/inferometer/inferometer/internal/result"
)

// ConsoleOptions says what the terminal can do.
type ConsoleOptions struct {
	Color bool
	Width int // columns; 0 means 100
	// Folder of the run, to say where its files are; empty for none.
	Folder string
}

// Console prints the summary of a result: claims first, then a short table of
// each benchmark, the run's judgement of itself, and where the files are.
func Console(w io.Writer, r *result.Result, o ConsoleOptions) error {
	if o.Width <= 0 {
		o.Width = 100
	}
	c := console{ConsoleOptions: o}
	if s := warning(r); s != "" {
		c.wrap("", c.paint("33;1", s))
		c.line("")
	}
	c.wrap("", c.bold(clean(r.Run.Name))+": "+headline(r))
	if s := status(r); s != "" {
		c.wrap("", c.paint("31", s))
	}
	c.claims(r)
	for _, s := range sections(r) {
		c.section(s)
	}
	c.validity(r)
	c.files(r)
	_, err := io.WriteString(w, c.b.String())
	return err
}

type console struct {
	ConsoleOptions
	b strings.Builder
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

var verdictColor = map[string]string{"proved": "32;1", "refuted": "31;1", "undecided": "33;1", "invalid": "35;1", "reference": "2"}

func (c *console) claims(r *result.Result) {
	lines := claimLines(r)
	c.line("")
	c.wrap("", c.bold("CLAIMS")+": "+summary(r))
	for _, l := range lines {
		head := fmt.Sprintf("  %s %s", c.paint(verdictColor[l.verdict], fmt.Sprintf("%-9s", l.verdict)), c.bold(l.limit))
		if l.estimate != missing {
			head += "  " + l.estimate
		}
		tail := l.n + ", " + l.evidence
		if visible(head)+2+visible(tail) > c.Width {
			c.line(head)
			c.wrap("            ", c.dim(tail))
		} else {
			c.line(head + "  " + c.dim(tail))
		}
		c.wrap("            ", l.reason+".")
	}
}

func (c *console) section(s section) {
	c.line("")
	title := c.bold(strings.ToUpper(s.title))
	if s.evidence != "" {
		title += "  " + c.dim(string(s.evidence))
	}
	c.line(title)
	if s.id == "hardware" {
		c.facts(s)
		return
	}
	tables := s.tables
	if s.short != nil {
		tables = s.short
	}
	for _, t := range tables {
		c.table(t)
	}
	for _, p := range s.told {
		c.wrap("  ", p)
	}
	for _, n := range s.notes {
		if strings.HasPrefix(n, "*") || strings.HasPrefix(n, "errors") {
			c.wrap("  ", n)
		}
	}
}

// facts prints a machine in a few words; the pages have the whole list.
func (c *console) facts(s section) {
	var parts []string
	for _, t := range s.tables {
		for _, row := range t.rows {
			if len(parts) < 5 {
				parts = append(parts, row[0]+" "+row[1])
			}
		}
	}
	c.wrap("  ", strings.Join(parts, "; "))
}

// table prints aligned columns; one that is too wide becomes a list.
func (c *console) table(t table) {
	if len(t.rows) == 0 {
		return
	}
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], visible(cell))
		}
	}
	total := 2
	for _, w := range widths {
		total += w + 2
	}
	if t.title != "" {
		c.wrap("  ", t.title)
	}
	if total-2 > c.Width {
		c.list(t)
		return
	}
	print := func(row []string, style func(string) string) {
		line := "  "
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-visible(cell))
			if i == 0 {
				line += style(cell) + pad
			} else {
				line += "  " + pad + style(cell)
			}
		}
		c.line(line)
	}
	print(t.head, c.dim)
	for _, row := range t.rows {
		print(row, func(s string) string { return s })
	}
}

// list prints a row after the other, each with the names of its columns; many
// columns share a line.
func (c *console) list(t table) {
	for _, row := range t.rows {
		c.line("  " + c.bold(strings.TrimSpace(t.head[0]+" "+row[0])))
		if len(row) > 7 {
			var parts []string
			for i := 1; i < len(row); i++ {
				parts = append(parts, c.dim(t.head[i])+" "+row[i])
			}
			c.wrap("    ", strings.Join(parts, "; "))
			continue
		}
		for i := 1; i < len(row); i++ {
			c.wrap("    ", c.dim(t.head[i])+" "+row[i])
		}
	}
}

func (c *console) validity(r *result.Result) {
	c.line("")
	c.wrap("", c.bold("VALIDITY")+": "+validityLine(r))
	for _, st := range []result.CheckStatus{result.Fail, result.Warn} {
		color := "33"
		if st == result.Fail {
			color = "31;1"
		}
		for _, text := range gathered(checksOf(r, st)) {
			c.wrap("  ", c.paint(color, string(st))+"  "+text)
		}
	}
}

// gathered says each kind of finding once, with the first cell's words; the
// pages have every one.
func gathered(checks []result.Check) []string {
	var ids []string
	cells := map[string][]string{}
	first := map[string]result.Check{}
	for _, k := range checks {
		if _, seen := first[k.ID]; !seen {
			ids = append(ids, k.ID)
			first[k.ID] = k
		}
		cells[k.ID] = append(cells[k.ID], clean(k.Cell))
	}
	var out []string
	for _, id := range ids {
		k := first[id]
		text := clean(k.Text)
		if k.Cell != "" {
			text = clean(k.Cell) + ": " + text
		}
		if others := cells[id][1:]; len(others) > 3 {
			text += fmt.Sprintf(" (likewise in %d other cells)", len(others))
		} else if len(others) > 0 {
			text += " (likewise " + strings.Join(others, ", ") + ")"
		}
		if k.Fix != "" {
			text += "; " + clean(k.Fix)
		}
		out = append(out, text)
	}
	return out
}

func (c *console) files(r *result.Result) {
	if c.Folder == "" {
		return
	}
	c.line("")
	for _, a := range r.Artifacts {
		if a.Kind == "html" {
			c.line(c.bold("REPORT") + "  " + filepath.Join(clean(c.Folder), a.Path))
		}
	}
	c.line(c.bold("FILES") + "   " + clean(c.Folder))
}
