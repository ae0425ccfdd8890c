package trial

import (
	"testing"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/exchange"
)

// A request that was cut breaks a limit only if it had broken it by then; it
// refutes no load otherwise, and proves none.
func TestCutRequestsAreOpenInASearch(t *testing.T) {
	ms := func(v float64) exchange.Stamp { return exchange.Stamp(1 + v*1e6) }
	cut := func(at, after float64) *exchange.Exchange {
		return &exchange.Exchange{Phase: exchange.Measured, Class: exchange.Cut, Due: ms(at), Done: ms(at + after)}
	}
	ok := func(at float64) *exchange.Exchange {
		return &exchange.Exchange{Phase: exchange.Measured, Due: ms(at), FirstToken: ms(at + 20), LastToken: ms(at + 30), Done: ms(at + 30)}
	}
	limits := []capacity.Limit{{Text: "ttft.p95<100ms", Quantile: 0.95}, {Text: "success>=90%", Success: 0.90}}
	for _, tt := range []struct {
		name            string
		after           float64
		cut             int
		over, open      int
		proved, refuted bool
	}{
		{"none cut", 0, 0, 0, 0, true, false},
		{"cut before the limit", 50, 100, 100, 100, false, false},
		{"cut beyond the limit", 150, 100, 100, 0, false, true},
	} {
		tr, err := New([]string{"ttft.p95<100ms", "success>=90%"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 400 {
			x := ok(float64(10 * i))
			if i < tt.cut {
				x = cut(float64(10*i), tt.after)
			}
			tr.Add(x)
		}
		o := tr.Observation(capacity.Load{Rate: 100, Users: 1}, 1, 1, ms(4000), false)
		j := o.Judge(limits, 0.05)
		if l := j[0]; l.Over != tt.over || l.Open != tt.open || l.Proved != tt.proved || l.Refuted != tt.refuted {
			t.Errorf("%s: %+v", tt.name, l)
		}
		if s := j[1]; s.Open != tt.cut || s.Proved != (tt.cut == 0) || s.Refuted {
			t.Errorf("%s, success: %+v", tt.name, s)
		}
	}
}
