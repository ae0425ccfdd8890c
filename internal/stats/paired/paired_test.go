package paired

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/stats"
)

// Items that all agree say little when they are few, whatever their scatter.
func TestEqualAnswersOfFewItemsProveNothing(t *testing.T) {
	b, ok := Values{Of: make([]float64, 5)}.Bounds(0.05)
	if !ok || b.Mean != 0 || b.Lo > -0.3 {
		t.Errorf("5 equal answers bound the difference to %v", b)
	}
	// 20 items of two passages say what two items would.
	v := Values{Of: make([]float64, 20), Group: make([]int, 20)}
	for i := range v.Group {
		v.Group[i] = i / 10
	}
	if b, _ := v.Bounds(0.05); b.NEff > 2 || b.Lo > -0.3 {
		t.Errorf("two groups of equal answers bound the difference to %v", b)
	}
	if _, ok := (Values{Of: v.Of, Group: make([]int, 20)}).Bounds(0.05); ok {
		t.Error("one group has bounds")
	}
	if _, ok := (Values{}).Bounds(0.05); ok {
		t.Error("no items have bounds")
	}
}

func TestItemsAskedOnceHaveTangosInterval(t *testing.T) {
	v := Values{Of: make([]float64, 300)}
	for i := range 32 {
		v.Of[i] = 1
		if i >= 20 {
			v.Of[i] = -1
		}
	}
	b, _ := v.Bounds(0.025)
	lo, hi := Table{Both: 268, First: 20, Second: 12}.Tango(stats.NormalQuantile(0.975))
	if b.Lo != lo || b.Hi != hi || b.NEff != 300 {
		t.Errorf("%v, want %v to %v", b, lo, hi)
	}
}

// Answers that repeat tell the noise of an item from a difference, and groups tell
// less than as many items.
func TestEffectiveNumberOfItems(t *testing.T) {
	var repeated, grouped Values
	state := uint64(7)
	for i := range 400 {
		sum := 0.0
		for range 8 {
			state = seeded.Mix(state)
			switch u := seeded.Uniform(state); {
			case u < 0.1:
				sum++
			case u < 0.2:
				sum--
			}
		}
		repeated.Of = append(repeated.Of, sum/8)
		state = seeded.Mix(state)
		d := 0.0
		if g := seeded.Mix(uint64(i / 10)); seeded.Uniform(g) < 0.3 {
			d = 1
		}
		grouped.Of, grouped.Group = append(grouped.Of, d), append(grouped.Group, i/10)
	}
	if b, _ := repeated.Bounds(0.05); b.NEff < 1.5*400 {
		t.Errorf("400 items asked 8 times are worth %.0f", b.NEff)
	}
	if b, _ := grouped.Bounds(0.05); b.NEff < 20 || b.NEff > 60 || b.Groups != 40 {
		t.Errorf("40 groups of equal items are worth %.0f of %d groups", b.NEff, b.Groups)
	}
}

func TestNeededItems(t *testing.T) {
	if n := Needed(0.1, -0.02, 0.02, 0.05); n != 0 {
		t.Errorf("a difference at the margin is decided by %d items", n)
	}
	if prove, refute := Needed(0.1, 0, 0.02, 0.05), Needed(0.1, -0.04, 0.02, 0.05); prove-refute > 40 || refute > prove {
		t.Errorf("as far from the margin on either side: %d and %d items", prove, refute)
	}
	// Where nothing differs, that many items have a bound that reaches the margin.
	n := Needed(0, 0, 0.02, 0.05)
	for items, want := range map[int]bool{n: true, n - 1: false} {
		b, _ := Values{Of: make([]float64, items)}.Bounds(0.05)
		if (b.Lo >= -0.02) != want {
			t.Errorf("%d equal answers bound the difference to %v", items, b.Lo)
		}
	}
}

func TestBootstrapIsSeededAndNearStudent(t *testing.T) {
	var v Values
	for i := range 200 {
		v.Of = append(v.Of, seeded.Deviate(seeded.Mix(uint64(i)))+0.5)
	}
	lo, hi, ok := v.Bootstrap(0.025, 3)
	again, _, _ := v.Bootstrap(0.025, 3)
	_, tlo, thi, _ := stats.MeanInterval(v.Of, 0.95)
	if !ok || lo != again || math.Abs(lo-tlo) > 0.03 || math.Abs(hi-thi) > 0.03 {
		t.Errorf("%v to %v (again %v), Student %v to %v", lo, hi, again, tlo, thi)
	}
	if _, _, ok := (Values{Of: []float64{1, 1, 1}}).Bootstrap(0.025, 3); ok {
		t.Error("equal values have an interval")
	}
	// Whole groups are drawn: 20 groups of 10 equal values scatter as 20 values do.
	var groups Values
	for i := range 200 {
		groups.Of, groups.Group = append(groups.Of, v.Of[i/10]), append(groups.Group, i/10)
	}
	lo, hi, _ = groups.Bootstrap(0.025, 3)
	_, tlo, thi, _ = stats.MeanInterval(v.Of[:20], 0.95)
	if math.Abs((hi-lo)/(thi-tlo)-1) > 0.25 {
		t.Errorf("groups: %v to %v, their means %v to %v", lo, hi, tlo, thi)
	}
}

func TestSpearman(t *testing.T) {
	// The ranks of y are 2 1 4 3 5 against 1 to 5: 1 − 6·4 ÷ (5·24) = 0.8.
	b, ok := Spearman([]float64{1, 2, 3, 4, 5}, []float64{20, 10, 40, 30, 99}, 0.95)
	if !ok || math.Abs(b.Value-0.8) > 1e-12 || b.Lo > 0 || b.Hi < 0.95 {
		t.Errorf("%v", b)
	}
	if _, ok := Spearman([]float64{1, 1, 1, 1}, []float64{1, 2, 3, 4}, 0.95); ok {
		t.Error("equal values have a rank correlation")
	}
}
