package generation

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/flaw"
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
	n := min(q.Reasoning, q.Limit)
	if q.Chat && flaw.Has(q.Flaws, fault.EatAnswer) {
		n = q.Limit
		if q.Asked == 0 {
			n = min(n, max(4*w.OutputTokens, 1)) // nobody has named a limit
		}
		return Choice{Pieces: w.think(q, seed, n), Reason: ReasonLength, Reasoning: n}
	}
	if n == 0 {
		return w.answer(q, seed, q.Min, q.Limit)
	}
	thoughts := w.think(q, seed, n)
	if n == q.Limit {
		return Choice{Pieces: thoughts, Reason: ReasonLength, Reasoning: n}
	}
	c := w.answer(q, seed, max(q.Min-n, 0), q.Limit-n)
	c.Pieces, c.Reasoning = append(thoughts, c.Pieces...), n
	return c
}

// think writes n tokens of reasoning.
func (w *Composer) think(q *Request, seed uint64, n int) []string {
	thoughts, _ := answer.Write(answer.Request{
		Model: w.Model, System: q.Before, Prompt: "Explain " + q.Prompt, Seed: ^seed,
		Natural: n, Max: n, Fixed: true,
	})
	return thoughts
}

// answer writes the part of a choice that is not reasoning.
func (w *Composer) answer(q *Request, seed uint64, least, most int) Choice {
	switch {
	case q.HasGiven:
		text, tool := q.Given, q.called()
		if tool != nil {
			text = tool.Arguments
		}
		c := finish(flaw.Text(text, q.Flaws, most), q, nil, least, most)
		if tool != nil {
			c.call(tool.Name)
		}
		return c
	case q.Tool != nil:
		c := finish(flaw.Text(q.Tool.Schema.Instance(seed), q.Flaws, most), q, nil, least, most)
		c.call(q.Tool.Name)
		return c
	case q.Format != nil:
		return finish(flaw.Text(q.Format.Instance(seed), q.Flaws, most), q, nil, least, most)
	case w.Plain && len(q.Flaws) == 0:
		return w.plain(q, least, most)
	}
	tokens, ended := w.write(q, seed, least, most)
	if len(q.Flaws) > 0 {
		var other []string
		if flaw.Has(q.Flaws, fault.Diverge) {
			other, _ = w.write(q, ^seed, least, most)
		}
		c := finish(flaw.Text(strings.Join(tokens, ""), q.Flaws, most), q, other, least, most)
		if !ended && len(c.Pieces) == most {
			c.Reason = ReasonLength // as it would be without the flaws
		}
		return c
	}
	c := Choice{Pieces: tokens, Reason: ReasonLength}
	if ended {
		c.Reason = ReasonStop
	}
	c.stopAt(q.Stops, least)
	return c
}

// write writes a text about the prompt.
func (w *Composer) write(q *Request, seed uint64, least, most int) (tokens []string, ended bool) {
	before := q.Before
	if flaw.Has(q.Flaws, fault.IgnoreSystem) {
		before = ""
	}
	return answer.Write(answer.Request{
		Model: w.Model, System: before, Prompt: q.Prompt, Seed: seed,
		Natural: w.OutputTokens, Quality: w.Quality,
		Min: least, Max: most, Fixed: q.Fixed,
	})
}

// finish makes a choice of a text that has its flaws, as long as the request allows.
// other is what it could have been, see flaw.Tokens.
func finish(text string, q *Request, other []string, least, most int) Choice {
	c := wholeText(text, q.Fixed, least, most)
	if len(q.Flaws) > 0 && !q.Fixed {
		c.Pieces = flaw.Tokens(c.Pieces, q.Flaws, other)
		c.Pieces = c.Pieces[:min(len(c.Pieces), most)]
	}
	if len(c.Pieces) == 0 {
		c.Pieces = []string{""} // the mark that ends it is a token, too
	}
	for _, f := range q.Flaws {
		if f.Kind == fault.Cut && f.Text == ReasonLength {
			c.Reason = ReasonLength
		}
	}
	if q.Format == nil && q.Tool == nil {
		c.stopAt(q.Stops, least)
	}
	return c
}

// call makes the text of a choice the arguments of a function.
func (c *Choice) call(name string) {
	c.Tool = name
	if c.Reason == ReasonStop {
		c.Reason = ReasonTool
	}
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
