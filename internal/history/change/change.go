// Package change finds where a series of values changes its distribution, and by how much.
//
// The method is E-Divisive (Matteson & James, A nonparametric approach for multiple change
// point analysis of multivariate data, JASA 109, 2014, sections 2.2 and 3): the split whose
// two sides differ most by their energy distance is a change if hardly any order of the same
// values has one that differs as much. It assumes no distribution, knows how often it is
// wrong, and is what MongoDB and Apache Otava watch their benchmarks by. It does assume that
// values without a change come in no order: a drift, or values that depend on their
// neighbours, look like changes.
package change

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/stats"
)

// Options are how changes are looked for. The zero Options are the default.
type Options struct {
	Alpha        float64 // the probability of finding one where there is none; 0: 0.01
	Permutations int     // orders that are tried; 0: 999
	Least        int     // values between two changes; 0: 3, so that one odd value is no change
	Seed         uint64  // of the orders
}

// Defaults of Options.
const (
	Alpha        = 0.01
	Permutations = 999
	Least        = 3
)

func (o Options) settled() Options {
	if o.Alpha <= 0 {
		o.Alpha = Alpha
	}
	if o.Permutations <= 0 {
		o.Permutations = Permutations
	}
	if o.Least <= 0 {
		o.Least = Least
	}
	return o
}

// Point is a change.
type Point struct {
	At int     // index of the first value after it
	P  float64 // share of the orders that have a change at least as large
	Q  float64 // the scaled energy distance of its two sides
}

// Points finds the changes of a series, in its order. Values are finite. The same series,
// options and seed give the same changes.
func Points(x []float64, o Options) []Point {
	o = o.settled()
	w := newWork(len(x))
	bounds := []int{0, len(x)} // of the parts so far
	var found []Point
	for stage := uint64(0); ; stage++ {
		best, ok := w.largest(x, bounds, o.Least)
		if !ok {
			break
		}
		best.P = w.pValue(x, bounds, best.Q, stage, o)
		if best.P > o.Alpha {
			break
		}
		found = append(found, best)
		bounds = append(bounds, best.At)
		slices.Sort(bounds)
	}
	slices.SortFunc(found, func(a, b Point) int { return a.At - b.At })
	return found
}

// work is memory that is used again by each of many permutations.
type work struct {
	within, left, shuffled []float64
}

func newWork(n int) *work {
	return &work{within: make([]float64, n+1), left: make([]float64, n+1), shuffled: make([]float64, n)}
}

// largest is the best split of any part.
func (w *work) largest(x []float64, bounds []int, least int) (best Point, ok bool) {
	for i := 1; i < len(bounds); i++ {
		if p, is := w.split(x[bounds[i-1]:bounds[i]], least); is && (!ok || p.Q > best.Q) {
			p.At += bounds[i-1]
			best, ok = p, true
		}
	}
	return best, ok
}

// split finds the place τ of a part, and the end κ of what comes after it, at which the energy
// distance of x[:τ] and x[τ:κ], scaled by mn/(m+n), is largest (the paper's equation 7). κ is
// free so that a second change does not hide the first. It takes time in the square of the
// number of values, and memory for as many as there are.
func (w *work) split(x []float64, least int) (best Point, ok bool) {
	within, left := w.within[:len(x)+1], w.left[:len(x)+1]
	clear(within) // within[i] is the sum of the distances of all pairs in x[i:κ]
	for j := range x {
		sum := 0.0
		for i := j - 1; i >= 0; i-- {
			sum += math.Abs(x[i] - x[j])
			within[i] += sum
		}
		kappa := j + 1
		left[kappa] = within[0]
		for tau := least; tau <= kappa-least; tau++ {
			q := scaledEnergy(within[0]-left[tau]-within[tau], left[tau], within[tau], float64(tau), float64(kappa-tau))
			if !ok || q > best.Q {
				best, ok = Point{At: tau, Q: q}, true
			}
		}
	}
	return best, ok
}

// scaledEnergy is mn/(m+n) times the energy distance of two samples of m and n values, at
// exponent 1, by the sums of the distances between them and of the pairs in each
// (U-statistics; the paper's equations 4 and 5). A sample of one value has no pairs.
func scaledEnergy(between, first, second, m, n float64) float64 {
	e := 2 * between / (m * n)
	if m > 1 {
		e -= first / (m * (m - 1) / 2)
	}
	if n > 1 {
		e -= second / (n * (n - 1) / 2)
	}
	return m * n / (m + n) * e
}

// pValue is how often the largest change is at least q where the values of each part come in
// a random order: exact as (k + 1) / (R + 1). It stops trying once the change cannot be
// significant any more.
func (w *work) pValue(x []float64, bounds []int, q float64, stage uint64, o Options) float64 {
	const rounding = 1e-9 // the same parts in another order have the same distance, nearly
	enough := o.Alpha * float64(o.Permutations+1)
	k := 0
	state := seeded.Mix(o.Seed ^ seeded.Mix(stage+1))
	for r := range o.Permutations {
		copy(w.shuffled, x)
		for i := 1; i < len(bounds); i++ {
			part := w.shuffled[bounds[i-1]:bounds[i]]
			for j := len(part) - 1; j > 0; j-- { // Fisher and Yates
				state = seeded.Mix(state + 0x9e3779b97f4a7c15)
				at := int(seeded.Uniform(state) * float64(j+1))
				part[j], part[at] = part[at], part[j]
			}
		}
		if p, ok := w.largest(w.shuffled, bounds, o.Least); ok && p.Q >= q*(1-rounding) {
			k++
		}
		if float64(k+1) > enough {
			return float64(k+1) / float64(r+2)
		}
	}
	return float64(k+1) / float64(o.Permutations+1)
}

// Shift is how much two parts of a series differ, the later one from the earlier.
type Shift struct {
	Before, After float64 // means; geometric ones where Ratio is set
	// Ratio says that Value, Lo and Hi are After ÷ Before, as of positive values; else they
	// are After − Before.
	Ratio         bool
	Value, Lo, Hi float64 // with its interval
}

// ShiftOf compares two parts by Welch's interval, of logarithms where all values are positive.
// Each has at least two values; else ok is false. Where the parts were divided by what they
// hold, the interval is a little too narrow.
func ShiftOf(before, after []float64, conf float64) (s Shift, ok bool) {
	if len(before) < 2 || len(after) < 2 {
		return s, false
	}
	positive := func(v float64) bool { return v <= 0 }
	s.Ratio = !slices.ContainsFunc(before, positive) && !slices.ContainsFunc(after, positive)
	if s.Ratio {
		before, after = logs(before), logs(after)
	}
	s.Before, s.After = stats.Mean(before), stats.Mean(after)
	a, b := stats.Variance(before)/float64(len(before)), stats.Variance(after)/float64(len(after))
	s.Value = s.After - s.Before
	half := 0.0
	if a+b > 0 {
		df := (a + b) * (a + b) / (a*a/float64(len(before)-1) + b*b/float64(len(after)-1)) // Welch & Satterthwaite
		half = stats.StudentQuantile(1-(1-conf)/2, df) * math.Sqrt(a+b)
	}
	s.Lo, s.Hi = s.Value-half, s.Value+half
	if s.Ratio {
		for _, v := range []*float64{&s.Before, &s.After, &s.Value, &s.Lo, &s.Hi} {
			*v = math.Exp(*v)
		}
	}
	return s, true
}

func logs(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log(v)
	}
	return out
}
