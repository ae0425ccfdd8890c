// Package suggest finds the word that someone probably meant. It is for error
// messages about a name that is not known.
package suggest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DidYouMean returns ` (did you mean "x"?)` for the candidate nearest to word,
// or "" when none is near.
func DidYouMean(word string, candidates []string) string {
	best, bestDist := "", 1+len(word)/3
	for _, c := range candidates {
		if d := editDistance(word, c); d <= bestDist && (best == "" || d < bestDist) {
			best, bestDist = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// Near is DidYouMean, and where no candidate is near, those that share a word of at
// least three letters or digits with it, at most five: `; similar: "a", "b")`.
func Near(word string, candidates []string) string {
	if s := DidYouMean(word, candidates); s != "" {
		return s
	}
	var out []string
	for _, c := range candidates {
		shares := slices.ContainsFunc(words(word), func(w string) bool {
			return len(w) >= 3 && strings.Contains(c, w)
		})
		if shares && len(out) < 5 && !slices.Contains(out, strconv.Quote(c)) {
			out = append(out, strconv.Quote(c))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; similar: " + strings.Join(out, ", ")
}

// words of a name: llama-3.1-8b has llama, 3.1 and 8b.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '-' || r == '_' || r == '/' || r == ' ' })
}

// editDistance is the Levenshtein distance over bytes; names of metrics and keys are
// ASCII.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diag, row[j] = row[j], min(row[j]+1, row[j-1]+1, diag+cost)
		}
	}
	return row[len(b)]
}
