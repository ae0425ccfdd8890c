package claim

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// An adjustment takes off each request's value what the client itself may have
// added to it.
type adjustment struct {
	what string // that is taken off, in words
	// of returns the i-th request's value without it. It lowers every value, or
	// raises every one.
	of     func(i int, v float64) float64
	lowers bool
}

// adjustments are those of a limit's metric in this cell; none where the client
// adds nothing to it, or nothing that is known.
func (cell Cell) adjustments(l metric.Limit) []adjustment {
	switch l.Metric.Tag {
	case "ttft", "ttfa", "e2e":
		return cell.parts(cell.meanAdded(), cell.added)
	case "ttft_service", "ttfa_service", "e2e_service":
		return cell.parts(0, func(int) float64 { return 0 }) // from the first byte written
	case "tpot", "tpot_vllm", "user_rate", "stall":
		return cell.stampLags(l)
	}
	return nil
}

// parts takes off what the client added before the first byte, of a mean in ms, and,
// where the kernel did not stamp the frame that ends a latency, how late it was read.
func (cell Cell) parts(mean float64, added func(i int) float64) []adjustment {
	lag := cell.stampLag()
	var what []string
	if mean > 0 {
		what = append(what, fmt.Sprintf("without the client's own part (lateness and client_delay, %.3g ms on average)", mean))
	}
	if lag > 0 {
		what = append(what, fmt.Sprintf("with frames read %.3g ms late (p99 of the wait for a processor)", lag))
	}
	if what == nil {
		return nil
	}
	return []adjustment{{
		what: strings.Join(what, " and "),
		of: func(i int, v float64) float64 {
			v -= added(i)
			if cell.Requests.ReadStamps(i) {
				v -= lag
			}
			return max(0, v)
		},
		lowers: true,
	}}
}

// stampLag is how long, in ms, a read may have waited for a processor; 0 where the
// kernel stamped all frames, or where nobody knows.
func (cell Cell) stampLag() float64 {
	if cell.Client == nil || cell.Client.SchedP99 == nil || *cell.Client.SchedP99 <= 0 {
		return 0
	}
	for i := range cell.Requests.Len() {
		if cell.Requests.ReadStamps(i) {
			return *cell.Client.SchedP99
		}
	}
	return 0
}

// added is the client's own part in the latency of the i-th request, in ms: how
// much too late it began, and its work before the first byte.
func (cell Cell) added(i int) float64 {
	sum := 0.0
	for _, tag := range []string{"lateness", "client_delay"} {
		if v := cell.Requests.Values(tag)[i]; v > 0 { // not NaN
			sum += v
		}
	}
	return sum
}

// meanAdded is its mean over all requests.
func (cell Cell) meanAdded() float64 {
	n := cell.Requests.Len()
	if n == 0 {
		return 0
	}
	sum := 0.0
	for i := range n {
		sum += cell.added(i)
	}
	return sum / float64(n)
}

// stampLags adjust times between frames where the kernel did not stamp them: each
// of the two stamps may be late by as long as a read waited for a processor, so
// that the time between may be that much shorter or longer.
func (cell Cell) stampLags(l metric.Limit) []adjustment {
	lag := cell.stampLag()
	if lag == 0 {
		return nil
	}
	first, last := cell.Requests.Values("ttft_service"), cell.Requests.Values("e2e_service")
	by := func(lag float64) func(int, float64) float64 {
		return func(i int, v float64) float64 {
			if !cell.Requests.ReadStamps(i) || math.IsInf(v, 0) || v == 0 {
				return v
			}
			if l.Metric.Tag == "stall" {
				return max(0, v+lag)
			}
			streamed := last[i] - first[i] // which v divides by the tokens, or into them
			if !(streamed > 0) {
				return v
			}
			factor := max(0, streamed+lag) / streamed
			if l.Metric.Tag == "user_rate" {
				return v / factor
			}
			return v * factor
		}
	}
	rate := l.Metric.Tag == "user_rate"
	return []adjustment{
		{fmt.Sprintf("with frames read %.3g ms late (p99 of the wait for a processor)", lag), by(-lag), !rate},
		{fmt.Sprintf("with first frames read %.3g ms late (p99 of the wait for a processor)", lag), by(lag), rate},
	}
}

// decideAgain decides a claim a second time, by without, on values without what
// the client may have added. Where the verdicts differ, it is the client that
// decides, and the claim is undecided. without also returns the value in question
// as measured and as adjusted.
//
// A verdict that an adjustment can only support needs no second decision: what
// the client adds makes a latency longer, and a limit that holds for the longer
// one holds for the shorter.
func (cell Cell) decideAgain(c *result.Claim, l metric.Limit, without func(adjustment) (second result.Claim, was, is float64)) {
	for _, a := range cell.adjustments(l) {
		if c.Verdict == result.Proved && a.lowers == upper(l) || c.Verdict == result.Refuted && a.lowers != upper(l) {
			continue
		}
		second, was, is := without(a)
		if second.Verdict == c.Verdict {
			continue
		}
		value := func(v float64) string {
			if math.IsInf(v, 1) {
				return "∞"
			}
			return fmt.Sprintf("%.4g %s", v, l.Metric.Unit)
		}
		c.Reason = fmt.Sprintf("the client decides this: as measured the %s is %s (%s: %s), and %s it is %s (%s: %s)",
			l.Stat, value(was), c.Verdict, c.Reason, a.what, value(is), second.Verdict, second.Reason)
		c.Verdict = result.Undecided
		break
	}
	if c.Verdict == result.Proved && upper(l) && l.Metric.Unit == "ms" {
		c.Reason += cell.slowed()
	}
}

// worthSaying is the share by which a slow client lowers a closed loop's load
// from which on a proof says so.
const worthSaying = 0.02

// slowed says for a closed loop how much load its users would have made without
// the client's own part, which is in the time between their requests; "" where
// that is hardly more.
func (cell Cell) slowed() string {
	achieved, possible := cell.loads()
	if possible <= (1+worthSaying)*achieved {
		return ""
	}
	return fmt.Sprintf("; this is at the %.4g requests/s that were achieved: a client that added nothing would have made up to %.4g requests/s of load", achieved, possible)
}

// loads are the requests/s that the users of a closed loop made, and those that
// they would have made at most with a client that added nothing; the same where it
// added nothing, and 0 where there is no closed loop.
func (cell Cell) loads() (achieved, possible float64) {
	if cell.Load.Kind != "closed" || cell.Load.Users == 0 || cell.WindowS <= 0 || cell.Requests.Len() == 0 {
		return 0, 0
	}
	added := cell.meanAdded() / 1e3
	achieved = float64(cell.Requests.Len()) / cell.WindowS
	cycle := float64(cell.Load.Users) / achieved // s from one request of a user to the next
	if added >= cycle {
		return achieved, achieved
	}
	return achieved, float64(cell.Load.Users) / (cycle - added)
}

// decideRateAgain decides a claim on a rate of a closed loop a second time, with the
// rate that its users would have had at most with a client that added nothing: a
// slow client lowers the load, and so what the server delivers. Where the verdicts
// differ, it is the client that decides.
func (cell Cell) decideRateAgain(c *result.Claim, l metric.Limit, lo, hi float64) {
	achieved, possible := cell.loads()
	supports := c.Verdict == result.Undecided || (c.Verdict == result.Refuted) == upper(l)
	if supports || possible <= achieved {
		return
	}
	second := *c
	second.Verdict = result.Undecided
	Bounds(&second, l, lo*possible/achieved, hi*possible/achieved)
	if second.Verdict == c.Verdict {
		return
	}
	c.Reason = fmt.Sprintf("the client decides this: as measured it is %s (%s), at the %.4g requests/s that were achieved; a client that added nothing would have made up to %.4g requests/s of load, and then it is %s (%s)",
		c.Verdict, c.Reason, achieved, possible, second.Verdict, second.Reason)
	c.Verdict = result.Undecided
}
