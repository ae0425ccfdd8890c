package validity

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

func complete(in Input) []result.Check {
	c := result.Check{Status: result.Pass, Text: "the run reached its planned end"}
	if in.Status != result.Complete {
		c.Status = result.Warn
		c.Text = fmt.Sprintf("the run is %s: %s; figures cover what was measured until then", in.Status, in.Reason)
	}
	if len(in.Resumed) > 0 {
		var at []string
		for _, t := range in.Resumed {
			at = append(at, t.UTC().Format(time.RFC3339))
		}
		c.Text += "; it was resumed after an interruption, at " + strings.Join(at, " and ")
	}
	return []result.Check{c}
}

// errorShare: a run in which most requests fail measures the failure, not the
// server. 1 % warns, half fails.
func errorShare(_ Input, e Evidence) result.Check {
	n := e.Cell.Counts
	all := n.OK + n.Failed + n.Shed
	if all == 0 {
		return noneEnded(e)
	}
	share := float64(n.Failed+n.Shed) / float64(all)
	r := grade("ratio", share, 0.01, 0.5)
	r.Text = fmt.Sprintf("%d of %d requests failed (%s)", n.Failed+n.Shed, all, percent(share))
	if r.Status != result.Pass {
		// What is shown is of requests that succeeded or counts failures as infinite:
		// a limit that is broken even so is broken.
		r.Flatters = n.OK > 0
		r.Fix = "look at the errors of this cell"
		if n.OK == 0 {
			r.Fix += "; check the URL with: inferometer doctor URL"
		}
	}
	return r
}

// someCarried reports whether any load was carried. A sweep continues into
// loads that are too much, so that requests which fail there are its finding; where
// nothing but failure was found in any cell, nothing was measured.
func someCarried(in Input) bool {
	return slices.ContainsFunc(in.Cells, func(e Evidence) bool { return errorShare(in, e).Status != result.Fail })
}

// always: in a sweep a growing backlog is a finding wherever it is.
func always(Input) bool { return true }

// arrivalDeficit: an open loop that sends less than it drew measures another
// load: 0.5 % warns, 2 % fails.
func arrivalDeficit(_ Input, e Evidence) result.Check {
	a := e.Cell.Arrivals
	if a == nil {
		return result.Check{}
	}
	if a.IntendedRate == 0 {
		return notAssessed("too few arrivals to compare rates")
	}
	r := grade("ratio", a.Deficit, 0.005, 0.02)
	r.Text = fmt.Sprintf("sent %.4g of %.4g requests/s that were due; arrival error p99 %s ms", a.AchievedRate, a.IntendedRate, number(float64(a.ErrorP99MS)))
	if e.Cell.Load.MaxInflight > 0 && r.Status != result.Pass {
		// The user's own limit held requests back; that wait is in their
		// latency, and the load is what the user asked for.
		r.Status = result.Warn
		r.Text += "; --max-inflight held requests back, and their wait is part of the latency"
	}
	if r.Status != result.Pass {
		r.Fix = e.keepSchedule()
	}
	return r
}

// keepSchedule says what helps a client that does not keep to its schedule, by
// what was seen.
func (e Evidence) keepSchedule() string {
	if e.Cell.Load.MaxInflight > 0 {
		fix := "raise --max-inflight"
		if e.Flag != "" {
			fix += ", or lower " + e.Flag
		}
		return fix
	}
	seen, fix := e.cause(nil)
	if seen != "" {
		return seen + ": " + fix
	}
	return fix
}

// cutShare: of a request that the client ended, only the least that it would have
// taken is known.
func cutShare(_ Input, e Evidence) result.Check {
	n := e.Cell.Counts
	if n.Scheduled == 0 {
		return result.Check{}
	}
	share := float64(n.Cut) / float64(n.Scheduled)
	r := grade("ratio", share, 0.01, 0.10)
	r.Text = fmt.Sprintf("the client ended %d of %d requests (%s) before their answer had", n.Cut, n.Scheduled, percent(share))
	if r.Status != result.Pass {
		r.Text += ": all that is known of them is how long they had taken by then"
		r.Fix = "give answers more time to end with --grace"
		if e.Flag != "" {
			r.Fix += ", or lower " + e.Flag
		}
		r.Fix = cmp.Or(e.lower(), r.Fix)
	}
	return r
}

// arrivalProcess: gaps that correlate, or vary differently from their process,
// are another load than the one that was asked for.
func arrivalProcess(_ Input, e Evidence) result.Check {
	if e.Cell.Arrivals == nil || e.Cell.Arrivals.Process == nil {
		return result.Check{}
	}
	p := e.Cell.Arrivals.Process
	if p.Gaps < 50 {
		return notAssessed(fmt.Sprintf("%d gaps are too few to tell the process", p.Gaps))
	}
	n := float64(p.Gaps)
	// Three standard errors of a correlation, and of a coefficient of
	// variation (wide enough for heavy tails), and what lateness may do.
	lagLimit := 3/math.Sqrt(n) + 0.05
	cvLimit := 3*max(p.CVExpected, 0.1)*math.Sqrt((1+2*p.CVExpected*p.CVExpected)/(2*n)) + 0.1
	lag, cv := math.Abs(p.Lag1Sent), math.Abs(p.CVSent-p.CVExpected)
	r := grade("", cv, cvLimit, math.Inf(1))
	r.Text = fmt.Sprintf("gaps between requests: coefficient of variation %.3g as sent, %.3g as drawn, %.3g by the process; correlation with the next %.2g as sent, %.2g as drawn",
		p.CVSent, p.CVDue, p.CVExpected, p.Lag1Sent, p.Lag1Due)
	// Even gaps have no spread of their own; lateness then correlates (one
	// late, the next early), and says nothing of the process.
	if p.CVExpected > 0 && lag > lagLimit && r.Status == result.Pass {
		r.Status, r.Value, r.Limit = result.Warn, result.Num(lag), result.Num(lagLimit)
	}
	if r.Status != result.Pass {
		r.Fix = "the client did not keep to its schedule: " + e.keepSchedule()
	}
	return r
}

// Shortest is the length of a cell's window, in seconds; for a cell in blocks
// that of the shortest, since each block has edges.
func Shortest(c *result.Cell) float64 {
	s := c.WindowS
	for _, b := range c.Blocks {
		s = min(s, b.WindowS)
	}
	return s
}

// apart writes two different numbers with as many digits as it takes to tell them
// apart, three at least.
func apart(a, b float64) (string, string) {
	for digits := 3; ; digits++ {
		x, y := strconv.FormatFloat(a, 'g', digits, 64), strconv.FormatFloat(b, 'g', digits, 64)
		if x != y || digits > 17 {
			return x, y
		}
	}
}

// longer says how to give a cell more requests.
func (e Evidence) longer() string {
	if e.More == "" {
		return "give it more requests"
	}
	if e.Cell.Load.DurationS > 0 {
		return "raise --duration"
	}
	return "raise " + e.More
}

// windowLength: a window only a few requests long shows its edges.
func windowLength(_ Input, e Evidence) result.Check {
	median, ok := e.median("e2e")
	if !ok {
		return notAssessed("no median end-to-end latency")
	}
	need := 5 * median / 1000
	length, what, fix := Shortest(e.Cell), "window", e.longer()
	if len(e.Cell.Blocks) > 0 {
		what, fix = "shortest block", fix+", or lower --blocks"
	}
	r := result.Check{Unit: "s", Value: result.Num(length), Limit: result.Num(need), Status: result.Pass,
		Text: fmt.Sprintf("the %s is %.3g s, %.3g times the median end-to-end latency", what, length, length/(need/5))}
	if length < need {
		r.Status = result.Warn
		have, want := apart(length, need)
		times, five := apart(length/(need/5), 5)
		r.Text = fmt.Sprintf("the %s is %s s, %s times the median end-to-end latency; rates of so short a window show its edges: %s times, %s s, are needed", what, have, times, five, want)
		r.Fix = cmp.Or(e.lower(), fix)
	}
	return r
}

func steady(_ Input, e Evidence) result.Check {
	r := result.Check{Status: result.Pass, Text: e.Cell.SteadyNote}
	switch {
	case e.Cell.Steady != nil && e.Requests != nil && e.Requests.Trend():
		r.Status = result.Warn
		r.Fix = cmp.Or(e.lower(), e.longer()+", with a longer warm-up, or look for a drift of the server")
	case e.Cell.Steady == nil && e.Cell.Counts.OK >= 50:
		r.Status = result.Warn
		r.Fix = cmp.Or(e.lower(), e.longer()+", with a longer warm-up")
	case e.Cell.Steady == nil:
		r.Status = result.NotAssessed
	}
	return r
}

// little: mean in flight must equal rate × time in the system; 5 % warns,
// 10 % fails. Short windows break it by their edges alone and are left out.
func little(_ Input, e Evidence) result.Check {
	f := e.Flow
	if f.Rate == 0 || f.Time == 0 || f.InFlight == 0 {
		return notAssessed("nothing completed in the window")
	}
	if Shortest(e.Cell) < 10*f.Time {
		return notAssessed("the window is shorter than ten times the time in the system")
	}
	off := math.Abs(f.InFlight-f.Rate*f.Time) / f.InFlight
	r := grade("ratio", off, 0.05, 0.10)
	r.Text = fmt.Sprintf("Little's law: %.4g in flight, rate × time = %.4g", f.InFlight, f.Rate*f.Time)
	switch grows := e.Cell.Load.Kind == "open" && f.InFlight > f.Rate*f.Time; {
	case r.Status == result.Pass:
	case grows:
		r.Flatters = true
		r.Text += ": requests came faster than they ended, so that waits would have gone on growing"
		r.Fix = "this is more than the server carries"
		if e.Flag != "" {
			r.Fix += ": lower " + e.Flag
		}
	default:
		r.Fix = "the load is not steady: " + e.longer() + ", with a longer warm-up"
	}
	return r
}

// conversations that are cut off by the end of the window lack their later
// turns: the load is then one of beginnings.
func conversations(_ Input, e Evidence) result.Check {
	t := e.Cell.Conversations
	if t == nil || t.Begun == 0 {
		return result.Check{}
	}
	unfinished := t.Begun - t.Completed - t.Broken - t.Silent
	r := grade("ratio", float64(unfinished)/float64(t.Begun), 0.5, 2)
	r.Text = fmt.Sprintf("%d of %d conversations were unfinished when the window ended", unfinished, t.Begun)
	switch {
	case r.Status != result.Pass:
		r.Text += ": later turns, with their longer inputs, are under-represented compared with a sustained load"
		r.Fix = "end the load by --conversations N, or give a longer --duration or more --requests"
	case t.Broken > 0:
		r.Text += fmt.Sprintf(", and %d were broken off by a turn that did not succeed; %d turns after that were never sent", t.Broken, t.Total.Unsent)
	}
	return r
}

// sampleSize names the quantiles that this many requests cannot give.
func sampleSize(_ Input, e Evidence) result.Check {
	n := e.Cell.Counts.OK + e.Cell.Counts.Failed + e.Cell.Counts.Shed
	r := result.Check{Value: result.Num(float64(n)), Status: result.Pass, Text: fmt.Sprintf("%d requests", n)}
	switch {
	case n < 36:
		r.Text += ": too few for p90 and above (36, 72 for p95, 368 for p99, if independent)"
	case n < 72:
		r.Text += ": too few for p95 and above (72, 368 for p99, if independent)"
	case n < 368:
		r.Text += ": too few for p99 (368, if independent)"
	}
	if n < 36 {
		r.Status = result.Warn
		r.Fix = e.longer()
	}
	return r
}
