package detect

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The page of the detectors has every row of the table, word for word.
func TestDocsHaveTheTable(t *testing.T) {
	b, err := os.ReadFile("../../../docs/detectors.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range Detectors() {
		if row := fmt.Sprintf("| `%s` | %s | %s |\n", d.Name, d.Finds, d.Points); !strings.Contains(string(b), row) {
			t.Errorf("docs/detectors.md lacks the row\n%s", row)
		}
	}
}
