package endpoint

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/vocab"
)

// dialect is one API: how a request is written and an answer is read. It is
// chosen once, when a client is made.
type dialect struct {
	name    string
	path    string // below /v1
	streams bool   // it has event streams
	fields  fields // that are tried at first
	// strict: the answer has ended only with the dialect's last event. Else a
	// reason of the end will do, because not every server sends [DONE].
	strict bool
	header map[string]string // sent with each request
	keyIn  string            // header of the key; empty: Authorization
	// body adds what is asked to the body of a request.
	body func(body map[string]any, p Prompt)
	// classify reads one JSON object without allocating; false if it is none.
	classify func(b []byte, f *frame) bool
	// parse reads the same with encoding/json, for the check of classify.
	parse func(b []byte) (seen, bool)
	// finish turns the reason of the end into a word of exchange.Finish. tool
	// says that the last content was a tool call.
	finish func(word string, tool bool) string
}

func dialectOf(name string) (dialect, error) {
	switch name {
	case "", vocab.Chat:
		return chat(), nil
	case vocab.Completions:
		return completions(), nil
	case vocab.Responses:
		return responses(), nil
	case vocab.Messages:
		return messages(), nil
	case vocab.Embeddings:
		return embeddings(), nil
	}
	return dialect{}, fmt.Errorf("api %q is not known: use one of %s (--api)", name, strings.Join(vocab.APIs(), ", "))
}
