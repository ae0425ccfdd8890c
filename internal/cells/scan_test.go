package cells

import (
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

func TestScanOrder(t *testing.T) {
	p := plan.Default()
	if got := ScanOrder(p, 4); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Error(got)
	}
	p.Scan.Order = plan.ScanRandom
	a, b := ScanOrder(p, 50), ScanOrder(p, 50)
	if !slices.Equal(a, b) || slices.IsSorted(a) {
		t.Errorf("%v %v", a, b)
	}
	p.Seed = 2
	if c := ScanOrder(p, 50); slices.Equal(a, c) {
		t.Error("another seed gives the same order")
	}
	slices.Sort(a)
	if !slices.Equal(a, ScanOrder(plan.Default(), 50)) {
		t.Errorf("%v is no order of all cells", a)
	}
}
