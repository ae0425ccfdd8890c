package benchresult

import (
	"os"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/metric"
)

// Each metric of the registry has a row in docs/names.md, and each row of a table has a
// cell for each source.
func TestNamesHaveARowForEachMetric(t *testing.T) {
	b, err := os.ReadFile("../../../docs/names.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	width := 0
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			width = 0
			continue
		}
		n := strings.Count(line, "|")
		if width == 0 {
			width = n
		}
		if n != width {
			t.Errorf("a row has %d cells, and its table %d: %s", n-1, width-1, line)
		}
		first := strings.Split(line, "|")[1]
		for _, word := range strings.FieldsFunc(first, func(r rune) bool { return r == ' ' || r == ',' || r == '`' }) {
			rows[word] = true
		}
	}
	for _, m := range metric.All() {
		if !rows[m.Tag] {
			t.Errorf("docs/names.md has no row for %s", m.Tag)
		}
	}
}
