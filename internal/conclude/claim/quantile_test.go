package claim

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// loadCell is a cell of n independent requests, every stride-th of which took
// longer than 100 ms.
func loadCell(n, stride int) *measure.Collector {
	c := &measure.Collector{}
	for i := range n {
		x := &exchange.Exchange{Phase: exchange.Measured, Index: i, Due: exchange.Stamp(1 + i*1e7), Streamed: true}
		x.Writing = x.Due + 1e5
		x.FirstToken = x.Due + exchange.Stamp(50e6+float64(i*617%1000)*1e3)
		if stride > 0 && i%stride == stride-1 {
			x.FirstToken = x.Due + 150e6
		}
		x.LastToken, x.Done = x.FirstToken, x.FirstToken
		c.Add(x)
	}
	c.Settle(1, exchange.Stamp(n*1e7))
	return c
}

func cellOf(requests *measure.Collector, load result.LoadShape) Cell {
	return Cell{Cell: result.Cell{Load: load}, Requests: requests, Dependence: map[string]stats.Dependence{}}
}

func TestMLPerfClaims(t *testing.T) {
	for _, tt := range []struct {
		name      string
		n, stride int
		verdict   result.Verdict
		needed    int
		reason    string
	}{
		{"none over, one short", 458, 0, result.Undecided, 459, "requires 459"},
		{"none over", 459, 0, result.Proved, 0, "requires 459 for that"},
		{"ten over", 2010, 201, result.Proved, 0, "requires 2010 for that"},
		{"ten over, one short", 2009, 200, result.Undecided, 2010, "10 of 2009"},
		{"a tenth over", 1000, 10, result.Refuted, 0, "99 % confidence"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := metric.ParseLimit("ttft.p99<100ms")
			if err != nil {
				t.Fatal(err)
			}
			c := result.Claim{Verdict: result.Undecided, Alpha: 0.01}
			decideQuantile(&c, l, 0.99, plan.MLPerf, cellOf(loadCell(tt.n, tt.stride), result.LoadShape{Kind: "open"}))
			if c.Verdict != tt.verdict || c.NeededN != tt.needed || !strings.Contains(c.Reason, tt.reason) {
				t.Errorf("%s, needs %d: %s", c.Verdict, c.NeededN, c.Reason)
			}
			if !strings.Contains(c.Text, "early-stopping") || c.Rule != mlperfRule || c.Estimate == nil {
				t.Errorf("%q does not say by which rule (%q), estimate %v", c.Text, c.Rule, c.Estimate)
			}
		})
	}
}

func TestQuantileClaimsSayTheirRule(t *testing.T) {
	l, err := metric.ParseLimit("ttft.p95<100ms")
	if err != nil {
		t.Fatal(err)
	}
	c := result.Claim{Verdict: result.Undecided, Alpha: 0.05}
	decideQuantile(&c, l, 0.95, "", cellOf(loadCell(59, 0), result.LoadShape{Kind: "closed", Users: 1}))
	if c.Verdict != result.Proved || c.Rule != ownRule || c.N != 59 {
		t.Errorf("%+v", c)
	}
}
