package validity

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Shares of a figure that the client's own part may have.
const (
	warnShare  = 0.02
	spoilShare = 0.10
)

// figure is a median that something of the client's may be part of, and the
// metrics that it stands for.
type figure struct {
	name   string
	tags   []string
	median float64 // ms
}

// medians are those of metrics of requests, as far as they are known.
func (e Evidence) medians(tags ...string) []figure {
	var out []figure
	for _, tag := range tags {
		if v, ok := e.median(tag); ok {
			out = append(out, figure{tag, []string{tag}, v})
		}
	}
	return out
}

// judgePart judges a part, in ms, of some figures by the largest of its shares. It
// is about the figures whose share is as bad as that.
func judgePart(part float64, of []figure) (r result.Check, worst figure) {
	least := 0.0
	for _, f := range of {
		if share := part / f.median; worst.median == 0 || f.median < worst.median {
			r, worst = grade("ratio", share, warnShare, spoilShare), f
		}
	}
	switch r.Status {
	case result.Fail:
		least = spoilShare
	case result.Warn:
		least = warnShare
	default:
		return r, worst
	}
	r.Figures = []string{}
	for _, f := range of {
		if part/f.median > least {
			r.Figures = append(r.Figures, f.tags...)
		}
	}
	return r, worst
}

// added is what the client added to each request (lateness + client_delay), in
// ms and ascending.
func (e Evidence) added() []float64 {
	if e.Requests == nil {
		return nil
	}
	var out []float64
	delays := e.Requests.Values("client_delay")
	for i, late := range e.Requests.Values("lateness") {
		if sum := late + delays[i]; !math.IsNaN(sum) {
			out = append(out, sum)
		}
	}
	slices.Sort(out)
	return out
}

// typical is the mean or the median of ascending values, whichever is more, and
// its name.
func typical(sorted []float64) (v float64, name string) {
	mean, median := 0.0, stats.Quantile(sorted, 0.5)
	for _, x := range sorted {
		mean += x / float64(len(sorted))
	}
	if median >= mean {
		return median, "median"
	}
	return mean, "mean"
}

// clientAdded: what the client itself added to latency, against each latency's
// own median. A quantile that the requests are too few for is never asked.
func clientAdded(_ Input, e Evidence) result.Check {
	added := e.added()
	if len(added) == 0 {
		return notAssessed("no request was sent")
	}
	of := e.medians(fromDue...)
	if len(of) == 0 {
		return notAssessed("no median latency to compare with")
	}
	part, name := typical(added)
	r, worst := judgePart(part, of)
	r.Text = fmt.Sprintf("the client added %.3g ms to a request (%s of lateness + client_delay), %s of the median %s (%s ms)", part, name, percent(part/worst.median), worst.name, number(worst.median))
	if r.Status != result.Pass {
		seen, fix := e.cause(added)
		if seen != "" {
			r.Text += "; " + seen
		}
		r.Fix = fix
	}
	return r
}

// cause says why the client was late in a cell, as far as that was seen, and what
// can be done about it. added are the delays of its requests, ascending; nil where
// they are not known.
func (e Evidence) cause(added []float64) (seen, fix string) {
	k := e.Cell.Client
	if k == nil {
		k = &result.Client{}
	}
	total, most := 0.0, 0.0
	for _, v := range added {
		total, most = total+v, max(most, v)
	}
	n := len(added)
	seen, fix = starved(k)
	switch {
	case seen != "":
		return seen, fix
	case n > 1 && most > total/2:
		return fmt.Sprintf("a single request of %d was late by %.3g ms", n, most), "measure again, with more requests"
	case e.Flag != "":
		return "", "lower " + e.Flag + ", or run the client on a machine with more processors"
	}
	return "", "run the client on a faster machine"
}

// medianTTFT is the median ttft of a cell in ms, where it can be compared with.
func medianTTFT(e Evidence) (float64, bool) { return e.median("ttft") }

// median of a metric of the requests that succeeded; false where there is none
// above 0.
func (e Evidence) median(tag string) (float64, bool) {
	if e.Requests == nil {
		return 0, false
	}
	var ok []float64
	for i, v := range e.Requests.Values(tag) {
		if e.Requests.OK(i) && !math.IsNaN(v) {
			ok = append(ok, v)
		}
	}
	if len(ok) == 0 {
		return 0, false
	}
	slices.Sort(ok)
	v := stats.Quantile(ok, 0.5)
	return v, v > 0 && !math.IsInf(v, 0)
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

// calibration: what this client adds at the heaviest load, against the built-in
// responder. It is a forecast that only warns: what the client did add to the
// cells is seen there.
func calibration(in Input) []result.Check {
	if in.Floor == nil {
		return []result.Check{notAssessed("the client was not calibrated before this run (inferometer doctor --calibrate does it by hand)")}
	}
	of, name := in.TightestLimit, "the tightest limit"
	if of == 0 {
		for _, e := range in.Cells {
			v, ok := medianTTFT(e)
			if !ok {
				continue
			}
			if e.Calibrated {
				// The others have less load, and less is added to theirs.
				of, name = v, "the median ttft of that load"
				break
			}
			if of == 0 || v < of {
				of, name = v, "the smallest median ttft"
			}
		}
	}
	if of == 0 {
		return []result.Check{notAssessed("no limit and no median ttft to compare the client's floor with")}
	}
	f := in.Floor
	r := grade("ratio", f.AddedP50/of, warnShare, math.Inf(1))
	r.Text = fmt.Sprintf("at %s the client adds %.3g ms to a time to first token (median; p99 %.3g ms), %s of %s; measured against the built-in responder on this machine",
		f.Load, f.AddedP50, f.AddedP99, percent(f.AddedP50/of), name) + floorAge(f)
	if r.Status != result.Pass {
		r.Fix = in.relief()
	}
	return []result.Check{r}
}

// relief is what can be done for a client that is near its limits.
func (in Input) relief() string {
	for _, e := range in.Cells {
		if e.Flag != "" {
			return "lower " + e.Flag + ", or give the client more processors"
		}
	}
	return "give the client more processors, or an idle machine"
}

// stampLag: without the kernel's receive times, the time that bytes wait for
// their read is part of every stamp; the time that goroutines wait to run is an
// estimate of it.
func stampLag(_ Input, e Evidence) result.Check {
	k := e.Cell.Client
	switch {
	case k == nil:
		return notAssessed("the client was not observed")
	case e.Answers.ReadStamp == 0 && k.StampLagP99 != nil:
		return result.Check{Status: result.Pass, Unit: "ms", Value: result.Num(*k.StampLagP99),
			Text: inBatches(k.Readings) + fmt.Sprintf("frame times are the kernel's; bytes waited %.3g ms (p99) for their read, which is in no figure", *k.StampLagP99)}
	case k.SchedP50 == nil || k.SchedMean == nil:
		return notAssessed("the scheduler could not be observed")
	}
	of := append(e.medians(fromDue...), e.medians("stall")...)
	for _, tag := range []string{"gap", "itl"} {
		if v, ok := middle(e.Cell.Metrics.Stats[tag]); ok && v > 0 && !math.IsInf(v, 0) {
			of = append(of, figure{tag, []string{tag}, v})
		}
	}
	// A time per token has the waits of two stamps in it, divided by the tokens.
	if tpot, ok := e.median("tpot"); ok {
		if n, ok := e.median("output_tokens"); ok && n > 1 {
			of = append(of, figure{"time from first to last token", []string{"tpot", "tpot_vllm", "user_rate"}, tpot * (n - 1)})
		}
	}
	if len(of) == 0 {
		return notAssessed("no request has a latency to compare with")
	}
	wait, name := *k.SchedMean, "mean"
	if *k.SchedP50 > wait {
		wait, name = *k.SchedP50, "median"
	}
	r, worst := judgePart(wait, of)
	r.Text = fmt.Sprintf("frame times were taken after each read, which waited %.3g ms (%s) for a processor, %s of the median %s", wait, name, percent(wait/worst.median), worst.name)
	if r.Status != result.Pass {
		seen, fix := e.cause(nil)
		if seen != "" {
			r.Text += "; " + seen
		}
		r.Fix = fix + "; on Linux the kernel's own receive times have no such wait, where the connection has no TLS"
	}
	return r
}

// inBatches says which answers were read in batches, as the beginning of a sentence;
// empty where none were.
func inBatches(r *result.Readings) string {
	switch {
	case r == nil || r.Batched == 0:
		return ""
	case r.Batched == r.Total():
		return "answers were read in batches; "
	}
	return fmt.Sprintf("%s of the answers were read in batches; ", percent(float64(r.Batched)/float64(r.Total())))
}

// sharedConnection: what delays one stream of HTTP/2 on its way (a lost segment, a full
// window, a slow read) delays all that share the connection.
func sharedConnection(_ Input, e Evidence) result.Check {
	if e.Answers.HTTP2 == 0 {
		return result.Check{}
	}
	r := result.Check{Status: result.Pass, Text: "the requests went over HTTP/2, one at a time; frame times are the client's own clock"}
	if e.Flow.InFlight > 1 {
		r.Status = result.Warn
		r.Text = fmt.Sprintf("%.3g requests at once (on average) were streams of one HTTP/2 connection: what delays one on its way delays all; frame times are the client's own clock, and not the kernel's", e.Flow.InFlight)
		r.Fix = "leave out --http 2 where the server speaks HTTP/1.1 too"
	}
	return r
}

// retransmits: lost segments make stalls that are the network's.
func retransmits(in Input, e Evidence) result.Check {
	k := e.Cell.Client
	if k == nil || k.Retransmits == nil || e.Cell.Counts.Attempted == 0 {
		return notAssessed("the kernel does not report lost segments here")
	}
	share := float64(*k.Retransmits) / float64(e.Cell.Counts.Attempted)
	r := grade("ratio", share, 0.01, math.Inf(1))
	r.Text = fmt.Sprintf("in %s of the requests a segment had to be sent again", percent(share))
	if k.RTT != nil {
		r.Text += fmt.Sprintf("; round trip %.3g ms", *k.RTT)
	}
	if r.Status != result.Pass {
		r.Fix = "those waits are the network's: measure from a machine nearer to the server"
		if in.loopback(e) {
			r.Fix = "the server is on this machine, so it was slow to accept connections or to read from them"
		}
	}
	return r
}

// otherLoad: the client lacks processors that others use, or that the host of
// a virtual machine withholds.
func otherLoad(_ Input, e Evidence) result.Check {
	k := e.Cell.Client
	if k == nil || k.OtherCPUShare == nil || k.CPUShare == nil {
		return notAssessed("the machine's processors could not be observed")
	}
	if withheld(k) {
		r := grade("ratio", *k.StealShare, 0.05, math.Inf(1))
		r.Text = fmt.Sprintf("the host of this virtual machine withheld %s of its processors", percent(*k.StealShare))
		r.Fix = "measure at another time or from another machine"
		return r
	}
	r := grade("ratio", *k.OtherCPUShare, busyShare, math.Inf(1))
	r.Text = fmt.Sprintf("other programs used %s of this machine's processors", percent(*k.OtherCPUShare))
	if r.Status != result.Pass {
		r.Fix = "if the server runs here it competes with the client: measure from another machine"
	}
	return r
}

// clientCPU: a client that uses most of the processors that it may use is near
// its own limit, and so is one that a container's quota stops.
func clientCPU(in Input) []result.Check {
	c := in.Client
	if c.CPUShare == nil {
		return []result.Check{notAssessed("the client's CPU time could not be read")}
	}
	of := fmt.Sprintf("%d cores", c.Cores)
	if c.CPUQuota != nil && *c.CPUQuota < float64(c.Cores) {
		of = fmt.Sprintf("the %.3g processors of this container's quota", *c.CPUQuota)
	}
	r := grade("ratio", *c.CPUShare, 0.70, math.Inf(1))
	r.Text = fmt.Sprintf("the client used at most %s of %s in a cell", percent(*c.CPUShare), of)
	if r.Status != result.Pass {
		r.Fix = "the client is near its own limit: " + in.relief()
	}
	if c.Throttled == nil || *c.Throttled == 0 {
		return []result.Check{r}
	}
	stopped := fmt.Sprintf("the quota stopped the client in %s of %d periods", percent(*c.Throttled), c.Periods)
	if t := grade("ratio", *c.Throttled, 0.01, math.Inf(1)); t.Status != result.Pass {
		t.Text, t.Fix = r.Text+"; "+stopped, "raise the container's quota of processor time"
		return []result.Check{t}
	}
	r.Text += "; " + stopped
	return []result.Check{r}
}

// gcPauses: what stops the client delays what it sends and reads.
func gcPauses(in Input) []result.Check {
	pause := in.Client.GCPauseMax
	if pause == nil {
		return []result.Check{notAssessed("garbage collection could not be observed")}
	}
	return []result.Check{in.againstLimit(*pause, 0, fmt.Sprintf("longest garbage collection pause of the client: %.3g ms", *pause))}
}

// scheduler: goroutines that are ready and wait for a processor send late.
func scheduler(in Input) []result.Check {
	wait := in.Client.SchedP99
	if wait == nil {
		return []result.Check{notAssessed("the scheduler could not be observed")}
	}
	return []result.Check{in.againstLimit(*wait, 1, fmt.Sprintf("the client's goroutines waited up to %.3g ms (p99) for a processor", *wait))}
}

// againstLimit warns of a delay of over 2 % of the tightest limit, and of a
// number of ms at least.
func (in Input) againstLimit(ms, least float64, text string) result.Check {
	if in.TightestLimit == 0 {
		return result.Check{Status: result.Pass, Unit: "ms", Value: result.Num(ms), Text: text}
	}
	r := grade("ms", ms, max(least, warnShare*in.TightestLimit), math.Inf(1))
	r.Text = text + fmt.Sprintf(", against a tightest limit of %.3g ms", in.TightestLimit)
	if r.Status != result.Pass {
		r.Fix = in.relief()
	}
	return r
}

// clockSteps: 50 ms warns. No latency depends on the wall clock.
func clockSteps(in Input) []result.Check {
	c := in.Client
	if c.ClockStep == nil {
		return []result.Check{notAssessed("the wall clock was not compared")}
	}
	r := grade("ms", math.Abs(*c.ClockStep), 50, math.Inf(1))
	r.Text = fmt.Sprintf("the wall clock moved %.3g ms against the monotonic one; latencies use the monotonic one", *c.ClockStep)
	if r.Status != result.Pass {
		r.Fix = "only the times of day in this report are affected: a frame that came while the clock was set has the time after its read, not the kernel's"
	}
	return []result.Check{r}
}

func sharedProcess(in Input) []result.Check {
	if !in.Client.Shared {
		return nil
	}
	return []result.Check{{Status: result.Warn,
		Text: "the simulated endpoint ran in the client's own process, so that both share a scheduler",
		Fix:  "use the inferometer command, which starts it as a child process"}}
}
