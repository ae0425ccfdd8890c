// Package opening watches the opening of a connection of HTTP/2.
package opening

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

var (
	// ErrNotHTTP2 says that a server was asked for HTTP/2 and does not speak it.
	ErrNotHTTP2 = errors.New("the server does not speak HTTP/2")
	// ErrUnheard says that a connection came to nothing before a word of HTTP/2 was heard
	// on it: the server may not speak it, and may as well have been stopped.
	ErrUnheard = errors.New("the server said nothing in HTTP/2")
)

// Conn is a connection of HTTP/2 that tells when the server's first frame was read,
// its SETTINGS, which say how many streams it takes.
type Conn struct {
	net.Conn
	Heard chan struct{} // closed when what was read first has been taken, or failed to be

	reads int // only the reader touches it
	once  sync.Once
	err   error // why it never was: ErrNotHTTP2 or ErrUnheard, and what led to it
}

// New is the opening of c.
func New(c net.Conn) *Conn { return &Conn{Conn: c, Heard: make(chan struct{})} }

// end ends the opening, with an error if the server's first frame was not taken.
func (o *Conn) end(err error) {
	o.once.Do(func() {
		o.err = err
		close(o.Heard)
	})
}

// Read fails where what comes first is not HTTP/2.
func (o *Conn) Read(p []byte) (int, error) {
	if o.reads++; o.reads > 1 {
		o.end(nil) // net/http reads on when it has taken what there was
		return o.Conn.Read(p)
	}
	n, err := io.ReadAtLeast(o.Conn, p, min(len(p), headOfFrame))
	if err != nil {
		err = fmt.Errorf("%w (%w)", ErrUnheard, err)
	} else {
		err = notSettings(p[:n])
	}
	if err != nil {
		o.end(err)
		return 0, err
	}
	return n, nil
}

// Write says of a connection that ends before the server was heard that it did.
func (o *Conn) Write(p []byte) (int, error) {
	n, err := o.Conn.Write(p)
	if err != nil {
		err = o.Explain(err)
	}
	return n, err
}

// Close ends the opening too: net/http closes what it cannot take.
func (o *Conn) Close() error {
	o.end(fmt.Errorf("%w: its first frame was not taken", ErrUnheard))
	return o.Conn.Close()
}

// Explain is err with what is known of the opening, if that failed; nil if err is and it
// did not. It tells an end of the connection (ErrUnheard) from an answer in another protocol
// (ErrNotHTTP2): net/http has one error for both.
func (o *Conn) Explain(err error) error {
	select {
	case <-o.Heard:
		if o.err != nil && (errors.Is(o.err, ErrNotHTTP2) || !errors.Is(err, ErrUnheard)) {
			return o.err
		}
		return err
	default:
	}
	if errors.Is(err, ErrUnheard) {
		return err
	}
	return fmt.Errorf("%w (%w)", ErrUnheard, err)
}

// headOfFrame is how long the head of a frame is (RFC 9113, section 4.1).
const headOfFrame = 9

// notSettings says why what a server sent first is not SETTINGS, which all that speak
// HTTP/2 begin with (RFC 9113, section 3.4); nil: it is.
func notSettings(b []byte) error {
	const settings, goAway = 4, 7
	switch {
	case bytes.HasPrefix(b, []byte("HTTP/1")):
		return fmt.Errorf("%w: it answered in HTTP/1", ErrNotHTTP2)
	case len(b) < headOfFrame || b[3] == settings:
		return nil
	case b[3] == goAway:
		return fmt.Errorf("%w: received GOAWAY", ErrUnheard)
	}
	return fmt.Errorf("%w: it answered in another protocol", ErrNotHTTP2)
}
