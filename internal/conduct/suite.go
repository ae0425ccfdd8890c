package conduct

import (
	"context"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Suite is the program of the benchmarks that measure in closed loops: the pass
// of prompts, the samples that top it up, and the throughput levels.
func Suite(ctx context.Context, s *Session) (Program, error) {
	if err := s.findTargets(ctx); err != nil {
		return nil, err
	}
	var names []string
	for _, t := range s.targets {
		names = append(names, t.Name)
	}
	pass, items, err := s.maker.PassItems(cells.PassPrompts(s.plan))
	if err != nil {
		return nil, err
	}
	var steps list
	for _, specs := range cells.Suite(s.plan, names, len(s.items.Items)) {
		var step Step
		for _, spec := range specs {
			made := func(spec cells.Spec) (*Cell, error) { return s.passCell(spec, pass, items) }
			switch spec.Benchmark {
			case plan.Throughput:
				made = s.levelCell
			case plan.Quality:
				made = s.suiteItems
			}
			c, err := made(spec)
			if err != nil {
				return nil, err
			}
			if c, err = s.reuse(c); err != nil {
				return nil, err
			}
			if c != nil {
				step.Cells = append(step.Cells, c)
			}
		}
		if len(step.Cells) > 0 {
			steps = append(steps, step)
		}
	}
	s.tellReused()
	return s.undone(steps), nil
}

// cell begins a cell of the suite.
func (s *Session) cell(spec cells.Spec) *Cell {
	for _, t := range s.targets {
		if t.Name == spec.Target {
			return &Cell{
				CellRecord: runlog.CellRecord{ID: spec.ID, Benchmark: spec.Benchmark, Target: t.Name, Level: spec.Level},
				target:     t, maker: s.maker,
				shape: loadgen.Shape{Users: spec.Users, Requests: spec.Requests, Warmup: spec.Warmup},
			}
		}
	}
	return nil // the layout knows no other targets
}

// passCell makes a cell of the pass, whose workload is told in text.
func (s *Session) passCell(spec cells.Spec, text string, items []quality.Item) (c *Cell, err error) {
	c = s.cell(spec)
	stream := "pass"
	if spec.Benchmark == plan.Cost {
		stream = "samples"
	}
	// An answer that is scored ends where the model ends it.
	fixed := !cells.Selected(s.plan, plan.Quality) && s.plan.Workload.Dataset == ""
	c.Workload = result.Workload{
		Name: "prompts", InputTokens: s.plan.Workload.InputTokens, OutputTokens: spec.Output,
		FixedOutput: fixed && c.target.Fixed && s.maker.Form.Fixed(), Temperature: s.plan.Workload.Temperature, Text: text,
	}
	if items != nil && spec.Benchmark == plan.Latency {
		c.keep = map[string]quality.Item{}
		for _, it := range items {
			c.keep[it.ID] = it
		}
	}
	c.main, c.warm, err = s.maker.Pass(items, stream, spec.From)
	return c, err
}

// levelCell makes a level of the throughput benchmark.
func (s *Session) levelCell(spec cells.Spec) (*Cell, error) {
	c := s.cell(spec)
	main, text, err := s.maker.Main(spec.ID)
	if err != nil {
		return nil, err
	}
	c.main, c.warm = main, s.maker.Synthetic(spec.ID+"/warm-up", true)
	c.Workload = loadWorkload(s.maker, c.target, text)
	return c, nil
}
