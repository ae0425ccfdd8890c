package validity

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

func completeness(in Input) result.Check {
	c := result.Check{ID: "complete", Status: result.Pass, Text: "the run went through to its planned end"}
	if in.Status != result.Complete {
		c.Status = result.Warn
		c.Text = fmt.Sprintf("the run is %s: %s; figures cover what was measured until then", in.Status, in.Reason)
	}
	if len(in.Resumed) > 0 {
		var at []string
		for _, t := range in.Resumed {
			at = append(at, t.UTC().Format(time.RFC3339))
		}
		c.Text += "; it was resumed after a break, at " + strings.Join(at, " and ")
	}
	return c
}

// errorShare: a run in which most requests fail measures the failure, not the
// server. 1 % warns, half fails.
func errorShare(c Cell) result.Check {
	n := c.Result.Counts
	all := n.OK + n.Failed + n.Shed
	if all == 0 {
		return result.Check{ID: "errors", Status: result.Fail, Text: "no request ended, so nothing was measured",
			Fix: "check the URL with: inferometer doctor URL"}
	}
	share := float64(n.Failed+n.Shed) / float64(all)
	r := grade("errors", "ratio", share, 0.01, 0.5)
	r.Text = fmt.Sprintf("%d of %d requests failed (%s)", n.Failed+n.Shed, all, percent(share))
	if r.Status != result.Pass {
		r.Fix = "look at the errors of this cell; check the URL with: inferometer doctor URL"
	}
	return r
}

// clientAdded: what the client itself added to latency, against the tightest
// limit or else the median ttft: 2 % warns, 10 % fails.
func clientAdded(c Cell) result.Check {
	if c.ClientAddedP99 == nil {
		return notAssessed("client_added", "no request was sent")
	}
	of, name := c.TightestLimit, "the tightest limit"
	if of == 0 {
		s, ok := c.Result.Metrics.Stats["ttft"]
		median, known := middle(s)
		if !ok || !known || math.IsInf(median, 0) || median == 0 {
			return notAssessed("client_added", "no limit and no median ttft to compare with")
		}
		of, name = median, "the median ttft"
	}
	r := grade("client_added", "ratio", *c.ClientAddedP99/of, 0.02, 0.10)
	r.Text = fmt.Sprintf("the client added %.3g ms at p99 (lateness + client_delay), %s of %s (%.3g ms)", *c.ClientAddedP99, percent(*c.ClientAddedP99/of), name, of)
	if r.Status != result.Pass {
		r.Fix = "lower --users, --levels or --rate, or run the client on a machine of its own"
	}
	return r
}

// middle is the median even where its interval is withheld: good enough to
// scale a check with.
func middle(s result.Statistic) (float64, bool) {
	if s.P50.Value != nil {
		return float64(*s.P50.Value), true
	}
	if len(s.Curve) > 50 {
		return float64(s.Curve[50]), true
	}
	if s.Mean != nil {
		return float64(*s.Mean), true
	}
	return 0, false
}

// arrivalDeficit: an open loop that sends less than it drew measures another
// load: 0.5 % warns, 2 % fails.
func arrivalDeficit(c Cell) result.Check {
	a := c.Result.Arrivals
	if a == nil {
		return result.Check{}
	}
	if a.IntendedRate == 0 {
		return notAssessed("arrivals", "too few arrivals to compare rates")
	}
	r := grade("arrivals", "ratio", a.Deficit, 0.005, 0.02)
	r.Text = fmt.Sprintf("sent %.4g of %.4g requests/s that were due; arrival error p99 %.3g ms", a.AchievedRate, a.IntendedRate, a.ErrorP99MS)
	if c.Result.Load.MaxInflight > 0 && r.Status != result.Pass {
		// The user's own limit held requests back; that wait is in their
		// latency, and the load is what the user asked for.
		r.Status = result.Warn
		r.Text += "; --max-inflight held requests back, and their wait is part of the latency"
	}
	if r.Status != result.Pass {
		r.Fix = "raise --max-inflight or lower --rate"
	}
	return r
}

// Shortest is the length of a cell's window, in s; of one in blocks that of the
// shortest, since each has edges.
func Shortest(c *result.Cell) float64 {
	s := c.WindowS
	for _, b := range c.Blocks {
		s = min(s, b.WindowS)
	}
	return s
}

// windowLength: a window of a few requests' length shows its edges.
func windowLength(c Cell) result.Check {
	if c.MedianE2E <= 0 || math.IsInf(c.MedianE2E, 0) {
		return notAssessed("window", "no median end-to-end latency")
	}
	need := 5 * c.MedianE2E / 1000
	length, what, fix := Shortest(c.Result), "window", "raise --requests or --duration"
	if len(c.Result.Blocks) > 0 {
		what, fix = "shortest block", fix+", or lower --blocks"
	}
	r := result.Check{ID: "window", Unit: "s", Value: result.Num(length), Limit: result.Num(need), Status: result.Pass,
		Text: fmt.Sprintf("the %s is %.3g s, %.3g times the median end-to-end latency", what, length, length/(need/5))}
	if length < need {
		r.Status = result.Warn
		r.Text += fmt.Sprintf("; rates of so short a window show its edges, %.3g s are needed", need)
		r.Fix = fix
	}
	return r
}

func steadyState(c Cell) result.Check {
	r := result.Check{ID: "steady", Status: result.Pass, Text: c.Result.SteadyNote}
	switch {
	case c.Result.Steady != nil && containsTrend(c.Result.SteadyNote):
		r.Status = result.Warn
		r.Fix = "raise --warmup and the number of requests, or look for a drift of the server"
	case c.Result.Steady == nil && c.Result.Counts.OK >= 50:
		r.Status = result.Warn
		r.Fix = "raise --warmup and the number of requests"
	case c.Result.Steady == nil:
		r.Status = result.NotAssessed
	}
	return r
}

// little: mean in flight must equal rate × time in the system; 5 % warns,
// 10 % fails. Short windows break it by their edges alone and are left out.
func little(c Cell) result.Check {
	if c.Lambda == 0 || c.W == 0 || c.InFlight == 0 {
		return notAssessed("little", "nothing completed in the window")
	}
	if Shortest(c.Result) < 10*c.W {
		return notAssessed("little", "the window is shorter than ten times the time in the system")
	}
	off := math.Abs(c.InFlight-c.Lambda*c.W) / c.InFlight
	r := grade("little", "ratio", off, 0.05, 0.10)
	r.Text = fmt.Sprintf("Little's law: %.4g in flight, rate × time = %.4g", c.InFlight, c.Lambda*c.W)
	if r.Status != result.Pass {
		r.Fix = "the load is not steady: raise --warmup and the number of requests"
	}
	return r
}

// outputLength: asked against got, where the length was to be fixed: 1 %
// warns, 10 % fails.
func outputLength(c Cell) result.Check {
	if !c.Result.Workload.FixedOutput || c.LengthError == nil {
		return result.Check{}
	}
	r := grade("output_length", "ratio", *c.LengthError, 0.01, 0.10)
	r.Text = fmt.Sprintf("output lengths are %s off the %d tokens that were asked for", percent(*c.LengthError), c.Result.Workload.OutputTokens)
	if r.Status != result.Pass {
		r.Fix = "the server did not generate what was asked for, or counts tokens in another way; compare TPOT rather than end-to-end latency"
	}
	return r
}

// filtered: an answer that a content filter ended is no failure of the server,
// and mostly short and fast.
func filtered(c Cell) result.Check {
	if c.Filtered == 0 {
		return result.Check{}
	}
	r := grade("filtered", "ratio", c.Filtered, 0, 2)
	r.Text = fmt.Sprintf("%s of the answers were ended by a content filter: they count as ok, and flatter throughput and latency", percent(c.Filtered))
	r.Fix = "use prompts that the filter lets pass (--dataset), or turn it off for the test"
	return r
}

func tokenCounts(c Cell) result.Check {
	if c.Result.Counts.OK == 0 {
		return notAssessed("token_counts", "no request succeeded")
	}
	r := result.Check{ID: "token_counts", Status: result.Pass, Text: "token counts are the server's own"}
	switch {
	case c.UsageMissing > 0:
		r.Status = result.Warn
		r.Text = fmt.Sprintf("%s of the answers came without a count of their tokens, which are estimated as one a frame", percent(c.UsageMissing))
		r.Fix = "use a server that supports stream_options.include_usage"
	case c.FramesOverTokens > 0:
		r.Status = result.Warn
		r.Text = fmt.Sprintf("in %s of the answers the server reports fewer tokens than it sent content frames", percent(c.FramesOverTokens))
		r.Fix = "the server's usage is doubtful: compare it with its own log"
	case c.CountsContradict > 0:
		r.Status = result.Warn
		r.Text = fmt.Sprintf("in %s of the answers the server's counts do not fit together (frames or reasoning against the total); the total was taken", percent(c.CountsContradict))
		r.Fix = "the server's usage is doubtful: compare it with its own log"
	case c.TokensOverBytes > 0:
		r.Status = result.Warn
		r.Text = fmt.Sprintf("in %s of the answers the server reports more tokens than the answer has bytes", percent(c.TokensOverBytes))
		r.Fix = "tokens without text (special ones behind the end of an answer) or a doubtful usage: read an answer, and compare usage with the server's own log"
	case c.InputOff > 0:
		r.Status = result.Warn
		r.Text = fmt.Sprintf("in %s of the answers the server reports more than twice or less than half of the input tokens that were sent", percent(c.InputOff))
		r.Fix = "input throughput and cost rest on that count: a long chat template, cut prompts, or a doubtful usage; compare it with the server's own log"
	}
	return r
}

// unfinished: a stream that ends in [DONE] and gives no reason may be whole or
// cut off by something on the way.
func unfinished(c Cell) result.Check {
	if c.Unfinished == 0 {
		return result.Check{}
	}
	return result.Check{ID: "unfinished", Status: result.Warn, Unit: "ratio", Value: result.Num(c.Unfinished), Limit: result.Num(0),
		Text: fmt.Sprintf("%s of the answers ended without a finish reason: nothing says that they are whole", percent(c.Unfinished)),
		Fix:  "look for errors of a gateway between client and server, and compare the lengths of answers with the server's log"}
}

// cacheContamination: prompts were meant to be new to the server.
func cacheContamination(c Cell) result.Check {
	if c.CachedShare == nil {
		return notAssessed("prefix_cache", "the server does not report cached tokens")
	}
	if c.reusesPrompts() {
		return result.Check{ID: "prefix_cache", Status: result.Pass, Value: result.Num(*c.CachedShare), Unit: "ratio",
			Text: fmt.Sprintf("%s of the input tokens came from the server's prefix cache", percent(*c.CachedShare))}
	}
	r := grade("prefix_cache", "ratio", *c.CachedShare, 0.05, 2)
	r.Text = fmt.Sprintf("%s of the input tokens came from the server's prefix cache, though every prompt is new", percent(*c.CachedShare))
	if r.Status != result.Pass {
		r.Fix = "ttft is flattered by that much; a chat template or a common instruction is cached like this, or another client sends the same; turn the server's prefix cache off to compare servers"
	}
	return r
}

// reusesPrompts: a cache may help where the workload has prefixes in common.
func (c Cell) reusesPrompts() bool {
	return c.Result.Workload.InputTokens == 0 && c.Result.Load.Arrival == "trace" || c.SharedPrefix
}

func bundledFrames(c Cell) result.Check {
	if c.AtOnce > 0.10 {
		r := grade("bundled", "ratio", c.AtOnce, 0.10, 2)
		r.Text = fmt.Sprintf("%s of the answers came all at once: they have no time per token, and their first token is their last", percent(c.AtOnce))
		r.Fix = "look for a buffering proxy between client and server, or a server that does not stream"
		return r
	}
	r := grade("bundled", "ratio", c.Coalesced, 0.10, 2)
	r.Text = fmt.Sprintf("%s of the content frames arrived together with the one before", percent(c.Coalesced))
	if r.Status != result.Pass {
		r.Text += "; gaps are too small where that happened, and stalls are right"
		r.Fix = "look for a buffering proxy between client and server"
	}
	return r
}

func repeatedPrompts(c Cell) result.Check {
	n := c.Result.Counts.Scheduled
	if n == 0 {
		return result.Check{}
	}
	share := float64(c.Repeated) / float64(n)
	r := grade("repeated_prompts", "ratio", share, 0, 2)
	r.Text = fmt.Sprintf("%d of %d prompts had been sent before", c.Repeated, n)
	if r.Status != result.Pass {
		r.Fix = "use a larger --dataset, more --keywords or fewer requests"
	}
	return r
}

// sampleSize names the quantiles that this many requests cannot give.
func sampleSize(c Cell) result.Check {
	n := c.Result.Counts.OK + c.Result.Counts.Failed + c.Result.Counts.Shed
	r := result.Check{ID: "samples", Value: result.Num(float64(n)), Status: result.Pass,
		Text: fmt.Sprintf("%d requests", n)}
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
		r.Fix = "raise --iterations or --requests"
	}
	return r
}

func clientCPU(c Client) result.Check {
	if c.CPUShare == nil {
		return notAssessed("client_cpu", "the client's CPU time could not be read")
	}
	r := grade("client_cpu", "ratio", *c.CPUShare, 0.70, 0.90)
	r.Text = fmt.Sprintf("the client used at most %s of %d cores in a cell", percent(*c.CPUShare), c.Cores)
	if r.Status != result.Pass {
		r.Fix = "the client is near its own limit: lower the load or give it more cores"
	}
	return r
}

func gcPauses(in Input) result.Check {
	c := in.Client
	if c.GCPauseMax == nil {
		return notAssessed("gc", "garbage collection could not be observed")
	}
	if c.Limits == 0 {
		return result.Check{ID: "gc", Status: result.Pass, Unit: "ms", Value: result.Num(*c.GCPauseMax),
			Text: fmt.Sprintf("longest garbage collection pause of the client: %.3g ms", *c.GCPauseMax)}
	}
	r := grade("gc", "ms", *c.GCPauseMax, 0.02*c.Limits, 0.5*c.Limits)
	r.Text = fmt.Sprintf("longest garbage collection pause of the client: %.3g ms, against a tightest limit of %.3g ms", *c.GCPauseMax, c.Limits)
	if r.Status != result.Pass {
		r.Fix = "lower the load or give the client more cores"
	}
	return r
}

func clockSteps(c Client) result.Check {
	if c.ClockStep == nil {
		return notAssessed("clock", "the wall clock was not compared")
	}
	r := grade("clock", "ms", math.Abs(*c.ClockStep), 50, math.Inf(1))
	r.Text = fmt.Sprintf("the wall clock moved %.3g ms against the monotonic one; latencies use the monotonic one", *c.ClockStep)
	if r.Status != result.Pass {
		r.Fix = "only the times of day in this report are affected: a frame that came while the clock was set has the time after its read, not the kernel's"
	}
	return r
}

func containsTrend(note string) bool { return strings.Contains(note, "a trend remains") }
