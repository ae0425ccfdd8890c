package conclude

import (
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Fifty slow answers in one stretch say less of the share under a limit than fifty that
// come one by one, and the interval says so.
func TestSlowAnswersThatComeTogetherWidenTheirShare(t *testing.T) {
	limit, err := metric.ParseLimit("ttft<100ms")
	if err != nil {
		t.Fatal(err)
	}
	share := func(slow func(i int) bool) result.Share {
		c := &cell{Cell: &runlog.Cell{}}
		c.Load = result.LoadShape{Kind: "closed", Users: 1}
		at := func(s float64) exchange.Stamp { return exchange.Stamp(1 + s*1e9) }
		for i := range 500 {
			begin, took := float64(i), 0.05
			if slow(i) {
				took = 0.5
			}
			c.Add(&exchange.Exchange{Phase: exchange.Measured, Index: i, Due: at(begin), Sent: at(begin), FirstToken: at(begin + took), FirstAnswer: at(begin + took), LastToken: at(begin + took), Done: at(begin + took), Streamed: true})
		}
		c.Settle(at(0), at(500))
		return shareUnder(limit, c)
	}
	width := func(s result.Share) float64 { return float64(*s.Hi - *s.Lo) }
	apart, together := share(func(i int) bool { return i%10 == 3 }), share(func(i int) bool { return i/50 == 4 })
	if apart.K != 450 || together.K != 450 {
		t.Fatalf("%d and %d answers of 500 were in time, want 450", apart.K, together.K)
	}
	if width(together) < 3*width(apart) {
		t.Errorf("together %.3f wide, one by one %.3f", width(together), width(apart))
	}
}
