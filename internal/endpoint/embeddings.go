package endpoint

import "github.com/inferometer/inferometer/internal/exchange"

// embeddings is /v1/embeddings: an answer without text and tokens, which is
// never streamed.
func embeddings() dialect {
	return dialect{
		name: "embeddings", path: "/embeddings",
		body: func(body map[string]any, p Prompt) {
			text := p.User
			if p.System != "" {
				text = p.System + "\n\n" + p.User
			}
			body["input"] = text
		},
		classify: classifyEmbeddings, parse: parseEmbeddings, finish: finishChoices,
	}
}

// classifyEmbeddings reads a whole answer: its content is there if a vector
// has numbers (or, base64, text).
func classifyEmbeddings(b []byte, f *frame) bool {
	f.reset()
	w := walker{b: b}
	if !w.open('{') {
		return false
	}
	for w.more('}') {
		switch string(w.key()) {
		case "data":
			for ok := w.array(); ok && w.more(']'); {
				for ok := w.object(); ok && w.more('}'); {
					if string(w.key()) != "embedding" {
						w.skip()
					} else if w.vector() {
						f.mark(exchange.Text)
					}
				}
			}
		case "usage":
			w.usage(&f.usage)
		case "error":
			if v := w.raw(); !noError(v) {
				f.err = v
			}
		case "model":
			f.model = w.stringOrSkip()
		default:
			w.skip()
		}
	}
	f.usage.output = -1 // there is none, whatever a gateway fills in
	return w.end()
}

// vector reports whether the next value is a vector that is not empty.
func (w *walker) vector() bool {
	if w.peek() == '"' {
		return len(w.str()) > 0
	}
	return w.elements() > 0
}
