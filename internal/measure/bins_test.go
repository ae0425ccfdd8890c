package measure

import (
	"math"
	"testing"
)

// Every request that succeeded is in one bin, however many there are, and the
// histogram stays small.
func TestBinsHoldEveryRequestAndStaySmall(t *testing.T) {
	var values []float64
	for i := range 100_000 {
		values = append(values, 20*math.Exp(float64(i%1000)/250))
	}
	b := bins(values)
	sum, last := 0, b.Counts[len(b.Counts)-1]
	for _, n := range b.Counts {
		sum += n
	}
	if sum != len(values) || len(b.Counts) > mostBins || b.Lo != 20 || last == 0 {
		t.Errorf("%d of %d values in %d bins from %v, %d in the last", sum, len(values), len(b.Counts), b.Lo, last)
	}
	for i, n := range b.Counts { // the values are even on a logarithmic axis
		if n < 2000 || n > 3000 {
			t.Errorf("bin %d has %d", i, n)
		}
	}
	for _, few := range [][]float64{values[:leastBinned-1], make([]float64, 50), {}} {
		if bins(few) != nil {
			t.Errorf("a histogram of %d values that have none", len(few))
		}
	}
}
