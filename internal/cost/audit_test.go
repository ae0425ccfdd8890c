package cost

import (
	"strings"
	"testing"
)

// A replica of three accelerators of nodes of eight has four to pay for, however busy
// it is: only two of them share a node.
func TestABusyReplicaPaysForTheRestOfItsNode(t *testing.T) {
	for _, tt := range []struct {
		count, node int
		paid        float64 // accelerators a replica where the nodes are full
	}{{1, 1, 1}, {1, 8, 1}, {3, 8, 4}, {8, 8, 8}, {12, 8, 16}} {
		in := migration()
		in.Candidate.Machine.Count, in.Candidate.Machine.Node = tt.count, tt.node
		c := Assess(in)
		near(t, "always busy", c.Candidate.PerMTokFull.Value, tt.paid*1.55/3600/20/310*1e6)
		near(t, "within the limits", c.Candidate.Operating[0].PerMTok.Value, tt.paid*1.55/3600/20/310*1e6)
		busy, sum := c.Candidate.Parts[0].USD, 0.0
		for _, p := range c.Candidate.Parts {
			sum += p.USD
		}
		if want := tt.paid * 1.55 / 3600 / 20; busy-want > 1e-12 || want-busy > 1e-12 {
			t.Errorf("%d of %d: busy %v, want %v", tt.count, tt.node, busy, want)
		}
		near(t, "the sum of the parts", c.Candidate.PerRequest.Value, sum)
	}
}

// What is exact has itself for bounds: dividing by it moves no bound past the value.
func TestAnExactCostLiesWithinItsBounds(t *testing.T) {
	in := migration()
	in.Candidate.Machine.USDPerHour, in.MonthlyRequests = 3.85, 500_000
	for out := 1; out < 400; out++ {
		in.Candidate.Usage = same(40, 256, 0, out)
		e := Assess(in).Candidate.PerMTokOutput
		if e.Value == nil || e.Lo != nil && *e.Lo > *e.Value || e.Hi != nil && *e.Hi < *e.Value {
			t.Fatalf("%d output tokens: %v in [%v, %v]", out, *e.Value, *e.Lo, *e.Hi)
		}
	}
}

// An interval whose ends read alike is one number.
func TestOddsWithoutSpreadNameOneNumber(t *testing.T) {
	in := migration()
	in.MonthlyRequests = 30_000 // one machine, whatever the throughput is in its interval
	c := Assess(in)
	if text := c.Odds.Text; strings.Contains(text, "between") || !strings.Contains(text, "the savings are −") {
		t.Error(text)
	}
}
