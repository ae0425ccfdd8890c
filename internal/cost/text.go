package cost

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// phrase says what a volume costs on this bill and why.
func (b *bill) phrase(volume float64) string {
	if b.withheld != "" {
		return "an unknown amount (" + b.withheld + ")"
	}
	m := b.need(volume)
	if !b.machine() {
		return fmt.Sprintf("%s (%s per request)", amount.USD(m.USD), amount.USD(m.USD/volume))
	}
	hours := fmt.Sprintf("%s for %g h", replicas(m.Replicas), HoursPerMonth)
	if (fleet{b.fleet}).scales() {
		hours = "up to " + replicas(m.Replicas)
	}
	return fmt.Sprintf("%s (%s, busy %s %% of the time)", amount.USD(m.USD), hours, short(100*m.Utilization))
}

func replicas(n float64) string {
	if n == 1 {
		return "1 replica"
	}
	return amount.Count(n) + " replicas"
}

// sourced is " (source, as of date)" of a price, as far as they are known.
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

// short writes a number with at most three significant digits, and as a whole
// number from 100.
func short(v float64) string {
	if math.Abs(v) >= 100 {
		return amount.Count(v)
	}
	return amount.Significant(v, 3)
}

func sentence(s string) string { return plaintext.Capital(s) + "." }
