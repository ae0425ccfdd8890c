package workload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/workload/voice"
)

// bank are short lines by what they cost. In code, comments are only its ends:
// some vocabularies join what begins a comment with what ends the line before.
type bank struct {
	lines  []priced
	ends   []string // lines that end in a stop
	byCost map[int][]string
	costs  []int // in order
}

type priced struct {
	text string
	cost int
}

// bankSize is how many lines are drawn for a bank.
const bankSize = 400

// bankOf draws the lines of a voice's bank, the same in every run.
func bankOf(v *voice.Voice) []string {
	r := rand.New(rand.NewPCG(1, 2))
	var out []string
	for range bankSize {
		if s := v.Short(r); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func newBank(v *voice.Voice, lines []string, cost func(string) (int, error)) (*bank, error) {
	b := &bank{byCost: map[int][]string{}}
	mark := v.Comment("")
	for _, s := range lines {
		if strings.HasSuffix(s, v.Stop()) && strings.HasPrefix(s, mark) {
			b.ends = append(b.ends, s)
		}
		if mark != "" && strings.HasPrefix(s, mark) {
			continue
		}
		c, err := cost(s)
		if err != nil {
			return nil, err
		}
		if c < 1 {
			continue // no line that could fill anything
		}
		b.lines = append(b.lines, priced{s, c})
		if b.byCost[c] == nil {
			b.costs = append(b.costs, c)
		}
		b.byCost[c] = append(b.byCost[c], s)
	}
	slices.Sort(b.costs)
	if len(b.ends) == 0 || len(b.lines) == 0 {
		return nil, fmt.Errorf("no line of %s costs a token", v.Title)
	}
	return b, nil
}

// most is what the longest lines but a few cost.
func (b *bank) most() int { return b.costs[len(b.costs)*9/10] }

// fill returns lines that cost n together; false where there are none.
func (b *bank) fill(r *rand.Rand, n int) ([]string, bool) {
	var out []string
	for n > 3*b.most() {
		l := pick(r, b.lines)
		out = append(out, l.text)
		n -= l.cost
	}
	costs := b.sum(r, n)
	for _, c := range costs {
		out = append(out, pick(r, b.byCost[c]))
	}
	return out, costs != nil || n == 0
}

// sum finds two costs, or one, or three, that come to n. It begins at a random
// one, so that texts do not all end alike.
func (b *bank) sum(r *rand.Rand, n int) []int {
	from := r.IntN(len(b.costs))
	two := func(n int) []int {
		for i := range b.costs {
			if c := b.costs[(from+i)%len(b.costs)]; b.byCost[n-c] != nil {
				return []int{c, n - c}
			}
		}
		return nil
	}
	if out := two(n); out != nil {
		return out
	}
	if b.byCost[n] != nil {
		return []int{n}
	}
	for i := range b.costs {
		c := b.costs[(from+i)%len(b.costs)]
		if out := two(n - c); out != nil {
			return append(out, c)
		}
	}
	return nil
}
