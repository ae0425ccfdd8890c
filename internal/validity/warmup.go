package validity

import (
	"cmp"
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/warmup"
)

// warmedUp warns of a load that was not there yet, or not steady, when its window
// opened: what it measured is the way to a longer queue.
func warmedUp(_ Input, e Evidence) result.Check {
	w := e.Cell.Warmup
	if w == nil {
		return result.Check{}
	}
	r := result.Check{Status: result.Pass, Text: w.Text}
	switch warmup.End(w.End) {
	case warmup.Growing:
		r.Status = result.Warn
		r.Flatters = true
		r.Fix = cmp.Or(e.lower(), "lower the load, or give it a longer --warmup, such as "+longerWarmup(w))
	case warmup.Short:
		r.Status = result.NotAssessed
	}
	return r
}

// longerWarmup is twice the warm-up that was.
func longerWarmup(w *result.Warmup) string {
	return (time.Duration(2*max(1, math.Ceil(w.Seconds))) * time.Second).String()
}
