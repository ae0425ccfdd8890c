package report

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/report/content"
)

// A mark in a table is explained, and no mark that is not there.
func TestTerminalExplainsTheMarksOfItsTables(t *testing.T) {
	c := newConsole(ConsoleOptions{})
	c.table(content.Table{Head: []content.Column{{Name: "ms"}, {Name: "p50"}, {Name: "p95"}}, Rows: [][]string{{"–", "~441", "~1,145 [337, –]"}}})
	c.legend()
	if got, want := c.b.String(), "In tables, ~: of the sample, without an interval; [x, –]: more than x.\n"; !strings.HasSuffix(got, "\n\n"+want) {
		t.Errorf("%q", got)
	}
	c = newConsole(ConsoleOptions{})
	c.table(content.Table{Head: []content.Column{{Name: "ms"}, {Name: "p50"}}, Rows: [][]string{{"TTFT", "441 [430, 450]"}, {"TPOT", "≥ 28.2"}}})
	c.legend()
	if strings.Contains(c.b.String(), "In tables") {
		t.Errorf("%q", c.b.String())
	}
}
