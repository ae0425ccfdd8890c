package cost

import (
	"math"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// interval is a value with its bounds. If the bounds are unknown, bounded is
// false and lo and hi have no meaning.
type interval struct {
	value, lo, hi float64
	bounded       bool
}

func exactly(v float64) interval { return interval{v, v, v, true} }

// times scales by a positive factor.
func (i interval) times(f float64) interval {
	return interval{f * i.value, f * i.lo, f * i.hi, i.bounded}
}

// inverse of a positive quantity.
func (i interval) inverse() interval {
	return interval{1 / i.value, 1 / i.hi, 1 / max(0, i.lo), i.bounded}
}

// estimate is withheld if the value is NaN.
func (i interval) estimate() result.Estimate {
	if math.IsNaN(i.value) {
		return result.Estimate{Withheld: "it is undefined: a division by 0"}
	}
	e := result.Estimate{Value: result.Num(i.value)}
	if i.bounded {
		if !math.IsNaN(i.lo) {
			e.Lo = result.Num(i.lo)
		}
		if !math.IsNaN(i.hi) {
			e.Hi = result.Num(i.hi)
		}
	}
	return e
}

// meanOf is the mean of quantities that are not negative, with its Student
// interval.
func meanOf(x []float64, conf float64) interval {
	m, lo, hi, ok := stats.MeanInterval(x, conf)
	return interval{m, max(0, lo), hi, ok}
}

// ratioOf is mean(y) ÷ mean(x) of pairs that are not negative, with the interval of the ratio
// estimator: the Student interval of the mean of y − ratio·x, over mean(x)
// (Cochran, Sampling Techniques, 3rd ed., section 6.3).
func ratioOf(y, x []float64, conf float64) interval {
	mx := stats.Mean(x)
	if len(x) == 0 || mx <= 0 {
		return interval{value: math.NaN()}
	}
	r := stats.Mean(y) / mx
	d := make([]float64, len(x))
	for i := range x {
		d[i] = y[i] - r*x[i]
	}
	m, lo, _, ok := stats.MeanInterval(d, conf)
	half := (m - lo) / mx
	return interval{r, max(0, r-half), r + half, ok}
}

// over is b ÷ a of independent, positive quantities.
func (i interval) over(a interval) interval {
	if a.value <= 0 || i.value <= 0 {
		return interval{value: i.value / a.value}
	}
	switch {
	case !i.bounded || !a.bounded:
		return interval{value: i.value / a.value}
	case a.lo == a.hi: // exact: rounding must not leave the value outside its bounds
		return interval{i.value / a.value, i.lo / a.value, i.hi / a.value, true}
	}
	q := stats.RatioMOVER(stats.Bounded{Value: a.value, Lo: a.lo, Hi: a.hi}, stats.Bounded{Value: i.value, Lo: i.lo, Hi: i.hi})
	return interval{i.value / a.value, q.Lo, q.Hi, true}
}

// plus is i + a of quantities that may depend on each other: the bounds add up.
func (i interval) plus(a interval) interval {
	return interval{i.value + a.value, i.lo + a.lo, i.hi + a.hi, i.bounded && a.bounded}
}

// share is a share of n things with its Wilson interval.
func share(k, n int, conf float64) interval {
	if n == 0 {
		return interval{value: math.NaN()}
	}
	lo, hi := stats.Wilson(k, n, conf)
	return interval{float64(k) / float64(n), lo, hi, true}
}
