package check

import (
	"os"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/quality/ifeval"
)

// The page has each rule and each instruction as the tables have them.
func TestThePageHasTheTables(t *testing.T) {
	b, err := os.ReadFile("../../../docs/items.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	var rows []string
	for _, r := range Rules() {
		rows = append(rows, row(r.Name, r.Takes(), r.Meaning, r.Want))
	}
	for _, k := range ifeval.Kinds() {
		rows = append(rows, row(k.ID, k.Params, k.About, ""))
	}
	for _, r := range rows {
		if !strings.Contains(page, r) {
			t.Errorf("docs/items.md lacks the row\n%s", r)
		}
	}
}

func row(name string, takes []string, meaning, want string) string {
	for i, p := range takes {
		takes[i] = "`" + p + "`"
	}
	if want != "" {
		meaning += ". `want`: " + want
	}
	return strings.ReplaceAll("| `"+name+"` | "+strings.Join(takes, ", ")+" | "+strings.ReplaceAll(meaning, "*", `\*`)+" |", "<<title>>", "`<<title>>`")
}
