package arrival

import "math"

// Look is what a sequence of arrivals looks like.
type Look struct {
	Gaps int // number of gaps
	// CV is the coefficient of variation of the gaps: 0 for a metronome, 1 for
	// a Poisson process.
	CV float64
	// Lag1 is the correlation of each gap with the next: 0 for independent
	// gaps. Several workers that draw from one seed make it large (in
	// GuideLLM 0.90 with ten workers).
	Lag1 float64
	// Dispersion is the variance of counts over their mean, in slices that
	// expect ten arrivals each: 1 for a Poisson process; 0 where there are
	// fewer than ten slices.
	Dispersion float64
}

// perSlice is how many arrivals a slice of Dispersion expects.
const perSlice = 10

// LookAt describes arrivals at the given times, in seconds from the start of
// the curve and in order. The curve is taken out first, so that a ramp of
// Poisson arrivals looks like Poisson arrivals. ok is false for fewer than
// three arrivals.
func LookAt(times []float64, c Curve) (l Look, ok bool) {
	if len(times) < 3 {
		return l, false
	}
	u := make([]float64, len(times))
	for i, t := range times {
		u[i] = c.Expected(max(t, 0))
	}
	gaps := make([]float64, len(u)-1)
	mean := 0.0
	for i := range gaps {
		gaps[i] = u[i+1] - u[i]
		mean += gaps[i] / float64(len(gaps))
	}
	l.Gaps = len(gaps)
	if mean <= 0 {
		return l, false
	}
	var sq, lag float64
	for i, g := range gaps {
		sq += (g - mean) * (g - mean)
		if i > 0 {
			lag += (g - mean) * (gaps[i-1] - mean)
		}
	}
	l.CV = math.Sqrt(sq/float64(len(gaps)-1)) / mean
	if sq > 1e-12*mean*mean*float64(len(gaps)) {
		l.Lag1 = lag / sq
	}
	l.Dispersion = dispersion(u)
	return l, true
}

func dispersion(u []float64) float64 {
	n := int((u[len(u)-1] - u[0]) / perSlice)
	if n < 10 {
		return 0
	}
	counts := make([]float64, n)
	for _, t := range u {
		if i := int((t - u[0]) / perSlice); i < n {
			counts[i]++
		}
	}
	mean, sq := 0.0, 0.0
	for _, c := range counts {
		mean += c / float64(n)
	}
	for _, c := range counts {
		sq += (c - mean) * (c - mean)
	}
	return sq / float64(n-1) / mean
}
