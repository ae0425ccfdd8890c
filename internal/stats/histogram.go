package stats

import "math"

// HistogramError is the largest relative error of a value taken from a
// Histogram: half the width of a bin.
const HistogramError = 1.0 / 512

// Histogram counts positive values in bins of equal relative width: 256 to an
// octave, as the first eight bits of the mantissa divide it. Values of one
// part in 2²⁰ to 2⁴⁰ of the unit have bins of their own; smaller and larger
// ones share the first and the last. The zero Histogram is empty.
//
// Note: HdrHistogram divides its range in the same way, but holds counts for
// all of it: at three digits 270 KB. Blocks of time need hundreds of
// histograms at once, whose counts the bootstrap adds up bin by bin; this one
// holds the bins between its least and its largest value and no others.
type Histogram struct {
	first  int // bin of counts[0]
	counts []uint32
	n      uint64
}

const (
	subBits = 8
	lowExp  = -20 // 2^-20 has the first bin
	highExp = 40
	// HistogramBins is the number of bins.
	HistogramBins = (highExp - lowExp) << subBits
)

// Bin returns the bin of v.
func Bin(v float64) int {
	const shift = 52 - subBits
	if !(v > 0) {
		return 0
	}
	i := int(math.Float64bits(v)>>shift) - (1023+lowExp)<<subBits
	return min(max(i, 0), HistogramBins-1)
}

// BinValue returns the middle of a bin.
func BinValue(i int) float64 {
	return math.Ldexp(1+(float64(i&(1<<subBits-1))+0.5)/(1<<subBits), lowExp+(i>>subBits))
}

// Add counts v the given number of times.
func (h *Histogram) Add(v float64, times int) { h.AddBin(Bin(v), uint32(times)) }

// AddBin counts a value of bin i the given number of times.
func (h *Histogram) AddBin(i int, times uint32) {
	h.n += uint64(times)
	if k := i - h.first; k >= 0 && k < len(h.counts) {
		h.counts[k] += times
		return
	}
	h.reach(i)
	h.counts[i-h.first] += times
}

// reach extends the histogram to bin i, an octave at a time.
func (h *Histogram) reach(i int) {
	const octave = 1 << subBits
	first, end := i/octave*octave, (i/octave+1)*octave
	if len(h.counts) > 0 {
		first, end = min(first, h.first), max(end, h.first+len(h.counts))
	}
	grown := make([]uint32, end-first)
	if len(h.counts) > 0 {
		copy(grown[h.first-first:], h.counts)
	}
	h.first, h.counts = first, grown
}

// Merge adds the counts of o.
func (h *Histogram) Merge(o *Histogram) {
	if len(o.counts) == 0 {
		return
	}
	h.reach(o.first)
	h.reach(o.first + len(o.counts) - 1)
	for k, n := range o.counts {
		h.counts[o.first-h.first+k] += n
	}
	h.n += o.n
}

// N returns how many values have been counted.
func (h *Histogram) N() uint64 { return h.n }

// UpTo returns how many values are in bins up to one.
func (h *Histogram) UpTo(bin int) uint64 {
	sum := uint64(0)
	for _, c := range h.counts[:max(0, min(len(h.counts), bin-h.first+1))] {
		sum += uint64(c)
	}
	return sum
}

// Quantile returns the middle of the bin that holds the value of rank
// ⌈p·n⌉; NaN for none.
func (h *Histogram) Quantile(p float64) float64 {
	if h.n == 0 {
		return math.NaN()
	}
	rank := max(1, uint64(math.Ceil(p*float64(h.n))))
	seen := uint64(0)
	for k, n := range h.counts {
		if seen += uint64(n); seen >= rank {
			return BinValue(h.first + k)
		}
	}
	return BinValue(h.first + len(h.counts) - 1)
}
