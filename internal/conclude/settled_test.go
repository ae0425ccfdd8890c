package conclude

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

// Blocks that begin with an empty server say what a long run would only where the load
// had settled in each, and where they are long beside their requests.
func TestBlocksThatHadNotSettledAreNotCompared(t *testing.T) {
	second := func(s float64) exchange.Stamp { return exchange.Stamp(1 + s*1e9) }
	of := func(kind, arrival, end string, length float64) *cell {
		c := &cell{Cell: &runlog.Cell{}}
		c.Load = result.LoadShape{Kind: kind, Arrival: arrival}
		for i := range 5 {
			begin := float64(1000 * i)
			c.Blocks = append(c.Blocks, runlog.WindowRecord{Round: i + 1, Start: second(begin), End: second(begin + length), WarmedS: 6, WarmupEnd: end})
			x := &exchange.Exchange{Phase: exchange.Measured, Index: i, Due: second(begin), FirstToken: second(begin + 1), FirstAnswer: second(begin + 1), LastToken: second(begin + 2), Done: second(begin + 2), Streamed: true}
			c.Add(x)
		}
		c.Settle(second(0), second(5000))
		return c
	}
	for _, tt := range []struct {
		name string
		cell *cell
		want string // in the reason; "": they are compared
	}{
		{"long blocks that had settled", of("open", "poisson", "settled", 60), ""},
		{"short blocks", of("open", "poisson", "settled", 5), "the shortest lasts 5 s, and at this load 40 s"},
		{"a growing load", of("open", "poisson", "growing", 60), "in 5 of 10 the load had not settled"},
		{"an older log", of("open", "poisson", "", 60), ""},
		{"users", of("closed", "", "settled", 5), ""},
		{"a trace", of("open", "trace", "", 5), ""},
	} {
		why, _ := paired{cand: tt.cell, other: of("open", "poisson", "settled", 60)}.unsettled()
		if (why == "") != (tt.want == "") || !strings.Contains(why, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, why, tt.want)
		}
	}
}

// Blocks that had not settled say on which side the candidate is where their rounds do:
// equal targets begin alike. They do not say by how much.
func TestUnsettledBlocksStillSayWhichIsSlower(t *testing.T) {
	for _, tt := range []struct {
		lo, hi          float64
		direction, text string
	}{
		{.1, .4, result.DirectionHigher, "is longer than that of other; by how much cannot be told: too short"},
		{-.4, -.1, result.DirectionLower, "is shorter than"},
		{-.1, .1, "", "no difference from other"},
	} {
		c := &compared{result.Comparison{Against: "other", Estimate: result.Estimate{Withheld: "too short"}}}
		got := c.direction(stats.Bounded{Value: (tt.lo + tt.hi) / 2, Lo: tt.lo, Hi: tt.hi}, "p50", [2]string{"shorter", "longer"})
		if got.Direction != tt.direction || !strings.Contains(got.Text, tt.text) || got.Estimate.Value != nil {
			t.Errorf("%+v", got)
		}
	}
}
