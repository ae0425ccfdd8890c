package endpoint

import (
	"bytes"
	"fmt"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/exchange"
)

// oddLines are the first lines of a body that are none of an event stream: what
// came in the place of one is named, if nothing else came.
type oddLines struct {
	n    int    // how many
	text []byte // the first of them
}

// maxOdd is how much of them is kept: an error of any server is shorter.
const maxOdd = 4 << 10

func (o *oddLines) add(line []byte) {
	if o.n++; len(o.text) < maxOdd {
		o.text = append(append(o.text, line[:min(len(line), maxOdd)]...), '\n')
	}
}

// noEvents ends an exchange whose answer is no event stream, and says what it is.
func (a *attempt) noEvents() {
	text := bytes.TrimSpace(a.odd.text)
	first, _, _ := bytes.Cut(text, []byte("\n"))
	var f dialect.Frame
	for _, b := range [][]byte{text, first} {
		if a.client.dialect.Classify(b, &f) && f.Err != nil {
			a.serverError(b)
			return
		}
	}
	what := "text"
	switch {
	case bytes.HasPrefix(text, []byte("\x1f\x8b")):
		a.fail(exchange.Protocol, "the server sent gzip where an event stream was asked for, without saying so; a compressor holds frames back, so turn it off for this path")
		return
	case len(text) > 0 && text[0] == '<':
		what = "a web page"
	case len(text) > 0 && (text[0] == '{' || text[0] == '['):
		if what = "JSON"; a.odd.n > 1 && a.client.dialect.Classify(first, &f) {
			what = "lines of JSON (NDJSON)"
		}
	}
	a.fail(exchange.Protocol, fmt.Sprintf("the server sent %s where an event stream was asked for: %s", what, snippet(text)))
}
