package lag

import (
	"testing"
	"time"
)

// A wait lies below the top of its bin, and above seven eighths of it.
func TestBins(t *testing.T) {
	for d := time.Duration(1); d < 2*time.Hour; d += 1 + d/7 {
		i := bin(d)
		if d > top(i) || i > 0 && i < bins-1 && d < top(i)*7/8 {
			t.Fatalf("%v is in a bin up to %v", d, top(i))
		}
		if i > 0 && top(i) <= top(i-1) {
			t.Fatalf("bin %d ends at %v and the one before at %v", i, top(i), top(i-1))
		}
	}
	if bin(-1) != 0 || bin(1<<62) != bins-1 {
		t.Errorf("bins %d and %d", bin(-1), bin(1<<62))
	}
}

func TestSince(t *testing.T) {
	var a, b Counts
	a.Add(time.Hour)
	before := a.Snapshot().Plus(b.Snapshot())
	for range 98 {
		b.Add(10 * time.Microsecond)
	}
	a.Add(time.Millisecond)
	a.Add(time.Millisecond)
	got := a.Snapshot().Plus(b.Snapshot()).Since(before)
	near := func(d, want time.Duration) bool { return d >= want && d <= want*9/8+time.Microsecond }
	if got.Reads != 100 || !near(got.P50, 10*time.Microsecond) || !near(got.P99, time.Millisecond) || !near(got.Max, time.Millisecond) {
		t.Errorf("%+v", got)
	}
	if none := a.Snapshot().Since(a.Snapshot()); none != (Lag{}) {
		t.Errorf("%+v", none)
	}
}
