package conclude

import (
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// A cell that was ended before all users had begun is no load of fewer users.
func TestACellThatEndedEarlyMissesNobody(t *testing.T) {
	for _, w := range []*runlog.WindowRecord{nil, {Reason: "the spend cap is reached"}} {
		load := result.LoadShape{Kind: "closed", Users: 16, Text: "16 users"}
		if a := achieved(&cell{Cell: &runlog.Cell{Window: w}}, &load); a != nil || load.Text != "16 users" {
			t.Errorf("%+v, %q", a, load.Text)
		}
	}
}

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
		{"no more conversations than that", result.LoadShape{Kind: "closed", Users: 16, Conversations: 7, Text: "16 users"}, 7, "16 users"},
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

// A load without a warm-up is seen to be more than the server carries, too.
func TestALoadThatIsNotCarriedKeepsGrowing(t *testing.T) {
	for perS, want := range map[int]bool{9: false, 20: true} {
		c := &cell{Cell: &runlog.Cell{Window: &runlog.WindowRecord{Start: 1, End: 30e9}}}
		c.Load.Kind = "open"
		c.seen.window = exchange.Spans{{Start: 1, End: 30e9}}
		free := exchange.Stamp(0)
		for i := range 30 * perS {
			x := &exchange.Exchange{Due: exchange.Stamp(1 + i*1e9/perS), Phase: exchange.Measured, Class: exchange.OK}
			free = max(free, x.Due) + 1e8 // ten a second
			x.Done = free
			c.queue(x)
		}
		if a := achieved(c, &result.LoadShape{Kind: "open"}); a.Growing != want {
			t.Errorf("%d requests/s: %+v", perS, a)
		}
	}
}
