// Package suggest finds the word that someone probably meant. It is for error
// messages about a name that is not known.
package suggest

import "fmt"

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
