package http1

import (
	"bytes"
	"net/http"
)

// Header is the final head of a response. Like net/http's it does not have the
// fields that were for the connection: Transfer-Encoding always, Content-Length
// and Trailer if the body is chunked, and Connection if it said close (of
// HTTP/1.1); and "Pragma: no-cache" stands for the same Cache-Control too.
type Header struct {
	Status       int   // the code, 0 to 999
	Major, Minor int   // the version of HTTP
	Length       int64 // of the body in bytes; -1 where the head does not tell

	complete bool
	text     []byte // names and values
	fields   []field
}

// field is where in Header.text a name and its value are.
type field struct {
	name, value, end int32 // value begins where the name ends
	kind             kind
}

// kind is what a field means to the reading of the response.
type kind uint8

const (
	other kind = iota
	cacheControl
	connection
	contentLength
	pragma
	trailer
	transferEncoding
	upgrade
)

func kindOf(name []byte) kind {
	var k kind
	var is string
	switch len(name) {
	case 6:
		k, is = pragma, "pragma"
	case 7:
		k, is = trailer, "trailer"
		if name[0]|0x20 == 'u' {
			k, is = upgrade, "upgrade"
		}
	case 10:
		k, is = connection, "connection"
	case 13:
		k, is = cacheControl, "cache-control"
	case 14:
		k, is = contentLength, "content-length"
	case 17:
		k, is = transferEncoding, "transfer-encoding"
	}
	if k != other && equalFold(name, is) {
		return k
	}
	return other
}

func (h *Header) nameOf(f field) []byte  { return h.text[f.name:f.value] }
func (h *Header) valueOf(f field) []byte { return h.text[f.value:f.end] }

// Get returns the first value of a field, "" if there is none, as http.Header's
// does. Case does not matter.
func (h *Header) Get(name string) string {
	for _, f := range h.fields {
		if int(f.value-f.name) == len(name) && sameName(h.nameOf(f), name) {
			return word(h.valueOf(f))
		}
	}
	return ""
}

// word is b as a string; the usual types of content need no memory.
func word(b []byte) string {
	switch string(b) {
	case "text/event-stream":
		return "text/event-stream"
	case "text/event-stream; charset=utf-8":
		return "text/event-stream; charset=utf-8"
	case "application/json":
		return "application/json"
	}
	return string(b)
}

// sameName compares names as net/http does: one with a space in it, which it
// accepts, is compared as it is.
func sameName(b []byte, name string) bool {
	return equalFold(b, name) && (string(b) == name || bytes.IndexByte(b, ' ') < 0)
}

// HTTPHeader returns all fields, as net/http would.
func (h *Header) HTTPHeader() http.Header {
	m := make(http.Header, len(h.fields))
	for _, f := range h.fields {
		name := http.CanonicalHeaderKey(string(h.nameOf(f)))
		m[name] = append(m[name], string(h.valueOf(f)))
	}
	return m
}

// clear empties the head for the next one, with room for an ordinary one.
func (h *Header) clear() {
	if h.text == nil {
		h.text, h.fields = make([]byte, 0, 512), make([]field, 0, 16)
	}
	*h = Header{text: h.text[:0], fields: h.fields[:0]}
}

// add appends a field.
func (h *Header) add(name, value []byte) {
	f := field{name: int32(len(h.text)), kind: kindOf(name)}
	h.text = append(h.text, name...)
	f.value = int32(len(h.text))
	h.text = append(h.text, value...)
	f.end = int32(len(h.text))
	h.fields = append(h.fields, f)
}

// extend appends a continuation line to the last field.
func (h *Header) extend(value []byte) {
	f := &h.fields[len(h.fields)-1]
	if f.end > f.value { // otherwise the space would be a leading one
		h.text = append(h.text, ' ')
	}
	h.text = append(h.text, value...)
	f.end = int32(len(h.text))
}

// drop removes all fields of a kind.
func (h *Header) drop(k kind) {
	kept := h.fields[:0]
	for _, f := range h.fields {
		if f.kind != k {
			kept = append(kept, f)
		}
	}
	h.fields = kept
}

// first returns the first field of a kind and how many there are.
func (h *Header) first(k kind) (f field, n int) {
	for i := len(h.fields) - 1; i >= 0; i-- {
		if h.fields[i].kind == k {
			f, n = h.fields[i], n+1
		}
	}
	return f, n
}

// hasToken reports whether a list of a kind names the token.
func (h *Header) hasToken(k kind, token string) bool {
	for _, f := range h.fields {
		if f.kind != k {
			continue
		}
		for rest, more := h.valueOf(f), true; more; {
			var t []byte
			if t, rest, more = bytes.Cut(rest, []byte(",")); equalFold(trimBlanks(t), token) {
				return true
			}
		}
	}
	return false
}
