package endpoint

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/inferometer/inferometer/internal/endpoint/transport"
)

// request makes a request that belongs to no exchange. net/http sends the body
// of a POST again only where no byte of it has gone out, which is not a second
// attempt.
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

// requestTemplate has what the exchanges with one base URL share.
type requestTemplate struct {
	base    *url.URL
	hangsUp bool
	whole   *transport.Request // for calls that ask for one JSON object
	stream  *transport.Request // for calls that ask for an event stream
}

// template returns the request that those of a call begin with. It is made once
// for as long as Probe changes nothing.
func (c *Client) template(call *Call) *transport.Request {
	t := c.requests.Load()
	if t == nil || t.base != c.base || t.hangsUp != c.hangsUp {
		t = c.newTemplate()
		c.requests.Store(t)
	}
	if call.stream {
		return t.stream
	}
	return t.whole
}

func (c *Client) newTemplate() *requestTemplate {
	u := c.base.JoinPath(c.dialect.Path)
	whole := &http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: c.header, Close: c.hangsUp,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	stream := whole.WithContext(context.Background()) // a copy
	stream.Header = c.header.Clone()
	stream.Header.Set("Accept", "text/event-stream")
	return &requestTemplate{base: c.base, hangsUp: c.hangsUp, whole: c.transport.NewRequest(whole), stream: c.transport.NewRequest(stream)}
}
