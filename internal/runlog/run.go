package runlog

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Run is a run as its log has it, without its exchanges: a run of a million
// requests must fit into memory, too.
type Run struct {
	Head     RunRecord
	Targets  []result.Target
	Hardware *result.Hardware
	Floor    *result.Floor // nil: the client was not calibrated
	Cells    []*Cell       // that count, in the order in which they began
	Parser   []result.Parser
	Scores   []ScoreRecord
	Answers  []AnswerRecord // of cells that count
	// Judgements of pairs of answers, canaries and labelled pairs among them.
	Judgements []JudgementRecord
	Reused     []ReusedRecord
	Probes     []ProbesRecord // of each target, and of each part of a resumed run
	End        *EndRecord     // nil: the run was interrupted
	Resumed    []ResumeRecord
	Torn       bool  // the log ends in the middle of a record
	Damaged    error // what was read may be wrong
	// Last is the last stamp of anything in the log. Exchanges completes it.
	Last exchange.Stamp

	path  string
	byID  map[string]*Cell   // the latest attempt of each id
	all   map[string][]*Cell // every attempt, in order
	begun map[int]int        // by index in a sweep
	seen  bool               // Exchanges has gone through all
}

// Cell is a cell as its records have it.
//
// Note: a cell that is measured again, when a run is resumed, has another record
// with the same id, and what was measured before it does not count. Cells of a
// sweep have another id for each attempt instead. A cell in blocks is measured
// again from a round on, without another record; so its exchanges are told
// apart by segments, which its windows and the breaks of the run end.
type Cell struct {
	CellRecord
	Window *WindowRecord  // nil: the run was interrupted in it
	Blocks []WindowRecord // of a cell in blocks, in their order; Window is then all of them together

	dropped  bool
	after    exchange.Stamp   // of the break before the cell began, or before its last segment
	closed   []int            // the segment of each of Blocks
	afters   []exchange.Stamp // of the break before each of them
	segments int              // that have ended, in the whole log
	at       int              // those that have ended so far; while exchanges are read

	// Measured requests, which are begun in the order of their index: the
	// highest index and one, and those in the log. While exchanges are read.
	admitted, logged int
	first, last      exchange.Stamp // of the measured requests: due first, over last
	since            exchange.Stamp // due first in the last segment; 0: none
}

// Cell returns a cell by its id, or nil.
func (r *Run) Cell(id string) *Cell { return r.byID[id] }

// Target returns a target by its name.
func (r *Run) Target(name string) (result.Target, bool) {
	for _, t := range r.Targets {
		if t.Name == name {
			return t, true
		}
	}
	return result.Target{}, false
}

// Rank orders targets as the plan names them: the candidate is 0.
func (r *Run) Rank(target string) int {
	return slices.IndexFunc(r.Targets, func(t result.Target) bool { return t.Name == target })
}

// Begun is how many attempts were made at a cell of a sweep, by its index in
// the plan; attempts that do not count included.
func (r *Run) Begun(index int) int { return r.begun[index] }

// Unseen is how many measured requests of an interrupted run are known to have
// been sent, since later ones have ended, and are not in its log.
func (r *Run) Unseen() int {
	n := 0
	for _, c := range r.Cells {
		if c.Window == nil && c.Rounds == 0 { // the index starts again in each block
			n += c.admitted - c.logged
		}
	}
	return n
}

// WasCut reports whether the user or a crash ended a cell before its planned end.
func (c *Cell) WasCut() bool { return c.Window == nil || c.Window.Stopped }

// Round is the round of blocks of the exchange that is being read, from 1.
func (c *Cell) Round() int {
	if i := slices.Index(c.closed, c.at); i >= 0 {
		return c.Blocks[i].Round
	}
	if n := len(c.Blocks); n > 0 {
		return c.Blocks[n-1].Round + 1
	}
	return 1
}

// counts reports whether the exchange that is being read is part of the cell.
func (c *Cell) counts() bool {
	return !c.dropped && (c.Rounds == 0 || c.at == c.segments || slices.Contains(c.closed, c.at))
}

// Ended reports whether the block of a round was measured to its end.
func (c *Cell) Ended(round int) bool {
	return slices.ContainsFunc(c.Blocks, func(w WindowRecord) bool { return w.Round == round && w.Reason == "" })
}

// Spans are the measured windows of a cell: one, or those of its blocks. What
// was interrupted ends with what Exchanges has seen last.
func (c *Cell) Spans() exchange.Spans {
	if c.Rounds == 0 {
		if c.Window != nil {
			return exchange.Spans{{Start: c.Window.Start, End: c.Window.End}}
		}
		return exchange.Spans{{Start: c.first, End: c.last}}
	}
	out := exchange.Spans{}
	for _, w := range c.Blocks {
		if w.Start > 0 && w.End > w.Start { // 0: no measured request was sent
			out = append(out, exchange.Span{Start: w.Start, End: w.End})
		}
	}
	if c.since != 0 && c.last > c.since {
		out = append(out, exchange.Span{Start: c.since, End: c.last})
	}
	return out
}

// see takes note of an exchange that counts.
func (c *Cell) see(x *exchange.Exchange) {
	if x.Phase != exchange.Measured {
		return
	}
	c.admitted, c.logged = max(c.admitted, x.Index+1), c.logged+1
	if c.first == 0 || x.Due < c.first {
		c.first = x.Due
	}
	if c.at == c.segments && (c.since == 0 || x.Due < c.since) {
		c.since = x.Due
	}
	c.last = max(c.last, x.Done, x.Due)
}

// close takes the window of a cell, or of its next block.
func (c *Cell) close(w WindowRecord) {
	if c.Rounds == 0 {
		c.Window = &w
		return
	}
	c.Blocks, c.closed, c.afters = append(c.Blocks, w), append(c.closed, c.segments), append(c.afters, c.after)
	c.segments++
}

// interrupt ends a segment of a cell in blocks without a window, at a break.
// Rounds from round on are measured again.
func (c *Cell) interrupt(round int, at exchange.Stamp) {
	c.segments++
	c.after = at
	n := len(c.Blocks)
	for round > 0 && n > 0 && c.Blocks[n-1].Round >= round {
		n--
	}
	c.Blocks, c.closed, c.afters = c.Blocks[:n], c.closed[:n], c.afters[:n]
}

// has reports whether a look at the server belongs to what counts of the cell,
// and not to a part that was measured again.
func (c *Cell) has(s SampleRecord) bool {
	after := c.after
	for i, w := range c.Blocks {
		if w.Round == s.Round {
			after = c.afters[i]
		}
	}
	return s.Asked >= after
}

// join makes the window of a cell in blocks: all of them together.
func (c *Cell) join() {
	for i, w := range c.Blocks {
		if i == 0 {
			c.Window = &w
			continue
		}
		all := *c.Window
		before, length := float64(all.End-all.Began), float64(w.End-w.Began)
		all.Client = joined(all.Client, w.Client, length/max(1, before+length))
		all.End, all.Reason, all.Stopped = w.End, w.Reason, w.Stopped
		c.Window = &all
	}
}

// joined is what the client saw of itself in two parts of a cell, the later one
// with its share of the time: means of shares, sums of counts, and the worst of
// what is already a tail or a maximum. What was not seen in one is not known.
func joined(a, b result.Client, share float64) result.Client {
	both := func(x, y *float64, of func(x, y float64) float64) *float64 {
		if x == nil || y == nil {
			return nil
		}
		return new(of(*x, *y))
	}
	mean := func(x, y float64) float64 { return x*(1-share) + y*share }
	sum := func(x, y float64) float64 { return x + y }
	larger := func(a, b *float64) *float64 {
		if a == nil || b != nil && math.Abs(*b) > math.Abs(*a) {
			return b
		}
		return a
	}
	a.CPUShare, a.CPUMS = both(a.CPUShare, b.CPUShare, mean), both(a.CPUMS, b.CPUMS, sum)
	a.OtherCPUShare, a.StealShare = both(a.OtherCPUShare, b.OtherCPUShare, mean), both(a.StealShare, b.StealShare, mean)
	a.SchedP50, a.SchedMean = both(a.SchedP50, b.SchedP50, mean), both(a.SchedMean, b.SchedMean, mean)
	counts := func(x, y *int) *int {
		if x == nil || y == nil {
			return nil
		}
		return new(*x + *y)
	}
	a.QuotaPeriods, a.Throttled = counts(a.QuotaPeriods, b.QuotaPeriods), counts(a.Throttled, b.Throttled)
	a.GCs += b.GCs
	a.GCPauseMax, a.SchedP99 = larger(a.GCPauseMax, b.GCPauseMax), larger(a.SchedP99, b.SchedP99)
	a.ClockStep = larger(a.ClockStep, b.ClockStep)
	a.StampLagP50, a.StampLagP99 = larger(a.StampLagP50, b.StampLagP50), larger(a.StampLagP99, b.StampLagP99)
	return a
}

// settle keeps the attempts that count: of cells that were measured again the
// latest, and of cells of a sweep the latest that was not cut.
func (r *Run) settle() {
	last := map[int]int{}
	for _, c := range r.Cells {
		if c.Rounds > 0 {
			c.join()
		}
		if c.Scan != nil && !c.WasCut() {
			last[c.Scan.Index] = max(last[c.Scan.Index], c.Scan.Attempt)
		}
	}
	r.Cells = slices.DeleteFunc(r.Cells, func(c *Cell) bool {
		c.dropped = c.dropped || c.Scan != nil && (c.WasCut() || c.Scan.Attempt < last[c.Scan.Index])
		if c.dropped && r.byID[c.ID] == c {
			delete(r.byID, c.ID)
		}
		return c.dropped
	})
}
