package stats

import "math"

// Jackknife estimates a statistic of data in groups, with the two-sided interval
// that the scatter between the groups gives: nothing is assumed of the data
// within a group, which may depend on each other as they like. sizes are the
// groups' numbers of observations, all above 0; theta computes the statistic
// without one of the groups, or (−1) of all, and says whether it could.
//
// The groups may differ in size: Busing, Meijer and van der Leeden, "Delete-m
// jackknife for unequal m", Statistics and Computing 9 (1999). A quantile is
// jackknifed consistently as long as many observations are left out at once
// (Shao and Wu, Annals of Statistics 17, 1989), which whole groups are. The
// interval is Student's, with one degree of freedom less than there are groups
// (Tukey 1958). It is not ok for fewer than two groups, or where theta cannot be
// computed.
func Jackknife(sizes []int, theta func(without int) (float64, bool), conf float64) (b Bounded, ok bool) {
	all, okAll := theta(-1)
	if len(sizes) < 2 || !okAll {
		return b, false
	}
	n := 0
	for _, m := range sizes {
		n += m
	}
	pseudo, h := make([]float64, len(sizes)), make([]float64, len(sizes))
	centre := 0.0
	for i, m := range sizes {
		left, ok := theta(i)
		if !ok || m <= 0 || m == n {
			return b, false
		}
		h[i] = float64(n) / float64(m)
		pseudo[i] = h[i]*all - (h[i]-1)*left
		centre += pseudo[i] / h[i]
	}
	variance := 0.0
	for i, v := range pseudo {
		variance += (v - centre) * (v - centre) / (h[i] - 1)
	}
	g := float64(len(sizes))
	half := StudentQuantile(1-(1-conf)/2, g-1) * math.Sqrt(variance/g)
	return Bounded{all, all - half, all + half}, true
}
