package validity

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// addedP99 is the 99th percentile of lateness + client_delay, in ms; of fewer
// than 100 requests the maximum.
func (e Evidence) addedP99() (float64, bool) {
	if e.Requests == nil {
		return 0, false
	}
	var added []float64
	delays := e.Requests.Values("client_delay")
	for i, late := range e.Requests.Values("lateness") {
		if sum := late + delays[i]; !math.IsNaN(sum) {
			added = append(added, sum)
		}
	}
	switch n := len(added); {
	case n == 0:
		return 0, false
	case n < 100:
		return slices.Max(added), true
	}
	slices.Sort(added)
	return stats.Quantile(added, 0.99), true
}

// clientAdded: what the client itself added to latency, against the tightest
// limit or else the median ttft: 2 % warns, 10 % fails.
func clientAdded(in Input, e Evidence) result.Check {
	added, ok := e.addedP99()
	if !ok {
		return notAssessed("no request was sent")
	}
	of, name := in.TightestLimit, "the tightest limit"
	if of == 0 {
		if of, ok = medianTTFT(e); !ok {
			return notAssessed("no limit and no median ttft to compare with")
		}
		name = "the median ttft"
	}
	r := grade("ratio", added/of, 0.02, 0.10)
	r.Text = fmt.Sprintf("the client added %.3g ms at p99 (lateness + client_delay), %s of %s (%.3g ms)", added, percent(added/of), name, of)
	if r.Status != result.Pass {
		r.Fix = "lower --users, --levels or --rate, or run the client on a machine of its own"
	}
	return r
}

// medianTTFT is the median ttft of a cell in ms, where it can be compared with.
func medianTTFT(e Evidence) (float64, bool) {
	v, ok := middle(e.Cell.Metrics.Stats["ttft"])
	return v, ok && v != 0 && !math.IsInf(v, 0)
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

// calibration: what this client adds at the heaviest load, against the
// built-in responder; 2 % of the tightest limit (else of the smallest median
// ttft) warns, 10 % fails.
func calibration(in Input) []result.Check {
	if in.Floor == nil {
		return []result.Check{notAssessed("the client was not calibrated before this run (inferometer doctor --calibrate does it by hand)")}
	}
	of, name := in.TightestLimit, "the tightest limit"
	if of == 0 {
		for _, e := range in.Cells {
			v, ok := medianTTFT(e)
			if !ok || v < 0 {
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
	r := grade("ratio", f.AddedP99/of, 0.02, 0.10)
	r.Text = fmt.Sprintf("at %s the client adds %.3g ms to a time to first token (p99; p50 %.3g), %s of %s; measured against the built-in responder on this machine",
		f.Load, f.AddedP99, f.AddedP50, percent(f.AddedP99/of), name) + floorAge(f)
	if r.Status != result.Pass {
		r.Fix = "lower --users, --levels or --rate, or give the client more cores"
	}
	return []result.Check{r}
}

// stampLag: without the kernel's receive times, the time that bytes wait for
// their read is part of every gap; the time that goroutines wait to run is an
// estimate of it. 10 % of the median gap warns, 50 % fails.
func stampLag(_ Input, e Evidence) result.Check {
	k := e.Cell.Client
	gap, known := middle(e.Cell.Metrics.Stats["gap"])
	switch {
	case k == nil:
		return notAssessed("the client was not observed")
	case e.Answers.ReadStamp == 0 && k.StampLagP99 != nil:
		return result.Check{Status: result.Pass, Unit: "ms", Value: result.Num(*k.StampLagP99),
			Text: fmt.Sprintf("frame times are the kernel's; bytes waited %.3g ms (p99) for their read, which is in no figure", *k.StampLagP99)}
	case !known || gap <= 0 || k.SchedP99 == nil:
		return notAssessed("there are no frames, or the scheduler could not be observed")
	}
	r := grade("ratio", *k.SchedP99/gap, 0.10, 0.50)
	r.Text = fmt.Sprintf("frame times were taken after each read, which waited up to %.3g ms (p99) for a processor, %s of the median gap", *k.SchedP99, percent(*k.SchedP99/gap))
	if r.Status != result.Pass {
		r.Fix = "gap, itl and stall are blurred by that much: lower the load, give the client more cores, or measure from Linux"
	}
	return r
}

// retransmits: lost segments make stalls that are the network's.
func retransmits(_ Input, e Evidence) result.Check {
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
	if k.StealShare != nil && *k.StealShare > 0.05 {
		r := grade("ratio", *k.StealShare, 0.05, math.Inf(1))
		r.Text = fmt.Sprintf("the host of this virtual machine withheld %s of its processors", percent(*k.StealShare))
		r.Fix = "measure at another time or from another machine"
		return r
	}
	r := grade("ratio", *k.OtherCPUShare, 0.90, math.Inf(1))
	r.Text = fmt.Sprintf("other programs used %s of this machine's processors", percent(*k.OtherCPUShare))
	if r.Status != result.Pass {
		r.Fix = "if the server runs here it competes with the client: measure from another machine"
	}
	return r
}

// clientCPU: a client that uses most of its processors is near its own limit:
// 70 % warns, 90 % fails.
func clientCPU(in Input) []result.Check {
	c := in.Client
	if c.CPUShare == nil {
		return []result.Check{notAssessed("the client's CPU time could not be read")}
	}
	r := grade("ratio", *c.CPUShare, 0.70, 0.90)
	r.Text = fmt.Sprintf("the client used at most %s of %d cores in a cell", percent(*c.CPUShare), c.Cores)
	if r.Status != result.Pass {
		r.Fix = "the client is near its own limit: lower the load or give it more cores"
	}
	return []result.Check{r}
}

// gcPauses: what stops the client delays what it sends and reads: 2 % of the
// tightest limit warns, half of it fails.
func gcPauses(in Input) []result.Check {
	pause := in.Client.GCPauseMax
	if pause == nil {
		return []result.Check{notAssessed("garbage collection could not be observed")}
	}
	text := fmt.Sprintf("longest garbage collection pause of the client: %.3g ms", *pause)
	if in.TightestLimit == 0 {
		return []result.Check{{Status: result.Pass, Unit: "ms", Value: result.Num(*pause), Text: text}}
	}
	r := grade("ms", *pause, 0.02*in.TightestLimit, 0.5*in.TightestLimit)
	r.Text = text + fmt.Sprintf(", against a tightest limit of %.3g ms", in.TightestLimit)
	if r.Status != result.Pass {
		r.Fix = "lower the load or give the client more cores"
	}
	return []result.Check{r}
}

// scheduler: goroutines that are ready and wait for a processor send late: 2 %
// of the tightest limit, and 1 ms, warns.
func scheduler(in Input) []result.Check {
	wait := in.Client.SchedP99
	if wait == nil {
		return []result.Check{notAssessed("the scheduler could not be observed")}
	}
	text := fmt.Sprintf("the client's goroutines waited up to %.3g ms (p99) for a processor", *wait)
	if in.TightestLimit == 0 {
		return []result.Check{{Status: result.Pass, Unit: "ms", Value: result.Num(*wait), Text: text}}
	}
	r := grade("ms", *wait, max(1, 0.02*in.TightestLimit), max(5, 0.5*in.TightestLimit))
	r.Text = text + fmt.Sprintf(", against a tightest limit of %.3g ms", in.TightestLimit)
	if r.Status != result.Pass {
		r.Fix = "lower the load or give the client more cores"
	}
	return []result.Check{r}
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
