package conclude

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/validity"
)

// searchOf makes the result of a search whose cells are rungs of its ladder.
func searchOf(t *testing.T, change func(*exchange.Exchange)) *result.Result {
	t.Helper()
	rung := func(id string, users int, begin float64, role capacity.Role) *level {
		c := levelCell(id, users, 40, begin, 20)
		c.record.Benchmark, c.record.Limits = plan.Capacity, []string{"ttft.p95<500ms"}
		c.record.Search = &capacity.Load{Role: role, Users: users, Requests: 40}
		for _, x := range c.exchanges {
			change(x)
		}
		return c
	}
	return resultFor(t, func(p *plan.Plan) {
		p.Only = []plan.Benchmark{plan.Capacity}
		p.Capacity.SLO = []string{"ttft.p95<500ms"}
	}, rung("capacity/01-ladder", 1, 0, capacity.Ladder), rung("capacity/02-saturation", 1, 10_000, capacity.Saturation))
}

// A search in which every request fails says how they failed, in the server's
// words, and is not valid.
func TestASearchInWhichAllFailsSaysHow(t *testing.T) {
	for _, tt := range []struct {
		class exchange.Class
		text  string
	}{
		{exchange.HTTP5xx, "HTTP 500: out of memory"},
		{exchange.StreamError, "the stream ended with an error: overloaded"},
		{exchange.Truncated, "the stream ended without a finish reason"},
	} {
		res := searchOf(t, func(x *exchange.Exchange) { x.Class, x.Error = tt.class, tt.text })
		c := res.Benchmarks.Capacity
		if res.Validity.Status != result.Fail || !validity.NothingMeasured(res.Validity) || c.Spoilt == "" || c.Rate != nil {
			t.Errorf("%s: %s, spoilt %q", tt.class, res.Validity.Status, c.Spoilt)
		}
		if !strings.HasPrefix(c.Text, "No load was carried: 80 of 80 requests failed ("+string(tt.class)+" 80)") || !strings.Contains(c.Text, tt.text) {
			t.Errorf("%s: %s", tt.class, c.Text)
		}
	}
}

// A search on a metric that no request has says so, and gives no border.
func TestASearchOnAMetricThatNoRequestHas(t *testing.T) {
	res := searchOf(t, func(x *exchange.Exchange) {
		x.Streamed, x.Frames, x.FirstToken, x.FirstAnswer = false, nil, 0, 0
	})
	if c := res.Benchmarks.Capacity; len(c.Undefined) != 1 || !strings.HasPrefix(c.Text, "Nothing can be said about ttft.p95<500ms: no request that succeeded has such a value.") || c.Under != nil {
		t.Errorf("%+v", c)
	}
}
