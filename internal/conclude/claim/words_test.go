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
