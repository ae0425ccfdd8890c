package conclude

import (
	"cmp"
	"fmt"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// since is the time from the beginning of a cell, its warm-up included, in seconds.
func (c *cell) since(at exchange.Stamp) float64 {
	return float64(at-cmp.Or(c.Window.Began, c.Window.Start)) / 1e9
}

// queue notes when a request of an open loop came and when it ended.
func (c *cell) queue(x *exchange.Exchange) {
	if c.Load.Kind != "open" || c.trial != nil || c.Window == nil {
		return
	}
	if c.seen.backlog == nil {
		c.seen.backlog = &capacity.Backlog{}
	}
	c.seen.backlog.Arrived(c.since(x.Due))
	if x.Done.Happened() && x.Class != exchange.Cut {
		c.seen.backlog.Ended(c.since(x.Done))
	}
}

// achieved is the load that a cell had; nil for one that ended early, when some
// users may not have begun. Where users are missing, the words of the
// load say so, wherever they are shown.
func achieved(c *cell, asked *result.LoadShape) *result.Achieved {
	if c.Window == nil || c.Window.Reason != "" {
		return nil
	}
	a := &result.Achieved{}
	if length := c.seen.window.Length(); length > 0 {
		a.InFlight = result.Num(c.seen.inFlight / float64(length))
	}
	if asked.Users == 0 {
		a.Growing = c.seen.backlog != nil && len(c.Blocks) == 0 && c.seen.backlog.Grows(c.since(c.Window.End))
		return a
	}
	a.Users, a.Absent = len(c.seen.users), c.Window.Absent
	if want := asked.WantedUsers(); a.Users < want {
		asked.Text += fmt.Sprintf("; %d of the %d users had an answer", a.Users, want)
		if a.InFlight != nil {
			asked.Text += fmt.Sprintf(", %.3g requests were in flight on average", float64(*a.InFlight))
		}
	}
	return a
}
