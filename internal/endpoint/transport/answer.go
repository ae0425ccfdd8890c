package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/inferometer/inferometer/internal/endpoint/http1"
	"github.com/inferometer/inferometer/internal/exchange"
)

// Taker takes the response of an exchange as it comes. Its methods are called one
// after the other, though not always from the same goroutine, and must not block.
type Taker interface {
	// Head takes the head, which is valid during the call. It returns false if the body
	// is not wanted.
	Head(h Head) bool
	// Body takes the next bytes of the body, which are valid during the call. It returns
	// false if no more are wanted.
	Body(p []byte, read Read) bool
}

// Read is the read of a connection that brought some bytes.
type Read struct {
	N  int            // which of the exchange, from 1: what has the same came together
	At exchange.Stamp // when the newest of its bytes came
}

// Head is the head of a response.
type Head struct {
	Status int
	own    *http1.Header // where our own HTTP/1.1 read it
	others http.Header   // where net/http did
}

// Get returns the first value of a header field, empty if there is none.
func (h Head) Get(name string) string {
	if h.own != nil {
		return h.own.Get(name)
	}
	return h.others.Get(name)
}

// Header returns all fields.
func (h Head) Header() http.Header {
	if h.own != nil {
		return h.own.HTTPHeader()
	}
	return h.others
}

// Request is what the requests of many exchanges have in common: method, URL and
// header. Make it with NewRequest.
type Request struct {
	http      *http.Request
	byNetHTTP bool   // it goes over net/http
	head      []byte // as it is sent, up to the length of the body
	err       error  // of what cannot be sent
}

// NewRequest encodes a request, once for all exchanges that send it with a body of
// their own. req must have a method, URL and header, no body, and not be changed
// afterwards.
func (t *Transport) NewRequest(req *http.Request) *Request {
	// net/http knows the ways of proxies, CONNECT and SOCKS.
	r := &Request{http: req, byNetHTTP: t.ProxyOf(req.URL) != nil}
	r.head, r.err = encodeHead(req)
	return r
}

// encodeHead encodes the head of a request, which net/http knows how to.
func encodeHead(req *http.Request) ([]byte, error) {
	empty := req.Clone(context.Background())
	empty.Body, empty.ContentLength = http.NoBody, 0
	var b bytes.Buffer
	if err := empty.Write(&b); err != nil {
		return nil, fmt.Errorf("the request cannot be sent: %w", err)
	}
	head, ok := bytes.CutSuffix(b.Bytes(), []byte("\r\n\r\n"))
	const none = "\r\nContent-Length: 0"
	i := bytes.Index(head, []byte(none))
	if !ok || i < 0 {
		return nil, errors.New("the request cannot be sent: its head has no length")
	}
	head = append(head[:i:i], head[i+len(none):]...)
	return append(head, "\r\nContent-Length: "...), nil
}

// appendHead appends the head of a request with a body of that length.
func (r *Request) appendHead(b []byte, length int) []byte {
	b = append(b, r.head...)
	b = strconv.AppendInt(b, int64(length), 10)
	return append(b, "\r\n\r\n"...)
}

// whole is a request with its body, as it is sent.
func (r *Request) whole(body []byte) []byte {
	return append(r.appendHead(make([]byte, 0, len(r.head)+24+len(body)), len(body)), body...)
}

// length is how long a request with a body of that length is.
func (r *Request) length(body int) int {
	var digits [20]byte
	return len(r.head) + len(strconv.AppendInt(digits[:0], int64(body), 10)) + 4 + body
}
