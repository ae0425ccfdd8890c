package result

import "testing"

// An open loop of which less ends than comes is told from one that is not steady.
func TestOverloadIsToldFromAnUnsteadyLoad(t *testing.T) {
	cell := func(kind, end string, growing bool, due, done float64) *Cell {
		return &Cell{
			Load: LoadShape{Kind: kind, Rate: 20}, Achieved: &Achieved{Growing: growing}, Warmup: &Warmup{End: end},
			Arrivals: &Arrivals{IntendedRate: due}, Metrics: Metrics{Rates: map[string]Rate{"throughput": {Value: Num(done)}}},
		}
	}
	for name, tt := range map[string]struct {
		c    *Cell
		want *Overload
	}{
		"carried":             {cell("open", "settled", false, 19.5, 19.4), nil},
		"users wait":          {cell("closed", "growing", true, 19.5, 9), nil},
		"growing warm-up":     {cell("open", "growing", false, 19.5, 9.9), &Overload{20, 9.9, true}},
		"not steady":          {cell("open", "growing", false, 19.5, 19.3), &Overload{20, 19.3, false}},
		"without a warm-up":   {cell("open", "", true, 19.5, 9.9), &Overload{20, 9.9, true}},
		"of an older version": {&Cell{Load: LoadShape{Kind: "open", Rate: 20}}, nil},
	} {
		got := tt.c.Overload()
		if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}
