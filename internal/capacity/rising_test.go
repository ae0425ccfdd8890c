package capacity

import (
	"math"
	"testing"
)

// TestRising: a climb that time ended is no saturation; one that flattened, failed
// or ran out of users is the most there is to find.
func TestRising(t *testing.T) {
	cell := func(role Role, users, perSecond int) Observation {
		o := Observation{Load: Load{Role: role, Users: users}, Window: 1, Requests: make([]Request, perSecond)}
		for i := range perSecond {
			o.Completions = append(o.Completions, float64(i)/float64(perSecond))
			o.Requests[i].OK = true
		}
		return o
	}
	for _, c := range []struct {
		name string
		max  int
		h    []Observation
		want bool
	}{
		{"time ended it", 0, []Observation{cell(Ladder, 1, 20), cell(Ladder, 8, 160), cell(Saturation, 8, 160)}, true},
		{"flat", 0, []Observation{cell(Ladder, 8, 160), cell(Ladder, 16, 163), cell(Saturation, 16, 163)}, false},
		{"fewer users were kept", 0, []Observation{cell(Ladder, 8, 160), cell(Ladder, 16, 320), cell(Saturation, 8, 160)}, false},
		{"no more users", 8, []Observation{cell(Ladder, 1, 20), cell(Ladder, 8, 160), cell(Saturation, 8, 160)}, false},
		{"nothing measured", 0, nil, false},
	} {
		if got := (Config{MaxUsers: c.max}).rising(c.h); got != c.want {
			t.Errorf("%s: rising = %v, want %v", c.name, got, c.want)
		}
	}
}

// Requests that failed break every limit, and say nothing of what is defined.
func TestFailuresDefineNothing(t *testing.T) {
	c := Config{Limits: []Limit{{Text: "ttft.p95<200ms", Quantile: 0.95}, {Text: "success>=99%", Success: 0.99}}}
	failed := Observation{Load: Load{Role: Ladder, Users: 1}, Requests: []Request{{Excess: []float64{math.Inf(1), math.NaN()}}}}
	if got := c.undefined([]Observation{failed}); got != nil {
		t.Errorf("nothing has succeeded yet: %v", got)
	}
}
