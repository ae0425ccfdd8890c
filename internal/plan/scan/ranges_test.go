package scan

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
)

func TestRanges(t *testing.T) {
	tests := []struct {
		text string
		k    key.Kind
		want string // values, or a part of the error
		bad  bool
	}{
		{"1..64x2", key.WholeKind, "1 2 4 8 16 32 64", false},
		{"1..100x3", key.WholeKind, "1 3 9 27 81", false},
		{"1..10x1.5", key.WholeKind, "1 2 3 5 8", false}, // 1, 1.5, 2.25, 3.4, 5.1, 7.6
		{"1..5+2", key.WholeKind, "1 3 5", false},
		{"7..7+1", key.WholeKind, "7", false},
		{"1_000..3_000+1_000", key.WholeKind, "1000 2000 3000", false},
		{"0.5..4+0.5", key.DecimalKind, "0.5 1 1.5 2 2.5 3 3.5 4", false},
		{"0.1..0.5+0.1", key.DecimalKind, "0.1 0.2 0.3 0.4 0.5", false}, // binary sums have 0.30000000000000004
		{"0..1+.25", key.DecimalKind, "0 0.25 0.5 0.75 1", false},
		{"0.05..1.6x2", key.DecimalKind, "0.05 0.1 0.2 0.4 0.8 1.6", false}, // rates under 1/s stay what they are
		{"0.37..2x1.5", key.DecimalKind, "0.37 0.555 0.8325 1.24875 1.87312", false},
		{"100ms..1s+300ms", key.DurationKind, "100ms 400ms 700ms 1s", false},
		{"1s..10sx3", key.DurationKind, "1s 3s 9s", false},
		{"1..8", key.WholeKind, "no step", true},
		{"8..1x2", key.WholeKind, "is descending", true},
		{"0..8x2", key.WholeKind, "begins at 0", true},
		{"1..8x1", key.WholeKind, "at least 1.001", true},
		{"1..8x", key.WholeKind, "no step", true},
		{"1..8+0", key.WholeKind, "greater than 0", true},
		{"0.5..4+0.5", key.WholeKind, "0.5 of the range", true},
		{"1..9999+1", key.WholeKind, "at most 1000 values", true},
		{"1..1000000000x1.001", key.DecimalKind, "at most 1000 values", true},
		{"a..8x2", key.WholeKind, `"a"`, true},
		{"1..1e9x10", key.WholeKind, `"1e9"`, true},
		{"-1..4+1", key.WholeKind, `"-1"`, true},
		{"1..5s+1s", key.DurationKind, "not a duration", true},
	}
	for _, tt := range tests {
		got, err := expandRange(tt.text, tt.k)
		switch {
		case tt.bad && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, %v; want an error with %q", tt.text, got, err, tt.want)
		case !tt.bad && (err != nil || strings.Join(got, " ") != tt.want):
			t.Errorf("%s: %v, %v; want %s", tt.text, got, err, tt.want)
		}
	}
}

// Whatever a range is, its values rise, begin where it does, stay inside it and
// are read as the numbers that they are.
func FuzzRange(f *testing.F) {
	for _, s := range []string{"1..64x2", "0.5..4+0.5", "1s..5s+500ms", "..", "1..x", "1..2x1.0011", "999999999999..9999999999999x9", "0.000001..1x7", "1ns..1hx3"} {
		f.Add(s, 0)
		f.Add(s, 1)
		f.Add(s, 2)
	}
	f.Fuzz(func(t *testing.T, text string, k int) {
		kind := []key.Kind{key.DecimalKind, key.WholeKind, key.DurationKind}[min(max(k, 0), 2)]
		values, err := expandRange(text, kind)
		if err != nil {
			if values != nil {
				t.Errorf("%q: values beside the error %v", text, err)
			}
			return
		}
		if len(values) == 0 || len(values) > MaxValues {
			t.Fatalf("%q: %d values", text, len(values))
		}
		number := func(s string) float64 {
			if kind == key.DurationKind {
				d, err := time.ParseDuration(s)
				if err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				return float64(d)
			}
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if kind == key.WholeKind && x != math.Round(x) {
				t.Fatalf("%q: %s is no whole number", text, s)
			}
			return x
		}
		p, _ := cutRange(text)
		from, to := number(values[0]), number(values[len(values)-1])
		for i := range values[1:] {
			if number(values[i]) >= number(values[i+1]) {
				t.Errorf("%q: %s before %s", text, values[i], values[i+1])
			}
		}
		slack := 1 + 1e-5
		low, err1 := rangeNumber(p.from, text, kind)
		high, err2 := rangeNumber(p.to, text, kind)
		if err1 != nil || err2 != nil {
			t.Fatalf("%q: %v, %v", text, err1, err2)
		}
		if lo, hi := inexact(low), inexact(high); from < lo/slack-1 || from > lo*slack+1 || to > hi*slack+1 {
			t.Errorf("%q: %v to %v, outside of %v to %v", text, from, to, lo, hi)
		}
	})
}
