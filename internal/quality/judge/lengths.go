package judge

import "math"

// LengthControlled is the win rate that would be seen if the answers of each pair were
// of the same length: judges like longer ones. It fits P(win) = σ(a + b·tanh(Δ/sd(Δ)))
// by maximum likelihood, with Δ the difference of lengths, and returns σ(a): the form of
// length-controlled AlpacaEval (Dubois et al. 2024, arXiv 2404.04475) without its terms
// for models and tasks. Outcomes are 1, ½ and 0. A weak pull of both coefficients
// towards 0 (a normal prior of precision 0.05) keeps them finite where the data are
// separable. ok is false for under 20 pairs, and where lengths do not differ.
func LengthControlled(outcomes []float64, delta []int) (rate float64, ok bool) {
	n := len(outcomes)
	if n < 20 || len(delta) != n {
		return 0, false
	}
	mean, squares := 0.0, 0.0
	for _, d := range delta {
		mean += float64(d) / float64(n)
	}
	for _, d := range delta {
		squares += (float64(d) - mean) * (float64(d) - mean)
	}
	sd := math.Sqrt(squares / float64(n-1))
	if sd == 0 {
		return 0, false
	}
	const pull = 0.05 // precision of the prior on both coefficients
	a, b := 0.0, 0.0
	for range 100 {
		ga, gb, haa, hab, hbb := -pull*a, -pull*b, pull, 0.0, pull
		for i, y := range outcomes {
			x := math.Tanh(float64(delta[i]) / sd)
			p := 1 / (1 + math.Exp(-a-b*x))
			w := p * (1 - p)
			ga, gb = ga+y-p, gb+(y-p)*x
			haa, hab, hbb = haa+w, hab+w*x, hbb+w*x*x
		}
		det := haa*hbb - hab*hab
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		// A step is never larger than 2: Newton's may overshoot where p is near 0 or 1.
		if most := max(math.Abs(da), math.Abs(db)); most > 2 {
			da, db = 2*da/most, 2*db/most
		}
		a, b = a+da, b+db
		if math.Abs(da)+math.Abs(db) < 1e-10 {
			return 1 / (1 + math.Exp(-a)), true
		}
	}
	return 0, false
}
