package stats

// Isotonic returns the non-decreasing sequence nearest to y in weighted least
// squares, by pooling adjacent violators (Barlow et al., Statistical Inference
// under Order Restrictions, 1972). w are positive weights; nil gives all the same weight.
func Isotonic(y, w []float64) []float64 {
	type pool struct {
		mean, weight float64
		n            int
	}
	var pools []pool
	for i, v := range y {
		p := pool{v, 1, 1}
		if w != nil {
			p.weight = w[i]
		}
		for len(pools) > 0 && pools[len(pools)-1].mean > p.mean {
			last := pools[len(pools)-1]
			pools = pools[:len(pools)-1]
			all := last.weight + p.weight
			p = pool{(last.mean*last.weight + p.mean*p.weight) / all, all, last.n + p.n}
		}
		pools = append(pools, p)
	}
	out := make([]float64, 0, len(y))
	for _, p := range pools {
		for range p.n {
			out = append(out, p.mean)
		}
	}
	return out
}
