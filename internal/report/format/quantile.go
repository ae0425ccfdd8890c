package format

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/result"
)

// Approximate is in front of the sample's own value where there is no estimate.
const Approximate = "~"

// Weak says that a text begins with a value that is no estimate.
func Weak(text string) bool { return strings.HasPrefix(text, Approximate) }

// minTail is the effective number of requests under which the tail of a sample
// is one or two of them, and is not shown unless a bound can stand next to it: a
// bound alone reads like the value. minGaps is the same for gaps between
// tokens, of which there are many in a second.
const minTail, minGaps = 10, 100

// Quantile prints a quantile of a statistic, with its interval. Where there are
// too few independent requests for one, it prints the sample's value with the
// one-sided bound and with the effective number that would do:
//
//	~57.1 ms [50.8, –] (n=120, effective 17 of 72 needed)
func Quantile(s result.Statistic, stat string) string {
	value, interval, answered, size := quantile(s, stat)
	return value + interval + answered + size
}

// Middle is Quantile without interval and without size.
func Middle(s result.Statistic, stat string) string {
	value, _, answered, _ := quantile(s, stat)
	return value + answered
}

// Size says how much of the needed size there is where a quantile has no interval:
// "n=120, effective 17 of 72 needed"; "" where it has one.
func Size(s result.Statistic, stat string) string {
	_, _, _, size := quantile(s, stat)
	return strings.TrimSuffix(strings.TrimPrefix(size, " ("), ")")
}

// quantile returns a quantile in the parts that a text of it has. Next to an
// infinite one stands that of the requests that were answered.
func quantile(s result.Statistic, stat string) (value, interval, answered, size string) {
	e, ok := s.Quantile(stat)
	if !ok {
		return Missing, "", "", ""
	}
	if e.Value == nil && e.Sample == nil && e.AtLeast != nil && saysNothing(s, stat, *e.AtLeast) {
		e.AtLeast = nil
	}
	shown := e.Value
	switch {
	case e.Value != nil:
		value = WithUnit(float64(*e.Value), s.Unit)
		interval = strings.TrimPrefix(Span(e.Value, e.Lo, e.Hi, s.Unit), value)
	case e.NeededN == 0:
		value, size, _ = strings.Cut(Estimate(e, s.Unit, s.N), " (")
		if size != "" {
			size = " (" + size
		}
	default:
		size = " (" + sizeOf(s, e) + ")"
		switch {
		case e.Sample != nil && (stat == "p50" || e.AtLeast != nil || e.AtMost != nil || tailShown(s, e)):
			shown = e.Sample
			value = Approximate + WithUnit(float64(*e.Sample), s.Unit)
			if e.AtLeast != nil || e.AtMost != nil {
				interval = " [" + bound(e.AtLeast, s.Unit) + ", " + bound(e.AtMost, s.Unit) + "]"
			}
		case e.AtLeast != nil:
			value = "≥ " + WithUnit(float64(*e.AtLeast), s.Unit)
		case e.AtMost != nil:
			value = "≤ " + WithUnit(float64(*e.AtMost), s.Unit)
		default:
			value = "withheld"
		}
	}
	if a, ok := answeredBy(s, stat); ok && shown != nil && math.IsInf(float64(*shown), 0) {
		answered = " (answered: " + WithUnit(a, s.Unit) + ")"
	}
	return value, interval, answered, size
}

// saysNothing reports whether a bound from below is no more than 0 or than a lower
// percentile of the same values, next to which it would read like a contradiction.
func saysNothing(s result.Statistic, stat string, bound result.Number) bool {
	if bound <= 0 {
		return true
	}
	for _, lower := range []string{"p50", "p90", "p95"} {
		if lower == stat {
			break
		}
		e, _ := s.Quantile(lower)
		if v := cmp.Or(e.Value, e.Sample); v != nil && *v > bound {
			return true
		}
	}
	return false
}

// pooled says that a statistic is over more values than there are independent
// pieces: gaps between tokens, in stretches of time.
func pooled(s result.Statistic) bool { return s.NOK > s.N }

func tailShown(s result.Statistic, e result.Estimate) bool {
	if pooled(s) {
		return s.NOK >= minGaps
	}
	return effective(s, e) >= minTail
}

// effective is the effective sample size of a quantile.
func effective(s result.Statistic, e result.Estimate) float64 {
	switch {
	case e.NEff > 0:
		return e.NEff
	case s.NEff > 0:
		return s.NEff
	}
	return float64(s.N)
}

// sizeOf says how much of the needed size there is.
func sizeOf(s result.Statistic, e result.Estimate) string {
	if pooled(s) {
		return fmt.Sprintf("%d of %d stretches of time", s.N, e.NeededN)
	}
	if eff := math.Floor(effective(s, e)); eff < float64(s.N) {
		return fmt.Sprintf("n=%s, effective %.0f of %s needed", Count(s.N), eff, Count(e.NeededN))
	}
	return fmt.Sprintf("n=%s of %s needed", Count(s.N), Count(e.NeededN))
}

// Mean prints a mean with its interval, or as the sample's where it has none.
func Mean(s result.Statistic) string {
	text := Span(s.Mean, s.MeanLo, s.MeanHi, s.Unit)
	if s.Mean != nil && s.MeanWithheld != "" {
		return Approximate + text
	}
	return text
}

// WouldDo returns how many requests like those of a statistic would give a
// quantile an interval, to two digits; false where there is one, where more
// requests would not help, and for gaps, of which stretches of time are counted.
func WouldDo(s result.Statistic, stat string) (int, bool) {
	e, ok := s.Quantile(stat)
	if !ok || e.Value != nil || e.NeededN == 0 || pooled(s) || effective(s, e) <= 0 {
		return 0, false
	}
	n := float64(s.N) * float64(e.NeededN) / effective(s, e)
	if n <= float64(e.NeededN) {
		return e.NeededN, true
	}
	unit := math.Pow(10, max(0, math.Floor(math.Log10(n))-1))
	return int(math.Ceil(n/unit) * unit), true
}

// answeredBy is the quantile of the requests that succeeded.
func answeredBy(s result.Statistic, stat string) (float64, bool) {
	if s.Answered == nil {
		return 0, false
	}
	v, ok := map[string]result.Number{"p50": s.Answered.P50, "p90": s.Answered.P90, "p95": s.Answered.P95, "p99": s.Answered.P99}[stat]
	return float64(v), ok
}

var (
	sizes     = lazy.Regexp(` \((?:n=|needs n=|[0-9]+ of [0-9]+ s)[^)]*\)`)
	intervals = lazy.Regexp(` \[[^\]]*\]`)
)

// WithoutSize takes the size of the sample out of what this package wrote.
func WithoutSize(text string) string { return sizes().ReplaceAllString(text, "") }

// WithoutInterval takes the intervals out of what this package wrote.
func WithoutInterval(text string) string { return intervals().ReplaceAllString(text, "") }
