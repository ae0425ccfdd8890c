// Package answers decides what answers say: how many are right, whether one side is as
// good as another on the same items, alone and under load, and how far heuristic scores have
// drifted. It is pure, and knows of a run only its records of answers and scores; files
// of answers, which no run made, are decided by the same rule.
//
// Only checks, labels and judges can show that one side is as good as another. Scores
// are heuristics, and show drift.
package answers

import (
	"cmp"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/quality/detect"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats/paired"
)

// Side is what one side answered to items, in the order in which they were asked.
type Side struct {
	order []string
	items map[string]*Item
}

// Item is what one side answered to one item.
type Item struct {
	ID, Kind, Family string
	Group            string // items of one group depend on each other; empty: it stands alone
	// Value is the share of the answers that is right, or a score.
	Value float64
	// First says that the first answer is right.
	First bool
	// Failed and Faults are those of the first answer.
	Failed, Faults []string
	// Cut says that the token limit ended the first answer.
	Cut bool
	// came is the item by the answers that came, where some of several were lost.
	came *Item
}

// Add adds an item; it is not ok where it is there already.
func (s *Side) Add(it Item) bool {
	if s.items == nil {
		s.items = map[string]*Item{}
	}
	if s.items[it.ID] != nil {
		return false
	}
	s.items[it.ID] = &it
	s.order = append(s.order, it.ID)
	return true
}

// Len is the number of items.
func (s *Side) Len() int { return len(s.order) }

// Run is the answers and the scores of a run's log.
type Run struct {
	records []runlog.AnswerRecord
	checked map[string]bool // items that have checks
	scores  []runlog.ScoreRecord
}

// Of sorts the records of a log.
func Of(records []runlog.AnswerRecord, scores []runlog.ScoreRecord) *Run {
	r := &Run{records: records, scores: scores, checked: map[string]bool{}}
	without := map[string]bool{}
	for _, a := range records {
		switch {
		case a.Right != nil:
			r.checked[a.Item] = true
		case !a.Lost:
			without[a.Item] = true
		}
	}
	for _, a := range records { // an item that was only ever lost has checks, as far as is known
		if a.Lost && !without[a.Item] {
			r.checked[a.Item] = true
		}
	}
	return r
}

// right reports whether an answer is right. One that was lost is not.
func right(a runlog.AnswerRecord) bool { return !a.Lost && a.Right != nil && *a.Right }

// loose is right by the loose reading.
func loose(a runlog.AnswerRecord) bool { return right(a) || !a.Lost && a.Loose != nil && *a.Loose }

// Pass is a pass over the items.
type Pass struct {
	Target, Cell string
	Users        int // at once; 0: an open loop
}

// Alone is the pass of a target that was asked one item at a time.
func Alone(target string) Pass {
	return Pass{Target: target, Cell: cells.ItemsID(target, 1), Users: 1}
}

// alone reports whether a pass is that.
func (p Pass) alone() bool { return p.Cell == cells.ItemsID(p.Target, 1) }

// side is what was answered in a pass, by a reading of an answer.
func (r *Run) side(p Pass, is func(runlog.AnswerRecord) bool) *Side {
	s, came := &Side{}, &Side{}
	sums, counts, losses := map[string]int{}, map[string]int{}, map[string]int{}
	for _, a := range r.of(p) {
		if !r.checked[a.Item] {
			continue
		}
		it := Item{ID: a.Item, Kind: a.Kind, Family: a.Family, Group: a.Group, First: is(a), Failed: a.Failed, Faults: faults(a), Cut: cut(a)}
		s.Add(it)
		counts[a.Item]++
		if a.Lost {
			losses[a.Item]++
			continue
		}
		came.Add(it)
		if is(a) {
			sums[a.Item]++
		}
	}
	for id, it := range s.items {
		it.Value = float64(sums[id]) / float64(counts[id])
		if c := came.items[id]; c != nil && losses[id] > 0 {
			c.Value = float64(sums[id]) / float64(counts[id]-losses[id])
			it.came = c
		}
	}
	return s
}

// cut reports whether the token limit ended an answer. One whose server says that the
// model ended it only looks as if.
func cut(a runlog.AnswerRecord) bool {
	switch a.Finish {
	case "length", "max_tokens":
		return !a.Lost
	case "stop", "end_turn", "stop_sequence", "tool_calls":
		return false
	}
	return !a.Lost && slices.Contains(a.Faults, detect.Truncated)
}

// of are the records of a pass, the first answer to each item before repeats of it.
func (r *Run) of(p Pass) []runlog.AnswerRecord {
	var out []runlog.AnswerRecord
	for _, a := range r.records {
		if a.Target == p.Target && a.Cell == p.Cell {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b runlog.AnswerRecord) int { return a.Repeat - b.Repeat })
	return out
}

// faults are those that detectors found in an answer, and that there was none.
func faults(a runlog.AnswerRecord) []string {
	if a.Lost {
		return []string{Lost}
	}
	return a.Faults
}

// Lost is the fault of a request that has no answer.
const Lost = "lost"

// Passes are those of a target, by the users at once and the order of the log.
func (r *Run) Passes(target string) []Pass {
	var out []Pass
	for _, a := range r.records {
		if p := (Pass{a.Target, a.Cell, a.Users}); a.Target == target && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Pass) int {
		switch {
		case a.alone():
			return -1
		case b.alone():
			return 1
		}
		return cmp.Compare(a.Users, b.Users)
	})
	return out
}

// Highest is the pass under the highest load that a target was asked under, or under that of
// so many users where it is not 0.
func (r *Run) Highest(target string, users int) (Pass, bool) {
	var out Pass
	found := false
	for _, p := range r.Passes(target) {
		if !p.alone() && (users == 0 || p.Users == users) {
			out, found = p, true
		}
	}
	return out, found
}

// Asked reports whether items were asked in a pass.
func (r *Run) Asked(p Pass) bool {
	return slices.ContainsFunc(r.records, func(a runlog.AnswerRecord) bool { return a.Target == p.Target && a.Cell == p.Cell })
}

// Checked reports whether any item has checks.
func (r *Run) Checked() bool { return len(r.checked) > 0 }

// Any reports whether items were asked.
func (r *Run) Any() bool { return len(r.records) > 0 }

// values are the differences of the items, with their groups.
func (p Pairing) values() paired.Values {
	var v paired.Values
	grouped := slices.ContainsFunc(p.pairs, func(x pair) bool { return x.group() != "" })
	numbers := map[string]int{}
	for i, x := range p.pairs {
		v.Of = append(v.Of, x.first.Value-x.second.Value)
		if !grouped {
			continue
		}
		n := i
		if g := x.group(); g != "" { // else it stands alone
			if first, known := numbers[g]; known {
				n = first
			} else {
				numbers[g] = i
			}
		}
		v.Group = append(v.Group, n)
	}
	return v
}

// group is that of the item, by whichever side knows it.
func (x pair) group() string { return cmp.Or(x.first.Group, x.second.Group) }

// table counts the first answers to each item.
func (p Pairing) table() (both, gained, lost, neither int) {
	for _, x := range p.pairs {
		switch {
		case x.first.First && x.second.First:
			both++
		case x.first.First:
			gained++
		case x.second.First:
			lost++
		default:
			neither++
		}
	}
	return both, gained, lost, neither
}
