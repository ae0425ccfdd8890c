package suite

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/workload"
)

// Several targets get the same load interleaved: it is cut into blocks, and in each
// round every target runs its block of the same prompts, in an order drawn by
// the seed. That is a randomized complete block design (Fisher, The Design of
// Experiments, 1935), as "randomized multiple interleaved trials" recommended
// for machines whose speed changes (Abedi and Brecht, ICPE 2017). Targets never
// run at once, so that none disturbs another; a slow drift reaches all of them
// alike, and what is left of it is in the scatter of the rounds.

const (
	// minRounds is how many rounds an interval needs here: with four degrees of
	// freedom Student's quantile is 2.8, with one it is 12.7.
	minRounds = 5
	// usualRounds is as many as there are without --blocks, if they are long
	// enough. Each costs a warm-up and a drain; with ten Student's quantile is
	// 2.3, and no number of them brings it under 2.
	usualRounds = 10
	// A block of fewer requests, fewer a user, or less time is mostly edge.
	blockRequests, blockPerUser = 20, 4
	blockTime                   = 5 * time.Second
	// leadTime is how much of a trace runs before a block and is not measured, so
	// that the block finds the server as the rows before it leave it, and leadOut
	// how much of a schedule may go on behind it while its requests end.
	leadTime, leadOut = 5 * time.Second, time.Minute
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
func (c *cell) round() int {
	if c.block == nil {
		return 0
	}
	return c.block.round
}

// interleave makes of the candidate's cell the blocks of all targets; for one
// target it stays whole.
func (r *run) interleave(whole *cell) ([]step, error) {
	if len(r.targets) == 1 {
		return []step{{whole}}, nil
	}
	if r.plan.Load.Blocks > 1 && whole.shape.Turn != nil {
		return nil, errors.New("--blocks: turns of sessions are not cut into blocks, since a block from their middle lacks the conversation before it; leave --blocks out, and each target runs the whole trace, or replay turns at their recorded times with --trace-open")
	}
	load := whole.describe(whole.shape, r.plan.Client.MaxInflight)
	n := roundsOf(r.plan.Load, whole.shape)
	parts := cut(whole.shape, n)
	rng := rand.New(rand.NewPCG(r.plan.Seed, 0x7475726e)) // a stream of its own
	var steps []step
	for i, p := range parts {
		for _, k := range rng.Perm(len(r.targets)) {
			c := *whole
			c.target = r.targets[k]
			c.ID, c.Target, c.Rounds = "load/"+c.target.name, c.target.name, n
			c.Workload.FixedOutput = c.target.fixed && r.plan.Workload.Dataset == ""
			c.block = &block{i + 1, n, load, whole.idealHits()}
			c.shape, c.lead = p.shape, nil
			if n > 1 {
				r.sources(&c, whole, p, i, n)
			}
			steps = append(steps, step{&c})
		}
	}
	return steps, nil
}

// sources gives a block its own prompts: the same for all targets, and none that
// another block, the warm-up or the load behind the measured part sends.
func (r *run) sources(c, whole *cell, p part, i, n int) {
	c.warm = strided{whole.warm, i, n}
	if whole.lead == nil {
		c.main = strided{whole.main, i, n}
		if r.plan.Workload.Dataset != "" && p.shape.Requests > 0 {
			// Behind a data set's last row comes its first one, which another block
			// may still have to send.
			c.main = seam{c.main, r.synthetic(fmt.Sprint("load/behind/", i), true), p.shape.Requests}
		}
		return
	}
	// Rows of a trace keep their lengths; outside of the block their bytes are
	// others, so that no prompt is sent before its turn.
	c.lead = offset{whole.lead, p.from - p.shape.Warmup}
	c.main = seam{offset{whole.main, p.from}, offset{whole.lead, p.from}, p.shape.Requests}
}

// roundsOf is in how many blocks a load is cut: what the plan says, else as many
// as are not too short. A rate that changes and turns of sessions are not cut:
// a block from their middle lacks what went before it, the queue that a burst
// has left and the conversation.
func roundsOf(l plan.LoadPlan, s loadgen.Shape) int {
	if l.RateCurve != "" || s.Turn != nil {
		return 1
	}
	requests, span := s.Requests, s.Duration
	switch {
	case len(s.Times) > 0:
		requests, span = len(s.Times), time.Duration(float64(s.Times[len(s.Times)-1])/cmp.Or(s.Speed, 1))
	case s.Open():
		dues := schedule(s)
		requests, span = len(dues), dues[len(dues)-1]
	}
	n := l.Blocks
	if n == 0 {
		n = usualRounds
		if requests > 0 {
			n = min(n, requests/max(blockRequests, blockPerUser*s.Users))
		}
		if span > 0 {
			n = min(n, int(span/blockTime))
		}
		n = max(n, minRounds)
	}
	if requests > 0 {
		n = min(n, requests)
	}
	return n
}

// schedule are the due times of an open loop by its rate, as far as it is
// measured.
func schedule(s loadgen.Shape) []time.Duration {
	var out []time.Duration
	for t := range s.Schedule.Times() {
		if s.Requests > 0 && len(out) == s.Requests || s.Duration > 0 && t >= s.Duration {
			break
		}
		out = append(out, t)
	}
	return out
}

// part is one block of a load: a shape, and of a trace its first measured row.
type part struct {
	shape loadgen.Shape
	from  int
}

// cut divides a load into n parts that are the whole of it together.
//
// A closed loop is cut by requests, by time or both, like the whole is; each
// block starts its users anew, warms them up with a request each, and keeps
// them at it until its last measured request has ended. An open loop and a trace
// are cut between two arrivals: the window of a block is that of its arrivals
// up to the first one of the next, so that all windows together are the
// schedule that one target alone would get. The rate goes on behind it, and
// before it goes the usual warm-up; before rows of a trace go the rows before
// them. So a block has no edge at which the server had less to do.
func cut(s loadgen.Shape, n int) []part {
	if n == 1 {
		return []part{{shape: s}}
	}
	share := func(all, i int) int { return all*(i+1)/n - all*i/n }
	parts := make([]part, n)
	if !s.Open() {
		for i := range parts {
			p := s
			p.Requests, p.Duration = share(s.Requests, i), s.Duration/time.Duration(n)
			parts[i].shape = p
		}
		return parts
	}
	var dues []time.Duration
	if len(s.Times) > 0 {
		for _, t := range s.Times {
			dues = append(dues, time.Duration(float64(t)/cmp.Or(s.Speed, 1)))
		}
		return cutAt(s, dues, len(dues), n)
	}
	measured := schedule(s)
	for t := range s.Schedule.Times() {
		if dues = append(dues, t); t > measured[len(measured)-1]+leadOut {
			break
		}
	}
	return cutAt(s, dues, len(measured), n)
}

// cutAt cuts due times, of which the first measured ones count.
func cutAt(s loadgen.Shape, dues []time.Duration, measured, n int) []part {
	recorded := len(s.Times) > 0
	parts := make([]part, n)
	for i := range parts {
		from, to := measured*i/n, measured*(i+1)/n
		p := s
		p.Times, p.Speed, p.Duration, p.Requests = nil, 0, 0, to-from
		begin := dues[from]
		if recorded {
			first := from
			for first > 0 && dues[first-1] >= begin-leadTime {
				first--
			}
			p.Warmup, begin = from-first, dues[first]
		} else {
			rate := s.Schedule.Curve.Begin()
			for k := range s.Warmup {
				p.Times = append(p.Times, time.Duration(float64(k)/rate*1e9))
			}
			begin -= time.Duration(float64(s.Warmup) / rate * 1e9)
		}
		first := from
		if recorded {
			first -= p.Warmup
		}
		for k := first; k < len(dues) && (k < to || dues[k] <= dues[to-1]+leadOut); k++ {
			p.Times = append(p.Times, dues[k]-begin)
		}
		parts[i] = part{p, from}
	}
	return parts
}

// strided is every n-th item of a source.
type strided struct {
	workload.Source
	first, n int
}

// Item returns the i-th item of its own.
func (s strided) Item(i int) (workload.Item, error) { return s.Source.Item(s.first + i*s.n) }

// seam is a source that goes on with another one behind its n-th item.
type seam struct {
	workload.Source
	rest workload.Source
	n    int
}

// Item returns the i-th item.
func (s seam) Item(i int) (workload.Item, error) {
	if i >= s.n {
		return s.rest.Item(i)
	}
	return s.Source.Item(i)
}

// interleaving says how the targets took turns; nil for one target.
func (a *assembly) interleaving() *result.Interleaving {
	t := &result.Interleaving{}
	type measured struct {
		windowRecord
		target string
	}
	var all []measured
	var names []string
	for _, c := range a.log.cells {
		if c.Benchmark != plan.Load || c.Rounds == 0 {
			continue
		}
		t.Rounds = c.Rounds
		names = append(names, c.Target)
		for _, w := range c.blocks {
			all = append(all, measured{w, c.Target})
		}
	}
	if t.Rounds == 0 {
		return nil
	}
	slices.SortFunc(all, func(x, y measured) int { return cmp.Compare(x.Start, y.Start) })
	for _, w := range all {
		for len(t.Order) < w.Round {
			t.Order = append(t.Order, []string{})
		}
		t.Order[w.Round-1] = append(t.Order[w.Round-1], w.target)
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Compare(a.log.rank(x), a.log.rank(y)) })
	t.Text = fmt.Sprintf("%s took turns, never two at once: %d rounds, in each of which every target got the same prompts and the same schedule, in an order drawn by the seed; each block is behind a warm-up of its own, and the load goes on until its last measured request has ended. Windows and rates are of the blocks, without the time between them",
		list(names), t.Rounds)
	if t.Rounds == 1 {
		t.Text = fmt.Sprintf("%s ran one after the other, each as a whole, in an order drawn by the seed: ", list(names))
		if a.plan.Load.RateCurve != "" {
			t.Text += "a rate that changes is not cut into blocks, since a block from its middle lacks the queue that went before it"
		} else if a.plan.Load.Trace != "" && a.plan.Load.Blocks != 1 {
			t.Text += "turns of sessions are not cut into blocks, since a block from their middle lacks the conversation before it"
		} else {
			t.Text += "one block each"
		}
		t.Text += ". A drift meanwhile would be part of their difference"
	}
	return t
}

// list joins names with commas and an and.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
