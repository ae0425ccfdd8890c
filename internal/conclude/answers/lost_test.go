package answers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// A candidate that is clearly worse is not proved to be as good because the baseline
// lost answers.
func TestLostAnswersOfTheBaselineProveNothing(t *testing.T) {
	candidate, baseline := &Side{}, &Side{}
	for i := range 1000 {
		c, b := Item{ID: fmt.Sprint(i), Value: 1, First: true}, Item{ID: fmt.Sprint(i), Value: 1, First: true}
		switch {
		case i < 200:
			b.Value, b.First, b.Faults = 0, false, []string{Lost}
		case i < 300:
			c.Value, c.First = 0, false
		}
		candidate.Add(c)
		baseline.Add(b)
	}
	l, err := metric.ParseLimit("quality_delta>=-2pp")
	if err != nil {
		t.Fatal(err)
	}
	c := &result.Claim{Verdict: result.Undecided, Alpha: 0.05}
	Pair(candidate, baseline).Decide(c, l)
	if c.Verdict != result.Refuted || c.N != 800 || !strings.Contains(c.Reason, "200 of 1000 items are left out") {
		t.Errorf("%s over %d items: %s", c.Verdict, c.N, c.Reason)
	}
}
