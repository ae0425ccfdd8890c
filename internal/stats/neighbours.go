package stats

import "math"

// likeNeighbours is the one-sided error of the test whether neighbours are alike.
const likeNeighbours = 0.10

// NeighboursAlike reports whether values that follow each other are more alike than
// chance would have it, by the rank version of von Neumann's ratio (Bartels 1982),
// one-sided at 10 %: the statistic is near normal with mean 2 and the variance
// 4(n−2)(5n²−2n−9) ÷ 5n(n+1)(n−1)². ranks are those of the values, in order.
func NeighboursAlike(ranks []float64) bool {
	n := float64(len(ranks))
	if n < 4 {
		return false
	}
	mean := (n + 1) / 2
	var steps, all float64
	for i, r := range ranks {
		all += (r - mean) * (r - mean)
		if i > 0 {
			d := r - ranks[i-1]
			steps += d * d
		}
	}
	if !(all > 0) {
		return false // all are equal
	}
	variance := 4 * (n - 2) * (5*n*n - 2*n - 9) / (5 * n * (n + 1) * (n - 1) * (n - 1))
	return steps/all < 2+NormalQuantile(likeNeighbours)*math.Sqrt(variance)
}
