package detect

import (
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// Drift is how much longer one endpoint's answers are than another's on the same items.
type Drift struct {
	Items int
	Ratio float64 // of the sums of lengths
	// Low and High are its interval; both are 0 where there is none (under 10 items).
	Low, High float64
}

// LengthLimit is by how much lengths may differ: MLPerf inference takes answers whose
// tokens per sample are within 10 % of the reference's.
const LengthLimit = 0.10

// Lengths compares lengths of answers to the same items, in runes or tokens: the
// candidate's first, then the baseline's. The interval is that of a ratio of two
// totals over paired items (Cochran, Sampling Techniques, 1977, section 6.4). ok is
// false where the baseline has no text at all.
func Lengths(pairs [][2]int, conf float64) (d Drift, ok bool) {
	var a, b float64
	for _, p := range pairs {
		a, b = a+float64(p[0]), b+float64(p[1])
	}
	if b <= 0 {
		return Drift{Items: len(pairs)}, false
	}
	n := float64(len(pairs))
	d = Drift{Items: len(pairs), Ratio: a / b}
	if len(pairs) < 10 {
		return d, true
	}
	sum := 0.0
	for _, p := range pairs {
		e := float64(p[0]) - d.Ratio*float64(p[1])
		sum += e * e
	}
	half := stats.StudentQuantile(1-(1-conf)/2, n-1) * math.Sqrt(sum/(n*(n-1))) / (b / n)
	d.Low, d.High = max(0, d.Ratio-half), d.Ratio+half
	return d, true
}

// Drifted reports whether the whole interval is outside of the limit. Without an
// interval nothing is claimed.
func (d Drift) Drifted() bool {
	return d.High > 0 && (d.Low > 1+LengthLimit || d.High < 1-LengthLimit)
}

// Within reports whether the whole interval is inside of the limit.
func (d Drift) Within() bool {
	return d.High > 0 && d.Low >= 1-LengthLimit && d.High <= 1+LengthLimit
}
