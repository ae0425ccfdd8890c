package endpoint

import (
	"context"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

// writes counts the writes to a connection.
type writes struct {
	net.Conn
	n *atomic.Int64
}

func (w writes) Write(p []byte) (int, error) {
	w.n.Add(1)
	return w.Conn.Write(p)
}

// Two writes would be two packets, and a server that is busy would see the
// body later than the header.
func TestARequestIsOneWrite(t *testing.T) {
	s := httptest.NewServer(streamOf(textFrame("a"), finishFrame, doneFrame))
	defer s.Close()
	var n atomic.Int64
	c, err := New(Config{URL: s.URL, Model: "m", Stream: true, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return writes{conn, &n}, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	call, err := c.Encode(Prompt{User: "hi", MaxTokens: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(3) {
		x := &exchange.Exchange{}
		if c.Do(t.Context(), call, x); x.Class != exchange.OK {
			t.Fatalf("%s %s", x.Class, x.Error)
		}
		if got := n.Load(); got != i+1 {
			t.Fatalf("%d writes after %d requests", got, i+1)
		}
	}
}
