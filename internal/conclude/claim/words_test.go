package claim

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// What requests that depend on each other are worth is said in plain words.
func TestAReasonSaysWhatDependentRequestsAreWorth(t *testing.T) {
	l, err := metric.ParseLimit("ttft.p95<500ms")
	if err != nil {
		t.Fatal(err)
	}
	c := result.Claim{N: 300, NEff: 19, Alpha: 0.05}
	decideBinomial(&c, l, 0.95, breaches{})
	if want := "(worth 19 independent ones; under 30 a proof counts half of them)"; !strings.Contains(c.Reason, want) {
		t.Errorf("%q does not say %q", c.Reason, want)
	}
}

// A value without a spread is no bound.
func TestAValueWithoutASpreadIsNotCalledABound(t *testing.T) {
	l, err := metric.ParseLimit("savings>=20%")
	if err != nil {
		t.Fatal(err)
	}
	for want, ends := range map[string][2]float64{
		"the value −1,133 % breaks the limit":                        {-1133, -1133},
		"even the favourable confidence bound 10 % breaks the limit": {-5, 10},
		"the value 30 % meets the limit":                             {30, 30},
		"the confidence bound 25 % meets the limit":                  {25, 35},
	} {
		var c result.Claim
		if Bounds(&c, l, ends[0], ends[1]); c.Reason != want {
			t.Errorf("%v: %q, want %q", ends, c.Reason, want)
		}
	}
}
