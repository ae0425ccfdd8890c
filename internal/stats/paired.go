package stats

import (
	"math"
	"slices"
)

// NewcombePaired returns the difference of two success rates of the same n
// items, by the score intervals of each and their correlation (Newcombe,
// Statistics in Medicine 17:2635, 1998, method 10, with the continuity
// correction of φ). Of the items both succeeded on both, first only on the
// first, second only on the second and neither on none; there must be some.
func NewcombePaired(both, first, second, neither int, conf float64) (diff, lo, hi float64) {
	n := both + first + second + neither
	a, b, c, d := float64(both), float64(first), float64(second), float64(neither)
	nn := float64(n)
	p1, p2 := (a+b)/nn, (a+c)/nn
	l1, u1 := Wilson(both+first, n, conf)
	l2, u2 := Wilson(both+second, n, conf)
	phi := 0.0
	if margins := (a + b) * (c + d) * (a + c) * (b + d); margins > 0 {
		phi = a*d - b*c
		if phi > 0 {
			phi = max(0, phi-nn/2)
		}
		phi /= math.Sqrt(margins)
	}
	side := func(x, y float64) float64 { return math.Sqrt(max(0, x*x-2*phi*x*y+y*y)) }
	diff = p1 - p2
	return diff, diff - side(p1-l1, u2-p2), diff + side(p2-l2, u1-p1)
}

// MeanOfGroups returns the mean of values that are means of groups themselves,
// weighted by the groups' sizes (all above 0), with the two-sided interval that
// their scatter gives: nothing is assumed of the observations of a group, which
// may depend on each other in any way. Of equal groups it is Student's
// interval of their means; of unequal ones the variance is that of the delete-m
// jackknife (Busing, Meijer and van der Leeden, Statistics and Computing 9,
// 1999), Σ (v_i − mean)² ÷ (n ÷ m_i − 1) ÷ g for g groups of m_i of all n. It is
// not ok for fewer than two groups.
func MeanOfGroups(values []float64, sizes []int, conf float64) (b Bounded, ok bool) {
	if len(values) < 2 {
		return b, false
	}
	n, sum := 0, 0.0
	for i, m := range sizes {
		n, sum = n+m, sum+float64(m)*values[i]
	}
	b.Value = sum / float64(n)
	g, variance := float64(len(values)), 0.0
	for i, m := range sizes {
		d := values[i] - b.Value
		variance += d * d / (float64(n)/float64(m) - 1) / g
	}
	half := StudentQuantile(1-(1-conf)/2, g-1) * math.Sqrt(variance)
	b.Lo, b.Hi = b.Value-half, b.Value+half
	return b, true
}

// LogRatioOfGroups is the logarithm of first ÷ second of a statistic, which each
// group of pairs has one of (LogMeanRatio, LogQuantileRatio): their mean, weighted by
// their pairs, with the two-sided interval that their scatter gives (MeanOfGroups). Within
// a group nothing is assumed of the pairs, and what reached both sides alike, such as a
// drift, is in no group's ratio. A quantile of all groups together would be that of
// the slowest ones. It is not ok for fewer than two groups.
func LogRatioOfGroups(groups [][][2]float64, of func(pairs [][2]float64) float64, conf float64) (Bounded, bool) {
	sizes, ratios := make([]int, len(groups)), make([]float64, len(groups))
	for i, g := range groups {
		sizes[i], ratios[i] = len(g), of(g)
	}
	return MeanOfGroups(ratios, sizes, conf)
}

// LogMeanRatio is the logarithm of the geometric mean of first ÷ second.
func LogMeanRatio(pairs [][2]float64) float64 {
	sum := 0.0
	for _, v := range pairs {
		sum += math.Log(v[0] / v[1])
	}
	return sum / float64(len(pairs))
}

// LogQuantileRatio returns the logarithm of the ratio of the two sides' q-quantiles.
func LogQuantileRatio(q float64) func(pairs [][2]float64) float64 {
	return func(pairs [][2]float64) float64 {
		var sides [2][]float64
		for side := range sides {
			for _, v := range pairs {
				sides[side] = append(sides[side], v[side])
			}
			slices.Sort(sides[side])
		}
		return math.Log(Quantile(sides[0], q) / Quantile(sides[1], q))
	}
}
