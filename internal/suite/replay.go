package suite

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/workload"
)

// readTrace reads the trace of a plan, and as much of it as the plan wants.
func readTrace(p plan.Plan) (*interop.Table, error) {
	l := p.Load
	t, err := interop.ReadTrace(l.Trace, interop.Options{
		SkipBad: l.Replay.SkipBad, Sort: l.Replay.Sort, From: l.Replay.From.Std(), To: l.Replay.To.Std(),
		Limit: l.Requests, Context: l.Replay.Context, Spread: l.Replay.Spread, Seed: p.Seed,
	})
	if err != nil {
		return nil, fmt.Errorf("--trace: %w", err)
	}
	return t, nil
}

// replayed fills a cell with a trace: 40 bytes a row for its lengths, session
// and time, and the runs of its block ids. Prompts are made when they are due.
func (r *run) replayed(c *cell) error {
	t := r.files.trace
	if t == nil { // a cell of a sweep, whose plan may name another
		var err error
		if t, err = readTrace(r.plan); err != nil {
			return err
		}
	}
	n := t.Counts
	rec := &result.Replay{
		Format: t.Format, Rows: t.Len(), Read: n.Read, Bad: n.Bad, Failed: n.Failed, Empty: n.Empty,
		Outside: n.Outside, Cut: n.Cut, Sorted: n.Unsorted, Spread: r.plan.Load.Replay.Spread,
	}
	for i := range t.Len() {
		in, out := t.Lengths(i)
		c.longest = max(c.longest, in)
		c.meanOut += float64(out) / float64(t.Len())
		c.shape.Times = append(c.shape.Times, t.At(i))
		if session, _ := t.Turn(i); session > 0 {
			rec.Turns++
		}
	}
	text := fmt.Sprintf("lengths and times of %s (%s, %d rows)", filepath.Base(r.plan.Load.Trace), t.Format, t.Len())
	if h, ok := t.IdealHits(); ok {
		rec.IdealHits = result.Num(h.TokenRatio())
		text += fmt.Sprintf(", prompts sharing blocks of %d tokens as recorded", t.BlockTokens())
	}
	if rec.Turns > 0 {
		if rec.Open = r.plan.Load.Replay.Open; rec.Open {
			text += ", turns of a session at their recorded times, whether or not the turn before has ended"
		} else {
			c.shape.Turn = t.Turn
			text += ", each turn of a session at its recorded time or when the turn before has ended, whichever is later"
		}
	}
	c.Replay = rec
	c.main = workload.NewTrace(t, r.syntheticConfig("load/trace", true))
	if c.shape.Turn == nil && len(r.targets) > 1 {
		c.lead = workload.NewTrace(t, r.syntheticConfig("load/trace/around", true))
	}
	c.Workload = result.Workload{Name: "trace", FixedOutput: c.target.fixed, Temperature: r.plan.Workload.Temperature, Text: text}
	return nil
}

// fidelity adds up what a replay got of what its trace asked for, over requests
// that succeeded.
type fidelity struct {
	in, bias, out              float64 // sums of relative errors
	cached, known              float64 // sums of tokens
	inputN, outputN, observedN int
}

func (f *fidelity) add(x *exchange.Exchange) {
	if x.InputTokens != nil && x.AskedInput > 0 {
		f.in += math.Abs(float64(*x.InputTokens-x.AskedInput)) / float64(x.AskedInput)
		f.bias += float64(*x.InputTokens-x.AskedInput) / float64(x.AskedInput)
		f.inputN++
	}
	if x.OutputTokens != nil && x.AskedOutput > 0 {
		f.out += math.Abs(float64(*x.OutputTokens-x.AskedOutput)) / float64(x.AskedOutput)
		f.outputN++
	}
	if x.InputTokens != nil && x.CachedTokens != nil {
		f.cached += float64(*x.CachedTokens)
		f.known += float64(*x.InputTokens)
		f.observedN++
	}
}

// replayOf says how true the replay was, from the record of the cell and what
// came back.
func replayOf(c *loggedCell) *result.Replay {
	if c.Replay == nil {
		return nil
	}
	r, f := *c.Replay, c.fidelity
	r.InputN, r.OutputN, r.ObservedN = f.inputN, f.outputN, f.observedN
	if f.inputN > 0 {
		r.InputError = result.Num(f.in / float64(f.inputN))
	}
	if f.outputN > 0 {
		r.OutputError = result.Num(f.out / float64(f.outputN))
	}
	if f.known > 0 {
		r.ObservedHits = result.Num(f.cached / f.known)
	}
	return &r
}
