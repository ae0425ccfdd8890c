package answers

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/quality/same"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

// Served returns the rate, in requests per second, at which a target was served under the load
// of a pass; false where that was not measured.
type Served func(Pass) (stats.Bounded, bool)

// Targets of a result that are compared.
type Targets struct {
	All                 []string
	Candidate, Baseline string
}

// Result is what a result says of the answers; nil where no item was asked.
func (r *Run) Result(t Targets, served Served) *result.Answers {
	if !r.Any() {
		return nil
	}
	out := &result.Answers{Passes: []result.AnswerPass{}}
	for _, target := range t.All {
		for _, p := range r.Passes(target) {
			out.Passes = append(out.Passes, r.pass(p, served))
		}
	}
	if p := r.Versus(t); p.Len() > 0 {
		c := p.Compared()
		c.Target, c.Users, c.Against, c.AgainstUsers = t.Candidate, 1, t.Baseline, 1
		out.Versus = &c
	}
	for _, target := range t.All {
		for _, under := range r.Passes(target) {
			p := r.UnderLoad(under)
			if under.alone() || p.Len() == 0 {
				continue
			}
			c := p.Compared()
			c.Target, c.Cell, c.Users, c.Against, c.AgainstUsers = target, under.Cell, under.Users, target, 1
			c.Unpaired = len(p.OnlyFirst) // fewer items are asked under load
			c.Same = r.sameText(under)
			out.Load = append(out.Load, c)
			out.LoadFaults = append(out.LoadFaults, r.loadFaults(under)...)
		}
	}
	out.Noise = r.noise(t.All)
	return out
}

// Versus pairs the candidate's answers with the baseline's, both alone.
func (r *Run) Versus(t Targets) Pairing {
	return Pair(r.side(Alone(t.Candidate), right), r.side(Alone(t.Baseline), right))
}

// UnderLoad pairs a target's answers under load with its own, alone.
func (r *Run) UnderLoad(p Pass) Pairing {
	out := Pair(r.side(p, right), r.side(Alone(p.Target), right))
	out.names = [2]string{"those under load", "those alone"}
	return out
}

func (r *Run) pass(of Pass, served Served) result.AnswerPass {
	p := result.AnswerPass{Target: of.Target, Cell: of.Cell, Users: of.Users, Alone: of.alone(), Faults: map[string]int{}}
	for _, a := range r.of(of) {
		p.Answers++
		if a.Lost {
			p.Lost++
		}
		for _, f := range a.Faults {
			p.Faults[f]++
		}
	}
	strict, lenient := r.side(of, right), r.side(of, loose)
	p.Items = strict.Len()
	share, groups := strict.share(shown)
	p.Right, p.Groups = percent(share), groups
	if l, _ := lenient.share(shown); l.ok && l.value != share.value {
		e := percent(l)
		p.Loose = &e
	}
	p.Kinds = strict.by(func(it *Item) string { return it.Kind })
	p.Families = strict.by(func(it *Item) string { return it.Family })
	if rate, ok := served(of); ok && share.ok {
		p.Goodput = product(rate, stats.Bounded{Value: share.value, Lo: share.lo, Hi: share.hi})
	}
	return p
}

// product of a rate and a share that were measured apart, with the interval that follows from
// those of both.
func product(rate, share stats.Bounded) *result.Estimate {
	if rate.Value == 0 || share.Value == 0 {
		return &result.Estimate{Value: result.Num(0)}
	}
	inverse := stats.Bounded{Value: 1 / share.Value, Lo: 1 / share.Hi, Hi: 1 / max(share.Lo, 1e-9)}
	b := stats.RatioMOVER(inverse, rate)
	return &result.Estimate{Value: result.Num(b.Value), Lo: result.Num(b.Lo), Hi: result.Num(b.Hi)}
}

// share is how many items are right, with its bounds; not ok for no items, and for several of
// which all are of one group.
type share struct {
	value, lo, hi float64
	neff          float64
	items         int
	ok            bool
}

// share returns the share that is right with Wilson's bounds, each at the one-sided error
// given, at the effective number of items; and the number of groups, 0 without any.
func (s *Side) share(err float64) (share, int) {
	v, neff, groups := s.size()
	if len(v) == 0 || groups == 1 && len(v) > 1 { // one item is one, in whatever group
		return share{items: len(v)}, groups
	}
	out := share{items: len(v), value: stats.Mean(v), neff: neff, ok: true}
	out.lo, out.hi = stats.ScoreInterval(out.value, neff, 1-2*err)
	return out, groups
}

// size are the items' values, the number of independent items that say as much, and the number
// of groups.
func (s *Side) size() (v []float64, neff float64, groups int) {
	var group []int32
	numbers, alone := map[string]int32{}, 0
	for i, id := range s.order {
		it, n := s.items[id], int32(i)
		v = append(v, it.Value)
		if it.Group == "" {
			alone++
		} else if first, known := numbers[it.Group]; known {
			n = first
		} else {
			numbers[it.Group] = n
		}
		group = append(group, n)
	}
	if len(numbers) == 0 {
		return v, float64(len(v)), 0
	}
	groups = len(numbers) + alone
	neff = stats.ClusterESS(v, group)
	if slices.Min(v) == slices.Max(v) {
		neff = float64(groups) // equal values say nothing of how they depend on each other
	}
	return v, neff, groups
}

func percent(s share) result.Estimate {
	if !s.ok && s.items > 0 {
		return result.Estimate{Withheld: "all items are of one group, which says nothing of others"}
	}
	if !s.ok {
		return result.Estimate{Withheld: "no item with checks was asked", NeededN: 1}
	}
	return result.Estimate{Value: result.Num(100 * s.value), Lo: result.Num(100 * s.lo), Hi: result.Num(100 * s.hi), NEff: s.neff}
}

// by are the items of each kind, in the order of their names; none where no item has one.
func (s *Side) by(kind func(*Item) string) []result.AnswerKind {
	of := map[string]*Side{}
	for _, id := range s.order {
		it := s.items[id]
		if k := kind(it); k != "" {
			if of[k] == nil {
				of[k] = &Side{}
			}
			of[k].Add(*it)
		}
	}
	var out []result.AnswerKind
	for k, side := range of {
		sh, _ := side.share(shown)
		out = append(out, result.AnswerKind{Kind: k, Items: side.Len(), Right: percent(sh)})
	}
	slices.SortFunc(out, func(a, b result.AnswerKind) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}

// noise is how far answers differ that ought to be the same: of a target asked again
// alone, and of one under load and alone.
func (r *Run) noise(targets []string) []result.AnswerNoise {
	var out []result.AnswerNoise
	for _, target := range targets {
		for _, of := range r.Passes(target) {
			n := result.AnswerNoise{Target: target, Cell: of.Cell, Users: of.Users, Alone: of.alone()}
			var text result.FormShare
			for _, p := range r.again(of) {
				if r.checked[p.a.Item] {
					n.Verdict.N++
					if right(p.a) != right(p.b) {
						n.Verdict.K++
					}
				}
				if p.comparable {
					text.N++
					if !sameText(p.a, p.b) {
						text.K++
					}
				}
			}
			if n.Verdict.N == 0 && text.N == 0 {
				continue
			}
			shareOf(&n.Verdict)
			if text.N > 0 {
				shareOf(&text)
				n.Text = &text
			}
			out = append(out, n)
		}
	}
	return out
}

// twice is two answers of a target to the same item.
type twice struct {
	a, b       runlog.AnswerRecord
	comparable bool // the requests were the same byte for byte, and both have a text
}

// again pairs each first answer alone with a later one, or with the first under load.
func (r *Run) again(p Pass) []twice {
	first := map[string]runlog.AnswerRecord{}
	for _, a := range r.of(Alone(p.Target)) {
		if a.Repeat == 0 {
			first[a.Item] = a
		}
	}
	var out []twice
	for _, b := range r.of(p) {
		a, asked := first[b.Item]
		if !asked || p.alone() == (b.Repeat == 0) {
			continue
		}
		out = append(out, twice{a, b, b.Same && !a.Lost && !b.Lost})
	}
	return out
}

// sameText is the share of answers under load with the same text as alone; nil without any.
func (r *Run) sameText(of Pass) *result.FormShare {
	var s result.FormShare
	for _, p := range r.again(of) {
		if p.comparable {
			s.N++
			if sameText(p.a, p.b) {
				s.K++
			}
		}
	}
	if s.N == 0 {
		return nil
	}
	shareOf(&s)
	return &s
}

func sameText(a, b runlog.AnswerRecord) bool {
	return same.Equal(a.Trail, b.Trail, a.Runes, b.Runes)
}

// shareOf fills in the value of a share with Wilson's interval, 95 %.
func shareOf(s *result.FormShare) {
	if s.N == 0 {
		return
	}
	lo, hi := stats.Wilson(s.K, s.N, 0.95)
	s.Value, s.Lo, s.Hi = result.Num(float64(s.K)/float64(s.N)), result.Num(lo), result.Num(hi)
}

// DecideAccuracy decides a limit on the share of a target's items that is right, by the
// bounds of Clopper and Pearson at the effective number of items.
func (r *Run) DecideAccuracy(c *result.Claim, l metric.Limit, of Pass) {
	limit := l.Value / 100
	s := r.side(of, right)
	v, neff, groups := s.size()
	c.N = len(v)
	if len(v) == 0 || groups == 1 {
		c.Reason, c.NeededN = "no item with checks was asked", 1
		if groups == 1 {
			c.Reason, c.NeededN = "all items are of one group, which says nothing of others", 2
		}
		return
	}
	mean := stats.Mean(v)
	seen, _ := s.share(shown)
	c.Estimate, c.Lo, c.Hi, c.NEff = result.Num(100*mean), result.Num(100*seen.lo), result.Num(100*seen.hi), neff
	lo, hi := stats.ShareBounds(mean, mean, neff, c.Alpha)
	claim.Bounds(c, l, 100*lo, 100*hi)
	if gap := mean - limit; c.Verdict == result.Undecided && gap != 0 {
		z := stats.NormalQuantile(1-c.Alpha) + stats.NormalQuantile(0.8)
		spread := max(mean*(1-mean), limit*(1-limit))
		n := z * z * spread / (gap * gap) * float64(c.N) / neff
		if n > float64(c.N) && n < mostNeeded {
			c.NeededN = int(math.Ceil(n))
			c.Reason += fmt.Sprintf("; needs about %s items", amount.Count(float64(c.NeededN)))
		}
	}
}
