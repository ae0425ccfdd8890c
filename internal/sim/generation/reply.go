package generation

import "strings"

// The reasons why a choice ends.
const (
	ReasonStop   = "stop"
	ReasonLength = "length"
	ReasonTool   = "tool_calls"
)

// Reply is the answer to a request. Its first choice is embedded: most replies
// have no other.
type Reply struct {
	Choice
	Rest   []Choice // further choices, if the request wants several
	Length int      // tokens of the longest choice: the steps that the reply takes
}

// Choice is one of the answers to a request.
type Choice struct {
	// Pieces are the texts of the generated tokens. A token that a stop string
	// swallowed is still generated; its piece is empty.
	Pieces    []string
	Reason    string // one of the Reason constants
	Reasoning int    // tokens of reasoning, which come first
	Tool      string // name of the function that the rest calls, if any
	Stopped   bool   // by the string Stop
	Stop      string
}

// Total counts the tokens of all choices.
func (a *Reply) Total() int {
	n := len(a.Pieces)
	for _, c := range a.Rest {
		n += len(c.Pieces)
	}
	return n
}

// At counts the choices that have a token k.
func (a *Reply) At(k int) int {
	if a.Rest == nil {
		return 1
	}
	n := 0
	for i := range a.Choices() {
		if k < len(a.Nth(i).Pieces) {
			n++
		}
	}
	return n
}

// Choices is how many there are, at least 1.
func (a *Reply) Choices() int { return 1 + len(a.Rest) }

// Nth returns choice i, from 0.
func (a *Reply) Nth(i int) *Choice {
	if i == 0 {
		return &a.Choice
	}
	return &a.Rest[i-1]
}

// Kind is what a token of a choice belongs to.
type Kind int

// The kinds of tokens.
const (
	Text Kind = iota
	Reasoning
	ToolCall
)

// Spans calls f for tokens from..to, cut where their kind changes.
func (c *Choice) Spans(from, to int, f func(k Kind, from, to int)) {
	if from < c.Reasoning {
		end := min(to, c.Reasoning)
		f(Reasoning, from, end)
		from = end
	}
	if from < to {
		k := Text
		if c.Tool != "" {
			k = ToolCall
		}
		f(k, from, to)
	}
}

// stopAt ends the choice before the stop string that is complete first, as
// long as that happens after the first least tokens.
func (c *Choice) stopAt(stops []string, least int) {
	if len(stops) == 0 {
		return
	}
	text := strings.Join(c.Pieces, "")
	allowed := 0 // a stop string must end after this offset
	for _, p := range c.Pieces[:min(least, len(c.Pieces))] {
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
			c.Stop = stop
		}
	}
	if from < 0 {
		return
	}
	pieces := make([]string, 0, len(c.Pieces))
	offset := 0
	for _, p := range c.Pieces {
		if offset >= to {
			break
		}
		pieces = append(pieces, p[:max(0, min(len(p), from-offset))])
		offset += len(p)
	}
	c.Pieces, c.Reason, c.Stopped = pieces, ReasonStop, true
}

// Piece is the text of n tokens, from token k.
func (c *Choice) Piece(k, n int) string {
	if n == 1 {
		return c.Pieces[k]
	}
	return strings.Join(c.Pieces[k:k+n], "")
}

// Text is the whole text of the choice.
func (c *Choice) Text() string { return strings.Join(c.Pieces, "") }
