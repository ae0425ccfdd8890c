package amount

import (
	"math"
	"testing"
)

func TestUSD(t *testing.T) {
	for v, want := range map[float64]string{
		0: "$0", 0.0001234567: "$0.000123", 0.00012: "$0.00012", 0.05: "$0.05", 0.125: "$0.125", 0.43567: "$0.436", 0.5: "$0.50", 0.99999: "$1.00",
		1: "$1.00", 12.345: "$12.35", 999.99: "$999.99", 999.999: "$1,000", 1131.5: "$1,132", 1234567.891: "$1,234,568",
		-12: "−$12.00", -0.5: "−$0.50", math.Inf(1): "$∞", math.Inf(-1): "−$∞", 1e-20: "$0.00",
	} {
		if got := USD(v); got != want {
			t.Errorf("USD(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestOneThingHasNoPlural(t *testing.T) {
	for n, want := range map[int]string{0: "0 blocks", 1: "1 block", 2: "2 blocks", 1650: "1,650 blocks"} {
		if got := Things(n, "block"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPriceIsNotRounded(t *testing.T) {
	for v, want := range map[float64]string{
		0: "$0.00", 0.125: "$0.125", 0.435: "$0.435", 6.155: "$6.155", 3: "$3.00", 0.1: "$0.10", 0.00125: "$0.00125", 12: "$12.00", 1234.5: "$1,234.50",
		-0.5: "−$0.50", math.Inf(1): "$∞",
	} {
		if got := Price(v); got != want {
			t.Errorf("Price(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 999.6: "1,000", 1234567: "1,234,567", -1234: "−1,234", -0.2: "0", math.Inf(1): "∞"} {
		if got := Count(v); got != want {
			t.Errorf("Count(%v) = %q, want %q", v, got, want)
		}
	}
	for in, want := range map[string]string{"": "", "1": "1", "123": "123", "1234": "1,234", "-123": "-123", "-123456": "-123,456"} {
		if got := Group(in); got != want {
			t.Errorf("Group(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSignificant(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.0571: "0.0571", 12.345: "12.3", 100: "100", 0.5: "0.5", -67.26: "−67.3", 1234: "1234"} {
		if got := Significant(v, 3); got != want {
			t.Errorf("Significant(%v, 3) = %q, want %q", v, got, want)
		}
	}
}
