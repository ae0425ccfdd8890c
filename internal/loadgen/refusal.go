package loadgen

import (
	"fmt"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// refusal says why the cell ends because of how x was refused; empty where it
// continues. It ends where the account has no quota left, and where every user of
// a closed loop has to wait for a minute or for longer than the measured part is
// to take: nothing would be measured meanwhile. r.mu is held.
func (r *runner) refusal(x *exchange.Exchange) string {
	if x.Class == exchange.Quota {
		r.window.Fatal = true
		return "the account has no quota left: " + x.Error
	}
	limit := maxRetryAfter
	if d := r.shape.Duration; d > 0 {
		if r.window.Start != 0 {
			return "" // it ends when its time is over, whoever waits
		}
		limit = min(limit, d)
	}
	if !x.Failed() || x.RetryAfter < limit.Seconds() || len(r.dueNext) == 0 || r.shape.Users == 0 {
		return ""
	}
	if soonest := slices.Min(r.dueNext); time.Duration(soonest-r.Clock.Now()) < limit-time.Second {
		return "" // others are at work, or will be
	}
	return fmt.Sprintf("the server asks every user to wait (Retry-After %s), and a cell waits for less than %s: %s", wait(x.RetryAfter), limit, x.Error)
}

// wait is a time in seconds for people.
func wait(seconds float64) string {
	if seconds >= 48*3600 {
		return fmt.Sprintf("%.0f days", seconds/86400)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond).String()
}
