package cost

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// phrase says what a volume costs on this bill and why.
func (b *bill) phrase(volume float64) string {
	if b.withheld != "" {
		return "an unknown amount (" + b.withheld + ")"
	}
	m, n := b.month(volume)
	if !b.machine() {
		return fmt.Sprintf("%s (%s a request)", usd(m.value), usd(b.request.value))
	}
	return fmt.Sprintf("%s (%s for %g h, busy %s %% of the time)", usd(m.value), replicas(n), HoursPerMonth, short(100*b.utilisation(volume)))
}

func replicas(n float64) string {
	if n == 1 {
		return "1 replica"
	}
	return count(n) + " replicas"
}

// sourced is " (source, date)" of a price, as far as they are known.
func sourced(source, asOf string) string {
	switch {
	case source == "" && asOf == "":
		return ""
	case source == "":
		return " (as of " + asOf + ")"
	case asOf == "":
		return " (" + source + ")"
	}
	return " (" + source + ", as of " + asOf + ")"
}

// usd writes an amount with cents, or with four digits if it is small.
func usd(v float64) string {
	sign := ""
	if v < 0 {
		sign, v = "−", -v
	}
	switch {
	case math.IsInf(v, 0):
		return sign + "$∞"
	case v == 0:
		return "$0"
	case v < 0.1:
		return sign + "$" + significant(v, 4)
	}
	whole, cents, _ := strings.Cut(strconv.FormatFloat(v, 'f', 2, 64), ".")
	return sign + "$" + commas(whole) + "." + cents
}

// count writes a number of requests or replicas.
func count(v float64) string {
	if math.IsInf(v, 0) {
		return "∞"
	}
	return commas(strconv.FormatFloat(math.Round(v), 'f', 0, 64))
}

// short writes a number with about three digits, and whole from 100.
func short(v float64) string {
	sign := ""
	if v < 0 {
		sign, v = "−", -v
	}
	if v >= 100 {
		return sign + count(v)
	}
	return sign + significant(v, 3)
}

// significant never writes an exponent.
func significant(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	decimals := max(0, digits-1-int(math.Floor(math.Log10(v))))
	s := strconv.FormatFloat(v, 'f', min(decimals, 15), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func commas(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }
