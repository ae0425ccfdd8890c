package conclude

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/result"
)

// achieved is the load that a cell had. Where users are missing, the words of the
// load say so, wherever they are shown.
func achieved(c *cell, asked *result.LoadShape) *result.Achieved {
	a := &result.Achieved{}
	if length := c.seen.window.Length(); length > 0 {
		a.InFlight = result.Num(c.seen.inFlight / float64(length))
	}
	if asked.Users == 0 {
		return a
	}
	a.Users = len(c.seen.users)
	if c.Window != nil {
		a.Absent = c.Window.Absent
	}
	if want := asked.WantedUsers(); a.Users < want {
		asked.Text += fmt.Sprintf("; %d of the %d users had an answer", a.Users, want)
		if a.InFlight != nil {
			asked.Text += fmt.Sprintf(", %.3g requests were in flight on average", float64(*a.InFlight))
		}
	}
	return a
}
