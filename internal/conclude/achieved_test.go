package conclude

import (
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// A load of sixteen users of whom nine were never answered does not keep its name.
func TestALoadSaysHowManyUsersItHad(t *testing.T) {
	for _, tt := range []struct {
		name     string
		asked    result.LoadShape
		answered int
		want     string
	}{
		{"some missing", result.LoadShape{Kind: "closed", Users: 16, Text: "16 users"}, 7, "16 users; 7 of the 16 users had an answer, 5 requests were in flight on average"},
		{"all", result.LoadShape{Kind: "closed", Users: 16, Text: "16 users"}, 16, "16 users"},
		{"no more requests than that", result.LoadShape{Kind: "closed", Users: 16, Requests: 7, Text: "16 users"}, 7, "16 users"},
		{"open", result.LoadShape{Kind: "open", Text: "5/s"}, 1, "5/s"},
	} {
		c := &cell{Cell: &runlog.Cell{Window: &runlog.WindowRecord{Absent: 3}}}
		c.seen.window, c.seen.inFlight = exchange.Spans{{Start: 1, End: 101}}, 500
		c.seen.users = map[int]struct{}{}
		for u := range tt.answered {
			c.seen.users[u] = struct{}{}
		}
		load := tt.asked
		a := achieved(c, &load)
		if load.Text != tt.want || float64(*a.InFlight) != 5 || load.Users > 0 && (a.Users != tt.answered || a.Absent != 3) {
			t.Errorf("%s: %q, %+v", tt.name, load.Text, a)
		}
	}
}
