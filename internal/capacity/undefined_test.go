package capacity

import (
	"math"
	"testing"
)

// A limit on a metric that no request has, such as the time to first token of a
// server that does not stream, has no border: the search ends after what it can
// say without it, and says which limit that was.
func TestNoBorderForAMetricThatNoRequestHas(t *testing.T) {
	q := queue{slots: 2, service: 0.1, first: 0.05, limit: 0.2}
	c := Config{Limits: []Limit{{Text: "ttft.p95<200ms", Quantile: 0.95}, {Text: "success>=99%", Success: 0.99}}, MaxSeconds: 120}
	var h []Observation
	for range 50 {
		next, ok := c.Next(h)
		if !ok {
			break
		}
		o := q.run(next.Load)
		for i := range o.Requests {
			o.Requests[i].Excess = []float64{math.NaN(), math.NaN()}
		}
		h = append(h, o)
	}
	a := c.Conclude(h)
	if len(a.Undefined) != 1 || a.Undefined[0] != "ttft.p95<200ms" || a.Under != 0 || a.Estimate != 0 || a.Proved != 0 || a.Saturation == 0 {
		t.Errorf("%+v", a)
	}
	if last := h[len(h)-1].Role; last != Saturation {
		t.Errorf("the search went on to %s", last)
	}
	// Requests that failed break every limit, and say nothing of what is defined.
	failed := Observation{Load: Load{Role: Ladder, Users: 1}, Requests: []Request{{Excess: []float64{math.Inf(1), math.NaN()}}}}
	if got := c.undefined([]Observation{failed}); got != nil {
		t.Errorf("nothing has succeeded yet: %v", got)
	}
}
