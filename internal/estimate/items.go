package estimate

import (
	"errors"
	"fmt"

	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/ask"
	"github.com/inferometer/inferometer/internal/quality/item"
)

// items are the items that a plan asks, or why they cannot be read.
type items struct {
	ask.Set
	err error
}

// itemsOf reads or makes the items of a plan, and says what they can decide.
func (e *Estimate) itemsOf(p plan.Plan) items {
	if !cells.AsksItems(p) {
		return items{}
	}
	set, err := ask.Load(p)
	if err != nil {
		e.Notes = append(e.Notes, err.Error())
		return items{err: err}
	}
	if set.Fewer != "" {
		e.Notes = append(e.Notes, "quality: "+set.Fewer)
	}
	if n := len(set.Items); n > 0 {
		e.Notes = append(e.Notes, "quality: "+ask.Decides(n, p.Quality.Margin))
		if under := min(n, p.Quality.LevelItems); under < n && len(p.Quality.At(p.Throughput.Levels)) > 0 && cells.Selected(p, plan.Quality) {
			e.Notes = append(e.Notes, fmt.Sprintf("quality under load: %s", ask.Decides(under, p.Quality.Margin)))
		}
	}
	return items{Set: set}
}

// requests are those of a pass: its own, and the further items that keep the load up.
func (s items) requests(t plan.Target, pass []ask.Request) requests {
	return func(i int) (size, error) {
		if s.err != nil {
			return size{}, s.err
		}
		var it *item.Item
		if i < len(pass) {
			it = pass[i].Item
		} else {
			it = &s.Items[i%len(s.Items)]
		}
		return text(t, s.Limit(it), it.System, ask.Text(ask.Request{Item: it}, "", ""), string(it.Tools)), nil
	}
}

// mean is about how long a request of a pass and its answer are: a model that is good
// writes about what is known to be right.
func (s items) mean(t plan.Target, pass []ask.Request) size {
	const bytesPerToken, unknown, around = 4, 100, 10 // tokens: of an answer that nobody knows, and of the words around one
	m := s.requests(t, pass).mean(0, len(pass))
	m.out = 0
	for _, r := range pass {
		out := float64(unknown)
		if r.Answer != "" {
			out = float64(len(r.Answer))/bytesPerToken + around
		}
		m.out += min(out, float64(s.Limit(r.Item))) / float64(max(1, len(pass)))
	}
	return m
}

// add adds the pass of a shape.
func (s items) add(e *Estimate, p plan.Plan, id, target string, shape loadgen.Shape, pass []ask.Request) {
	t, _ := p.Endpoint(target)
	k, err := most(shape, p.Client.Grace.Std(), t.RPM)
	if err == nil {
		err = s.err
	}
	c := Cell{ID: id, Target: target, Requests: len(pass) + shape.Warmup + shape.Users - 1}
	if shape.Schedule.Process != "" {
		rate := shape.Schedule.Curve.Begin()
		c.Requests, c.Seconds = len(pass)+shape.Warmup, float64(len(pass)+shape.Warmup)/rate
	}
	of := s.requests(t, pass)
	// The warm-up has items as well, whichever those are.
	e.add(p, c, shape.Users, s.mean(t, pass), []share{{of: of, n: k.measured + k.cooldown}, {n: k.warmup, largest: true}}, err)
}

// suite adds a pass of the suite, or the one alone of a load, a sweep or a search.
func (s items) suite(e *Estimate, p plan.Plan, c cells.Spec) {
	pass := s.AtLevel(c.Requests)
	if c.Level == 1 {
		pass = s.Alone(p.Quality.Repeat)
	}
	s.add(e, p, c.ID, c.Target, loadgen.Shape{Users: c.Users, Requests: c.Requests, Warmup: c.Warmup, Cooldown: cells.ItemsFiller(c.Users)}, pass)
}

// alone adds the passes alone of these targets, which run at once.
func (s items) alone(e *Estimate, p plan.Plan, targets ...string) {
	longest := 0.0
	for _, c := range cells.AloneItems(p, targets, len(s.Items)) {
		s.suite(e, p, c)
		longest = max(longest, e.Cells[len(e.Cells)-1].Seconds)
	}
	e.Seconds += longest
}

// under adds the pass under the load of a plan for a target.
func (s items) under(e *Estimate, p plan.Plan, id, target string) {
	if len(s.Items) == 0 {
		return
	}
	l := p.Load
	shape := loadgen.Shape{Users: l.Users, Think: l.ThinkTime.Std()}
	var err error
	if shape.Schedule, err = l.Schedule(p.Seed); err != nil {
		s.err = errors.Join(s.err, err)
	}
	pass := s.AtLevel(len(s.Items))
	s.add(e, p, cells.ItemsUnder(id), target, blocks.Items(blocks.WarmedUp(l, shape), len(pass)), pass)
	e.Seconds += e.Cells[len(e.Cells)-1].Seconds
}

// found adds the pass at the load that a search finds.
func (s items) found(e *Estimate, p plan.Plan) {
	if n := len(s.Items); n > 0 {
		t, _ := p.Endpoint(cells.Candidate)
		m := s.mean(t, s.AtLevel(n))
		e.put(Cell{
			ID: cells.ItemsUnder(string(plan.Capacity)), Target: cells.Candidate, Requests: n,
			InputTokens: float64(n) * m.about, OutputTokens: float64(n) * m.out,
			unknown: errors.New("how many items keep the load up that a search finds is known at its end"),
		})
	}
}

// toolsOf is the most bytes of the functions that an item of the plan offers; 0: none
// does.
func toolsOf(p plan.Plan) int {
	if !cells.AsksItems(p) {
		return 0
	}
	set, err := ask.Load(p)
	if err != nil {
		return 0
	}
	n := 0
	for _, it := range set.Items {
		n = max(n, 2*len(it.Tools)) // a dialect has names of its own around them
	}
	return n
}
