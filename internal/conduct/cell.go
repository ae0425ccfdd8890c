package conduct

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/capacity/trial"
	"github.com/inferometer/inferometer/internal/conduct/itempass"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/workload"
)

// Cell is one workload × load × target, ready to run.
type Cell struct {
	runlog.CellRecord
	target *target.Target
	maker  *prompts.Maker // of its prompts
	shape  loadgen.Shape
	main   workload.Source // measured prompts
	warm   workload.Source // prompts of their own for the warm-up
	// conversations in place of main; nil for single requests.
	conversations *prompts.Conversations
	thinkCV       float64 // of the pauses; 0: all alike
	// trial gathers what a search needs; nil for other cells.
	trial *trial.Trial
	// longest prompt in tokens, where they differ.
	longest int
	// block is the part of its target that this is; nil: it is the whole cell.
	block *block
	// lead are the prompts of warm-up requests that are part of a schedule; nil:
	// those of warm.
	lead workload.Source
	// meanOut is the mean length of an answer in tokens, where they differ.
	meanOut float64
	// step of steps is its place in the program, for progress; steps is 0 where it
	// is not known.
	step, steps int
	// keep holds the answers for scoring.
	keep map[string]quality.Item
	// items is the pass over items that this cell is; nil: it is none.
	items *itempass.Pass
}

// total is how many measured requests a cell sends; 0 where it is not known
// beforehand.
func (c *Cell) total() int {
	n := c.shape.Requests
	if n == 0 && len(c.shape.Times) > 0 {
		n = len(c.shape.Times)
		if c.lead != nil {
			n -= c.shape.Warmup
		}
	}
	if c.conversations != nil && c.conversations.Alike {
		if all := c.shape.Conversations * int(c.conversations.Mean); all > 0 && (n == 0 || n > all) {
			n = all
		}
	}
	return n
}

// describe writes the load of a cell as data and in words.
func (c *Cell) describe(s loadgen.Shape, maxInflight int) result.LoadShape {
	out := result.LoadShape{Requests: s.Requests, DurationS: s.Duration.Seconds(), MaxInflight: maxInflight}
	var ends []string
	if s.Conversations > 0 {
		ends = append(ends, fmt.Sprintf("%d conversations", s.Conversations))
	}
	if s.Requests > 0 {
		ends = append(ends, fmt.Sprintf("%d requests", s.Requests))
	}
	if s.Duration > 0 {
		ends = append(ends, s.Duration.Round(time.Millisecond).String())
	}
	end, starts := strings.Join(ends, " or "), "requests/s"
	if c.conversations != nil {
		out.Of, out.Conversations = result.OfConversations, s.Conversations
		starts = "conversations/s begun"
	}
	switch {
	case len(s.Times) > 0:
		out.Kind, out.Arrival, out.Requests = "open", "trace", len(s.Times)
		out.Text = fmt.Sprintf("open loop, %d arrivals of a trace at %v times its speed", len(s.Times), cmp.Or(s.Speed, 1))
	case s.Open():
		curve := s.Schedule.Curve
		out.Kind, out.Rate, out.Arrival, out.Burstiness = "open", curve.Rate(0), string(s.Schedule.Process), s.Schedule.Shape
		rate := fmt.Sprintf("%v %s", curve, starts)
		if length := curve.Length().Seconds(); length > 0 {
			out.Rate, out.RateCurve = curve.Expected(length)/length, curve.String()
			rate = fmt.Sprintf("%s as %v", starts, curve)
		}
		process := string(s.Schedule.Process)
		if s.Schedule.Shape != 0 {
			process += fmt.Sprintf(" (burstiness %v)", s.Schedule.Shape)
		}
		out.Text = fmt.Sprintf("open loop, %s, %s arrivals, %s", rate, process, end)
	default:
		out.Kind, out.Users = "closed", s.Users
		users := "1 user at a time"
		if s.Users != 1 {
			users = fmt.Sprintf("%d users at once", s.Users)
		}
		if c.conversations != nil {
			users += ", each with one conversation after the other"
		}
		out.Text = fmt.Sprintf("closed loop, %s, %s", users, end)
	}
	if c.conversations != nil || s.Think > 0 {
		out.ThinkS, out.ThinkCV = s.Think.Seconds(), c.thinkCV
		what := "request"
		if c.conversations != nil {
			what = "turn"
		}
		out.Text += fmt.Sprintf(", each %s %v after the previous answer", what, s.Think)
		if c.thinkCV > 0 {
			out.Text += fmt.Sprintf(" on average (log-normal, cv %v)", c.thinkCV)
		}
	}
	if maxInflight > 0 {
		out.Text += fmt.Sprintf(", at most %d in flight", maxInflight)
	}
	return out
}

// paced adds the limits of a cell's target to its load. An open loop is within them,
// and does not wait.
func paced(l result.LoadShape, limits plan.Limits) result.LoadShape {
	if l.Kind != "closed" && l.Of != result.OfConversations {
		return l
	}
	l.RPM, l.TPM = limits.RPM, limits.TPM
	switch {
	case l.RPM > 0 && l.TPM > 0:
		l.Text += fmt.Sprintf(", paced to at most %d requests and %d tokens per minute", l.RPM, l.TPM)
	case l.RPM > 0:
		l.Text += fmt.Sprintf(", paced to at most %d requests per minute", l.RPM)
	case l.TPM > 0:
		l.Text += fmt.Sprintf(", paced to at most %d tokens per minute", l.TPM)
	}
	return l
}

// mostWarm is the most connections that are dialled ahead. What a burst needs
// beyond it is dialled when it is due, and is in its latency, as "connect" shows.
const mostWarm = 4096

// prewarm is how many connections a cell needs open before its clock starts, of
// at most so many as each limit that is not 0 allows.
func (c *Cell) prewarm(limits ...int) int {
	n := c.shape.Users
	if c.shape.Open() {
		// What is in flight on the mean, if requests take a second, and a margin; of a
		// trace, whose bursts are known, the most.
		if n = 8 + c.shape.Most(max(time.Second, c.target.E2E(c.answer()))); c.shape.Schedule.Process != "" {
			n = 8 + int(2*c.turns()*c.shape.Schedule.Curve.Begin())
		}
	}
	n = min(n, mostWarm)
	for _, most := range limits {
		if most > 0 {
			n = min(n, most)
		}
	}
	return n
}

// ahead is how many requests are encoded before they are due: as many as take
// 64 MB or so, by their planned length.
func (c *Cell) ahead() int {
	const budget, perToken = 64 << 20, 8 // bytes
	most := 1024
	if c.conversations != nil {
		most = 128 // conversations, of which only the first turns can be
	}
	return max(16, min(most, budget/(perToken*max(1, c.longest, c.Workload.InputTokens))))
}

// turns is how many requests come of each arrival on the mean.
func (c *Cell) turns() float64 {
	if c.conversations == nil {
		return 1
	}
	return max(1, c.conversations.Mean)
}

// unbounded is how many prompts of a cell without a number stand for all.
const unbounded = 10_000

// idealHits of a cell whose prompts share beginnings on purpose, else nil.
func (c *Cell) idealHits() *result.Number {
	if c.conversations != nil {
		return nil // what they share is known when they have been had
	}
	src := c.main
	if o, ok := src.(prompts.Offset); ok {
		src = o.Source
	}
	shares, ok := src.(interface {
		IdealHits(n int) (float64, bool)
	})
	if !ok {
		return nil
	}
	n := c.shape.Requests
	if n == 0 {
		n = unbounded
	}
	if ideal, ok := shares.IdealHits(n); ok {
		return result.Num(ideal)
	}
	return nil
}
