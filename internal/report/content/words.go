package content

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/report/format"
)

// Filled returns the table without the columns that have nothing in any row.
func (t Table) Filled() Table {
	for i := len(t.Head) - 1; i > 0; i-- {
		if !slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != format.Missing && row[i] != "" }) {
			t = t.Without(i)
		}
	}
	return t
}

// Some lists the first few and counts the others.
func Some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
}

// Sentences gives each text the end of a sentence.
func Sentences(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, format.Sentence(t))
	}
	return out
}
