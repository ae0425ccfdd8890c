package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHistogram(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var h, a, b Histogram
	var x []float64
	for i := range 50_000 {
		v := math.Exp(2 * rng.NormFloat64())
		x = append(x, v)
		h.Add(v, 1)
		if i%3 == 0 {
			a.Add(v, 1)
		} else {
			b.Add(v, 1)
		}
	}
	a.Merge(&b)
	slices.Sort(x)
	for _, p := range []float64{0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.9999, 1} {
		want := x[max(0, int(math.Ceil(p*float64(len(x))))-1)]
		if got := h.Quantile(p); math.Abs(got/want-1) > HistogramError*(1+1e-9) {
			t.Errorf("quantile %v = %v, want %v within %v", p, got, want, HistogramError)
		}
		if h.Quantile(p) != a.Quantile(p) || h.N() != a.N() {
			t.Errorf("quantile %v: merged %v of %d, at once %v of %d", p, a.Quantile(p), a.N(), h.Quantile(p), h.N())
		}
	}
	for i := range HistogramBins {
		if Bin(BinValue(i)) != i {
			t.Fatalf("bin %d has the value %v of bin %d", i, BinValue(i), Bin(BinValue(i)))
		}
	}
	for _, v := range []float64{0, -1, 1e-300, math.SmallestNonzeroFloat64} {
		if Bin(v) != 0 {
			t.Errorf("%v is in bin %d, want 0", v, Bin(v))
		}
	}
	if Bin(math.Inf(1)) != HistogramBins-1 || Bin(1e300) != HistogramBins-1 {
		t.Error("the largest values are not in the last bin")
	}
	var none Histogram
	if none.Merge(&Histogram{}); !math.IsNaN(none.Quantile(0.5)) {
		t.Error("an empty histogram has a median")
	}
}

// Sorting by digits and by comparison give the same.
func TestSortWithRanks(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 7, 1000, radixFrom, 3*radixFrom + 1} {
		x := make([]float64, n)
		for i := range x {
			switch x[i] = math.Round(100 * rng.NormFloat64()); rng.IntN(20) {
			case 0:
				x[i] = math.Inf(1)
			case 1:
				x[i] = math.Copysign(0, -1)
			case 2:
				x[i] /= 1e9
			}
		}
		got, ranks := SortWithRanks(x)
		want := slices.Clone(x)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%d values are not sorted", n)
		}
		for i, v := range x {
			lo, _ := slices.BinarySearch(want, v)
			hi, _ := slices.BinarySearchFunc(want, v, func(a, b float64) int {
				if a <= b {
					return -1
				}
				return 1
			})
			if r := float64(lo+hi+1) / 2; ranks[i] != r {
				t.Fatalf("%v of %d values has rank %v, want %v", v, n, ranks[i], r)
			}
		}
	}
}

// The short ways to the effective sample size say what the long one says.
func TestESSOfLongSeries(t *testing.T) {
	for _, phi := range []float64{0, 0.5, 0.9, 0.999} {
		x := lcg(7, longSeries+123, phi)
		want, _ := geyer(autocovariance(x), len(x))
		if got := ESS(x); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("AR(%v): %v, by one transform %v", phi, got, want)
		}
		whole, block := autocovariance(x), blockCovariance(x, 256)
		for k, v := range block {
			if math.Abs(v-whole[k]) > 1e-9*whole[0] {
				t.Fatalf("AR(%v): lag %d is %v by blocks, %v by one transform", phi, k, v, whole[k])
			}
		}
	}
	constant := slices.Repeat([]float64{3}, longSeries)
	if got := ESS(constant); got != longSeries {
		t.Errorf("the effective size of a constant series is %v", got)
	}
}

// Groups of a very long series say what its values say.
func TestESSOfVeryLongSeries(t *testing.T) {
	for _, phi := range []float64{0, 0.5, 0.9, 0.999} {
		x := lcg(9, veryLongSeries, phi)
		want, _ := geyer(autocovariance(x), len(x))
		if got := ESS(x); math.Abs(got/want-1) > 0.1 {
			t.Errorf("AR(%v): %v, by one transform %v", phi, got, want)
		}
	}
	if got := ESS(make([]float64, veryLongSeries)); got != veryLongSeries {
		t.Errorf("the effective size of a constant series is %v", got)
	}
}

func BenchmarkMillion(b *testing.B) {
	x := lcg(1, 1_000_000, 0.9)
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"sort", func() { SortWithRanks(x) }},
		{"ESS", func() { ESS(x) }},
		{"MSER5", func() { MSER5(x) }},
		{"MannKendall", func() { MannKendall(x) }},
	} {
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			for b.Loop() {
				c.f()
			}
		})
	}
}
