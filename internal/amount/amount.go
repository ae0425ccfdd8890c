// Package amount writes counts and sums of money for readers, so that a number
// looks the same wherever it is printed: in English, with commas between
// thousands, and US dollars.
//
// A list price is quoted and therefore never rounded; a sum of money that was
// worked out from measurements is.
package amount

import (
	"math"
	"strconv"
	"strings"
)

// infinity is printed where a quantity has no upper bound.
const infinity = "∞"

// Group puts commas between the thousands of a whole number in decimal digits,
// which may begin with a sign.
func Group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Count writes a number of things, rounded to a whole one: "1,234", "∞".
func Count(v float64) string {
	if math.IsInf(v, 0) {
		return signed(v, infinity)
	}
	v = math.Round(v)
	return signed(v, Group(strconv.FormatFloat(math.Abs(v), 'f', 0, 64)))
}

// Things writes how many of something there are: "1 model", "1,234 models".
func Things(n int, name string) string {
	if n != 1 {
		name += "s"
	}
	return Count(float64(n)) + " " + name
}

// USD writes a sum of US dollars: whole dollars from $1,000, cents from $1, and
// three significant digits below, but no less than cents. It never writes an
// exponent.
func USD(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsInf(a, 0):
		return signed(v, "$"+infinity)
	case math.Round(100*a) >= 100_000:
		return signed(v, "$"+Group(strconv.FormatFloat(a, 'f', 0, 64)))
	case a >= 1:
		return signed(v, "$"+strconv.FormatFloat(a, 'f', 2, 64))
	case a == 0:
		return "$0"
	}
	decimals := min(2-int(math.Floor(math.Log10(a))), 15)
	return signed(v, "$"+cents(strconv.FormatFloat(a, 'f', decimals, 64)))
}

// Price writes a list price in US dollars with all of its digits, and at least
// with cents: "$3.00", "$0.125", "$6.155".
func Price(v float64) string {
	if math.IsInf(v, 0) {
		return signed(v, "$"+infinity)
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'f', -1, 64), ".")
	return signed(v, "$"+cents(Group(whole)+"."+fraction))
}

// Significant writes a number with at most the given count of significant
// digits, without an exponent and without zeros at its end.
func Significant(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	a := math.Abs(v)
	decimals := max(0, digits-1-int(math.Floor(math.Log10(a))))
	s := strconv.FormatFloat(a, 'f', min(decimals, 15), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return signed(v, s)
}

// cents makes decimals without zeros at their end, but with two at least.
func cents(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	return whole + "." + fraction + strings.Repeat("0", max(0, 2-len(fraction)))
}

// signed puts a minus sign before the text of a negative number.
func signed(v float64, text string) string {
	if v < 0 {
		return "−" + text
	}
	return text
}
