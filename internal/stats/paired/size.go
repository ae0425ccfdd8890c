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

// NoninferiorN returns how many items show with the given power, at the one-sided
// error alpha, that a difference of paired shares is not below −margin, where the true
// difference is delta (0: none) and a share discordance of the items differs:
// (z_α + z_β)² · (ψ − δ²) ÷ (margin + δ)² (Lachin, Statistics in Medicine 11:1239, 1992). A margin of 0
// and half of a two-sided error give the items that show a difference. 0: no number does.
func NoninferiorN(discordance, delta, margin, alpha, power float64) int {
	gap, variance := margin+delta, discordance-delta*delta
	if !(gap > 0) || !(variance > 0) {
		return 0
	}
	z := factor(alpha, power)
	return int(math.Ceil(z*z*variance/(gap*gap) - 1e-9)) // less what rounding may add to a whole number
}

// SmallestMargin returns the smallest margin that n items show with the given power at
// the one-sided error alpha, where there is no difference and a share discordance of the items
// differs: NoninferiorN turned round. It is infinite without items.
func SmallestMargin(n, discordance, alpha, power float64) float64 {
	if !(n > 0) {
		return math.Inf(1)
	}
	return factor(alpha, power) * math.Sqrt(discordance/n)
}

// Needed returns how many items asked once decide, with Power and at the one-sided error
// alpha, whether a difference of paired shares is above −margin, where the true difference is
// delta: to prove it where delta is above −margin, else to refute it. Where no item
// differs it is the number of them whose bound by Tango's interval reaches the margin. 0: no
// number decides, as where delta is −margin.
func Needed(discordance, delta, margin, alpha float64) int {
	switch {
	case discordance > 0 && margin+delta < 0:
		return NoninferiorN(discordance, -delta, -margin, alpha, Power)
	case discordance > 0:
		return NoninferiorN(discordance, delta, margin, alpha, Power)
	case !(margin > 0):
		return 0
	}
	z := stats.NormalQuantile(1 - alpha)
	return int(math.Ceil(z * z * (1 - margin) / margin))
}
