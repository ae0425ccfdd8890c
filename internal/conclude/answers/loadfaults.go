package answers

import (
	"cmp"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats/paired"
)

// mostItems is how many items a fault names.
const mostItems = 20

// loadFaults are the faults that a target's answers have under load and not alone, on the same items: those
// that no answer alone has, and those that are more frequent than chance would make them.
func (r *Run) loadFaults(under Pass) []result.LoadFault {
	pairs := r.again(under)
	of := map[string]*result.LoadFault{}
	only := map[string]int{} // alone and not under load
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
