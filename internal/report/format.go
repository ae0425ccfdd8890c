package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/result"
)

// clean makes text that came from a server or a file harmless on a terminal:
// one line, no control characters, no characters that reorder text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

func htmlEscape(s string) string { return html.EscapeString(clean(s)) }

const (
	missing  = "–"
	infinity = "∞"
)

// number prints three to four significant digits.
func number(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return missing
	case v < 0:
		return "−" + number(-v)
	case math.IsInf(v, 1):
		return infinity
	case a >= 1000:
		return group(strconv.FormatFloat(v, 'f', 0, 64))
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a == 0:
		return "0"
	}
	s := strconv.FormatFloat(v, 'g', 3, 64)
	if strings.Contains(s, "e") {
		s = strconv.FormatFloat(v, 'f', int(math.Ceil(-math.Log10(a)))+2, 64)
	}
	return s
}

// group puts commas between thousands of a whole number.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// withUnit prints a value in the unit of a metric.
func withUnit(v float64, unit string) string {
	switch unit {
	case "ratio":
		return percent(v)
	case "percent":
		return number(v) + " %"
	case "USD":
		return usd(v)
	case "ms/token":
		return number(v) + " ms"
	}
	return strings.TrimSpace(number(v) + " " + unit)
}

func percent(share float64) string {
	s := strconv.FormatFloat(100*share, 'f', 2, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	return s + " %"
}

func usd(v float64) string {
	a := math.Abs(v)
	sign := ""
	if v < 0 {
		sign = "−"
	}
	switch {
	case math.IsInf(a, 0):
		return sign + "$" + infinity
	case a >= 1000:
		return sign + "$" + group(strconv.FormatFloat(a, 'f', 0, 64))
	case a >= 1 || a == 0:
		return sign + "$" + strconv.FormatFloat(a, 'f', 2, 64)
	}
	return sign + "$" + number(a)
}

// span prints a value with its interval in one unit.
func span(v, lo, hi *result.Number, unit string) string {
	if v == nil {
		return missing
	}
	s := withUnit(float64(*v), unit)
	if lo == nil && hi == nil {
		return s
	}
	bound := func(b *result.Number) string {
		if b == nil {
			return "?"
		}
		n := withUnit(float64(*b), unit)
		return strings.TrimSuffix(strings.TrimSuffix(n, " "+unit), " ms")
	}
	return s + " [" + bound(lo) + ", " + bound(hi) + "]"
}

// estimate prints a value with its interval, or why there is none.
func estimate(e result.Estimate, unit string, n int) string {
	if e.Value != nil {
		return span(e.Value, e.Lo, e.Hi, unit)
	}
	var why []string
	if n > 0 {
		why = append(why, fmt.Sprintf("n=%d", n))
	}
	if e.NeededN > 0 {
		why = append(why, "needs "+group(strconv.Itoa(e.NeededN)))
	}
	paren := ""
	if len(why) > 0 {
		paren = " (" + strings.Join(why, ", ") + ")"
	}
	switch {
	case e.AtLeast != nil:
		return "≥ " + withUnit(float64(*e.AtLeast), unit) + paren
	case e.NeededN > 0:
		return "withheld" + paren
	}
	return missing
}

func rateText(r result.Rate) string {
	unit := r.Unit
	if r.Value == nil {
		return missing
	}
	return span(r.Value, r.Lo, r.Hi, unit)
}
