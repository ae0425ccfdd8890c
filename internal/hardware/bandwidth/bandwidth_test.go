package bandwidth

import (
	"context"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func TestTriadIsBPlusSTimesC(t *testing.T) {
	for _, n := range []int{0, 1, 4, 7, 9} {
		a, b, c := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			b[i], c[i] = float64(i), 10*float64(i)
		}
		triad(a, b, c, 3)
		for i := range n {
			if want := float64(i) * 31; a[i] != want {
				t.Errorf("n=%d: a[%d] is %v, want %v", n, i, a[i], want)
			}
		}
	}
}

func TestMeasureHasNAndSpread(t *testing.T) {
	r, err := Measure(t.Context(), 2, 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]result.BandwidthRates{"triad": r.Triad, "copy": r.Copy} {
		if x.N != repeats || !(x.Min > 0) || x.Min > x.Median || x.Median > x.Max {
			t.Errorf("%s: %+v", name, x)
		}
	}
}

func TestMeasureCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Measure(ctx, 1, 1<<16); err == nil {
		t.Error("no error")
	}
}

func TestArraysAreLargerThanCachesAndSmallerThanMemory(t *testing.T) {
	for _, c := range []struct {
		cache, memory uint64
		want          int
	}{
		{0, 0, 64 << 20}, {260 << 20, 0, 1040 << 20}, {260 << 20, 8 << 30, 512 << 20}, {0, 1 << 20, 1 << 20},
	} {
		if got := Array(c.cache, c.memory); got != c.want {
			t.Errorf("cache %d, memory %d: %d, want %d", c.cache, c.memory, got, c.want)
		}
	}
}
