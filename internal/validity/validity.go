// Package validity judges whether a run may be believed. It is pure: from what
// was measured of the server, the client and the load it returns checks with a
// value, a limit, a reason and how to fix it. It changes no number and decides
// no claim.
//
// A check is one value of the slice in checks.go, which docs/validity.md is
// made from.
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
	Cells  []Evidence
	Client Client
	Status result.Status // of the run
	Reason string        // why it is not complete
	Floor  *result.Floor // of the heaviest load; nil: not calibrated
	Parser []result.Parser
	// Targets as they were found.
	Targets []result.Target
	// Priced is when costs were worked out, by which prices have an age; zero where
	// none were.
	Priced time.Time
	Cost   *result.Cost // nil: none was worked out
	// Resumed are the times at which the run was resumed after an interruption.
	Resumed []time.Time
	// TightestLimit is the smallest latency limit of the run, in ms; 0 where there
	// is none.
	TightestLimit float64
}

// Role is what a cell is for, which decides what it is checked for.
type Role uint8

const (
	// Decisive cells have figures of their own in the result. It is the zero
	// Role.
	Decisive Role = iota
	// TokensOnly cells have their tokens in a figure, and no latency or rate.
	TokensOnly
	// AnswersOnly cells are passes over items: whether their answers are right is in a
	// figure, and nothing else of them.
	AnswersOnly
	// Swept cells are points of a sweep, which may well be loads that the server
	// cannot carry: their failures are what they show.
	Swept
	// Exploring cells led a search to its answer and prove nothing themselves. They
	// are short on purpose, and some of their loads are too much.
	Exploring
)

// Requests are the values of the measured requests of a cell, as
// measure.Collector has them.
type Requests interface {
	// Values of a metric, by request; NaN where it is undefined.
	Values(tag string) []float64
	// OK reports whether the i-th request succeeded.
	OK(i int) bool
	// Trend reports whether latency still changes in the steady part.
	Trend() bool
}

// Evidence is what is known of one cell.
type Evidence struct {
	Cell     *result.Cell // its statistics, counts, client and server
	Role     Role
	Kind     string   // of what it measures: cells of one kind and load are of targets that are compared
	Requests Requests // nil: not observed
	Answers  Answers
	Flow     Flow
	Prompts  Prompts
	// Flag is what sets the cell's load and could be lowered, such as --users;
	// empty where nothing can, as with a single user.
	Flag string
	// More is the flag that gives the cell more requests; empty where none does.
	More string
	// Calibrated says that the floor was measured at this cell's load.
	Calibrated bool
	Plausible  Plausible
}

// Flow is what Little's law relates: requests in flight are their rate times
// their time in the system.
type Flow struct {
	InFlight float64 // mean over the window
	Rate     float64 // completions per second
	Time     float64 // mean time in the system, in seconds
}

// Prompts says what the server may have known of the prompts.
type Prompts struct {
	Repeated int  // measured ones that the target had been sent before
	Shared   bool // the workload shares prefixes on purpose
	// Earlier says that they have the bytes of an earlier run, and that nothing keeps
	// the server from knowing them.
	Earlier bool
}

// Client is what the client observed of itself and its host over the run.
type Client struct {
	Cores      int
	CPUShare   *float64 // of what it may use, without embedded endpoints
	CPUQuota   *float64 // processors that a container's quota allows
	Throttled  *float64 // share of the quota's periods in which it stopped the client
	Periods    int      // how many those were
	GCPauseMax *float64 // ms
	SchedP99   *float64 // ms that goroutines were ready and did not run
	ClockStep  *float64 // ms that the wall clock moved against the monotonic one
	Shared     bool     // an embedded endpoint ran in the client's own process
}

// Judge runs all checks.
func Judge(in Input) result.Validity {
	v := result.Validity{Floor: in.Floor, Parser: in.Parser, Status: result.Pass}
	judgedCells := false
	for _, k := range checks {
		switch {
		case k.run != nil:
			for _, r := range k.run(in) {
				v.Checks = append(v.Checks, k.named(r))
			}
		case !judgedCells: // the checks of cells come together, cell by cell
			judgedCells = true
			for _, e := range in.Cells {
				v.Checks = append(v.Checks, judgeCell(in, e)...)
			}
		}
	}
	for _, c := range v.Checks {
		if rank(c.Status) > rank(v.Status) {
			v.Status = c.Status
		}
	}
	slices.SortStableFunc(v.Checks, func(a, b result.Check) int { return cmp.Compare(rank(b.Status), rank(a.Status)) })
	return v
}

func judgeCell(in Input, e Evidence) []result.Check {
	var out []result.Check
	for _, k := range checks {
		if k.cell == nil || !k.appliesTo(e.Role) {
			continue
		}
		r := k.cell(in, e)
		if r.Status == "" {
			continue // does not apply to this cell
		}
		r = k.named(r)
		r.Cell = e.Cell.ID
		if r.Status == result.Fail {
			found := k.finding != nil && k.finding(in)
			switch {
			case found && e.Role == Swept:
				r.Status = result.Warn
				r.Text += "; in a sweep that is what this point shows"
				r.Fix = "if the sweep was not meant to go that far, use smaller values"
			case found && e.Role == Exploring:
				r.Status = result.Warn
				r.Text += "; a search goes to loads that are too much, on purpose"
				r.Fix = "nothing, if other loads were carried"
			case e.Role == Exploring && decided(in):
				r.Status = result.Warn // what was proved has cells of its own
			}
		}
		out = append(out, r)
	}
	return out
}

// decided reports whether anything rests on cells other than exploration.
func decided(in Input) bool {
	return slices.ContainsFunc(in.Cells, func(e Evidence) bool { return e.Role != Exploring })
}

// LoadNotKept returns the check that says that a load was not what was asked for:
// its arrivals were not kept, or too many of its requests were cut. Nil: all were.
func LoadNotKept(v result.Validity) *result.Check {
	i := slices.IndexFunc(v.Checks, func(c result.Check) bool {
		return c.Status == result.Fail && (c.ID == "arrivals" || c.ID == "cut")
	})
	if i < 0 {
		return nil
	}
	return &v.Checks[i]
}

// NothingMeasured reports whether no request of any cell ended well enough for a
// figure: of all cells that were looked at, most requests failed in each.
func NothingMeasured(v result.Validity) bool {
	looked := false
	for _, c := range v.Checks {
		if c.ID == "errors" {
			if looked = true; c.Status != result.Fail {
				return false
			}
		}
	}
	return looked
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
func grade(unit string, value, warn, fail float64) result.Check {
	c := result.Check{Unit: unit, Value: result.Num(value), Limit: result.Num(warn), Status: result.Pass}
	switch {
	case value > fail:
		c.Status, c.Limit = result.Fail, result.Num(fail)
	case value > warn:
		c.Status = result.Warn
	}
	return c
}

func notAssessed(why string) result.Check {
	return result.Check{Status: result.NotAssessed, Text: why}
}

// number prints three significant digits, and no exponent of what is large.
func number(v float64) string {
	if v >= 1000 && v < 1e15 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }
