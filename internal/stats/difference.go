package stats

import (
	"math"
	"slices"
)

// Uncertain is an estimate of a quantity and its one-sided bounds at any error.
type Uncertain struct {
	Value float64 // may be +Inf, where failures reach into a quantile
	// Bound is the one-sided bound at error alpha on either side; it is not ok where
	// the sample is too small for one.
	Bound func(alpha float64, upper bool) (bound float64, ok bool)
}

// Log is the logarithm of a quantity that is not below 0.
func (u Uncertain) Log() Uncertain {
	return Uncertain{math.Log(max(0, u.Value)), func(alpha float64, upper bool) (float64, bool) {
		v, ok := u.Bound(alpha, upper)
		return math.Log(max(0, v)), ok
	}}
}

// DifferenceBound is the one-sided bound of b − a at error alpha, of quantities that
// were measured independently of each other, by the method of variance estimates
// recovery (MOVER): with d = b − a the lower one is d − √((b − l_b)² + (u_a − a)²)
// and the upper one d + √((u_b − b)² + (a − l_a)²) (Zou and Donner, Statistics in
// Medicine 27:1693, 2008; of shares with Wilson's bounds it is Newcombe's method 10).
// Each side takes only the bounds that it needs.
//
// Where one of the two is infinite there is no variance to recover: the bound is then
// the difference of two bounds at half the error each (Bonferroni). It is not ok where
// a bound that it takes does not exist, or where both are infinite.
func DifferenceBound(a, b Uncertain, alpha float64, upper bool) (bound float64, ok bool) {
	if math.IsInf(a.Value, 0) || math.IsInf(b.Value, 0) {
		if a.Value == b.Value {
			return math.NaN(), false
		}
		vb, okB := b.Bound(alpha/2, upper)
		va, okA := a.Bound(alpha/2, !upper)
		d := vb - va
		return d, okA && okB && !math.IsNaN(d)
	}
	vb, okB := b.Bound(alpha, upper)
	va, okA := a.Bound(alpha, !upper)
	if !okA || !okB {
		return math.NaN(), false
	}
	d, half := b.Value-a.Value, math.Hypot(vb-b.Value, a.Value-va)
	if upper {
		return d + half, true
	}
	return d - half, true
}

// leastError and mostError are the errors between which ErrorOf looks. At one half a bound
// is the estimate itself, and Student's quantile 0.
const leastError, mostError = 1e-9, 0.49

// ErrorOf is the least error at which something is shown, such as a bound beyond a
// limit: the p-value that belongs to bounds. shown must hold for all errors above one
// for which it holds. 1 where it is not shown at any below one half.
func ErrorOf(shown func(alpha float64) bool) float64 {
	lo, hi := math.Log(leastError), math.Log(mostError)
	if !shown(mostError) {
		return 1
	}
	if shown(leastError) {
		return leastError
	}
	for range 27 {
		if mid := (lo + hi) / 2; shown(math.Exp(mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Exp(hi)
}

// Shift estimates by how much values of y are above those of x: the median of all
// differences y − x (Hodges and Lehmann 1963), with its one-sided bounds at error alpha
// each, by the ranks of the Mann-Whitney test. Both are sorted; infinite values
// (failures) are beyond any number. Where values depend on each other the share of
// pairs with y > x varies as that of so many independent ones as the effective sizes
// nx and ny say: its variance is (1/nx + 1/ny + 1/(nx·ny)) ÷ 12. No pair is held in
// memory. It is not ok for an empty sample.
func Shift(x, y []float64, nx, ny, alpha float64) (b Bounded, ok bool) {
	if len(x) == 0 || len(y) == 0 || !(nx > 0) || !(ny > 0) {
		return b, false
	}
	pairs := float64(len(x)) * float64(len(y))
	half := NormalQuantile(1-alpha) * math.Sqrt((1/nx+1/ny+1/(nx*ny))/12)
	d := differences{x: finite(x), y: finite(y), x0: len(x), y0: len(y)}
	b = Bounded{d.at(pairs / 2), d.at(math.Floor((0.5 - half) * pairs)), d.at(math.Ceil((0.5 + half) * pairs))}
	return b, !math.IsNaN(b.Value)
}

// finite are the values of a sorted sample before the infinite ones.
func finite(sorted []float64) []float64 {
	n, _ := slices.BinarySearchFunc(sorted, math.Inf(1), func(v, inf float64) int {
		if v < inf {
			return -1
		}
		return 0
	})
	return sorted[:n]
}

// differences are all y − x, of x0 and y0 values of which x and y are finite.
type differences struct {
	x, y   []float64
	x0, y0 int
}

// at is the k-th smallest difference, by bisection.
func (d differences) at(k float64) float64 {
	below := float64(d.x0-len(d.x)) * float64(len(d.y)) // y − ∞
	above := float64(d.y0-len(d.y)) * float64(len(d.x))
	pairs := float64(d.x0) * float64(d.y0)
	switch {
	case k < 1:
		return math.Inf(-1)
	case k > pairs-above:
		return math.Inf(1)
	case k <= below:
		return math.Inf(-1)
	case len(d.x) == 0 || len(d.y) == 0:
		return 0 // all of both are infinite
	}
	both := float64(d.x0-len(d.x)) * float64(d.y0-len(d.y))
	count := func(t float64) float64 {
		n := below
		if t >= 0 {
			n += both
		}
		return n + d.within(t)
	}
	lo, hi := d.y[0]-d.x[len(d.x)-1], d.y[len(d.y)-1]-d.x[0]
	lo, hi = math.Min(lo, 0)-1e-9*math.Abs(lo), math.Max(hi, 0)
	if count(lo) >= k {
		return lo
	}
	for range 64 {
		if mid := (lo + hi) / 2; count(mid) >= k {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}

// within counts the finite differences that are at most t.
func (d differences) within(t float64) float64 {
	n, j := 0.0, 0
	for _, x := range d.x {
		for j < len(d.y) && d.y[j]-x <= t {
			j++
		}
		n += float64(j)
	}
	return n
}
