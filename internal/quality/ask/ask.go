// Package ask says which items the passes of a run ask, in which order and in which
// words: alone, to see what the model can do, and under load, to see what is left of
// it. It is pure: what the plan and the seed are the same for is asked the same.
//
// Most prompts of a pass begin with a line that no other pass has, so that no prefix
// cache can make a pass lighter than the load it stands for. Every fourth item is asked
// under load with exactly the bytes of the pass alone: of these the texts can be
// compared, and not only whether they are right.
package ask

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/quality/item"
)

// sameEvery says which items are asked with the same bytes everywhere: one in so many.
const sameEvery = 4

// usualTokens limits an answer to an item that does not say how long a right one is.
const usualTokens = 512

// families is the source that mixes all families.
const families = "families"

// Set is the items of a run, in the order in which they are asked.
type Set struct {
	Items  []item.Item
	Source string // as the plan names it
	// Fewer says that the source has fewer items than the plan asks for; empty: it has
	// enough.
	Fewer string
	seed  uint64
	limit int // quality.output_tokens
}

// Load reads or makes the items that a plan asks; none where it asks none. They are
// shuffled by the seed, so that any number of them from the first one on is a sample of
// all.
func Load(p plan.Plan) (Set, error) {
	q := p.Quality
	n, flag := q.Count, "--item-count"
	if q.Canary > 0 && (slices.Contains(p.Only, plan.Load) || slices.Contains(p.Only, plan.Capacity)) {
		n, flag = q.Canary, "--canary"
	}
	s := Set{Source: q.Items, seed: p.Seed, limit: q.OutputTokens}
	if !q.Asks() {
		return s, nil
	}
	size := n
	if q.Items == families || slices.Contains(item.Families(), q.Items) {
		if size == 0 {
			size = scoring.FamilyItems
		}
	} else {
		size = 0 // all, of which n are drawn
	}
	var err error
	if s.Items, err = item.Load(q.Items, size, p.Seed); err != nil {
		return s, fmt.Errorf("--items %s: %w", q.Items, err)
	}
	for _, it := range s.Items {
		if check.NeedsRun(it.Checks) {
			return s, fmt.Errorf("--items %s: item %.80q needs its tests to be run, and a measurement runs no code; collect the answers and check them with `inferometer quality check --items FILE --answers FILE -- COMMAND`", q.Items, it.ID)
		}
	}
	if !slices.ContainsFunc(s.Items, func(it item.Item) bool { return len(it.Checks) > 0 }) {
		return s, fmt.Errorf("--items %s: no item has checks, so nothing can be right or wrong; docs/items.md has the rules", q.Items)
	}
	s.Items = slices.Clone(s.Items)
	rng := rand.New(rand.NewPCG(p.Seed, 0x6974656d)) // its own stream
	rng.Shuffle(len(s.Items), func(i, j int) { s.Items[i], s.Items[j] = s.Items[j], s.Items[i] })
	if n > len(s.Items) {
		s.Fewer = fewer(flag, q.Items, n, len(s.Items))
	}
	if n > 0 && n < len(s.Items) {
		s.Items = s.Items[:n]
	}
	return s, nil
}

// Request is one request for an item.
type Request struct {
	*item.Item
	Repeat int // 0: the first time that the pass asks it
	// Same says that the bytes are those with which the pass alone asks it first.
	Same bool
}

// Alone is the pass with one request at a time: each item once, and then every fourth
// one again, so many times.
func (s Set) Alone(repeat int) []Request {
	out := s.first(len(s.Items))
	for r := 1; r <= repeat; r++ {
		for i := 0; i < len(s.Items); i += sameEvery {
			out = append(out, Request{Item: &s.Items[i], Repeat: r, Same: true})
		}
	}
	return out
}

// AtLevel is a pass under load, with n items or as many as there are.
func (s Set) AtLevel(n int) []Request {
	out := s.first(min(n, len(s.Items)))
	for i := 0; i < len(out); i += sameEvery {
		out[i].Same = true
	}
	return out
}

func (s Set) first(n int) []Request {
	out := make([]Request, n)
	for i := range out {
		out[i].Item = &s.Items[i]
	}
	return out
}

// AloneRequests is how many requests Alone(repeat) has of n items.
func AloneRequests(n, repeat int) int { return n + repeat*((n+sameEvery-1)/sameEvery) }

// aloneMark stands for the pass alone in the line before a prompt.
const aloneMark = "alone"

// Text is the user message of a request of a pass. salt is that of the run, and mark
// names the pass; "" the one alone. All targets get the same text.
func Text(r Request, salt, mark string) string {
	if r.Same || mark == "" {
		mark = aloneMark
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00%s", salt, mark, r.ID) // a hash takes everything
	return fmt.Sprintf("Request %016x (this line is not part of the task).\n\n%s", h.Sum64(), r.Prompt)
}

// Limit is the most tokens that an answer may have: what the item says that a right one
// needs, and no less than what the plan gives every scored answer.
func (s Set) Limit(it *item.Item) int {
	if it.MaxTokens == 0 {
		return max(usualTokens, s.limit)
	}
	return max(it.MaxTokens, s.limit)
}
