package generation

import (
	"slices"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/answer"
)

// Composer writes replies. Its fields are those of a server's profile.
type Composer struct {
	Model        string
	OutputTokens int     // about how long an answer is that may end by itself
	Quality      float64 // see answer.Request
	Plain        bool    // one word over and over, which costs nothing to make
}

// Compose writes the reply to a request. The same composer, seed and request
// give the same reply.
func (w *Composer) Compose(q *Request) Reply {
	a := Reply{Choice: w.choice(q, 0)}
	a.Length = len(a.Pieces)
	for i := 1; i < q.Choices; i++ {
		c := w.choice(q, i)
		a.Rest = append(a.Rest, c)
		a.Length = max(a.Length, len(c.Pieces))
	}
	return a
}

// choice writes the i-th choice.
func (w *Composer) choice(q *Request, i int) Choice {
	seed := q.Seed
	if i > 0 {
		seed = seeded.Mix(seed + uint64(i))
	}
	if q.Reasoning == 0 {
		return w.answer(q, seed, q.Min, q.Limit)
	}
	n := min(q.Reasoning, q.Limit)
	thoughts, _ := answer.Write(answer.Request{
		Model: w.Model, System: q.Before, Prompt: "Explain " + q.Prompt, Seed: ^seed,
		Natural: n, Max: n, Fixed: true,
	})
	if n == q.Limit {
		return Choice{Pieces: thoughts, Reason: ReasonLength, Reasoning: n}
	}
	c := w.answer(q, seed, max(q.Min-n, 0), q.Limit-n)
	c.Pieces, c.Reasoning = append(thoughts, c.Pieces...), n
	return c
}

// answer writes the part of a choice that is not reasoning.
func (w *Composer) answer(q *Request, seed uint64, least, most int) Choice {
	switch {
	case q.Tool != nil:
		c := wholeText(q.Tool.Schema.Instance(seed), q.Fixed, least, most)
		c.Tool = q.Tool.Name
		if c.Reason == ReasonStop {
			c.Reason = ReasonTool
		}
		return c
	case q.Format != nil:
		return wholeText(q.Format.Instance(seed), q.Fixed, least, most)
	case w.Plain:
		return w.plain(q, least, most)
	}
	tokens, ended := answer.Write(answer.Request{
		Model: w.Model, System: q.Before, Prompt: q.Prompt, Seed: seed,
		Natural: w.OutputTokens, Quality: w.Quality,
		Min: least, Max: most, Fixed: q.Fixed,
	})
	c := Choice{Pieces: tokens, Reason: ReasonLength}
	if ended {
		c.Reason = ReasonStop
	}
	c.stopAt(q.Stops, least)
	return c
}

// wholeText is a choice with a given text. If it must be longer, it continues
// with line breaks, which leave JSON valid.
func wholeText(text string, fixed bool, least, most int) Choice {
	c := Choice{Pieces: answer.Split(text), Reason: ReasonStop}
	if fixed {
		least = most
	}
	for len(c.Pieces) < least {
		c.Pieces = append(c.Pieces, "\n")
	}
	if len(c.Pieces) > most || fixed {
		c.Pieces, c.Reason = c.Pieces[:most], ReasonLength
	}
	return c
}

// plain is a choice of one word, as long as was asked for.
func (w *Composer) plain(q *Request, least, most int) Choice {
	n, reason := most, ReasonLength
	if natural := max(least, w.OutputTokens); !q.Fixed && natural < n {
		n, reason = natural, ReasonStop
	}
	c := Choice{Pieces: slices.Repeat([]string{" word"}, n), Reason: reason}
	c.stopAt(q.Stops, least)
	return c
}
