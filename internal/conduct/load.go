package conduct

import (
	"context"
	"slices"

	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Load is the program of a load with all knobs; with several targets, of blocks
// in which they take turns.
func Load(ctx context.Context, s *Session) (Program, error) {
	if err := s.findTargets(ctx); err != nil {
		return nil, err
	}
	whole, steps, err := s.load()
	if err != nil {
		return nil, err
	}
	undone := s.undoneRounds
	if len(s.targets) == 1 {
		undone = s.undone
	}
	alone, err := s.aloneItems()
	return slices.Concat(alone, undone(steps), s.underLoads(whole)), err
}

// load lays out a load: the cell of one target, and the steps of all.
func (s *Session) load() (whole *Cell, steps list, err error) {
	if whole, err = loadCell(s.maker, len(s.targets) > 1); err != nil {
		return nil, nil, err
	}
	steps, err = s.interleave(whole)
	return whole, steps, err
}

// loadCell makes the cell of a load on the maker's target. several says that it
// is going to be cut into blocks.
func loadCell(m *prompts.Maker, several bool) (*Cell, error) {
	l, t := m.Plan.Load, m.Target
	c := &Cell{
		CellRecord: runlog.CellRecord{ID: cells.LoadID(t.Name), Benchmark: plan.Load, Target: t.Name},
		target:     t, maker: m, warm: m.Synthetic("load/warm-up", true),
		shape: loadgen.Shape{
			Users: l.Users, Think: l.ThinkTime.Std(), Speed: l.Speed,
			Requests: l.Requests, Duration: l.Duration.Std(),
		},
	}
	var err error
	if c.shape.Schedule, err = l.Schedule(m.Plan.Seed); err != nil {
		return nil, err
	}
	if l.RateCurve != "" && l.Requests == 0 && l.Duration == 0 {
		c.shape.Duration = c.shape.Schedule.Curve.Length()
	}
	c.shape = blocks.WarmedUp(l, c.shape)
	if l.ThinkCV > 0 {
		c.thinkCV, c.shape.Pause = l.ThinkCV, loadgen.Pauses(l.ThinkTime.Std(), l.ThinkCV, m.Plan.Seed)
	}
	switch {
	case m.Plan.Workload.Conversing():
		err = c.converse()
	case l.Trace != "":
		err = c.replay(several)
	default:
		var text string
		c.main, text, err = m.Main("load")
		c.Workload = loadWorkload(m, t, text)
	}
	return c, err
}

// converse fills a cell with the conversations of the plan.
func (c *Cell) converse() error {
	found, err := c.maker.Conversations(c.target.SystemOverhead)
	if err != nil {
		return err
	}
	c.conversations, c.longest = &found, found.Longest
	c.Workload = loadWorkload(c.maker, c.target, found.Text())
	c.Workload.Name = "conversations"
	c.shape.Conversations = c.maker.Plan.Load.Conversations
	return nil
}

// replay fills a cell with the plan's trace.
func (c *Cell) replay(several bool) error {
	r, err := c.maker.Replay(several)
	if err != nil {
		return err
	}
	c.main, c.lead, c.longest, c.meanOut, c.Replay = r.Main, r.Around, r.Longest, r.MeanOut, r.Record
	c.shape.Times, c.shape.Turn = r.Times, r.Turn
	// The trace sets number and times; a rate or an end of its own would bend it.
	c.shape.Requests = 0
	c.Workload = result.Workload{Name: "trace", FixedOutput: c.target.Fixed, Temperature: c.maker.Plan.Workload.Temperature, Text: r.Text}
	return nil
}

func loadWorkload(m *prompts.Maker, t *target.Target, text string) result.Workload {
	w := m.Plan.Workload
	return result.Workload{
		Name: "load", InputTokens: w.InputTokens, OutputTokens: w.OutputTokens,
		FixedOutput: t.Fixed && w.Dataset == "" && m.Form.Fixed(), Temperature: w.Temperature, Text: text,
	}
}
