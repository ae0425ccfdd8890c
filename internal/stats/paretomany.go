package stats

// DominatedIn says what Dominated says, of points in any number of coordinates, of
// which more is better in each: point i has axes[0][i], axes[1][i] and so on. It
// compares all pairs.
func DominatedIn(axes ...[]float64) []bool {
	if len(axes) == 0 {
		return nil
	}
	out := make([]bool, len(axes[0]))
	for i := range out {
		for j := range out {
			noWorse, better := true, false
			for _, a := range axes {
				noWorse = noWorse && a[j] >= a[i]
				better = better || a[j] > a[i]
			}
			out[i] = out[i] || noWorse && better
		}
	}
	return out
}
