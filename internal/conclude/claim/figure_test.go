package claim

import "testing"

// A bound reads as the figures of the report do, and never has an exponent.
func TestBoundsReadAsTheReportsFigures(t *testing.T) {
	for _, tt := range []struct {
		v          float64
		unit, want string
	}{
		{-1132.67, "percent", "−1,133 %"}, {-2e6, "percent", "−2,000,000 %"}, {69.234, "percent", "69.23 %"},
		{0.000140525, "USD", "$0.000141"}, {12345, "USD", "$12,345"}, {0.9973, "ratio", "99.73 %"}, {-0.7655, "points", "−0.7655 points"}, {432.19, "ms", "432.2 ms"},
	} {
		if got := figure(tt.v, tt.unit); got != tt.want {
			t.Errorf("%v %s: %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
}
