package http1

import "bytes"

// frame decides from a whole head where the body ends and whether the connection
// can be used again (RFC 9112, sections 6 and 9, as strictly as net/http).
func (r *Reader) frame() error {
	h := &r.head
	if f, n := h.first(pragma); n > 0 && string(h.valueOf(f)) == "no-cache" {
		if _, n := h.first(cacheControl); n == 0 {
			h.add([]byte("Cache-Control"), []byte("no-cache"))
		}
	}
	r.close = h.shouldClose()
	chunked, err := h.chunked()
	if err != nil {
		return err
	}
	length, err := h.contentLength()
	if err != nil {
		return err
	}
	if chunked {
		if err := h.checkTrailerNames(); err != nil {
			return err
		}
		h.drop(trailer)
	}
	switch {
	case h.Status/100 == 1:
		h.Length, r.state = 0, ended
		switch {
		case h.Status != 101:
			r.state = inHead
		case h.Get("Upgrade") != "" && h.hasToken(connection, "upgrade"):
			r.state = inUnbounded // another protocol, until the connection ends
		}
		r.close = true
	case h.Status == 204 || h.Status == 304:
		h.Length, r.state = 0, ended
	case chunked:
		h.drop(contentLength)
		h.Length, r.state = -1, inChunkSize
	case length < 0:
		h.Length, r.state = -1, inUnbounded
		r.close = true
	case length == 0:
		h.Length, r.state = 0, ended
	default:
		h.Length, r.state, r.left = length, inSized, uint64(length)
	}
	r.close = r.close || h.Status < 100
	return nil
}

// shouldClose reports whether the version and the Connection fields end the
// connection.
func (h *Header) shouldClose() bool {
	if h.Major < 1 {
		return true
	}
	hasClose := h.hasToken(connection, "close")
	if h.Major == 1 && h.Minor == 0 {
		return hasClose || !h.hasToken(connection, "keep-alive")
	}
	if hasClose {
		h.drop(connection)
	}
	return hasClose
}

// chunked reports whether the body is chunked. Any other coding is refused, as
// is a second one: what is guessed here is how responses get out of step.
// HTTP/1.0 knows no Transfer-Encoding, and the field is ignored there; to
// net/http HTTP/0.0 is as good as 1.1.
func (h *Header) chunked() (bool, error) {
	f, n := h.first(transferEncoding)
	if n == 0 {
		return false, nil
	}
	value := h.valueOf(f)
	h.drop(transferEncoding)
	switch {
	case h.Major < 1 && h.Major+h.Minor > 0 || h.Major == 1 && h.Minor == 0:
		return false, nil
	case n > 1:
		return false, malformed(Framing, "one Transfer-Encoding", value)
	case !equalFold(value, "chunked"):
		return false, malformed(Framing, `no Transfer-Encoding but "chunked"`, value)
	}
	return true, nil
}

// contentLength returns -1 if there is none. Several must be equal, and become one.
func (h *Header) contentLength() (int64, error) {
	f, n := h.first(contentLength)
	if n == 0 {
		return -1, nil
	}
	value := trimBlanks(h.valueOf(f))
	if n > 1 {
		for _, g := range h.fields {
			if g.kind == contentLength && !bytes.Equal(trimBlanks(h.valueOf(g)), value) {
				return 0, malformed(Framing, "equal values of Content-Length", h.valueOf(g))
			}
		}
		h.drop(contentLength)
		f.end = f.value + int32(len(value)) // no blanks: the end of a continued line
		h.fields = append(h.fields, f)
	}
	length, ok := decimal(value)
	if !ok {
		return 0, malformed(Framing, "a Content-Length in decimal digits", value)
	}
	return length, nil
}

// decimal reads digits only, up to 1<<63 - 1.
func decimal(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if !isDigit(c) || n > (1<<63-1-int64(c-'0'))/10 {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, len(b) > 0
}

// checkTrailerNames refuses a Trailer field that announces what decides where the
// body ends.
func (h *Header) checkTrailerNames() error {
	for _, name := range []string{"transfer-encoding", "trailer", "content-length"} {
		if h.hasToken(trailer, name) {
			return malformed(Framing, "a Trailer without fields of framing", name)
		}
	}
	return nil
}
