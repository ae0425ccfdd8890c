package dialect

import (
	"bytes"

	"github.com/inferometer/inferometer/internal/endpoint/jsonscan"
	"github.com/inferometer/inferometer/internal/exchange"
)

// Frame is what one JSON object of an answer says, as far as timing and
// counting need it. Its slices point into the bytes that it was read from.
type Frame struct {
	Content bool          // it has generated content of any kind
	Kind    exchange.Kind // of the content; visible kinds win over reasoning
	Text    []byte        // visible answer text, JSON-escaped, without quotes
	Finish  []byte        // why the answer ended, in the dialect's own word
	Done    bool          // the dialect's last event
	Several bool          // more than one answer: a choice with an index above 0
	Err     []byte        // the error value, raw JSON
	Usage   Usage
	// Generated tokens in this frame; −1 where the server did not list them.
	IDs      int // entries of token_ids
	Logprobs int // entries of the log probabilities
}

// Usage is the server's token count; −1 where it does not say.
type Usage struct {
	Seen                             bool // there was a usage object
	Input, Output, Cached, Reasoning int
	// CacheWrite are those of Input that were written to the provider's cache, and
	// CacheWrite1h those of them that it keeps for an hour.
	CacheWrite, CacheWrite1h int
}

// noUsage is what a frame without counts says.
func noUsage() Usage {
	return Usage{Input: -1, Output: -1, Cached: -1, Reasoning: -1, CacheWrite: -1, CacheWrite1h: -1}
}

func (f *Frame) reset() { *f = Frame{Usage: noUsage(), IDs: -1, Logprobs: -1} }

func (f *Frame) add(kind exchange.Kind, s []byte) {
	if len(s) == 0 {
		return
	}
	f.mark(kind)
	if kind == exchange.Text {
		if f.Text == nil {
			f.Text = s
		} else {
			f.Text = append(bytes.Clone(f.Text), s...)
		}
	}
}

// mark notes content; visible kinds win over reasoning.
func (f *Frame) mark(kind exchange.Kind) {
	if !f.Content || f.Kind == exchange.Reasoning {
		f.Kind = kind
	}
	f.Content = true
}

// walker reads the JSON of an answer. Its methods know the objects that several
// dialects share, and those of each dialect are in the dialect's file.
type walker struct{ jsonscan.Walker }

func newWalker(b []byte) walker { return walker{jsonscan.New(b)} }

// noError reports whether the raw JSON of an error says that there is none.
// Some servers have the key in every frame: null, false, 0, or empty.
func noError(v []byte) bool {
	if len(v) == 0 {
		return true
	}
	switch v[0] {
	case 'n', 'f':
		return true
	case '0':
		return len(v) == 1
	case '"':
		return len(v) == 2
	case '{', '[':
		return len(bytes.TrimLeft(v[1:len(v)-1], " \t\r\n")) == 0
	}
	return false
}

// sum adds n to a count that may be unknown; an unknown n adds nothing.
func sum(count *int, n int) {
	if n >= 0 {
		*count = max(*count, 0) + n
	}
}

// usage reads the counts under the names of chat and of responses.
func (w *walker) usage(u *Usage) {
	if w.Peek() != '{' {
		w.Skip()
		return
	}
	u.Seen = true
	total := -1
	for w.Open('{'); w.More('}'); {
		switch string(w.Key()) {
		case "total_tokens":
			total = w.Count()
		case "prompt_tokens", "input_tokens":
			u.Input = w.Count()
		case "completion_tokens", "output_tokens":
			u.Output = w.Count()
		case "prompt_tokens_details", "input_tokens_details":
			w.details(u)
		case "completion_tokens_details", "output_tokens_details":
			w.details(u)
		default:
			w.Skip()
		}
	}
	u.foldReasoning(total)
}

// foldReasoning makes the output include reasoning where a server leaves it out and
// only its total has it, as xAI does: LiteLLM and genai-prices bill the sum, too.
func (u *Usage) foldReasoning(total int) {
	if u.Input >= 0 && u.Output >= 0 && u.Reasoning > 0 && total == u.Input+u.Output+u.Reasoning {
		u.Output += u.Reasoning
	}
}

// details reads the parts of the input or of the output: cached_tokens and
// cache_write_tokens of the one, reasoning_tokens of the other
// (https://platform.openai.com/docs/guides/prompt-caching).
func (w *walker) details(u *Usage) {
	if w.Peek() != '{' {
		w.Skip()
		return
	}
	for w.Open('{'); w.More('}'); {
		switch string(w.Key()) {
		case "cached_tokens":
			u.Cached = w.Count()
		case "cache_write_tokens":
			u.CacheWrite = w.Count()
		case "reasoning_tokens":
			u.Reasoning = w.Count()
		default:
			w.Skip()
		}
	}
}
