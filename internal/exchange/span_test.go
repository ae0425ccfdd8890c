package exchange

import "testing"

func TestSpansFoldTheTimeBetweenThemAway(t *testing.T) {
	s := Spans{{10, 20}, {20, 20}, {50, 55}}
	if got := s.Length(); got != 15 {
		t.Errorf("length %d, want 15", got)
	}
	for _, c := range []struct {
		at, folded Stamp
		ok         bool
	}{{9, 0, false}, {10, 0, true}, {19, 9, true}, {20, 0, false}, {49, 0, false}, {50, 10, true}, {54, 14, true}, {55, 0, false}} {
		if got, ok := s.Fold(c.at); got != c.folded || ok != c.ok {
			t.Errorf("Fold(%d) = %d, %v; want %d, %v", c.at, got, ok, c.folded, c.ok)
		}
	}
	if i, before := s.Find(52); i != 2 || before != 10 {
		t.Errorf("Find(52) = %d after %d, want span 2 after 10", i, before)
	}
	for at, want := range map[Stamp]int{5: 0, 19: 0, 22: 0, 34: 0, 36: 2, 54: 2, 90: 2} {
		if i, _ := s.Near(at); i != want {
			t.Errorf("span %d is nearest to %d, want %d", i, at, want)
		}
	}
	if i, before := s.Near(49); i != 2 || before != 10 {
		t.Errorf("Near(49) = %d after %d, want span 2 after 10", i, before)
	}
	if i, _ := Spans(nil).Near(1); i != -1 {
		t.Errorf("no span is near, and got %d", i)
	}
	if got := s.Overlap(15, 52); got != 5+2 {
		t.Errorf("Overlap(15, 52) = %d, want 7", got)
	}
	if got := Spans(nil).Overlap(0, 9); got != 0 {
		t.Errorf("nothing overlaps with no span, and got %d", got)
	}
}
