package report

import (
	"strings"

	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
)

const (
	tableGap    = 2  // between columns, and before the first
	narrowWords = 24 // columns, the least that a column of sentences is wrapped to
)

// table prints aligned columns. A table that is too wide stays a table: it loses
// the sizes of its samples, then its intervals, then it is cut into several below
// each other, each with the first column.
func (c *console) table(t content.Table) {
	if t.Title != "" {
		c.wrap("  ", t.Title)
	}
	for _, less := range []func(string) string{nil, format.WithoutSize, format.WithoutInterval} {
		if less != nil {
			t = reduced(t, less)
		}
		if tableWidth(widths(t)) <= c.Width {
			c.grid(t, widths(t))
			return
		}
	}
	w := widths(t)
	if i := len(t.Head) - 1; i > 0 && t.Head[i].Kind == content.Sentence {
		w[i] = 0
		if left := c.Width - tableWidth(w); left >= narrowWords {
			w[i] = left
			c.grid(t, w)
			return
		}
	}
	for len(t.Head) > 0 {
		w = widths(t)
		w[0] = min(w[0], max(narrowWords, c.Width/2))
		for i := range w[1:] {
			w[i+1] = min(w[i+1], c.Width-w[0]-2*tableGap)
		}
		n := 2 // columns that fit; a first and another one always do
		for n < len(w) && tableWidth(w[:n+1]) <= c.Width {
			n++
		}
		n = min(n, len(w))
		part := t
		part.Head = t.Head[:n]
		part.Rows = nil
		for _, row := range t.Rows {
			part.Rows = append(part.Rows, row[:n])
		}
		c.grid(part, w[:n])
		if n == len(t.Head) {
			return
		}
		for range n - 1 {
			t = t.Without(1)
		}
	}
}

// reduced is a table with less in each of its numbers.
func reduced(t content.Table, less func(string) string) content.Table {
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = make([]string, len(row))
		for k, cell := range row {
			if rows[i][k] = cell; t.Head[k].Kind == content.Value && k > 0 {
				rows[i][k] = less(cell)
			}
		}
	}
	t.Rows = rows
	return t
}

// widths are those of the columns, in columns of the terminal.
func widths(t content.Table) []int {
	w := make([]int, len(t.Head))
	for i, h := range t.Head {
		w[i] = visible(h.Name)
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			w[i] = max(w[i], visible(cell))
		}
	}
	return w
}

func tableWidth(widths []int) int {
	total := 0
	for _, w := range widths {
		total += w + tableGap
	}
	return total
}

// grid prints the rows in columns of the given widths. Text that is wider than
// its column goes on in the next line.
func (c *console) grid(t content.Table, w []int) {
	head := make([]string, len(t.Head))
	for i, h := range t.Head {
		head[i] = h.Name
	}
	c.gridRow(t, w, head, func(_ int, text string) string { return c.dim(text) })
	for _, row := range t.Rows {
		c.note(t, row)
		c.gridRow(t, w, row, func(i int, text string) string {
			switch {
			case t.Head[i].Kind == content.Verdict:
				return c.state(text)
			case strings.HasSuffix(row[i], format.Spoilt):
				return c.paint(stateColor["invalid"], text)
			case i > 0 && format.Weak(row[i]):
				return c.dim(text)
			}
			return text
		})
	}
}

func (c *console) gridRow(t content.Table, w []int, row []string, styled func(int, string) string) {
	lines := make([][]string, len(row))
	most := 1
	for i, cell := range row {
		lines[i] = wrapped(cell, w[i])
		most = max(most, len(lines[i]))
	}
	for n := range most {
		line := ""
		for i := range row {
			text := ""
			if n < len(lines[i]) {
				text = lines[i][n]
			}
			pad := strings.Repeat(" ", max(0, w[i]-visible(text)))
			if text != "" {
				text = styled(i, text)
			}
			line += strings.Repeat(" ", tableGap)
			if i == 0 || t.Head[i].Kind == content.Sentence {
				line += text + pad
			} else {
				line += pad + text
			}
		}
		c.line(line)
	}
}

// wrapped breaks text into lines of at most so many columns, where it has spaces;
// a word that is longer is cut.
func wrapped(text string, width int) []string {
	if visible(text) <= width {
		return []string{text}
	}
	var out []string
	line := ""
	for _, word := range strings.Fields(text) {
		if visible(word) > width {
			word = format.Ends(word, max(2, width/2)) // wide letters take two columns
		}
		if line != "" && visible(line)+1+visible(word) > width {
			out = append(out, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(out, line)
}
