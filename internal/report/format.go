package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// clean makes text that came from a server or a file harmless: every text of a
// report goes through it.
func clean(s string) string { return plaintext.Line(s) }

// brief cleans text that a server or a file may have made very long.
func brief(s string, most int) string {
	s = clean(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// ends shortens text in its middle: names that differ often do at their ends.
func ends(s string, most int) string {
	s = clean(s)
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-(most-most/2-1):])
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

// withUnit prints a value in the unit of a metric.
func withUnit(v float64, unit string) string {
	switch unit {
	case "ratio":
		return percent(v)
	case "percent":
		return number(v) + " %"
	case "USD":
		return amount.USD(v)
	case "ms/token":
		return withUnit(v, "ms")
	case "1/s":
		return number(v) + "/s"
	case "times":
		return number(v) + " ×"
	}
	if math.IsInf(v, 0) {
		return number(v)
	}
	return strings.TrimSpace(number(v) + " " + unit)
}

func percent(share float64) string {
	s := strconv.FormatFloat(100*share, 'f', 2, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	return s + " %"
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
			return missing
		}
		if unit == "USD" {
			return amount.USD(float64(*b))
		}
		n, _, _ := strings.Cut(strings.TrimSuffix(withUnit(float64(*b), unit), "/s"), " ")
		return n
	}
	return s + " [" + bound(lo) + ", " + bound(hi) + "]"
}

// quantileText prints a quantile. Where requests depend on each other, what
// counts is how many independent ones they are worth.
func quantileText(e result.Estimate, s result.Statistic) string {
	if e.Value == nil && e.NeededN > 0 && s.N >= e.NeededN && s.NEff > 0 {
		worth := fmt.Sprintf("(n=%s, worth %.0f,", count(s.N), math.Floor(s.NEff))
		return strings.Replace(estimate(e, s.Unit, s.N), fmt.Sprintf("(n=%d,", s.N), worth, 1)
	}
	return estimate(e, s.Unit, s.N)
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
	switch {
	case e.NeededN > 0:
		why = append(why, "needs "+count(e.NeededN))
	case e.Withheld != "" && e.AtLeast != nil:
		why = append(why, clean(e.Withheld))
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
	case e.Withheld != "":
		return "withheld: " + clean(e.Withheld)
	}
	return missing
}

// count prints a whole number.
func count(n int) string { return amount.Count(float64(n)) }

// capital begins a sentence.
func capital(s string) string { return plaintext.Capital(s) }

func rateText(r result.Rate) string {
	return estimate(result.Estimate{Value: r.Value, Lo: r.Lo, Hi: r.Hi, Withheld: r.Withheld}, r.Unit, 0)
}
