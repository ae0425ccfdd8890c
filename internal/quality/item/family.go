package item

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// levels is how many degrees of difficulty a family has: its items take turns, so that
// small and large models differ in a set of any size.
const levels = 5

// family makes items of one kind. A maker gives everything but the id, from a source of
// chance and the level, 0 to 4.
type family struct {
	name, kind string
	about      string
	make       func(r *rand.Rand, level int) Item
}

// families in the order of the docs. Each can make far more than 1,600 distinct items.
func families() []family {
	return []family{
		{"arithmetic", "reasoning", "sums, products, brackets, remainders and short problems in words", arithmetic},
		{"extraction", "extraction", "one value out of a table or a log, by one or two conditions", extraction},
		{"sorting", "reasoning", "numbers, words and records in order", sorting},
		{"dates", "reasoning", "days after a date, days between dates, weekdays", dates},
		{"units", "reasoning", "conversions, also of two units at once", units},
		{"json", "extraction", "a JSON object with given fields out of a text, under a schema", jsonObject},
		{"instructions", "instructions", "a short text that follows three to seven instructions of IFEval at once", instructions},
	}
}

// Families returns the names of the families.
func Families() []string {
	var names []string
	for _, f := range families() {
		names = append(names, f.name)
	}
	return names
}

// About says in a few words what a family asks for; "" where there is no such family.
func About(name string) string {
	for _, f := range families() {
		if f.name == name {
			return f.about
		}
	}
	return ""
}

// source is the source of chance for a name and seed.
func source(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Make makes n items of a family, no two with the same prompt. The same seed gives the
// same items; the first of a longer set are those of a shorter one.
func Make(name string, n int, seed uint64) ([]Item, error) {
	if n < 0 {
		return nil, fmt.Errorf("invalid number of items %d: must not be negative", n)
	}
	for _, f := range families() {
		if f.name == name {
			return f.items(n, seed)
		}
	}
	return nil, fmt.Errorf("unknown family of items %q: must be one of %s", name, strings.Join(Families(), ", "))
}

func (f family) items(n int, seed uint64) ([]Item, error) {
	r := source(seed, f.name)
	items := make([]Item, 0, min(n, maxItems))
	seen := map[string]bool{}
	for tries := 0; len(items) < n; tries++ {
		if tries > 20*n+1000 || n > maxItems {
			return nil, fmt.Errorf("the family %s has no %d distinct items", f.name, n)
		}
		it := f.make(r, len(items)%levels)
		if seen[it.Prompt] {
			continue
		}
		seen[it.Prompt] = true
		it.ID = fmt.Sprintf("%s-%d-%d", f.name, seed, len(items)+1)
		it.Kind, it.Family = f.kind, f.name
		items = append(items, it)
	}
	return items, nil
}

// mixed makes n items, of all families in turns.
func mixed(n int, seed uint64) ([]Item, error) {
	all := families()
	items := make([]Item, n)
	for i, f := range all {
		made, err := f.items((n-i+len(all)-1)/len(all), seed)
		if err != nil {
			return nil, err
		}
		for k, it := range made {
			items[k*len(all)+i] = it
		}
	}
	return items, nil
}

// draw returns n of the items, in their order.
func draw(items []Item, n int, seed uint64) []Item {
	r := source(seed, "draw")
	out := make([]Item, 0, n)
	for i, it := range items { // Knuth's selection sampling: each set is as likely as any other
		if r.IntN(len(items)-i) < n-len(out) {
			out = append(out, it)
		}
	}
	return out
}

// between draws a whole number from lo to hi, both included.
func between(r *rand.Rand, lo, hi int) int { return lo + r.IntN(hi-lo+1) }

// one draws one of several.
func one[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// some draws n different ones, in an order of chance.
func some[T any](r *rand.Rand, n int, all []T) []T {
	out := make([]T, n)
	for i, at := range r.Perm(len(all))[:n] {
		out[i] = all[at]
	}
	return out
}
