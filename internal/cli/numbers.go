package cli

import (
	"fmt"
	"strings"
)

// positive says of a flag's number that it must be greater than 0.
func positive(flag string, v float64) error {
	if !(v > 0) {
		return usagef("--%s %g: must be greater than 0", flag, v)
	}
	return nil
}

// inRange says of a flag's number that it is out of range.
func inRange(flag string, v, least, most float64) error {
	if !(v >= least && v <= most) {
		return usagef("--%s %s: must be between %s and %s", flag, plainNumber(v), plainNumber(least), plainNumber(most))
	}
	return nil
}

func plainNumber(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.10f", v), ".0000000000") }
