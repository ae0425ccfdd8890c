package sim

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/answer"
)

// reply is what a request will be answered, known before it has a slot.
type reply struct {
	choice
	rest   []choice // further ones, with n above 1
	length int      // tokens of the longest: steps that the answer takes
}

// choice is one of the answers to a request.
type choice struct {
	// pieces are the texts of the generated tokens. A token that a stop
	// string swallowed is still generated; its piece is empty.
	pieces    []string
	reason    string // reasonStop or reasonLength
	reasoning int    // the first so many are reasoning
	tool      string // name of the function that the others call, if any
	stopped   bool   // by the string stop
	stop      string
}

// total counts the tokens of all choices.
func (a *reply) total() int {
	n := len(a.pieces)
	for _, c := range a.rest {
		n += len(c.pieces)
	}
	return n
}

// at counts the choices that have a token k.
func (a *reply) at(k int) int {
	if a.rest == nil {
		return 1
	}
	n := 0
	for i := range 1 + len(a.rest) {
		if k < len(a.nth(i).pieces) {
			n++
		}
	}
	return n
}

func (a *reply) nth(i int) *choice {
	if i == 0 {
		return &a.choice
	}
	return &a.rest[i-1]
}

// compose writes the answer to a request.
func (s *Server) compose(q *request) reply {
	a := reply{choice: s.choose(q, 0)}
	a.length = len(a.pieces)
	for i := 1; i < q.n; i++ {
		c := s.choose(q, i)
		a.rest = append(a.rest, c)
		a.length = max(a.length, len(c.pieces))
	}
	return a
}

// choose writes the i-th choice.
func (s *Server) choose(q *request, i int) choice {
	seed := q.seed
	if i > 0 {
		seed = seeded.Mix(seed + uint64(i))
	}
	if q.reasoning == 0 {
		return s.answer(q, seed, q.min, q.limit)
	}
	n := min(q.reasoning, q.limit)
	thoughts, _ := answer.Write(answer.Request{
		Model: s.profile.Model, System: q.before, Prompt: "Explain " + q.prompt, Seed: ^seed,
		Natural: n, Max: n, Fixed: true,
	})
	if n == q.limit {
		return choice{pieces: thoughts, reason: reasonLength, reasoning: n}
	}
	c := s.answer(q, seed, max(q.min-n, 0), q.limit-n)
	c.pieces, c.reasoning = append(thoughts, c.pieces...), n
	return c
}

// answer writes what is no reasoning.
func (s *Server) answer(q *request, seed uint64, least, most int) choice {
	switch {
	case q.tool != nil:
		c := whole(q.tool.schema.Instance(seed), q.fixed, least, most)
		c.tool = q.tool.name
		if c.reason == reasonStop {
			c.reason = reasonTool
		}
		return c
	case q.format != nil:
		return whole(q.format.Instance(seed), q.fixed, least, most)
	case s.profile.Plain:
		return s.plain(q, least, most)
	}
	tokens, ended := answer.Write(answer.Request{
		Model: s.profile.Model, System: q.before, Prompt: q.prompt, Seed: seed,
		Natural: s.profile.OutputTokens, Quality: s.profile.Quality,
		Min: least, Max: most, Fixed: q.fixed,
	})
	c := choice{pieces: tokens, reason: reasonLength}
	if ended {
		c.reason = reasonStop
	}
	c.stopAt(q.stops, least)
	return c
}

// whole is an answer whose text is laid down. One that must not end yet goes
// on with line breaks, which leave JSON what it is.
func whole(text string, fixed bool, least, most int) choice {
	c := choice{pieces: answer.Split(text), reason: reasonStop}
	if fixed {
		least = most
	}
	for len(c.pieces) < least {
		c.pieces = append(c.pieces, "\n")
	}
	if len(c.pieces) > most || fixed {
		c.pieces, c.reason = c.pieces[:most], reasonLength
	}
	return c
}

// plain is an answer of one word, as long as was asked for.
func (s *Server) plain(q *request, least, most int) choice {
	n, reason := most, reasonLength
	if natural := max(least, s.profile.OutputTokens); !q.fixed && natural < n {
		n, reason = natural, reasonStop
	}
	c := choice{pieces: slices.Repeat([]string{" word"}, n), reason: reason}
	c.stopAt(q.stops, least)
	return c
}

// stopAt ends the choice before the stop string that is complete first, as
// long as that happens after the first least tokens.
func (c *choice) stopAt(stops []string, least int) {
	if len(stops) == 0 {
		return
	}
	text := strings.Join(c.pieces, "")
	allowed := 0 // a stop string must end after this offset
	for _, p := range c.pieces[:min(least, len(c.pieces))] {
		allowed += len(p)
	}
	from, to := -1, len(text)+1
	for _, stop := range stops {
		after := max(0, allowed-len(stop)+1)
		if after > len(text) {
			continue
		}
		if i := strings.Index(text[after:], stop); i >= 0 && after+i+len(stop) < to {
			from, to = after+i, after+i+len(stop)
			c.stop = stop
		}
	}
	if from < 0 {
		return
	}
	pieces := make([]string, 0, len(c.pieces))
	offset := 0
	for _, p := range c.pieces {
		if offset >= to {
			break
		}
		pieces = append(pieces, p[:max(0, min(len(p), from-offset))])
		offset += len(p)
	}
	c.pieces, c.reason, c.stopped = pieces, reasonStop, true
}

// piece is the text of n tokens, from token k.
func (c *choice) piece(k, n int) string {
	if n == 1 {
		return c.pieces[k]
	}
	return strings.Join(c.pieces[k:k+n], "")
}

// text is the whole answer.
func (c *choice) text() string { return strings.Join(c.pieces, "") }
