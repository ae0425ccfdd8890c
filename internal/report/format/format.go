// Package format writes numbers, amounts, intervals and foreign text the way
// every report of a run does: the console, the pages and the figures. It knows
// nothing of what a number is about.
package format

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// Brief cleans text that a server or a file may have made very long, and cuts
// it to so many letters.
func Brief(s string, most int) string {
	s = plaintext.Line(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// Ends cleans text and shortens it in the middle: names that differ often do at
// their ends.
func Ends(s string, most int) string {
	s = plaintext.Line(s)
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-(most-most/2-1):])
}

// Sentence cleans a text and makes it a sentence: a capital letter and a full
// stop. An empty text stays empty.
func Sentence(s string) string {
	s = strings.TrimSpace(plaintext.Line(s))
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return plaintext.Capital(s)
	}
	return plaintext.Capital(s) + "."
}

// What stands in the place of a number.
const (
	Missing  = "–"
	Infinity = "∞"
)

// Number prints three to four significant digits.
func Number(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return Missing
	case v < 0:
		return "−" + Number(-v)
	case math.IsInf(v, 1):
		return Infinity
	case a >= 1000:
		return amount.Group(strconv.FormatFloat(v, 'f', 0, 64))
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a == 0:
		return "0"
	}
	return strconv.FormatFloat(v, 'f', int(math.Ceil(-math.Log10(a)))+2, 64)
}

// Count prints a whole number.
func Count(n int) string { return amount.Group(strconv.Itoa(n)) }

// Whole prints a number without decimal places.
func Whole(v float64) string { return amount.Group(strconv.FormatFloat(v, 'f', 0, 64)) }

// Percent prints a share of 1.
func Percent(share float64) string {
	s := strconv.FormatFloat(100*share, 'f', 2, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	return s + " %"
}

// WithUnit prints a value in the unit of a metric.
func WithUnit(v float64, unit string) string {
	switch unit {
	case "ratio":
		return Percent(v)
	case "percent":
		return Number(v) + " %"
	case "USD":
		return amount.USD(v)
	case "ms/token":
		return WithUnit(v, "ms")
	case "1/s":
		return Number(v) + "/s"
	case "token/s":
		return WithUnit(v, "tokens/s")
	case "times":
		return Number(v) + " ×"
	}
	if math.IsInf(v, 0) {
		return Number(v)
	}
	return strings.TrimSpace(Number(v) + " " + unit)
}

// Span prints a value with its interval in one unit. An interval that is as
// narrow as the rounding of the value is left out.
func Span(v, lo, hi *result.Number, unit string) string {
	if v == nil {
		return Missing
	}
	s := WithUnit(float64(*v), unit)
	if lo == nil && hi == nil {
		return s
	}
	if lo != nil && hi != nil && bound(lo, unit) == bound(v, unit) && bound(hi, unit) == bound(v, unit) {
		return s // as narrow as the rounding
	}
	return s + " [" + bound(lo, unit) + ", " + bound(hi, unit) + "]"
}

// bound prints one end of an interval, without its unit.
func bound(b *result.Number, unit string) string {
	if b == nil {
		return Missing
	}
	if unit == "USD" {
		return amount.USD(float64(*b))
	}
	n, _, _ := strings.Cut(strings.TrimSuffix(WithUnit(float64(*b), unit), "/s"), " ")
	return n
}

// Estimate prints a value with its interval, or why there is none. n is the
// number of requests behind it, and 0 where that is shown elsewhere.
func Estimate(e result.Estimate, unit string, n int) string {
	if e.Value != nil {
		return Span(e.Value, e.Lo, e.Hi, unit)
	}
	why := ""
	switch {
	case e.NeededN > 0 && n > 0:
		why = fmt.Sprintf(" (n=%s of %s)", Count(n), Count(e.NeededN))
	case e.NeededN > 0:
		why = " (needs n=" + Count(e.NeededN) + ")"
	case e.Withheld != "" && e.AtLeast != nil && n > 0:
		why = fmt.Sprintf(" (n=%s, %s)", Count(n), plaintext.Line(e.Withheld))
	case e.Withheld != "" && e.AtLeast != nil:
		why = " (" + plaintext.Line(e.Withheld) + ")"
	}
	switch {
	case e.AtLeast != nil:
		return "≥ " + WithUnit(float64(*e.AtLeast), unit) + why
	case e.AtMost != nil:
		return "≤ " + WithUnit(float64(*e.AtMost), unit) + why
	case e.NeededN > 0:
		return "withheld" + why
	case e.Withheld != "":
		return "withheld: " + plaintext.Line(e.Withheld)
	}
	return Missing
}

// Rate prints the rate of a window; one that has a reason for having no interval is
// that of the sample.
func Rate(r result.Rate) string {
	if r.Value != nil && r.Lo == nil && r.Hi == nil && r.Withheld != "" {
		return Approximate + WithUnit(float64(*r.Value), r.Unit)
	}
	return Estimate(result.Estimate{Value: r.Value, Lo: r.Lo, Hi: r.Hi, Withheld: r.Withheld}, r.Unit, 0)
}
