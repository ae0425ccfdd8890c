// Package found says in words what a search for capacity found. It decides nothing.
package found

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/result"
)

// queueGrew reports whether a load was given up since its queue grew, whatever its
// requests that ended say.
func queueGrew(c *result.Capacity, load float64) bool {
	return slices.ContainsFunc(c.Trials, func(t result.Trial) bool {
		return t.Rate+float64(t.Users) == load && (t.Growing || t.Overloaded) && t.Role != string(capacity.Ladder)
	})
}

// Text is the answer of a search in words.
func Text(c *result.Capacity) string {
	limits := strings.Join(c.Limits, " and ")
	load := func(n *result.Number) string { return fmt.Sprintf("%.4g %s", float64(*n), c.Unit) }
	var b strings.Builder
	switch {
	case len(c.Undefined) > 0:
		fmt.Fprintf(&b, "Nothing can be said about %s: no request that succeeded has such a value.", strings.Join(c.Undefined, " and "))
		if c.Saturation != nil {
			fmt.Fprintf(&b, " Without it, %.4g requests/s were completed with %d concurrent users.", c.Saturation.Rate, c.Saturation.Users)
		}
		return b.String()
	case len(c.Limits) == 0 && c.Saturation != nil:
		if c.Saturation.Rising {
			return fmt.Sprintf("Without latency limits it completes at least %.4g requests/s, with %d concurrent users; there was no time to try more users: raise --max-time.", c.Saturation.Rate, c.Saturation.Users)
		}
		fmt.Fprintf(&b, "Without latency limits it completes %.4g requests/s, with %d concurrent users.", c.Saturation.Rate, c.Saturation.Users)
		return b.String()
	case len(c.Limits) == 0:
		return "The search ended before it was known how many requests per second it completes."
	case c.Rate != nil:
		fmt.Fprintf(&b, "It carries %s within %s, proved by a separate confirmation run.", load(c.Rate), limits)
	default:
		fmt.Fprintf(&b, "No load is proved to stay within %s.", limits)
	}
	switch {
	case c.Refuted != nil:
		fmt.Fprintf(&b, " At %s the limits no longer hold.", load(c.Refuted))
	case c.Over != nil && queueGrew(c, float64(*c.Over)):
		fmt.Fprintf(&b, " From %s the queue kept growing, so no limit would hold for long.", load(c.Over))
	case c.Over != nil:
		fmt.Fprintf(&b, " From %s the limits seemed not to hold.", load(c.Over))
	case c.Broke == "" && c.Saturation != nil && c.Saturation.Rising:
		fmt.Fprintf(&b, " Nothing broke up to %.4g requests/s (%d users at once); there was no time to try more users: raise --max-time.", c.Saturation.Rate, c.Saturation.Users)
	case c.Broke == "" && c.Saturation != nil:
		fmt.Fprintf(&b, " Nothing broke up to near saturation, %.4g requests/s.", c.Saturation.Rate)
	}
	if c.Estimate != nil {
		fmt.Fprintf(&b, " The border is probably near %s.", load(c.Estimate))
	} else if c.Rate == nil && c.Under != nil {
		fmt.Fprintf(&b, " At %s the limits seemed to hold.", load(c.Under))
	}
	if n := len(c.More); n == 0 && c.NeedsS > 0 {
		fmt.Fprintf(&b, " The time was too short for a proof: one takes at least %s (--max-time).", capacity.Minutes(c.NeedsS))
	} else if n > 0 {
		m := c.More[0]
		fmt.Fprintf(&b, " A search of %s would probably prove %.4g", capacity.Minutes(m.Seconds), m.Load)
		if last := c.More[n-1]; n > 1 && !math.IsInf(last.Seconds, 0) {
			fmt.Fprintf(&b, ", one of %s %.4g", capacity.Minutes(last.Seconds), last.Load)
		}
		b.WriteString(".")
	}
	return b.String()
}
