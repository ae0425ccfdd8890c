package http1

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// The oracle is made of http.ReadResponse; what it adds for interim responses,
// limits and connections that are kept is what http.Transport does.
func TestLikeTransport(t *testing.T) {
	writer := log.Writer()
	log.SetOutput(io.Discard) // Transport reports bytes after the end of a response
	defer log.SetOutput(writer)
	cases := odd()
	interim := "HTTP/1.1 103 Early Hints\r\nLink: " + strings.Repeat("x", maxHead/2) + "\r\n\r\n"
	for _, over := range []int{0, 1} {
		cases = append(cases, interim+"HTTP/1.1 200 OK\r\nA: "+strings.Repeat("x", maxHead-len(interim)-24+over)+"\r\n\r\nx")
	}
	for _, s := range cases {
		got, want := transported(t, []byte(s)), oracle([]byte(s))
		want.used = 0
		if diff := cmp.Diff(got, want, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("%.1000q (-Transport +oracle):\n%s", s, diff)
		}
	}
	if o := oracle([]byte(cases[len(cases)-2])); o.Refused {
		t.Error("a head of just 10 MiB is refused")
	}
	if o := oracle([]byte(cases[len(cases)-1])); !o.Refused {
		t.Error("a head of more than 10 MiB is accepted")
	}
}

// transported reads a response with http.Transport. The connection ends once the
// client waits for more.
func transported(t *testing.T, b []byte) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		transport := &http.Transport{
			DialContext:        func(context.Context, string, string) (net.Conn, error) { return client, nil },
			DisableCompression: true,
		}
		defer transport.CloseIdleConnections()
		go func() {
			if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
				_, _ = server.Write(bytes.Clone(b)) // cut short where the client stops
			}
		}()
		var kept, done atomic.Bool
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{PutIdleConn: func(err error) { kept.Store(err == nil) }})
		req, err := http.NewRequestWithContext(ctx, "GET", "http://server/", nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer done.Store(true)
			o.Refused = true
			resp, err := transport.RoundTrip(req)
			if err != nil {
				return
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				return
			}
			o = outcome{
				Status: resp.StatusCode, Major: resp.ProtoMajor, Minor: resp.ProtoMinor,
				Length: resp.ContentLength, Header: resp.Header, Body: string(body),
			}
		}()
		if synctest.Wait(); !done.Load() {
			server.Close()
			synctest.Wait()
		}
		o.KeepAlive = kept.Load() && !o.Refused
	})
	return o
}
