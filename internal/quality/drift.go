package quality

// Drifts are candidate − baseline in total points, for each prompt that both answered,
// in the candidate's order; the sign says which way. The mean of them is the drift:
// see docs/scores.md. It is heuristic, and a small one does not say that answers are
// as good.
func Drifts(candidate, baseline map[string]float64, order []string) []float64 {
	var out []float64
	for _, id := range order {
		c, ok := candidate[id]
		b, also := baseline[id]
		if ok && also {
			out = append(out, c-b)
		}
	}
	return out
}
