package stats

import "math"

// Decision is the outcome of a one-sided test in both directions. Neither
// Proved nor Refuted means undecided.
type Decision struct {
	Proved, Refuted bool
	NEff            float64
	// PProve is the probability of so few (or fewer) breaches if the limit
	// did not hold, PRefute that of so many (or more) if it held.
	PProve, PRefute float64
	// NeededN is the least number of independent values that would decide at
	// the share of breaches seen so far; 0 if decided or out of reach.
	NeededN int
}

// maxNeeded is where the search for a needed n ends.
const maxNeeded = 100_000_000

// DecideQuantile decides whether the p-quantile is within a limit that over of
// n values are beyond. neff is the effective sample size: counts are scaled to
// it, rounded against the decision, and tested with the exact
// binomial distribution at error alpha. With fewer independent values than
// could prove the limit (59 for p95 at 0.05), it decides nothing.
func DecideQuantile(over, n int, neff, p, alpha float64) Decision {
	m := n
	if neff > 0 && neff < float64(n) {
		m = int(neff)
	}
	d := Decision{NEff: float64(m), PProve: 1, PRefute: 1}
	least := QuantileMinN(p, 1-alpha, false)
	if p < 0.5 {
		least = minOneSided(p, alpha)
	}
	share := 1 - p // the share that may break the limit
	rate := 0.0
	if n > 0 {
		rate = float64(over) / float64(n)
	}
	if m > 0 {
		k := rate * float64(m)
		d.PProve = BinomCDF(int(math.Ceil(k-1e-9)), m, share)
		d.PRefute = 1 - BinomCDF(int(math.Floor(k+1e-9))-1, m, share)
	}
	if m >= least {
		d.Proved, d.Refuted = d.PProve <= alpha, d.PRefute <= alpha
	}
	if d.Proved || d.Refuted {
		return d
	}
	d.NeededN = firstN(least, func(n int) bool {
		k := rate * float64(n)
		return BinomCDF(int(math.Ceil(k-1e-9)), n, share) <= alpha ||
			1-BinomCDF(int(math.Floor(k+1e-9))-1, n, share) <= alpha
	})
	return d
}

// minOneSided is the least n that could prove a limit of the p-quantile: all
// n values within it have probability p^n if it does not hold.
func minOneSided(p, alpha float64) int {
	return max(1, int(math.Ceil(math.Log(alpha)/math.Log(p)-1e-12)))
}

// DecideShareAtLeast decides whether a share is at least target, from ok
// successes in n trials, with one-sided Clopper-Pearson bounds at error alpha.
func DecideShareAtLeast(ok, n int, target, alpha float64) Decision {
	d := Decision{NEff: float64(n), PProve: 1, PRefute: 1}
	if n == 0 {
		return d
	}
	d.PProve = 1 - BinomCDF(ok-1, n, target)
	d.PRefute = BinomCDF(ok, n, target)
	d.Proved = ClopperPearsonLower(ok, n, alpha) >= target
	d.Refuted = ClopperPearsonUpper(ok, n, alpha) < target
	if d.Proved || d.Refuted {
		return d
	}
	rate := float64(n-ok) / float64(n)
	d.NeededN = firstN(n, func(n int) bool {
		fails := rate * float64(n)
		return ClopperPearsonLower(n-int(math.Ceil(fails-1e-9)), n, alpha) >= target ||
			ClopperPearsonUpper(n-int(math.Floor(fails+1e-9)), n, alpha) < target
	})
	return d
}

// firstN finds the least n ≥ from for which decided holds, by doubling and
// bisection; 0 if there is none up to maxNeeded. Rounding makes decided
// flicker near its border, so the answer can be a few values too high.
func firstN(from int, decided func(int) bool) int {
	from = max(from, 1)
	if decided(from) {
		return from
	}
	lo, hi := from, from
	for !decided(hi) {
		if hi > maxNeeded {
			return 0
		}
		lo, hi = hi, hi*2
	}
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if decided(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}
