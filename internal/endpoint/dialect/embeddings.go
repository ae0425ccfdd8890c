package dialect

import "github.com/inferometer/inferometer/internal/exchange"

// embeddings is /v1/embeddings: an answer without text and tokens, which is
// never streamed.
func embeddings() Dialect {
	return Dialect{
		Name: "embeddings", Path: "/embeddings",
		NoTokens: true, CacheSalt: true,
		Classify: classifyEmbeddings, Finish: finishChoices,
		prompt: func(body map[string]any, p Prompt) {
			text := p.User
			if p.System != "" {
				text = p.System + "\n\n" + p.User
			}
			body["input"] = text
		},
		parse: parseEmbeddings,
	}
}

// classifyEmbeddings reads a whole answer: its content is there if a vector
// has numbers (or, base64, text).
func classifyEmbeddings(b []byte, f *Frame) bool {
	f.reset()
	w := newWalker(b)
	if !w.Open('{') {
		return false
	}
	var odd errorShape
	for w.More('}') {
		key := w.Key()
		switch string(key) {
		case "data":
			odd.answer = true
			for ok := w.Array(); ok && w.More(']'); {
				for ok := w.Object(); ok && w.More('}'); {
					if string(w.Key()) != "embedding" {
						w.Skip()
					} else if w.vector() {
						f.mark(exchange.Text)
					}
				}
			}
		case "usage":
			w.usage(&f.Usage)
		default:
			w.otherKey(key, &odd)
		}
	}
	f.Err = odd.of(b)
	f.Usage.Output = -1 // there is none, whatever a gateway fills in
	return w.End()
}

// vector reports whether the next value is a vector that is not empty.
func (w *walker) vector() bool {
	if w.Peek() == '"' {
		return len(w.Str()) > 0
	}
	return w.Elements() > 0
}

func parseEmbeddings(o object) parsedFrame {
	s := newParsed()
	_, answer := o["data"]
	s.failed = errorIn(o, answer)
	s.usage = o.usage()
	s.usage.Output = -1
	for _, d := range o.objects("data") {
		if d.text("embedding") != "" || d.elements("embedding") > 0 {
			s.mark(exchange.Text)
		}
	}
	return s
}
