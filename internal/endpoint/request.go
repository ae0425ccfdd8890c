package endpoint

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
)

// request makes a request. net/http sends the body of a POST again only where
// no byte of it has gone out (see timedConn.Write), which is no second attempt.
func (c *Client) request(ctx context.Context, method, url string, body []byte) (*http.Request, error) {
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, r)
	if err != nil {
		return nil, err
	}
	req.Close = c.hangsUp
	req.Header = c.header.Clone()
	return req, nil
}

// post makes the request of a call. What all of them share is made once: a
// transport does not change what it is handed (see http.RoundTripper).
func (c *Client) post(ctx context.Context, call *Call) *http.Request {
	t := c.posted.Load()
	if t == nil || t.base != c.base || t.shared.Close != c.hangsUp {
		t = c.newPosted()
		c.posted.Store(t)
	}
	req := t.shared.WithContext(ctx) // a copy
	req.Body = reader(call.body)
	req.ContentLength = int64(len(call.body))
	if call.stream {
		req.Header = t.stream
	}
	return req
}

// posted is what the requests to one base URL share.
type posted struct {
	base   *url.URL
	shared *http.Request
	stream http.Header // for calls that ask for an event stream
}

func (c *Client) newPosted() *posted {
	u := c.base.JoinPath(c.dialect.path)
	t := &posted{base: c.base, stream: c.header.Clone(), shared: &http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: c.header, Close: c.hangsUp,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}}
	t.stream.Set("Accept", "text/event-stream")
	return t
}

// reader is a body on its way out, of a type that net/http knows to be in
// memory: of others it writes the header by itself first.
func reader(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }

// failedToRead is what net/http writes before an error of a connection's read,
// and takes away again where the connection is the transport's.
const failedToRead = "net/http: Transport failed to read from server: "

// roundTrip sends the request over a connection that was dialled ahead, or
// over one of the transport's. Where a connection turns out to be closed before
// a byte was written, another one is taken; that is no second attempt.
func (e *attempt) roundTrip(ctx context.Context, call *Call) (*http.Response, error) {
	c := e.client
	for r := c.pool.take(); r != nil; r = c.pool.take() {
		e.gotConn(httptrace.GotConnInfo{Conn: r.conn, Reused: r.used})
		resp, err := r.http.RoundTrip(c.post(ctx, call))
		if err == nil {
			e.ready = r
			return resp, nil
		}
		_ = r.http.Close()
		if e.marks.firstWrite.Load() != 0 || ctx.Err() != nil {
			if strings.HasPrefix(err.Error(), failedToRead) {
				err = errors.Unwrap(err)
			}
			return nil, err
		}
	}
	e.hook()
	req := c.post(ctx, call)
	req.GetBody = func() (io.ReadCloser, error) { return reader(call.body), nil }
	return c.transport.RoundTrip(req)
}

// leaveConn ends the use of the connection.
func (e *attempt) leaveConn(body io.Closer) {
	_ = body.Close()
	if e.ready != nil {
		e.client.pool.put(e.ready)
	}
}
