package capacity

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// suffices is how long a search would have to be, in seconds, to prove any load at
// all, even if no request were over a limit: as many independent requests as a
// proof takes, at the load at which they come soonest. 0 where nothing is known of
// that yet.
func (c Config) suffices(h []Observation) float64 {
	m, _ := c.fit(h)
	top := m.border
	if top == 0 && c.Users {
		top = 1
	} else if top == 0 {
		top, _ = c.saturation(h)
	}
	if top <= 0 {
		return 0
	}
	n := float64(stats.ProofMinN(min(c.strictest(), 1-1e-9), c.alphaOf(1)))
	least := math.Inf(1)
	for share := 0.1; share <= 0.91; share += 0.1 {
		each := c.perSecond(h, share*top)
		requests := n * max(1, share*top*m.length/stats.LengthWorth)
		for range 3 { // how many it takes depends on how many there are
			if len(m.points) > 0 {
				requests = n * m.perNEff(share*top, requests)
			}
		}
		least = min(least, requests/each)
	}
	return (least + c.overhead(h)) / (1 - exploreShare)
}

// tooShort says that the time cannot suffice, where that has just become known.
func (c Config) tooShort(h []Observation) string {
	need := c.suffices(h)
	if need <= c.seconds() {
		return ""
	}
	if n := len(h); n > 0 {
		if last := c.suffices(h[:n-1]); last > c.seconds() {
			return "" // it has been said
		}
	}
	return fmt.Sprintf("; %s are too short to prove any load, %s might do", Minutes(c.seconds()), Minutes(need))
}

// Minutes writes a time as a reader would: to the minute, or in hours.
func Minutes(seconds float64) string {
	switch {
	case seconds < 90:
		return fmt.Sprintf("%.0f seconds", seconds)
	case seconds < 5400:
		return fmt.Sprintf("%.0f minutes", math.Ceil(seconds/60))
	}
	return fmt.Sprintf("%.1f hours", seconds/3600)
}
