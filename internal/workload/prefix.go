package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
)

// Prefix is a beginning that prompts have in common, as a system prompt or a
// document that is asked about again.
type Prefix struct {
	Tokens int     // of the beginning; 0: none
	Groups int     // different beginnings; 0 means 1
	Share  float64 // of the prompts that have one; 0 means all
}

// String says it in words.
func (p Prefix) String() string {
	share := "all"
	if p.Share > 0 && p.Share < 1 {
		share = fmt.Sprintf("%.3g %% of them", 100*p.Share)
	}
	if p.Groups > 1 {
		return fmt.Sprintf("%s behind one of %d shared beginnings of %d tokens", share, p.Groups, p.Tokens)
	}
	return fmt.Sprintf("%s behind a shared beginning of %d tokens", share, p.Tokens)
}

// groupOf returns the group of prompt i, or -1 for a prompt without one.
func (s synthetic) groupOf(i int) int {
	p := s.Prefix
	if p.Tokens <= 0 {
		return -1
	}
	r := rand.New(rand.NewPCG(seeded.Mix(s.Seed+4), seeded.Mix(uint64(i))))
	if p.Share > 0 && r.Float64() >= p.Share {
		return -1
	}
	return r.IntN(max(1, p.Groups))
}

// shared returns the common beginning of a group's prompts, and its tokens. A
// prompt that is shorter than the beginning has a shorter one, which begins alike.
func (s synthetic) shared(g, room int) (string, int, error) {
	n := min(s.Prefix.Tokens, room-s.own())
	if g < 0 || n <= 0 {
		return "", 0, nil
	}
	r := s.sharedRandom(g)
	var b strings.Builder
	b.Grow(6 * n)
	if s.Fit != nil {
		err := s.Fit.block(&b, r, n)
		return b.String(), n, err
	}
	writeBlock(&b, r, max(1, int(math.Round(float64(n)/s.perWord()))))
	return b.String(), n, nil
}

// sharedRandom is the generator of a group's beginning.
func (s synthetic) sharedRandom(g int) *rand.Rand {
	key := s.key()
	return rand.New(rand.NewPCG(seeded.Mix(key+5), seeded.Mix(key^seeded.Mix(uint64(g)))))
}

// IdealHits is the share of the input tokens of the first n prompts that a
// prefix cache without limits would hold: those of a beginning that an earlier
// prompt has had. False where nothing is shared.
func (c SyntheticConfig) IdealHits(n int) (float64, bool) {
	if c.Prefix.Tokens <= 0 && c.Answer.Extra <= 0 || n <= 0 {
		return 0, false
	}
	s := synthetic{SyntheticConfig: c}
	held := map[int]int{} // tokens of a group's beginning that have been sent
	hit, all := 0, 0
	for i := range n {
		in, _ := c.Lengths(i)
		all += in + c.Answer.Extra
		if i > 0 {
			hit += max(0, c.Answer.Extra) // templates put it before the prompt's text
		}
		g := s.groupOf(i)
		have := min(c.Prefix.Tokens, max(1, in-c.Overhead)-s.own())
		if g < 0 || have <= 0 {
			continue
		}
		hit += min(have, held[g])
		held[g] = max(held[g], have)
	}
	return float64(hit) / float64(all), true
}
