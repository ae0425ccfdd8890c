package paired

import (
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// Power is the probability with which a needed number of items decides.
const Power = 0.8

// Needed returns how many items asked once decide, with Power and at the one-sided error
// alpha, whether a difference of paired shares is above −margin, where the true difference is
// delta and a share discordance of the items differs: to prove it where delta is above
// −margin, else to refute it (stats.NonInferiorityItems, with the variance ψ − δ²). Where no item
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
	return stats.NonInferiorityItems(math.Abs(margin+delta), discordance-delta*delta, alpha, Power)
}
