package answers

import (
	"fmt"
	"slices"
)

// pair is an item that is compared.
type pair struct{ first, second *Item }

// Pairing is two sides on the same items. Whatever is said of them, by a claim or by a
// report, is said of the same pairs.
type Pairing struct {
	pairs []pair
	// OnlyFirst and OnlySecond are items that one side has and the other not.
	OnlyFirst, OnlySecond []string
	// Unanswered are items whose answer the second side lost. It says nothing of the first,
	// so they are left out: a baseline that refuses requests must not make a candidate look
	// good.
	Unanswered []string
	// Missing are those of OnlySecond that count as wrong answers of the first side.
	Missing []string
	names   [2]string // of the sides, in words
}

// Pair pairs what is compared with what it is compared with, by the ids of items. What
// the first side lost is wrong; of the second side, only the answers that came count.
func Pair(first, second *Side) Pairing {
	p := Pairing{names: [2]string{"the candidate", "the baseline"}}
	for _, id := range first.order {
		other := second.items[id]
		if other == nil {
			p.OnlyFirst = append(p.OnlyFirst, id)
			continue
		}
		if other = other.answered(); other == nil {
			p.Unanswered = append(p.Unanswered, id)
			continue
		}
		p.pairs = append(p.pairs, pair{first.items[id], other})
	}
	for _, id := range second.order {
		if first.items[id] == nil {
			p.OnlySecond = append(p.OnlySecond, id)
		}
	}
	return p
}

// PairWhole pairs sides that ought to have the same items. One that the first side lacks
// is wrong, so that nobody wins by leaving out what failed.
func PairWhole(first, second *Side) Pairing {
	p := Pair(first, second)
	for _, id := range p.OnlySecond {
		if other := second.items[id].answered(); other != nil {
			p.pairs = append(p.pairs, pair{&Item{ID: id, Kind: other.Kind, Family: other.Family, Group: other.Group, Faults: []string{Lost}}, other})
			p.Missing = append(p.Missing, id)
		}
	}
	return p
}

// answered is an item by the answers that came; nil where none did.
func (it *Item) answered() *Item {
	switch {
	case it.came != nil:
		return it.came
	case slices.Contains(it.Faults, Lost):
		return nil
	}
	return it
}

// Len is the number of items that are compared.
func (p Pairing) Len() int { return len(p.pairs) }

// notes say what the pairs cannot show by themselves.
func (p Pairing) notes() []string {
	var out []string
	if n := len(p.Unanswered); n > 0 {
		out = append(out, fmt.Sprintf("%d of %d items are left out, since the other side's answer was lost", n, n+len(p.pairs)))
	}
	return append(out, p.conditions()...)
}

// conditions are the notes that belong to what is claimed.
func (p Pairing) conditions() []string {
	var out []string
	if n := len(p.Missing); n > 0 {
		out = append(out, fmt.Sprintf("%d of %d items have no answer of %s, and count as wrong", n, len(p.pairs), p.names[0]))
	}
	var cut [2]int
	for _, x := range p.pairs {
		for i, it := range []*Item{x.first, x.second} {
			if it.Cut {
				cut[i]++
			}
		}
	}
	if cut[0] != cut[1] {
		out = append(out, fmt.Sprintf("%d of %d answers of %s were cut by the token limit, %d of %s; raise %s", cut[0], len(p.pairs), p.names[0], cut[1], p.names[1], limits))
	}
	return out
}

// limits are what sets how long answers to items may be.
const limits = "quality.output_tokens (--quality-output-tokens), or max_tokens of the items"
