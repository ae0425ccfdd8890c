package stats

import "math"

// Count is how many of N values have a property. Of a value that is not known to
// the end, such as the latency of a request that was cut, it may be open whether
// it has it: Least counts those that have it for certain, Most the open ones as
// well.
type Count struct{ Least, Most, N int }

// Known is the count of a property that is known of every value.
func Known(k, n int) Count { return Count{Least: k, Most: k, N: n} }

// others counts the values that lack the property.
func (c Count) others() Count { return Count{Least: c.N - c.Most, Most: c.N - c.Least, N: c.N} }

// Decision is the outcome of a one-sided test in both directions. Neither
// Proved nor Refuted means undecided.
type Decision struct {
	Proved, Refuted bool
	NEff            float64
	// PProve is the probability of so few (or fewer) breaches if the limit
	// did not hold, PRefute that of so many (or more) if it held.
	PProve, PRefute float64
	// NeededN is the least number of independent values that would decide at
	// the share of breaches seen so far, whether for the limit or against it: the
	// nearer of both. 0 if decided or out of reach.
	NeededN int
	// NeedsProof says that NeededN values would prove; else they would refute.
	NeedsProof bool
}

const (
	// maxNeeded is where the search for a needed n ends.
	maxNeeded = 100_000_000
	// slack is what rounding may add to a count or a probability.
	slack = 1e-9
)

// MinEffective is the effective sample size under which values that depend on each
// other have no two-sided interval: their dependence itself is then hardly known.
// (Medians of an M/M/1 queue at utilization 0.9 that are shown at an effective size
// of 7 are wrong in 37 % of runs.)
const MinEffective = 30

// ProofSize is the effective sample size that a proof may use: half of neff where
// that is under MinEffective and less than the n of independent values. A limit far
// away is still proved.
func ProofSize(neff float64, n int) float64 {
	if neff < MinEffective && neff < float64(n) {
		return neff / 2
	}
	return min(neff, float64(n))
}

// DecideQuantile decides whether the p-quantile is within a limit that over
// counts the values beyond. neff is the effective sample size (Dependence.NEff at the
// same alpha; that of independent values is their number): counts are scaled to it,
// rounded against the decision, and tested at error alpha with the binomial
// distribution, continued to sizes that are not whole. Open values count against whichever is to be shown.
//
// A proof follows only from as many independent values as could all be within
// the limit by chance (59 for p95 at 0.05), and takes ProofSize. A refutation needs no
// such number: 3 of 3 over a p95 are enough. What bounds its error where values
// depend on each other in ways that so few cannot show: the expected share over a
// limit that holds is 1−p, so that a share s is seen with probability at most
// (1−p)/s, whatever the dependence (Markov's inequality). Where 1−p ≤ alpha that
// alone refutes a limit that all values break. Where 1−p > alpha (a median, say) one
// burst may hold all of a short run, and refuting takes an effective size of
// at least leastRefuting as well. TestRefutationsOnAQueueKeepTheirError
// holds the error of both.
func DecideQuantile(over Count, neff, p, alpha float64) Decision {
	if neff <= 0 || neff > float64(over.N) {
		neff = float64(over.N)
	}
	d := Decision{NEff: neff, PProve: 1, PRefute: 1}
	share := 1 - p // the share that may break the limit
	best, worst := 0.0, 0.0
	if over.N > 0 {
		best, worst = float64(over.Least)/float64(over.N), float64(over.Most)/float64(over.N)
	}
	toRefute := 1.0
	if share > alpha+slack {
		toRefute = leastRefuting
	}
	// A part of a breach counts as one against a proof, and as none for a refutation: a
	// short run of a queue that is seldom full holds few bursts, of which one more or
	// less is much.
	prove := func(m float64) float64 { return binomCDF(math.Ceil(worst*m-slack), m, share) }
	// At least so many breaches are at most so many others.
	refute := func(m float64) float64 { return binomCDF(m-math.Floor(best*m+slack), m, p) }
	if neff > 0 {
		d.PProve, d.PRefute = prove(ProofSize(neff, over.N)), refute(neff)
		d.Proved = d.PProve <= alpha
		d.Refuted = neff >= toRefute && d.PRefute <= alpha
	}
	if markov := share / best; over.Least > 1 && markov <= alpha+slack {
		d.Refuted, d.PRefute = true, min(d.PRefute, markov)
	}
	if d.Proved || d.Refuted {
		return d
	}
	// With more requests like these the effective size grows as their number does.
	perValue := 1.0
	if over.N > 0 {
		perValue = neff / float64(over.N)
	}
	size := func(m int) float64 { return ProofSize(float64(m), int(math.Ceil(float64(m)/perValue))) }
	d.needs(
		firstN(int(math.Ceil(neff)), func(m int) bool { return prove(size(m)) <= alpha }),
		firstN(max(int(toRefute), int(math.Ceil(neff))), func(m int) bool { return refute(float64(m)) <= alpha }),
	)
	return d
}

// leastRefuting is the least effective sample size that refutes a limit that a
// larger share than alpha may break. With 1 instead of 10, runs of 10 to 40
// requests of a queue (M/D/8, utilization 0.9) refute a true median in 11 to 18 %
// of cases; with 10 in at most 5 %.
const leastRefuting = 10

// needs notes the nearer of two numbers of values, 0 being out of reach.
func (d *Decision) needs(toProve, toRefute int) {
	d.NeededN, d.NeedsProof = toProve, toProve > 0
	if toRefute > 0 && (toProve == 0 || toRefute < toProve) {
		d.NeededN, d.NeedsProof = toRefute, false
	}
}

// ProofMinN is the least number of independent values that could prove, at error
// alpha, a limit that a share p of values must keep: if it does not hold, all n
// are within it with probability p^n at most. p is in (0, 1).
func ProofMinN(p, alpha float64) int {
	return max(1, int(math.Ceil(math.Log(alpha)/math.Log(p)-1e-12)))
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
