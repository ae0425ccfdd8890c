package stats

import "math"

// NonInferiorityItems is how many paired items it takes to show, with the given power,
// that a share of right answers is worse by less than margin, where it is in truth the
// same: ⌈((z₁₋α + z_power)/margin)² · discordance⌉. Discordance is the share of the items on
// which the two sides differ (p₁₀ + p₀₁); alpha is one-sided. It is Wald's approximation:
// Lachin (1992), Statistics in Medicine 11:1239. 0 where margin or discordance is not
// greater than 0.
func NonInferiorityItems(margin, discordance, alpha, power float64) int {
	if !(margin > 0) || !(discordance > 0) {
		return 0
	}
	z := NormalQuantile(1-alpha) + NormalQuantile(power)
	// Rounded first, so that a number that is whole but for its last bits stays itself.
	return int(math.Ceil(math.Round(z*z*discordance/(margin*margin)*1e9) / 1e9))
}

// NonInferiorityMargin is the smallest margin that n paired items can decide; the inverse
// of NonInferiorityItems. It is infinite without items.
func NonInferiorityMargin(n int, discordance, alpha, power float64) float64 {
	if n < 1 {
		return math.Inf(1)
	}
	return (NormalQuantile(1-alpha) + NormalQuantile(power)) * math.Sqrt(discordance/float64(n))
}
