package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// DecideShareAtLeast decides whether the share of values that have a property is
// at least target, by ShareBounds at error alpha each. neff is the effective sample
// size, for which counts are scaled. Values for which the property is open count
// against whichever is to be shown. Whether the limit itself is allowed makes no
// difference to a bound, except at 0, which no bound is above: a target of 0 is
// never proved by none.
func DecideShareAtLeast(c Count, neff, target, alpha float64) Decision {
	n := float64(c.N)
	d := Decision{NEff: min(neff, n), PProve: 1, PRefute: 1}
	if c.N == 0 {
		return d
	}
	least, most := float64(c.Least)/n, float64(c.Most)/n
	lower, upper := ShareBounds(least, most, d.NEff, alpha)
	d.PProve = binomCDF(d.NEff*(1-least), d.NEff, 1-target)
	d.PRefute = binomCDF(d.NEff*most, d.NEff, target)
	d.Proved, d.Refuted = lower >= target && lower > 0, upper < target
	if d.Proved || d.Refuted {
		return d
	}
	from := int(math.Ceil(d.NEff))
	d.needs(
		firstN(from, func(n int) bool {
			lower, _ := ShareBounds(least, most, float64(n), alpha)
			return lower >= target
		}),
		firstN(from, func(n int) bool {
			_, upper := ShareBounds(least, most, float64(n), alpha)
			return upper < target
		}),
	)
	return d
}

// DecideShareAtMost decides whether the share is at most target: whether that of
// the other values is at least 1 − target.
func DecideShareAtMost(c Count, neff, target, alpha float64) Decision {
	return DecideShareAtLeast(c.others(), neff, 1-target, alpha)
}

// ShareBounds returns the one-sided bounds, each with error alpha, of a share that
// was seen to be least, or most where it is open, of an effective sample size: those
// of Clopper and Pearson (1934) for counts that need not be whole numbers (Korn and
// Graubard 1998). Where neff is the number of values they are exact.
func ShareBounds(least, most, neff, alpha float64) (lower, upper float64) {
	lower, upper = 0, 1
	if k := neff * least; k > slack {
		lower = mathext.InvRegIncBeta(k, neff-k+1, alpha)
	}
	if k := neff * most; k < neff-slack {
		upper = mathext.InvRegIncBeta(k+1, neff-k, 1-alpha)
	}
	return lower, upper
}

// ScoreInterval is Wilson's interval (1927) of a share of an effective sample
// size. neff = 0 gives [0, 1].
func ScoreInterval(share, neff, conf float64) (lo, hi float64) {
	if neff <= 0 {
		return 0, 1
	}
	z := NormalQuantile(1 - (1-conf)/2)
	centre := (share + z*z/(2*neff)) / (1 + z*z/neff)
	half := z / (1 + z*z/neff) * math.Sqrt(share*(1-share)/neff+z*z/(4*neff*neff))
	lo, hi = max(0, centre-half), min(1, centre+half)
	switch share {
	case 0:
		lo = 0
	case 1:
		hi = 1
	}
	return lo, hi
}
