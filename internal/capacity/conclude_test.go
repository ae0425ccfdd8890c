package capacity_test

import (
	"testing"

	"github.com/inferometer/inferometer/internal/capacity"
)

// explored is a cell of n requests of 100 ms, ten a second, of which every so many-th
// is over the limit.
func explored(rate float64, n, every int) capacity.Observation {
	o := capacity.Observation{Load: capacity.Load{Role: capacity.Explore, Rate: rate}, Window: float64(n) / 10}
	for i := range n {
		at, over := float64(i)/10, -1.0
		if i%every == every-1 {
			over = 1
		}
		o.Requests = append(o.Requests, capacity.Request{Due: at, Done: at + 0.1, OK: true, Excess: []float64{over}})
	}
	return o
}

// "At X it does not hold" is said of the lowest of all loads that a cell refuted. With
// the whole error probability for each of a dozen cells, a third of such statements
// were wrong.
func TestARefutationAllowsForTheNumberOfLooks(t *testing.T) {
	c := capacity.Config{Limits: []capacity.Limit{{Text: "ttft.p95<1s", Quantile: 0.95}}}
	doubtful := func() capacity.Observation { return explored(10, 400, 12) } // 8 % over, where 5 % are allowed
	if a := c.Conclude([]capacity.Observation{doubtful()}); a.Refuted != 10 {
		t.Errorf("alone it refutes: %+v", a)
	}
	h := []capacity.Observation{doubtful()}
	for i := range 11 {
		h = append(h, explored(5+float64(i)/10, 400, 1000))
	}
	if a := c.Conclude(h); a.Refuted != 0 {
		t.Errorf("one of twelve cells that is as bad by chance refutes %v requests/s", a.Refuted)
	}
	h[0] = explored(10, 400, 6)
	if a := c.Conclude(h); a.Refuted != 10 {
		t.Errorf("a third over the limit refutes, however many cells there are: %+v", a)
	}
}

// A load whose requests in flight still grow when the warm-up has to end is more than
// is carried, or not steady: whatever its window shows proves nothing.
func TestALoadThatStillGrowsAtTheCapOfItsWarmUpDoesNotHold(t *testing.T) {
	limits := []capacity.Limit{{Text: "ttft.p95<1s", Quantile: 0.95}}
	o := explored(10, 4000, 10_000)
	o.Role, o.Alpha, o.Chain = capacity.Confirm, 0.04, 1
	if j := o.Judge(limits, 0.05)[0]; !j.Proved {
		t.Fatalf("without that it is proved: %+v", j)
	}
	o.Growing = true
	if j := o.Judge(limits, 0.05)[0]; j.Proved || j.Refuted {
		t.Errorf("%+v", j)
	}
	c := capacity.Config{Limits: limits}
	if a := c.Conclude([]capacity.Observation{o}); a.Proved != 0 || a.Over != 10 {
		t.Errorf("%+v", a)
	}
}
