package conduct

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/result"
)

// block is the part of one target in a round.
type block struct {
	round, rounds int
	load          result.LoadShape // of all rounds together
	ideal         *result.Number   // cellRecord.IdealHits of all rounds together
}

// text is what progress says of it.
func (b *block) text() string {
	if b.round == 1 {
		return fmt.Sprintf("%s; block 1 of %d", b.load.Text, b.rounds)
	}
	return fmt.Sprintf("block %d of %d", b.round, b.rounds)
}

// round of a cell in blocks, from 1; 0 for a whole one.
func (c *Cell) round() int {
	if c.block == nil {
		return 0
	}
	return c.block.round
}

// interleave makes of the candidate's cell the blocks of all targets; for one
// target it stays whole.
func (s *Session) interleave(whole *Cell) (list, error) {
	if len(s.targets) == 1 {
		return list{{Cells: []*Cell{whole}}}, nil
	}
	if s.plan.Load.Blocks > 1 && whole.shape.Turn != nil {
		return nil, errors.New("--blocks: sessions cannot be cut into blocks, since a block from the middle of one lacks the earlier turns; drop --blocks to run the whole trace on each target, or replay turns at their recorded times with --trace-open")
	}
	load := whole.describe(whole.shape, s.plan.Client.MaxInflight)
	n := blocks.Rounds(s.plan.Load, whole.shape)
	rng := rand.New(rand.NewPCG(s.plan.Seed, 0x7475726e)) // its own stream
	var steps list
	for i, p := range blocks.Cut(whole.shape, n) {
		for _, k := range rng.Perm(len(s.targets)) {
			c := *whole
			c.target = s.targets[k]
			c.ID, c.Target, c.Rounds = cells.LoadID(c.target.Name), c.target.Name, n
			c.Workload.FixedOutput = c.target.Fixed && s.plan.Workload.Dataset == "" && s.maker.Form.Fixed()
			c.block = &block{i + 1, n, load, whole.idealHits()}
			c.shape, c.lead = p.Shape, nil
			if n > 1 {
				c.splice(whole, p, i, n)
			}
			steps = append(steps, Step{Cells: []*Cell{&c}})
		}
	}
	return steps, nil
}

// splice gives a block its own prompts: the same for all targets, and none that
// another block, the warm-up or the load after the measured part sends.
func (c *Cell) splice(whole *Cell, p blocks.Part, i, n int) {
	c.warm = prompts.Strided{Source: whole.warm, First: i, N: n}
	if whole.lead == nil {
		c.main = prompts.Strided{Source: whole.main, First: i, N: n}
		if c.maker.Plan.Workload.Dataset != "" && p.Shape.Requests > 0 {
			// After a data set's last row comes its first one, which another block
			// may still have to send.
			c.main = prompts.Spliced{Source: c.main, Rest: c.maker.Synthetic(fmt.Sprint("load/behind/", i), true), N: p.Shape.Requests}
		}
		return
	}
	// Rows of a trace keep their lengths; outside of the block their bytes are
	// others, so that no prompt is sent before its turn.
	c.lead = prompts.Offset{Source: whole.lead, N: p.From - p.Shape.Warmup}
	c.main = prompts.Spliced{Source: prompts.Offset{Source: whole.main, N: p.From}, Rest: prompts.Offset{Source: whole.lead, N: p.From}, N: p.Shape.Requests}
}
