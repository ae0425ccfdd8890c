package stats

import (
	"math"
	"slices"
)

// PairedT is Student's test of paired differences.
type PairedT struct {
	Mean, Lo, Hi float64 // of the differences, two-sided
	T, DF, P     float64 // of no difference, two-sided
}

// PairedTTest tests differences d for a mean of 0. It is not ok for fewer than
// two, or where all are equal.
func PairedTTest(d []float64, conf float64) (r PairedT, ok bool) {
	r.Mean, r.Lo, r.Hi, ok = MeanInterval(d, conf)
	if !ok {
		return r, false
	}
	r.DF = float64(len(d) - 1)
	se := math.Sqrt(Variance(d) / float64(len(d)))
	if se == 0 {
		return r, false
	}
	r.T = r.Mean / se
	r.P = 2 * StudentCDF(-math.Abs(r.T), r.DF)
	return r, true
}

// SignedRank is Wilcoxon's test of paired differences.
type SignedRank struct {
	V            float64 // sum of the ranks of positive differences
	P            float64 // of symmetry about 0, two-sided
	Pseudomedian float64 // Hodges-Lehmann estimate: median of the Walsh averages
	Lo, Hi       float64 // of the pseudomedian
	Exact        bool    // P is exact and not a normal approximation
}

// most differences for which all Walsh averages are made.
const maxWalsh = 3000

// WilcoxonSignedRank tests differences d (Wilcoxon 1945). Zeros are left out
// of the test, as Wilcoxon did. P is exact up to 50 differences without ties,
// else by the normal approximation with corrections for continuity and ties.
// It is not ok without a nonzero difference, and for more than 3,000.
func WilcoxonSignedRank(d []float64, conf float64) (r SignedRank, ok bool) {
	nonzero := slices.DeleteFunc(slices.Clone(d), func(v float64) bool { return v == 0 })
	n := len(nonzero)
	if n == 0 || len(d) > maxWalsh {
		return r, false
	}
	magnitudes := make([]float64, n)
	for i, v := range nonzero {
		magnitudes[i] = math.Abs(v)
	}
	ranks := Ranks(magnitudes)
	for i, v := range nonzero {
		if v > 0 {
			r.V += ranks[i]
		}
	}
	ties := tieSizes(magnitudes)
	r.Exact = n <= 50 && len(ties) == 0 && n == len(d)
	if r.Exact {
		cdf := signedRankCDF(n)
		lower := cdf[int(r.V)]
		upper := 1.0
		if r.V > 0 {
			upper = 1 - cdf[int(r.V)-1]
		}
		r.P = min(1, 2*min(lower, upper))
	} else {
		nn := float64(n)
		variance := nn * (nn + 1) * (2*nn + 1) / 24
		for _, t := range ties {
			variance -= (t*t*t - t) / 48
		}
		z := r.V - nn*(nn+1)/4
		if z != 0 {
			z -= math.Copysign(0.5, z)
		}
		r.P = min(1, 2*NormalCDF(-math.Abs(z)/math.Sqrt(variance)))
	}
	walsh := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i := range d {
		for j := i; j < len(d); j++ {
			walsh = append(walsh, (d[i]+d[j])/2)
		}
	}
	slices.Sort(walsh)
	r.Pseudomedian = Quantile(walsh, 0.5)
	c := signedRankQuantile((1-conf)/2, len(d))
	r.Lo, r.Hi = walsh[max(c, 1)-1], walsh[len(walsh)-max(c, 1)]
	return r, true
}

// signedRankCDF returns P(V ≤ v) for v = 0 … n(n+1)/2 by counting subsets.
func signedRankCDF(n int) []float64 {
	total := n * (n + 1) / 2
	p := make([]float64, total+1)
	p[0] = 1
	for k := 1; k <= n; k++ {
		for s := total; s >= 0; s-- {
			p[s] /= 2
			if s >= k {
				p[s] += p[s-k] / 2
			}
		}
	}
	return cumulate(p)
}

func cumulate(p []float64) []float64 {
	for i := 1; i < len(p); i++ {
		p[i] += p[i-1]
	}
	return p
}

// signedRankQuantile is exact up to n = 100, then the normal approximation.
func signedRankQuantile(q float64, n int) int {
	if n > 100 {
		nn := float64(n)
		return int(nn*(nn+1)/4 + NormalQuantile(q)*math.Sqrt(nn*(nn+1)*(2*nn+1)/24))
	}
	return firstAtLeast(signedRankCDF(n), q)
}

func firstAtLeast(cdf []float64, q float64) int {
	for i, c := range cdf {
		if c >= q*(1-1e-12) {
			return i
		}
	}
	return len(cdf) - 1
}

// MannWhitney tests whether values of x and y tend to differ (Mann and
// Whitney 1947). u counts the pairs with x > y, ties half; p is two-sided,
// exact for samples under 50 without ties, else the normal approximation with
// corrections for continuity and ties. p is 1 where a sample is empty.
func MannWhitney(x, y []float64) (u, p float64) {
	n, m := float64(len(x)), float64(len(y))
	if len(x) == 0 || len(y) == 0 {
		return 0, 1
	}
	all := append(slices.Clone(x), y...)
	for _, r := range Ranks(all)[:len(x)] {
		u += r
	}
	u -= n * (n + 1) / 2
	ties := tieSizes(all)
	if len(ties) == 0 && len(x) < 50 && len(y) < 50 {
		cdf := rankSumCDF(len(x), len(y))
		upper := 1.0
		if u > 0 {
			upper = 1 - cdf[int(u)-1]
		}
		return u, min(1, 2*min(cdf[int(u)], upper))
	}
	total := n + m
	correction := 0.0
	for _, t := range ties {
		correction += t*t*t - t
	}
	sigma := math.Sqrt(n * m / 12 * (total + 1 - correction/(total*(total-1))))
	z := u - n*m/2
	if z != 0 {
		z -= math.Copysign(0.5, z)
	}
	if sigma == 0 {
		return u, 1
	}
	return u, min(1, 2*NormalCDF(-math.Abs(z)/sigma))
}

// rankSumCDF returns P(U ≤ u) for u = 0 … nm under no difference, by the
// generating function Π (1−q^(m+i)) / (1−q^i), i = 1 … n.
func rankSumCDF(n, m int) []float64 {
	p := make([]float64, n*m+1)
	p[0] = 1
	for i := 1; i <= n; i++ {
		for s := len(p) - 1; s >= m+i; s-- {
			p[s] -= p[s-m-i]
		}
		for s := i; s < len(p); s++ {
			p[s] += p[s-i]
		}
	}
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	for i := range p {
		p[i] /= sum
	}
	return cumulate(p)
}

// most pairs for which all differences are made.
const maxPairs = 4_000_000

// HodgesLehmann estimates the shift of x against y, the median of all
// differences x − y, with the interval that belongs to the Mann-Whitney test
// (Hodges and Lehmann 1963). It is not ok where a sample is empty or there
// are more than four million pairs.
func HodgesLehmann(x, y []float64, conf float64) (shift, lo, hi float64, ok bool) {
	if len(x) == 0 || len(y) == 0 || len(x)*len(y) > maxPairs {
		return 0, math.Inf(-1), math.Inf(1), false
	}
	d := make([]float64, 0, len(x)*len(y))
	for _, a := range x {
		for _, b := range y {
			d = append(d, a-b)
		}
	}
	slices.Sort(d)
	q := (1 - conf) / 2
	var c int
	if len(x) < 50 && len(y) < 50 {
		c = firstAtLeast(rankSumCDF(len(x), len(y)), q)
	} else {
		n, m := float64(len(x)), float64(len(y))
		c = int(n*m/2 + NormalQuantile(q)*math.Sqrt(n*m*(n+m+1)/12))
	}
	c = max(c, 1)
	return Quantile(d, 0.5), d[c-1], d[len(d)-c], true
}

// Bounded is an estimate with a two-sided interval.
type Bounded struct{ Value, Lo, Hi float64 }

// DifferenceMOVER returns b − a with the interval that follows from those of a
// and b, which must be independent (method of variance estimates recovery,
// Zou and Donner 2008).
func DifferenceMOVER(a, b Bounded) Bounded {
	d := b.Value - a.Value
	return Bounded{d, d - math.Hypot(b.Value-b.Lo, a.Hi-a.Value), d + math.Hypot(b.Hi-b.Value, a.Value-a.Lo)}
}

// RatioMOVER returns b ÷ a of positive quantities, by DifferenceMOVER of their
// logarithms. A lower bound of 0 gives an infinite one.
func RatioMOVER(a, b Bounded) Bounded {
	log := func(x Bounded) Bounded {
		return Bounded{math.Log(x.Value), math.Log(max(0, x.Lo)), math.Log(x.Hi)}
	}
	d := DifferenceMOVER(log(a), log(b))
	return Bounded{math.Exp(d.Value), math.Exp(d.Lo), math.Exp(d.Hi)}
}
