package stats

import (
	"cmp"
	"slices"
)

// Dominated says of each point (x, y), of which more is better in both, whether
// another is at least as good in both and better in one. What is left is the
// Pareto front, without those that only tie with it in one coordinate. Equal
// points do not dominate each other. NaN is not allowed.
func Dominated(x, y []float64) []bool {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	// The best x first, and the best y among equals.
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(x[j], x[i]), cmp.Compare(y[j], y[i]))
	})
	out := make([]bool, len(x))
	best := -1 // the highest y so far, of the largest x that has it
	for _, i := range order {
		switch {
		case best < 0 || y[i] > y[best]:
			best = i
		case x[i] != x[best] || y[i] != y[best]:
			out[i] = true
		}
	}
	return out
}
