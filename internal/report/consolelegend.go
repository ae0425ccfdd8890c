package report

import (
	"strings"

	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
)

// legends explain the marks of numbers in tables. Those that are ours need a legend
// wherever they occur; what everybody writes is explained beside them.
var legends = []struct {
	means string
	ours  bool
	in    func(cell string) bool
}{
	{"~: of the sample, without an interval", true, format.Weak},
	{"[x, –]: more than x", true, unbounded},
	{"≥ x: at least x", false, func(s string) bool { return strings.HasPrefix(s, "≥ ") }},
	{"≤ x: at most x", false, func(s string) bool { return strings.HasPrefix(s, "≤ ") }},
	{"–: not known", false, func(s string) bool { return s == format.Missing }},
}

func unbounded(cell string) bool { return strings.Contains(cell, ", "+format.Missing+"]") }

// note remembers the marks in a row of a table.
func (c *console) note(t content.Table, row []string) {
	if c.marks == nil {
		c.marks = map[string]bool{}
	}
	for i, cell := range row {
		if i == 0 || t.Head[i].Kind != content.Value {
			continue
		}
		for _, l := range legends {
			c.marks[l.means] = c.marks[l.means] || l.in(cell)
		}
	}
}

// legend explains the marks that have occurred in tables, and no others, where one of
// them is ours.
func (c *console) legend() {
	var parts []string
	needed := false
	for _, l := range legends {
		if c.marks[l.means] {
			parts = append(parts, l.means)
			needed = needed || l.ours
		}
	}
	if needed {
		c.line("")
		c.wrap("", c.dim("In tables, "+strings.Join(parts, "; ")+"."))
	}
}
