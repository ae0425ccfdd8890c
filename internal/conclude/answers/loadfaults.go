package answers

import (
	"cmp"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats/paired"
)

// Mixed is the fault of an answer that another item was given alone: requests were
// mixed up.
const Mixed = "mixed_up"

// mostItems is how many items a fault names.
const mostItems = 20

// loadFaults are the faults that a target's answers have under load and not alone, on the same items: those
// that no answer alone has, and those that are more frequent than chance would make them.
func (r *Run) loadFaults(target string, users int) []result.LoadFault {
	pairs := r.again(target, users)
	mixed := r.mixedUp(target, users)
	of := map[string]*result.LoadFault{}
	only := map[string]int{} // alone and not under load
	for _, p := range pairs {
		alone, under := faults(p.a), faults(p.b)
		if mixed[p.b.Item] {
			under = append(slices.Clone(under), Mixed)
		}
		for _, f := range append(slices.Clone(alone), under...) {
			if of[f] == nil {
				of[f] = &result.LoadFault{Fault: f, Users: users, Cell: p.b.Cell, N: len(pairs), Items: []string{}}
			}
		}
		for f, l := range of {
			a, u := slices.Contains(alone, f), slices.Contains(under, f)
			if a {
				l.Alone++
			}
			if u {
				l.Under++
			}
			switch {
			case u && !a:
				l.Items = append(l.Items, p.b.Item)
			case a && !u:
				only[f]++
			}
		}
	}
	var out []result.LoadFault
	for f, l := range of {
		p, _ := paired.McNemar(len(l.Items), only[f])
		if l.Under <= l.Alone || l.Alone > 0 && p > alpha {
			continue
		}
		l.Items = l.Items[:min(len(l.Items), mostItems)]
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b result.LoadFault) int {
		return cmp.Or(cmp.Compare(b.Under-b.Alone, a.Under-a.Alone), cmp.Compare(a.Fault, b.Fault))
	})
	return out
}

// mixedRunes is the length from which on an answer is not the same as another's by
// chance: two blocks of its trail.
const mixedRunes = 32

// mixedUp are the items whose answer under load is wrong and, to the letter, what exactly one other item was answered
// alone. Short answers, such as numbers, must have been exchanged both ways.
func (r *Run) mixedUp(target string, users int) map[string]bool {
	owners := map[uint64][]runlog.AnswerRecord{}
	own := map[string]runlog.AnswerRecord{}
	for _, a := range r.of(target, 1) {
		if a.Repeat == 0 && !a.Lost && len(a.Trail) > 0 {
			owners[digest(a)] = append(owners[digest(a)], a)
			own[a.Item] = a
		}
	}
	from := map[string]runlog.AnswerRecord{} // whose answer an item was given
	for _, b := range r.of(target, users) {
		mine, asked := own[b.Item]
		if b.Repeat > 0 || b.Lost || right(b) || !asked || sameText(mine, b) {
			continue
		}
		if o := owners[digest(b)]; len(o) == 1 && sameText(o[0], b) {
			from[b.Item] = o[0]
		}
	}
	out := map[string]bool{}
	for item, other := range from {
		if other.Runes >= mixedRunes || from[other.Item].Item == item {
			out[item] = true
		}
	}
	return out
}

// digest joins the trail of an answer with its length.
func digest(a runlog.AnswerRecord) uint64 {
	h := uint64(a.Runes)
	for _, t := range a.Trail {
		h = h*1099511628211 ^ uint64(t)
	}
	return h
}
