package measure

import (
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// What is good is a part of what was completed: requests that are due in the window
// and end after it are in neither, also where many are.
func TestGoodputIsNeverAboveThroughput(t *testing.T) {
	limit, err := metric.ParseLimit("e2e<10s")
	if err != nil {
		t.Fatal(err)
	}
	xs := series(100)
	for i, x := range xs {
		if i < 10 {
			x.Phase = exchange.Warmup // they end in the window all the same
		}
		x.Done = x.Done + exchange.Stamp(500e6)
	}
	c := cellOf(Input{ID: "c", Load: result.LoadShape{Kind: "open", Rate: 100}, Start: xs[5].Due, End: xs[99].Due}, xs, limit)
	done, good := c.Metrics.Rates["throughput"], c.Metrics.Rates["goodput"]
	if good.Value == nil || *good.Value != *done.Value || good.N != done.N || done.N >= 95 || done.N == 0 {
		t.Errorf("all are good: throughput %+v, goodput %+v", done, good)
	}
	for i, x := range xs {
		if i%2 == 0 {
			x.LastToken, x.Done = x.Due+exchange.Stamp(11e9), x.Due+exchange.Stamp(11e9)
		}
	}
	c = cellOf(Input{ID: "c", Load: result.LoadShape{Kind: "open", Rate: 100}, Start: xs[5].Due, End: xs[5].Due + exchange.Stamp(60e9)}, xs, limit)
	done, good = c.Metrics.Rates["throughput"], c.Metrics.Rates["goodput"]
	if good.N != 50 || done.N != 100 {
		t.Errorf("half are good: throughput %+v, goodput %+v", done, good)
	}
}
