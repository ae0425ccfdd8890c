package capacity_test

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/capacity"
)

// A limit on a metric that no request has, such as the time to first token of a
// server that does not stream, has no border: the search ends after what it can
// say without it, and says which limit that was.
func TestNoBorderForAMetricThatNoRequestHas(t *testing.T) {
	q := slots(2, 0.1, 0.05, 0.2)
	c := capacity.Config{Limits: []capacity.Limit{{Text: "ttft.p95<200ms", Quantile: 0.95}, {Text: "success>=99%", Success: 0.99}}, MaxSeconds: 120}
	var h []capacity.Observation
	for range 50 {
		next, ok := c.Next(h)
		if !ok {
			break
		}
		o := q.Cell(next)
		for i := range o.Requests {
			o.Requests[i].Excess = []float64{math.NaN(), math.NaN()}
		}
		h = append(h, o)
	}
	a := c.Conclude(h)
	if len(a.Undefined) != 1 || a.Undefined[0] != "ttft.p95<200ms" || a.Under != 0 || a.Estimate != 0 || a.Proved != 0 || a.Saturation == 0 {
		t.Errorf("%+v", a)
	}
	if last := h[len(h)-1].Role; last != capacity.Saturation {
		t.Errorf("the search went on to %s", last)
	}
}
