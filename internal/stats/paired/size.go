package paired

import (
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// Power is the probability with which a needed number of items decides.
const Power = 0.8

// factor is z of the one-sided error alpha plus z of the power.
func factor(alpha, power float64) float64 {
	return stats.NormalQuantile(1-alpha) + stats.NormalQuantile(power)
}

// ceil rounds up what is not a whole number but for rounding.
func ceil(n float64) int { return int(math.Ceil(n - 1e-9)) }

// SmallestMargin returns the smallest margin that n items can show with the given power at
// the one-sided error alpha, where there is no difference and the items differ in a share
// discordance: Needed turned round.
func SmallestMargin(n, discordance, alpha, power float64) float64 {
	return factor(alpha, power) * math.Sqrt(discordance/n)
}

// Needed returns how many items asked once decide, with Power and at the one-sided error
// alpha, whether a difference of paired shares is above −margin, where the true difference is
// delta and a share discordance of the items differs: to prove it where delta is above
// −margin, else to refute it: (z_α + z_β)² · (ψ − δ²) ÷ (margin + δ)². Where no item
// differs it is the number of them whose bound by Tango's interval reaches the margin. 0: no
// number decides, as where delta is −margin.
func Needed(discordance, delta, margin, alpha float64) int {
	if discordance == 0 {
		if !(margin > 0) {
			return 0
		}
		z := stats.NormalQuantile(1 - alpha)
		return int(math.Ceil(z * z * (1 - margin) / margin))
	}
	gap := math.Abs(margin + delta)
	variance := discordance - delta*delta
	if gap == 0 || variance < 0 {
		return 0
	}
	z := factor(alpha, Power)
	return ceil(z * z * variance / (gap * gap))
}
