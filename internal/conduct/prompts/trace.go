package prompts

import (
	"cmp"
	"fmt"
	"path/filepath"
	"time"

	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/workload"
)

// Traces are those that were read, so that a cell of a sweep does not read the
// file again.
type Traces map[traceKey]*interop.Table

// traceKey is what of a plan decides what is read of its trace.
type traceKey struct {
	path     string
	replay   plan.Replay
	requests int
	seed     uint64
}

// read returns the trace of a plan.
func (t Traces) read(p plan.Plan) (*interop.Table, error) {
	k := traceKey{p.Load.Trace, p.Load.Replay, p.Load.Requests, p.Seed}
	if t[k] == nil {
		table, err := readTrace(p)
		if err != nil {
			return nil, err
		}
		t[k] = table
	}
	return t[k], nil
}

// readTrace reads the trace of a plan, and as much of it as the plan wants.
func readTrace(p plan.Plan) (*interop.Table, error) {
	l := p.Load
	unit, err := interop.ParseUnit(l.Replay.TimeUnit)
	if err != nil {
		return nil, fmt.Errorf("--trace-unit: %w", err)
	}
	columns, err := interop.ParseColumns(l.Replay.Columns)
	if err != nil {
		return nil, fmt.Errorf("--trace-columns: %w", err)
	}
	t, err := interop.ReadTrace(l.Trace, interop.Options{
		Unit: unit, Columns: columns, Block: l.Replay.BlockSize, Target: l.Replay.Target,
		SkipBad: l.Replay.SkipBad, Sort: l.Replay.Sort, From: l.Replay.From.Std(), To: l.Replay.To.Std(),
		Limit: l.Requests, Context: l.Replay.Context, Spread: l.Replay.Spread, Seed: p.Seed,
	})
	if err != nil {
		return nil, fmt.Errorf("--trace: %w", err)
	}
	return t, nil
}

// tooFast refuses a trace that is faster than the limits of a target: it keeps its
// times, so that the server would refuse requests for the user's own limit.
func tooFast(p plan.Plan, t *interop.Table) error {
	speed := cmp.Or(p.Load.Speed, 1)
	tokens := 0
	for i := range t.Len() {
		in, out := t.Lengths(i)
		tokens += in + out
	}
	n := terms.BusiestMinute(func(yield func(time.Duration) bool) {
		for i := range t.Len() {
			if !yield(time.Duration(float64(t.At(i)) / speed)) {
				return
			}
		}
	})
	var out key.Problems
	for _, e := range p.Endpoints() {
		if text := e.Limits.TooFast(e.Name, n, n*tokens/max(1, t.Len())); text != "" {
			out.Add("load.trace", "the trace sends %s; slow it down with --speed", text)
			return out
		}
	}
	return nil
}

// Replay is a trace ready to be sent: 40 bytes a row for its lengths, session
// and time, and the runs of its block ids. Prompts are made when they are due.
type Replay struct {
	Record *result.Replay // what is known before it is sent
	Text   string
	Times  []time.Duration // arrivals, offsets from the start
	// Turn says which session an arrival belongs to; see loadgen.Shape. Nil: all
	// arrivals go at their times.
	Turn func(i int) (session int, think time.Duration)
	Main workload.Source
	// Around has other bytes of the same lengths, for rows outside of a block; nil
	// where rows cannot be cut into blocks.
	Around  workload.Source
	Longest int     // prompt, tokens
	MeanOut float64 // length of an answer, tokens
}

// Replay makes the requests of the plan's trace. several says that
// several targets take turns.
func (m *Maker) Replay(several bool) (Replay, error) {
	t, err := m.Traces.read(m.Plan)
	if err != nil {
		return Replay{}, err
	}
	n := t.Counts
	rec := &result.Replay{
		Format: t.Format, Rows: t.Len(), Read: n.Read, Bad: n.Bad, Failed: n.Failed, Empty: n.Empty,
		Outside: n.Outside, Cut: n.Cut, Sorted: n.Unsorted, Spread: m.Plan.Load.Replay.Spread,
	}
	out := Replay{Record: rec}
	for i := range t.Len() {
		in, answer := t.Lengths(i)
		out.Longest = max(out.Longest, in)
		out.MeanOut += float64(answer) / float64(t.Len())
		out.Times = append(out.Times, t.At(i))
		if session, _ := t.Turn(i); session > 0 {
			rec.Turns++
		}
	}
	out.Text = fmt.Sprintf("lengths and times of %s (%s, %d rows)", filepath.Base(m.Plan.Load.Trace), t.Format, t.Len())
	for _, note := range t.Notes() {
		out.Text += ", " + note
	}
	if h, ok := t.IdealHits(); ok {
		rec.IdealHits = result.Num(h.TokenRatio())
		out.Text += fmt.Sprintf(", prompts sharing blocks of %d tokens as recorded", t.BlockTokens())
	}
	if rec.Turns > 0 {
		if rec.Open = m.Plan.Load.Replay.Open; rec.Open {
			out.Text += ", turns of a session at their recorded times, whether or not the previous turn has ended"
		} else {
			out.Turn = t.Turn
			out.Text += ", each turn of a session at its recorded time or when the previous turn has ended, whichever is later"
		}
	}
	out.Main = workload.NewTrace(t, m.Config("load/trace", true))
	if out.Turn == nil && several {
		out.Around = workload.NewTrace(t, m.Config("load/trace/around", true))
	}
	return out, nil
}
