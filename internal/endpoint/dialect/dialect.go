// Package dialect knows the APIs that a server may speak: how each writes a
// request and how its answers are read. A dialect is one value of the type
// Dialect in the list All; whoever adds one writes a file with that value and
// puts it into the list.
//
// An answer is read twice. Classify runs while something is measured: it looks
// at the bytes of one JSON object and allocates nothing. Check reads the same
// bytes with encoding/json when nothing is measured any more, and says where
// the two differ. The package opens no connection and takes no time.
package dialect

import (
	"fmt"
	"strings"
)

// Dialect is one API: how a request is written and an answer is read.
type Dialect struct {
	Name string
	Path string // below /v1

	// What it has.
	Streams     bool // event streams
	NoTokens    bool // answers have neither text nor output tokens
	FrameCounts bool // servers may know fields that make them count the tokens of each frame
	CacheSalt   bool // vLLM takes cache_salt
	// Strict says that the answer has ended only with the dialect's last event.
	// Else a reason of the end is enough, because not every server sends [DONE].
	Strict bool

	Fields    Fields            // optional fields that are tried first
	Header    map[string]string // sent with each request
	KeyHeader string            // header of the key; empty: Authorization, as a bearer token
	// LogprobsValue is the value of the field logprobs that asks for those of
	// the chosen tokens alone.
	LogprobsValue any

	// Classify reads one JSON object without allocating; false if b is not one.
	Classify func(b []byte, f *Frame) bool
	// Finish turns the reason of the end into a word of exchange.Finish. tool
	// says that the last content was a tool call.
	Finish func(word string, tool bool) string

	// prompt writes the prompt into the body of a request.
	prompt func(body map[string]any, p Prompt)
	// wants writes what else is asked for; nil: the API takes none of it.
	wants func(body map[string]any, w *Wants) error
	// parse reads the same as Classify with encoding/json.
	parse func(o object) parsedFrame
	// calls adds the parts of tool calls in one object; nil: there are none.
	calls func(o object, c *callParts)
}

// All returns the dialects, the default first.
func All() []Dialect {
	return []Dialect{chat(), completions(), responses(), messages(), embeddings()}
}

// Names returns the names of the dialects, in the order of All.
func Names() []string {
	var names []string
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

// ByName returns the dialect of that name; an empty name means the default.
func ByName(name string) (Dialect, error) {
	for i, d := range All() {
		if name == d.Name || name == "" && i == 0 {
			return d, nil
		}
	}
	return Dialect{}, fmt.Errorf("unknown api %q: use one of %s (--api)", name, strings.Join(Names(), ", "))
}
