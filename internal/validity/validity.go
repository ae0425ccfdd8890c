// Package validity judges whether a run may be believed. It is pure: it is
// handed what was measured of the server, the client and the load, and returns
// checks with a value, a limit, a reason and what would mend it. It never
// changes a number, and it does not decide claims.
package validity

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// Input is everything that the checks look at. The zero value of a field
// means that it was not observed, and its check is "not assessed".
type Input struct {
	Cells  []Cell
	Client Client
	Status result.Status // of the run
	Reason string        // why it is not complete
	Floor  *result.Floor // of the heaviest load; nil: not calibrated
	Parser []result.Parser
	// Targets as they were found.
	Targets []result.Target
	// Resumed are the times at which the run went on after a break.
	Resumed []time.Time
}

// Cell is one cell and what its statistics do not show.
type Cell struct {
	Result *result.Cell
	// ClientAddedP99 is the 99th percentile of lateness + client_delay, in
	// ms; nil if there were no requests. For fewer than 100 it is the maximum.
	ClientAddedP99 *float64
	// TightestLimit is the smallest latency limit set on this cell, in ms; 0
	// if there is none, and the median ttft takes its place.
	TightestLimit    float64
	Repeated         int      // measured prompts that were sent before
	Coalesced        float64  // share of content frames that shared a read
	CachedShare      *float64 // cached ÷ input tokens by the server's usage
	SharedPrefix     bool     // the workload shares prefixes on purpose
	LengthError      *float64 // |asked − got| ÷ asked, mean, of fixed-length output
	UsageMissing     float64  // share of ok requests whose output tokens nobody counted
	FramesOverTokens float64  // share of ok requests with more frames than tokens
	// Shares of ok requests with other signs that the server's counts are not
	// those of what it sent: more tokens than bytes of text, counts in the
	// frames (or of the reasoning) that do not fit the total, and an input of
	// more than twice or less than half of what was sent.
	TokensOverBytes, CountsContradict, InputOff float64
	AtOnce                                      float64 // share of ok requests with several tokens that all came at one moment
	Filtered                                    float64 // share of ok requests that a content filter ended
	Unfinished                                  float64 // share of ok streams without a finish reason
	// Little's law: mean in flight, arrival rate and mean time in the system.
	InFlight, Lambda, W float64
	KernelStamps        bool    // every frame time is the kernel's receive time
	MedianE2E           float64 // ms
	TokensOnly          bool    // its latencies and rates are in no figure
	Plausible           Plausible
	// Explores says that the cell may well be one that the server cannot carry:
	// its failures are what it shows. See explored.
	Explores bool
	// Calibrated says that the floor is that of this cell's load.
	Calibrated bool
	// Searching cells led a search to its answer and prove nothing themselves.
	Searching bool
}

// Client is what the client observed of itself and its host over the run.
type Client struct {
	Cores      int
	CPUShare   *float64 // of all cores, without embedded endpoints
	GCPauseMax *float64 // ms
	SchedP99   *float64 // ms that goroutines were ready and did not run
	ClockStep  *float64 // ms that the wall clock moved against the monotonic one
	Shared     bool     // an embedded endpoint ran in the client's own process
	Limits     float64  // tightest latency limit of the run in ms; 0: none
}

// Judge runs all checks.
func Judge(in Input) result.Validity {
	v := result.Validity{Floor: in.Floor, Parser: in.Parser}
	add := func(c result.Check) { v.Checks = append(v.Checks, c) }
	add(completeness(in))
	for _, c := range in.Cells {
		for _, check := range checksOf(c) {
			r := check(c)
			if r.Status == "" {
				continue // does not apply to this cell
			}
			r.Cell = c.Result.ID
			r = explored(in, c, r)
			if c.Searching && r.Status == result.Fail && decided(in) {
				r.Status = result.Warn // what was proved has cells of its own
			}
			add(r)
		}
		if c.Searching {
			continue
		}
		for _, r := range server(c) {
			r.Cell = c.Result.ID
			add(r)
		}
	}
	for _, r := range targets(in) {
		add(r)
	}
	for _, r := range plausibility(in) {
		add(r)
	}
	add(parser(in.Parser, len(in.Resumed) > 0))
	add(calibration(in))
	add(clientCPU(in.Client))
	add(gcPauses(in))
	add(scheduler(in.Client))
	add(clockSteps(in.Client))
	if in.Client.Shared {
		add(result.Check{ID: "shared_process", Status: result.Warn,
			Text: "the simulated endpoint ran in the client's own process, so that both share a scheduler",
			Fix:  "use the inferometer command, which starts it as a child process"})
	}
	v.Status = result.Pass
	for _, c := range v.Checks {
		if rank(c.Status) > rank(v.Status) {
			v.Status = c.Status
		}
	}
	slices.SortStableFunc(v.Checks, func(a, b result.Check) int { return cmp.Compare(rank(b.Status), rank(a.Status)) })
	return v
}

// decided reports whether something rests on cells that were not exploration.
func decided(in Input) bool {
	return slices.ContainsFunc(in.Cells, func(c Cell) bool { return !c.Searching })
}

// checksOf are the checks that a cell is put to. Where only its tokens are in
// a figure, no delay can do harm.
func checksOf(c Cell) []func(Cell) result.Check {
	if c.Searching {
		return []func(Cell) result.Check{clientAdded}
	}
	if c.TokensOnly {
		return []func(Cell) result.Check{errorShare, outputLength, unfinished, filtered, tokenCounts, cacheContamination, repeatedPrompts}
	}
	return []func(Cell) result.Check{
		errorShare, clientAdded, arrivalDeficit, windowLength, steadyState, little,
		arrivalProcess, stampLag, retransmits, otherLoad, conversations,
		outputLength, unfinished, filtered, tokenCounts, cacheContamination, bundledFrames, repeatedPrompts, sampleSize,
	}
}

// rank orders statuses; what was not assessed is no worse than a pass.
func rank(s result.CheckStatus) int {
	switch s {
	case result.Fail:
		return 3
	case result.Warn:
		return 2
	case result.Pass:
		return 1
	}
	return 0
}

// grade compares value with the limits of warn and fail.
func grade(id, unit string, value, warn, fail float64) result.Check {
	c := result.Check{ID: id, Unit: unit, Value: result.Num(value), Limit: result.Num(warn), Status: result.Pass}
	switch {
	case value > fail:
		c.Status, c.Limit = result.Fail, result.Num(fail)
	case value > warn:
		c.Status = result.Warn
	}
	return c
}

func notAssessed(id, why string) result.Check {
	return result.Check{ID: id, Status: result.NotAssessed, Text: why}
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }
