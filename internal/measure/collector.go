// Package measure turns exchanges into statistics and rates, by the definitions
// of the metric registry. It decides nothing and prints nothing: whether a
// number may be believed is up to package validity, and whether it proves
// anything is up to the claims.
package measure

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Collector makes the statistics of one cell from its exchanges without
// keeping them: it holds one number per metric for each, and frames only add to
// tallies and histograms. It is used in two passes, since the window and its
// steady part are known only after the last exchange: Add for each, Settle,
// AddFrames for each in the same order, then Cell.
type Collector struct {
	// GoodLimits are the limits per request that goodput is about; none: there is no
	// goodput.
	GoodLimits []metric.Limit
	// KeepPrompts keeps the identity of each measured request's prompt, which
	// pairs targets.
	KeepPrompts bool
	// KeepTurns says that requests are turns of conversations; see Conversations.
	KeepTurns bool
	// KeepPlace keeps the block of each measured request and its index there,
	// which pairs targets that were sent the same prompts. Block is that of the
	// requests that are added next.
	KeepPlace bool
	Block     int

	counts   result.Counts
	bursts   bursts
	failures failures

	// One row for each measured exchange, in due order once settled.
	due, writing  []exchange.Stamp // writing as arrived has it
	state         []state
	prompts       []string
	turns         []int32 // which turn of a conversation; KeepTurns
	sessions      []int32 // which conversation
	conversations conversations
	places        []place
	columns       map[string]*column
	inOrder       []*column // the same, in the registry's order
	cut           map[int32]*exchange.Exchange

	position   []int32 // of each row, as added, in due order; nil if that is the same
	whole      *part
	steady     *part // nil where there is none, or it is the whole
	steadyFrom int   // the first row of the steady part; -1: there is none
	steadyNote string
	trend      bool // a trend remains in what steadyNote speaks of
	row        int  // of the next measured exchange in the second pass
}

// place is the position of a request in a cell of blocks.
type place struct{ block, index int32 }

// column holds a metric's value for each row; NaN where it is undefined.
type column struct {
	*definition
	values []float64
}

// state says how a request ended, and what its values are based on.
type state uint8

const (
	stateOK state = 1 << iota
	stateCut
	stateEstimated // its tokens are estimated from its frames
	// stateFirstUnknown: nobody said how many tokens its first frame held.
	stateFirstUnknown
	// stateReadStamps: its frames have the times at which they were read, which may
	// be later than they came.
	stateReadStamps
)

// arrived is when a request went to the server: with its first byte, or, where the
// server took no connection, when it was started. That one is no arrival that the
// client has lost.
func arrived(x *exchange.Exchange) exchange.Stamp {
	if x.Writing.Happened() || x.Class.ClientSide() {
		return x.Writing
	}
	return x.Started
}

// Add takes an exchange of any phase and keeps no reference to it. Of a cut
// exchange it keeps a copy without the frames until the cell is finished.
func (c *Collector) Add(x *exchange.Exchange) {
	if c.columns == nil {
		c.columns, c.cut = map[string]*column{}, map[int32]*exchange.Exchange{}
		c.counts.ByClass = map[string]int{}
		for _, m := range metric.OfKind(metric.PerRequest) {
			col := &column{definition: define(m.Tag)}
			c.columns[m.Tag], c.inOrder = col, append(c.inOrder, col)
		}
	}
	c.count(x)
	if x.Phase != exchange.Measured {
		return
	}
	c.bursts.add(x)
	c.due, c.writing = append(c.due, x.Due), append(c.writing, arrived(x))
	var s state
	switch x.Class {
	case exchange.OK:
		s = stateOK
		if _, src := x.Output(); src == exchange.FromFrames {
			s |= stateEstimated
		}
		if x.OutputTokens != nil && len(x.Frames) > 0 && x.Frames[0].Tokens <= 0 && *x.OutputTokens != len(x.Frames) {
			s |= stateFirstUnknown
		}
	case exchange.Cut:
		s = stateCut
		y := *x // without what the caller may reuse
		y.Frames, y.InputTokens, y.OutputTokens, y.CachedTokens, y.ReasoningTokens, y.HistoryTokens = nil, nil, nil, nil, nil, nil
		c.cut[int32(len(c.state))] = &y
	}
	if x.FirstToken.Happened() && !x.KernelStamps {
		s |= stateReadStamps
	}
	c.state = append(c.state, s)
	if c.KeepPrompts {
		c.prompts = append(c.prompts, x.Prompt)
	}
	if c.KeepTurns {
		c.turns, c.sessions = append(c.turns, int32(x.Turn)), append(c.sessions, int32(x.Session))
		c.conversations.add(x)
	}
	if c.KeepPlace {
		c.places = append(c.places, place{int32(c.Block), int32(x.Index)})
	}
	for _, col := range c.inOrder {
		v, ok := col.of(x)
		if s&stateCut != 0 && col.cut != nil {
			v, _ = col.cut(x)
			ok = true
		}
		if !ok {
			v = math.NaN()
		}
		col.values = append(col.values, v)
	}
	c.failures.add(x)
}

func (c *Collector) count(x *exchange.Exchange) {
	n := &c.counts
	switch x.Phase {
	case exchange.Warmup:
		n.Warmup++
		switch {
		case x.Class == exchange.Cut:
			n.WarmupCut++
		case x.Failed():
			n.WarmupFailed++
		}
		return
	case exchange.Cooldown:
		return
	}
	n.Scheduled++
	switch {
	case x.Class == exchange.Shed:
		n.Shed++
	case x.Class == exchange.Cut:
		n.Attempted++
		n.Cut++
	case x.Failed():
		n.Attempted++
		n.Failed++
		n.ByClass[string(x.Class)]++
	default:
		n.Attempted++
		n.OK++
	}
}

// Settle ends the first pass: it puts the rows into due order and finds the
// steady part. start and end are the measured window.
func (c *Collector) Settle(start, end exchange.Stamp) {
	c.SettleBlocks(exchange.Spans{{Start: start, End: end}})
}

// SettleBlocks is Settle for a cell that took turns with others: its measured
// window is all of its blocks, without the time between them.
func (c *Collector) SettleBlocks(window exchange.Spans) {
	c.sort()
	c.whole = c.part(0, window)
	if len(window) != 1 {
		c.steadyFrom, c.steadyNote, c.trend = c.steadyBlocks(window)
		return
	}
	c.findSteady()
	if from := c.steadyFrom; from > 0 || from == 0 && c.due[0] != window[0].Start {
		c.steady = c.part(from, exchange.Spans{{Start: c.due[from], End: window[0].End}})
	}
}

func (c *Collector) sort() {
	if slices.IsSorted(c.due) {
		return
	}
	order := make([]int32, len(c.due))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return int(min(1, max(-1, c.due[a]-c.due[b]))) })
	c.position = make([]int32, len(order))
	cut := map[int32]*exchange.Exchange{}
	for i, o := range order {
		c.position[o] = int32(i)
		if x := c.cut[o]; x != nil {
			cut[int32(i)] = x
		}
	}
	c.cut = cut
	for _, s := range []*[]exchange.Stamp{&c.due, &c.writing} {
		*s = permuted(*s, order)
	}
	c.state = permuted(c.state, order)
	if c.KeepPrompts {
		c.prompts = permuted(c.prompts, order)
	}
	if c.KeepTurns {
		c.turns, c.sessions = permuted(c.turns, order), permuted(c.sessions, order)
	}
	if c.KeepPlace {
		c.places = permuted(c.places, order)
	}
	for _, col := range c.inOrder {
		col.values = permuted(col.values, order)
	}
}

func permuted[T any](s []T, order []int32) []T {
	out := make([]T, len(s))
	for i, o := range order {
		out[i] = s[o]
	}
	return out
}

// findSteady finds the steady part by MSER-5 on e2e in due order and a trend
// test on what remains. Trimming never drops a failure from success: the rates
// of the steady part count every request due in it.
func (c *Collector) findSteady() {
	c.steadyFrom = -1
	if n := len(c.due); n < minSteady {
		c.steadyNote = fmt.Sprintf("not assessed: %d requests, needs %d", n, minSteady)
		return
	}
	var series []float64
	var index []int
	for i, v := range c.Values("e2e") {
		if x := c.cut[int32(i)]; x != nil {
			var ok bool
			if v, ok = Value("e2e", x); !ok {
				continue
			}
		}
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			series, index = append(series, v), append(index, i)
		}
	}
	if len(series) < minSteady {
		c.steadyNote = fmt.Sprintf("not assessed: %d requests succeeded, needs %d", len(series), minSteady)
		return
	}
	cut, ok := stats.MSER5(series)
	if !ok {
		c.steadyNote = "no steady part: latency is still settling in the second half"
		return
	}
	c.steadyFrom, c.steadyNote = 0, "steady from the first request"
	if cut > 0 {
		c.steadyFrom = index[cut]
		c.steadyNote = fmt.Sprintf("steady after the first %d requests (MSER-5)", c.steadyFrom)
	}
	if _, p := stats.Trend(series[cut:]); p < 0.01 {
		c.trend = true
		c.steadyNote += "; a trend remains between the halves"
	}
}

// AddFrames takes the exchanges a second time, in the order of the first pass,
// for what depends on the window.
func (c *Collector) AddFrames(x *exchange.Exchange) {
	at := -1 // its place in due order, if it is measured
	if x.Phase == exchange.Measured {
		at = c.row
		if c.position != nil {
			at = int(c.position[c.row])
		}
		c.row++
	}
	tokens := spreadOf(x)
	c.whole.add(x, tokens, at >= 0)
	if c.steady != nil {
		c.steady.add(x, tokens, at >= c.steadyFrom)
	}
}

// Trend reports whether latency still changes over the steady part; SteadyNote
// of the cell says so in words.
func (c *Collector) Trend() bool { return c.trend }

// Len returns how many measured requests there are.
func (c *Collector) Len() int { return len(c.due) }

// Values returns a metric's value for each measured request, in due order once
// settled: NaN where it is undefined, for a cut request's latency the least
// that it can be. They belong to the collector and must not be changed.
func (c *Collector) Values(tag string) []float64 {
	if col := c.columns[tag]; col != nil {
		return col.values
	}
	return nil
}

// OK reports whether the i-th request succeeded.
func (c *Collector) OK(i int) bool { return c.state[i]&stateOK != 0 }

// Cut reports whether the client ended the i-th request.
func (c *Collector) Cut(i int) bool { return c.state[i]&stateCut != 0 }

// ReadStamps reports whether the times of the i-th request's frames are those at
// which they were read, and not when the kernel received them.
func (c *Collector) ReadStamps(i int) bool { return c.state[i]&stateReadStamps != 0 }

// Prompt returns the identity of the i-th request's prompt; KeepPrompts.
func (c *Collector) Prompt(i int) string { return c.prompts[i] }

// Session returns the conversation of the i-th request; KeepTurns.
func (c *Collector) Session(i int) int32 { return c.sessions[i] }

// Place returns the block of the i-th request and its index there; KeepPlace.
func (c *Collector) Place(i int) (block, index int) {
	return int(c.places[i].block), int(c.places[i].index)
}
