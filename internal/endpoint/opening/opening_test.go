package opening

import (
	"errors"
	"io"
	"net"
	"testing"
)

// ended is a connection that ends after what was sent first.
type ended struct {
	net.Conn
	first string
}

func (c *ended) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), 4)], c.first) // in small pieces
	if c.first = c.first[n:]; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (c *ended) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (c *ended) Close() error              { return nil }

const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

func TestFirstRead(t *testing.T) {
	for first, want := range map[string]error{
		settings: nil, "": ErrUnheard, settings[:5]: ErrUnheard,
		"\x00\x00\x08\x07\x00\x00\x00\x00\x00": ErrUnheard, "HTTP/1.1 400 Bad Request": ErrNotHTTP2, "-ERR unknown command": ErrNotHTTP2,
	} {
		c := New(&ended{first: first})
		buf := make([]byte, 64)
		n, err := c.Read(buf)
		if !errors.Is(err, want) || want == nil && string(buf[:n]) != first {
			t.Errorf("%q: read %q, %v", first, buf[:n], err)
		}
		if want == nil {
			_, _ = c.Read(buf)
		}
		<-c.Heard
		if err := c.Explain(nil); !errors.Is(err, want) {
			t.Errorf("%q: %v", first, err)
		}
	}
}

// TestExplain: a connection that could not be written to says why, unless the server is
// known to speak something else.
func TestExplain(t *testing.T) {
	c := New(&ended{first: "HTTP/1.1 400 Bad Request"})
	_, failed := c.Write(nil)
	if !errors.Is(failed, ErrUnheard) || !errors.Is(failed, io.ErrClosedPipe) {
		t.Error(failed)
	}
	if err := c.Explain(errors.New("gone")); !errors.Is(err, ErrUnheard) {
		t.Error(err)
	}
	_, _ = c.Read(make([]byte, 64))
	_ = c.Close()
	if err := c.Explain(failed); !errors.Is(err, ErrNotHTTP2) {
		t.Error(err)
	}
	c = New(&ended{first: settings})
	_, failed = c.Write(nil)
	_ = c.Close()
	if err := c.Explain(failed); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}
