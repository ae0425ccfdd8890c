package answers

import (
	"cmp"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats/paired"
)

// mostItems is how many items a fault names.
const mostItems = 20

// leastShown is how many items show a fault that load brings out, where no answer alone
// has it. One or two are chance.
const leastShown = 3

// loadFaults are the faults that a target's answers have under load and not alone, on the same items: those
// that are more frequent than chance would make them, and those that several answers have and no answer
// alone, repeats included.
func (r *Run) loadFaults(under Pass) []result.LoadFault {
	pairs := r.again(under)
	alone := map[string]bool{}                    // faults of any answer alone
	known := map[string]map[string]bool{}         // the same by item
	for _, a := range r.of(Alone(under.Target)) { // a repeat is an answer as well
		for _, f := range faults(a) {
			if known[a.Item] == nil {
				known[a.Item] = map[string]bool{}
			}
			alone[f], known[a.Item][f] = true, true
		}
	}
	of := map[string]*result.LoadFault{}
	more, only := map[string]int{}, map[string]int{} // only under load, and only alone, by the first answers
	for _, p := range pairs {
		before, now := faults(p.a), faults(p.b)
		for _, f := range append(slices.Clone(before), now...) {
			if of[f] == nil {
				of[f] = &result.LoadFault{Fault: f, Users: under.Users, Cell: under.Cell, N: len(pairs), Items: []string{}}
			}
		}
		for f, l := range of {
			a, u := slices.Contains(before, f), slices.Contains(now, f)
			if a {
				l.Alone++
			}
			if u {
				l.Under++
			}
			switch {
			case u && !a:
				more[f]++
				if !known[p.b.Item][f] {
					l.Items = append(l.Items, p.b.Item)
				}
			case a && !u:
				only[f]++
			}
		}
	}
	var out []result.LoadFault
	for f, l := range of {
		p, _ := paired.McNemar(more[f], only[f])
		chance := p > alpha && (alone[f] || l.Under < leastShown)
		if l.Under <= l.Alone || chance {
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
