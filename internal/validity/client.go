package validity

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/result"
)

// calibration: what this client adds at the heaviest load, against the
// built-in responder; 2 % of the tightest limit (else of the smallest median
// ttft) warns, 10 % fails.
func calibration(in Input) result.Check {
	if in.Floor == nil {
		return notAssessed("calibration", "the client was not calibrated before this run (inferometer doctor --calibrate does it by hand)")
	}
	of, name := in.Client.Limits, "the tightest limit"
	if of == 0 {
		for _, c := range in.Cells {
			if c.Calibrated {
				// The others have less load, and less is added to theirs.
				if v, ok := middle(c.Result.Metrics.Stats["ttft"]); ok && v > 0 && !math.IsInf(v, 0) {
					of, name = v, "the median ttft of that load"
					break
				}
			}
			if v, ok := middle(c.Result.Metrics.Stats["ttft"]); ok && v > 0 && !math.IsInf(v, 0) && (of == 0 || v < of) {
				of, name = v, "the smallest median ttft"
			}
		}
	}
	if of == 0 {
		return notAssessed("calibration", "no limit and no median ttft to compare the client's floor with")
	}
	f := in.Floor
	r := grade("calibration", "ratio", f.AddedP99/of, 0.02, 0.10)
	r.Text = fmt.Sprintf("at %s the client adds %.3g ms to a time to first token (p99; p50 %.3g), %s of %s; measured against the built-in responder on this machine",
		f.Load, f.AddedP99, f.AddedP50, percent(f.AddedP99/of), name)
	if r.Status != result.Pass {
		r.Fix = "lower --users, --levels or --rate, or give the client more cores"
	}
	return r
}

// arrivalProcess: gaps that correlate, or vary otherwise than their process
// does, are another load than the one that was asked for.
func arrivalProcess(c Cell) result.Check {
	if c.Result.Arrivals == nil || c.Result.Arrivals.Process == nil {
		return result.Check{}
	}
	p := c.Result.Arrivals.Process
	if p.Gaps < 50 {
		return notAssessed("arrival_process", fmt.Sprintf("%d gaps are too few to tell the process", p.Gaps))
	}
	n := float64(p.Gaps)
	// Three standard errors of a correlation, and of a coefficient of
	// variation (wide enough for heavy tails), and what lateness may do.
	lagLimit := 3/math.Sqrt(n) + 0.05
	cvLimit := 3*max(p.CVExpected, 0.1)*math.Sqrt((1+2*p.CVExpected*p.CVExpected)/(2*n)) + 0.1
	lag, cv := math.Abs(p.Lag1Sent), math.Abs(p.CVSent-p.CVExpected)
	r := grade("arrival_process", "", cv, cvLimit, math.Inf(1))
	r.Text = fmt.Sprintf("gaps between requests: coefficient of variation %.3g as sent, %.3g as drawn, %.3g by the process; correlation with the next %.2g as sent, %.2g as drawn",
		p.CVSent, p.CVDue, p.CVExpected, p.Lag1Sent, p.Lag1Due)
	// Even gaps have no spread of their own; lateness then correlates (one
	// late, the next early), and says nothing of the process.
	if p.CVExpected > 0 && lag > lagLimit && r.Status == result.Pass {
		r.Status, r.Value, r.Limit = result.Warn, result.Num(lag), result.Num(lagLimit)
	}
	if r.Status != result.Pass {
		r.Fix = "the client did not keep to its schedule: lower --rate, raise --max-inflight, or give it more cores"
	}
	return r
}

// stampLag: without the kernel's receive times, what bytes wait for their read
// is part of every gap; the time that goroutines wait to run stands for it. 10 %
// of the median gap warns, 50 % fails.
func stampLag(c Cell) result.Check {
	k := c.Result.Client
	gap, known := middle(c.Result.Metrics.Stats["gap"])
	switch {
	case k == nil:
		return notAssessed("stamp_lag", "the client was not observed")
	case c.KernelStamps && k.StampLagP99 != nil:
		return result.Check{ID: "stamp_lag", Status: result.Pass, Unit: "ms", Value: result.Num(*k.StampLagP99),
			Text: fmt.Sprintf("frame times are the kernel's; bytes waited %.3g ms (p99) for their read, which is in no figure", *k.StampLagP99)}
	case !known || gap <= 0 || k.SchedP99 == nil:
		return notAssessed("stamp_lag", "there are no frames, or the scheduler could not be observed")
	}
	r := grade("stamp_lag", "ratio", *k.SchedP99/gap, 0.10, 0.50)
	r.Text = fmt.Sprintf("frame times are those after each read, which waited up to %.3g ms (p99) for a processor, %s of the median gap", *k.SchedP99, percent(*k.SchedP99/gap))
	if r.Status != result.Pass {
		r.Fix = "gap, itl and stall are blurred by that much: lower the load, give the client more cores, or measure from Linux"
	}
	return r
}

// retransmits: lost segments make stalls that are the network's.
func retransmits(c Cell) result.Check {
	k := c.Result.Client
	if k == nil || k.Retransmits == nil || c.Result.Counts.Attempted == 0 {
		return notAssessed("network", "the kernel does not tell of lost segments here")
	}
	share := float64(*k.Retransmits) / float64(c.Result.Counts.Attempted)
	r := grade("network", "ratio", share, 0.01, math.Inf(1))
	r.Text = fmt.Sprintf("in %s of the requests a segment had to be sent again", percent(share))
	if k.RTT != nil {
		r.Text += fmt.Sprintf("; round trip %.3g ms", *k.RTT)
	}
	if r.Status != result.Pass {
		r.Fix = "those waits are the network's: measure from a machine nearer to the server"
	}
	return r
}

// otherLoad: processors that others use, or that the host of a virtual machine
// withholds, are missing to the client.
func otherLoad(c Cell) result.Check {
	k := c.Result.Client
	if k == nil || k.OtherCPUShare == nil || k.CPUShare == nil {
		return notAssessed("machine", "the machine's processors could not be observed")
	}
	if k.StealShare != nil && *k.StealShare > 0.05 {
		r := grade("machine", "ratio", *k.StealShare, 0.05, math.Inf(1))
		r.Text = fmt.Sprintf("the host of this virtual machine withheld %s of its processors", percent(*k.StealShare))
		r.Fix = "measure at another time or from another machine"
		return r
	}
	r := grade("machine", "ratio", *k.OtherCPUShare, 0.90, math.Inf(1))
	r.Text = fmt.Sprintf("other programs used %s of this machine's processors", percent(*k.OtherCPUShare))
	if r.Status != result.Pass {
		r.Fix = "if the server runs here it competes with the client: measure from another machine"
	}
	return r
}

// scheduler: goroutines that are ready and wait for a processor are late with
// what they send; against the tightest limit, 2 % warns.
func scheduler(c Client) result.Check {
	if c.SchedP99 == nil {
		return notAssessed("scheduler", "the scheduler could not be observed")
	}
	r := result.Check{ID: "scheduler", Status: result.Pass, Unit: "ms", Value: result.Num(*c.SchedP99)}
	r.Text = fmt.Sprintf("the client's goroutines waited up to %.3g ms (p99) for a processor", *c.SchedP99)
	if c.Limits == 0 {
		return r
	}
	g := grade("scheduler", "ms", *c.SchedP99, max(1, 0.02*c.Limits), max(5, 0.5*c.Limits))
	g.Text = r.Text + fmt.Sprintf(", against a tightest limit of %.3g ms", c.Limits)
	if g.Status != result.Pass {
		g.Fix = "lower the load or give the client more cores"
	}
	return g
}
