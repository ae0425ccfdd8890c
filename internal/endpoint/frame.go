package endpoint

import (
	"bytes"

	"github.com/inferometer/inferometer/internal/exchange"
)

// frame is what one JSON object of a response says, as far as timing and
// counting need it. Its slices point into the scanned bytes.
type frame struct {
	content bool          // carries generated content of any kind
	kind    exchange.Kind // of the content; visible kinds win over reasoning
	text    []byte        // visible answer text, JSON-escaped, without quotes
	finish  []byte        // why the answer ended, in the dialect's own word
	done    bool          // the dialect's last event
	several bool          // more than one answer: a choice with an index above 0
	err     []byte        // the error value, raw JSON
	usage   usage
	model   []byte
	// Generated tokens in this frame; −1 where the server did not list them.
	ids      int // entries of token_ids
	logprobs int // entries of the log probabilities
}

// usage is the server's token count; −1 where it does not say.
type usage struct {
	seen                             bool
	input, output, cached, reasoning int
}

// noUsage is what a frame without counts says.
func noUsage() usage { return usage{input: -1, output: -1, cached: -1, reasoning: -1} }

func (f *frame) reset() { *f = frame{usage: noUsage(), ids: -1, logprobs: -1} }

func (f *frame) add(kind exchange.Kind, s []byte) {
	if len(s) == 0 {
		return
	}
	f.mark(kind)
	if kind == exchange.Text {
		if f.text == nil {
			f.text = s
		} else {
			f.text = append(bytes.Clone(f.text), s...)
		}
	}
}

// mark notes content; visible kinds win over reasoning.
func (f *frame) mark(kind exchange.Kind) {
	if !f.content || f.kind == exchange.Reasoning {
		f.kind = kind
	}
	f.content = true
}
