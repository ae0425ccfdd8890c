package format

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func TestEstimate(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		name string
		e    result.Estimate
		unit string
		n    int
		want string
	}{
		{"value", result.Estimate{Value: result.Num(48.123), Lo: result.Num(45), Hi: result.Num(51.06)}, "ms", 100, "48.1 ms [45.0, 51.1]"},
		{"no interval", result.Estimate{Value: result.Num(48.123)}, "ms", 1, "48.1 ms"},
		{"one bound", result.Estimate{Value: result.Num(2), Lo: result.Num(1)}, "ms", 9, "2.00 ms [1.00, –]"},
		{"withheld with a bound", result.Estimate{Withheld: "too few", NeededN: 72, AtLeast: result.Num(48.1)}, "ms", 20, "≥ 48.1 ms (n=20 of 72)"},
		{"many needed", result.Estimate{Withheld: "too few", NeededN: 3688, AtLeast: result.Num(48.1)}, "ms", 20, "≥ 48.1 ms (n=20 of 3,688)"},
		{"withheld", result.Estimate{Withheld: "too few", NeededN: 72}, "ms", 20, "withheld (n=20 of 72)"},
		{"withheld for a reason", result.Estimate{Withheld: "the tokens cost nothing"}, "USD", 0, "withheld: the tokens cost nothing"},
		{"bound for a reason", result.Estimate{Withheld: "requests were cut", AtLeast: result.Num(5)}, "ms", 9, "≥ 5.00 ms (n=9, requests were cut)"},
		{"missing", result.Estimate{}, "ms", 0, "–"},
		{"zero is a value", result.Estimate{Value: result.Num(0)}, "ms", 5, "0 ms"},
		{"infinite", result.Estimate{Value: result.Num(inf), Lo: result.Num(9), Hi: result.Num(inf)}, "ms", 50, "∞ [9.00, ∞]"},
		{"share", result.Estimate{Value: result.Num(0.9812), Lo: result.Num(0.95), Hi: result.Num(1)}, "ratio", 0, "98.12 % [95, 100]"},
		{"money", result.Estimate{Value: result.Num(-1088.6), Lo: result.Num(-1100), Hi: result.Num(0.5)}, "USD", 0, "−$1,089 [−$1,100, $0.50]"},
		{"zero width", result.Estimate{Value: result.Num(6.001), Lo: result.Num(6), Hi: result.Num(6.002)}, "ms", 0, "6.00 ms"},
		{"rate", result.Estimate{Value: result.Num(11.83)}, "1/s", 0, "11.8/s"},
	}
	for _, tt := range tests {
		if got := Estimate(tt.e, tt.unit, tt.n); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.00012345: "0.000123", 1e-7: "0.000000100", 0.5: "0.500", 7: "7.00", 42.25: "42.2", 500.4: "500", 1234567.4: "1,234,567",
		-1234: "−1,234", -0.5: "−0.500", math.Inf(1): "∞", math.Inf(-1): "−∞",
	} {
		if got := Number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := Number(math.NaN()); got != Missing {
		t.Errorf("NaN: %q", got)
	}
}

func TestBrief(t *testing.T) {
	if got := Brief("模型模型模型", 4); got != "模型模…" {
		t.Errorf("%q", got)
	}
	if got := Brief("four", 4); got != "four" {
		t.Errorf("%q", got)
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{"": "", " ": "", "a b": "A b.", "a b.": "A b.", "why?": "Why?", "one\ntwo": "One two."} {
		if got := Sentence(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestEnds(t *testing.T) {
	for in, want := range map[string]string{"short": "short", "meta-llama/Llama-3.1-8B": "meta-…1-8B", "0123456789": "0123456789", "äöüäöüäöüäöü": "äöüäö…üäöü"} {
		if got := Ends(in, 10); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A rate that is no estimate keeps its mark also where it stands alone.
func TestARateWithoutAnIntervalIsMarked(t *testing.T) {
	m := result.Metrics{Rates: map[string]result.Rate{
		"throughput":        {Unit: "1/s", Value: result.Num(48.9), Withheld: "the window lasted 2 s"},
		"output_throughput": {Unit: "token/s", Value: result.Num(560), Lo: result.Num(550), Hi: result.Num(570)},
	}}
	if a, b := Figure(m, "throughput", ""), Figure(m, "output_throughput", ""); a != "~48.9" || b != "560" {
		t.Errorf("%q, %q", a, b)
	}
}
