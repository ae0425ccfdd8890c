package paired

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/stats"
)

// Resamples is how many bootstrap samples an interval is made of.
const Resamples = 2000

// Bootstrap returns the bias-corrected and accelerated interval (Efron, JASA 82:171,
// 1987) of the mean of values, with bounds each at the one-sided error alpha. Whole
// groups are drawn, where there are groups. The same seed gives the same bounds. It is not ok for
// fewer than two groups or values, and where all are equal.
func (v Values) Bootstrap(alpha float64, seed uint64) (lo, hi float64, ok bool) {
	groups := v.groups()
	k := len(groups)
	if k < 2 {
		return math.Inf(-1), math.Inf(1), false
	}
	total, n := 0.0, float64(len(v.Of))
	for _, g := range groups {
		total += g.sum
	}
	seen := total / n
	left := make([]float64, k) // the mean without each group
	for i, g := range groups {
		left[i] = (total - g.sum) / (n - g.n)
	}
	means, below := make([]float64, Resamples), 0.0
	state := seeded.Mix(seed)
	for r := range means {
		s, m := 0.0, 0.0
		for range k {
			state = seeded.Mix(state)
			g := groups[int(seeded.Uniform(state)*float64(k))]
			s, m = s+g.sum, m+g.n
		}
		means[r] = s / m
		switch {
		case means[r] < seen-slack:
			below++
		case means[r] < seen+slack:
			below += 0.5 // of counts many are equal
		}
	}
	slices.Sort(means)
	if means[0] == means[Resamples-1] || below == 0 || below == Resamples {
		return math.Inf(-1), math.Inf(1), false
	}
	lower, upper := bcaLevels(stats.NormalQuantile(below/Resamples), acceleration(left), 2*alpha)
	return stats.Quantile(means, lower), stats.Quantile(means, upper), true
}

// slack is what rounding may add to a mean.
const slack = 1e-12

// acceleration is that of a statistic by its jackknife values, Σu³ ÷ 6(Σu²)^1.5 with
// u their distances below their mean; 0 where they are all equal.
func acceleration(jackknife []float64) float64 {
	mean, squares, cubes := stats.Mean(jackknife), 0.0, 0.0
	for _, x := range jackknife {
		u := mean - x
		squares, cubes = squares+u*u, cubes+u*u*u
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// bcaLevels are the quantiles of the bootstrap distribution that bound an interval
// with the two-sided error alpha, for a bias z0 and an acceleration a.
func bcaLevels(z0, a, alpha float64) (lower, upper float64) {
	level := func(z float64) float64 { return stats.NormalCDF(z0 + (z0+z)/(1-a*(z0+z))) }
	z := stats.NormalQuantile(1 - alpha/2)
	return level(-z), level(z)
}
