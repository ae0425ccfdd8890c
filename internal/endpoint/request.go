package endpoint

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
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
	req.GetBody = func() (io.ReadCloser, error) { return reader(call.body), nil }
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
