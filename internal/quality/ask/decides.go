package ask

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/stats/paired"
)

// The discordance of two models that are equally good, as a share of the items: public
// comparisons of a model with its quantized versions have 5 to 10 %.
const (
	littleDiscordance = 0.05
	muchDiscordance   = 0.1
	alpha             = 0.05 // one-sided
)

// Decides says what n items can decide, given the margin in percentage points: how many
// the margin takes, and which margin so many can decide. It is known before the first
// item is asked.
func Decides(n int, margin float64) string {
	least := paired.Needed(littleDiscordance, 0, margin/100, alpha)
	most := paired.Needed(muchDiscordance, 0, margin/100, alpha)
	text := fmt.Sprintf("it takes %s to %s, where 5 to 10%% of the answers differ between right and wrong (error probability 0.05, power 0.8)",
		amount.Count(float64(least)), amount.Count(float64(most)))
	items := amount.Count(float64(n)) + " items"
	if n == 1 {
		items = "1 item"
	}
	switch can := 100 * paired.SmallestMargin(float64(n), muchDiscordance, alpha, paired.Power); {
	case n >= most:
		return fmt.Sprintf("%s can decide a margin of %v points: %s", items, margin, text)
	case n >= least:
		return fmt.Sprintf("%s can decide a margin of %v points if few answers differ, else about %.1f points: %s", items, margin, can, text)
	default:
		return fmt.Sprintf("%s cannot decide a margin of %v points, but about %.1f points: %s", items, margin, can, text)
	}
}

// fewer says that a source has fewer items than are asked for.
func fewer(flag, source string, wanted, has int) string {
	return fmt.Sprintf("%s %d asks for more items than --items %s has: only %d are asked; --items %s makes as many as you name", flag, wanted, source, has, families)
}
