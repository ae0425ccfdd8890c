package claim

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// decideSuccess decides a limit on the share of requests that succeeded, by the
// bounds of Clopper and Pearson at the effective sample size of the failures, which
// may come many at once. Whether a request that was cut would have succeeded is open.
func decideSuccess(c *result.Claim, l metric.Limit, cell Cell) {
	ok := cell.Requests.Success(0)
	c.N = ok.N
	if ok.Ended() == 0 {
		c.Reason = "no request ended"
		return
	}
	c.NEff = ok.Outages.NEff(c.Alpha)
	decide, words := stats.DecideShareAtLeast, [2]string{"at least", "at most"}
	n := float64(ok.N)
	var bounds [2]float64
	bounds[0], bounds[1] = stats.ShareBounds(float64(ok.Least)/n, float64(ok.Most)/n, c.NEff, c.Alpha)
	if upper(l) {
		decide, words = stats.DecideShareAtMost, [2]string{"at most", "at least"}
		bounds[0], bounds[1] = bounds[1], bounds[0]
	}
	d := decide(ok.Count, c.NEff, l.Value, c.Alpha)
	r := cell.Metrics.Rates["success"]
	c.Estimate, c.Lo, c.Hi = r.Value, r.Lo, r.Hi
	c.NeededN = neededRequests(d.NeededN, c.NEff, ok.N)
	counted := fmt.Sprintf("%d of %d requests succeeded", ok.Least, ok.N)
	if c.NEff < n-0.5 {
		counted += fmt.Sprintf(" (worth %.0f independent ones, since failures came together)", math.Floor(c.NEff))
	}
	if cut := ok.Most - ok.Least; cut > 0 {
		counted += fmt.Sprintf(", and %d were cut, which counts against either verdict", cut)
	}
	shown := func(side int) string {
		c.Bound = result.Num(bounds[side])
		return fmt.Sprintf("%s: %s %.4g %% with %.3g %% confidence", counted, words[side], 100*bounds[side], 100*(1-c.Alpha))
	}
	switch {
	case d.Proved:
		c.Verdict, c.Reason = result.Proved, shown(0)
		if !upper(l) {
			c.Reason += unseen(1-l.Value, c.Alpha, ok.Outages, cell.WindowS)
		}
	case d.Refuted:
		c.Verdict, c.Reason = result.Refuted, shown(1)
	default:
		c.Reason = fmt.Sprintf("%s, which does not decide %s", shown(0), l)
		if c.NeededN > ok.N {
			c.Reason += fmt.Sprintf("; %d requests like these would %s", c.NeededN, direction(d))
		}
	}
}

// unseen says which outages a proof does not exclude: they are so long, and so
// rare, that the share that may fail could fail in them without one, or more than
// was seen, in so few requests (stats.Outages.Longest). windowS is how long those took.
func unseen(allowed, alpha float64, o stats.Outages, windowS float64) string {
	longest := o.Longest(allowed, alpha)
	length := fmt.Sprintf("%.0f requests", math.Floor(longest))
	switch {
	case longest < 1:
		length = "a single request"
	case longest < 2:
		length = "one request"
	}
	if n := len(o.Values); windowS > 0 && longest >= 1 {
		length += fmt.Sprintf(" (%.2g s)", longest*windowS/float64(n))
	}
	return "; rare outages longer than " + length + " each could break the limit and not show in so few requests"
}
