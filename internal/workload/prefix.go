package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// Prefix is a beginning that prompts share, like a system prompt or a document
// that is asked about again and again.
type Prefix struct {
	Tokens int     // of the beginning; 0: none
	Groups int     // how many different beginnings there are; 0 means 1
	Share  float64 // of the prompts that have one, from 0 to 1
}

// String says it in words.
func (p Prefix) String() string {
	share := "all"
	if p.Share < 1 {
		share = fmt.Sprintf("%.3g %% of them", 100*p.Share)
	}
	if p.Groups > 1 {
		return fmt.Sprintf("%s with one of %d shared prefixes of %d tokens", share, p.Groups, p.Tokens)
	}
	return fmt.Sprintf("%s with a shared prefix of %d tokens", share, p.Tokens)
}

// any reports whether some prompts have a prefix.
func (p Prefix) any() bool { return p.Tokens > 0 && p.Share > 0 }

// groupOf returns the group of prompt i, or -1 for a prompt without a prefix.
func (s synthetic) groupOf(i int) int {
	p := s.Prefix
	if !p.any() {
		return -1
	}
	r := rand.New(rand.NewPCG(seeded.Mix(s.Seed+4), seeded.Mix(uint64(i))))
	if p.Share < 1 && r.Float64() >= p.Share {
		return -1
	}
	return r.IntN(max(1, p.Groups))
}

// prefix returns the beginning that a group's prompts share, and its tokens. A
// prompt that is shorter than the beginning has the first part of it.
func (s synthetic) prefix(group, room int) (string, int, error) {
	n := min(s.Prefix.Tokens, room-s.reserved())
	if group < 0 || n <= 0 {
		return "", 0, nil
	}
	r := s.prefixRandom(group)
	var b strings.Builder
	b.Grow(6 * n)
	if s.Fit != nil {
		err := s.Fit.AppendProse(&b, r, n)
		return b.String(), n, err
	}
	textgen.AppendProse(&b, r, max(1, int(math.Round(float64(n)/s.perWord()))))
	return b.String(), n, nil
}

// prefixRandom is the generator of a group's prefix.
func (s synthetic) prefixRandom(group int) *rand.Rand {
	key := s.key()
	return rand.New(rand.NewPCG(seeded.Mix(key+5), seeded.Mix(key^seeded.Mix(uint64(group)))))
}

// reserved is how many tokens a prompt keeps for itself if its prefix would fill
// it: room for its own first line.
func (s synthetic) reserved() int {
	if s.Language.Plain() {
		return 24
	}
	return 80 // words of other scripts have more tokens
}

// IdealHits is the share of the input tokens of the first n prompts that a prefix
// cache without limits would have: those of a beginning that an earlier prompt had
// too. It is false if prompts share nothing.
func (c SyntheticConfig) IdealHits(n int) (float64, bool) {
	if !c.Prefix.any() && c.Answer.Extra <= 0 || n <= 0 {
		return 0, false
	}
	s := synthetic{SyntheticConfig: c}
	sent := map[int]int{} // tokens of a group's prefix so far
	hit, all := 0, 0
	for i := range n {
		in, _ := c.Lengths(i)
		all += in + c.Answer.Extra
		if i > 0 {
			hit += max(0, c.Answer.Extra) // chat templates put it before the prompt's text
		}
		g := s.groupOf(i)
		have := min(c.Prefix.Tokens, max(1, in-c.Overhead)-s.reserved())
		if g < 0 || have <= 0 {
			continue
		}
		hit += min(have, sent[g])
		sent[g] = max(sent[g], have)
	}
	return float64(hit) / float64(all), true
}
