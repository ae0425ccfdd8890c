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
			if tt.cut > 0 && i%4 == 0 { // spread, since a row of them is worth less
				x = cut(float64(10*i), tt.after)
			}
			tr.Add(x)
		}
		o := tr.Observation(capacity.Load{Rate: 100, Users: 1}, Course{Began: 1, Start: 1, End: ms(4000)})
		j := o.Judge(limits, 0.05)
		if l := j[0]; l.Over != tt.over || l.Open != tt.open || l.Proved != tt.proved || l.Refuted != tt.refuted {
			t.Errorf("%s: %+v", tt.name, l)
		}
		if s := j[1]; s.Open != tt.cut || s.Proved != (tt.cut == 0) || s.Refuted {
			t.Errorf("%s, success: %+v", tt.name, s)
		}
	}
}

// Answers that came at once have no time per token: a search proves no limit on it
// by the few that were streamed, and refutes none by the others, as a claim does.
func TestAnswersAtOnceAreOpenInASearch(t *testing.T) {
	limits := []capacity.Limit{{Text: "tpot.p90<5ms", Quantile: 0.90}}
	for _, tt := range []struct {
		atOnce, open int
		proved       bool
	}{{0, 0, true}, {5, 80, false}, {1, 400, false}} { // every so many-th
		tr, err := New([]string{"tpot.p90<5ms"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 400 {
			at := exchange.Stamp(1 + i*10e6)
			x := &exchange.Exchange{Phase: exchange.Measured, Due: at, Writing: at, FirstToken: at + 2e6, OutputTokens: new(11)}
			for k := range 11 {
				x.Frames = append(x.Frames, exchange.Frame{At: x.FirstToken + exchange.Stamp(k*2e6), Tokens: 1})
			}
			if tt.atOnce > 0 && i%tt.atOnce == 0 {
				x.Frames = []exchange.Frame{{At: x.FirstToken}}
			}
			x.LastToken = x.Frames[len(x.Frames)-1].At
			x.Done = x.LastToken
			tr.Add(x)
		}
		o := tr.Observation(capacity.Load{Rate: 100, Users: 1}, Course{Began: 1, Start: 1, End: 4e9})
		if j := o.Judge(limits, 0.05)[0]; j.N != 400 || j.Open != tt.open || j.Over != tt.open || j.Proved != tt.proved || j.Refuted {
			t.Errorf("one of %d at once: %+v", tt.atOnce, j)
		}
	}
}
