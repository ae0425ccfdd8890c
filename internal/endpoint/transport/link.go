package transport

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/http1"
	"github.com/inferometer/inferometer/internal/exchange"
)

// link is a connection of our own HTTP/1.1, which carries one exchange after the
// other.
type link struct {
	conn   *Conn
	wire   net.Conn // conn, or TLS over it; nil where a poller reads
	poller *poller  // nil: whoever waits for the response reads it
	slot   int      // of the poller

	used        bool           // an exchange has had it
	since       exchange.Stamp // it has been idle
	retransmits uint32         // of the connection, before this exchange
	out         []byte         // memory for the head of a request

	reader http1.Reader
	silent *silence // of an idle link whose socket cannot be asked

	mu     sync.Mutex // protects all following fields, and reader where a poller reads
	trip   *Trip      // whose response is read; nil while the link is idle
	broken bool       // nothing can be read any more
}

// A request that is longer than this is written by a goroutine of its own, so that an
// answer that comes before its end is seen. What is shorter fits into the buffer of a
// socket; one that is full already, and a connection without one, a pipe, have no room
// for anything.
const shortRequest = 16 << 10

// writeWait is how long the end of writing a request is waited for when its answer
// has ended.
const writeWait = 50 * time.Millisecond

// sendsAtOnce reports whether the link can send without waiting: whether there is
// nothing but a socket.
func (l *link) sendsAtOnce() bool {
	return l.poller != nil || l.conn.recv != nil && l.wire == net.Conn(l.conn)
}

// usable reports whether an idle link can take a request: whether the server has
// neither hung up nor sent what nobody asked for, as far as this system can tell.
func (l *link) usable() bool {
	if l.poller != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		return !l.broken && l.conn.recv.idle() // the poller may not have looked yet
	}
	if l.silent != nil {
		return l.silent.end()
	}
	if l.sendsAtOnce() {
		return l.conn.recv.idle()
	}
	// Under TLS, what waits may be a session ticket, or the server's goodbye.
	l.conn.noWait = true
	defer func() { l.conn.noWait = false }()
	var b [1]byte
	n, err := l.wire.Read(b[:])
	var late net.Error
	return n == 0 && errors.As(err, &late) && late.Timeout()
}

// begin hands the link to an exchange.
func (l *link) begin(p *Trip) {
	l.conn.arm(&p.marks, false)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reader.Reset()
	l.trip = p
}

// sendAtOnce sends a request as far as that needs no waiting, and returns how many
// bytes have gone out; with none, why.
func (l *link) sendAtOnce(req *Request, body []byte) (int, error) {
	l.out = req.appendHead(l.out[:0], len(body))
	if l.poller != nil { // which takes nothing for the answer to what has not gone out
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.trip == nil || l.broken { // it may have ended before it had the exchange
			return 0, errStale
		}
	}
	m := l.conn.marks.Load()
	m.firstWrite.Store(int64(l.conn.clock.Now()))
	n, err := l.conn.recv.send(l.out, body)
	if n == 0 {
		m.firstWrite.Store(0)
		return 0, err
	}
	m.lastWrite.Store(int64(l.conn.clock.Now()))
	return n, nil
}

// sendRest sends what is left of a request, and calls failed with the error that it
// ends with. It returns a channel that is closed when it has ended; nil: it has.
func (l *link) sendRest(rest []byte, failed func(error)) <-chan struct{} {
	if !l.sendsAtOnce() && l.conn.recv != nil && len(rest) <= shortRequest {
		if _, err := l.wire.Write(rest); err != nil {
			failed(err)
		}
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var err error
		if l.poller != nil {
			err = l.sendWaiting(rest)
		} else {
			_, err = l.wire.Write(rest)
		}
		if err != nil {
			failed(err)
		}
	}()
	return done
}

// readBuffer is what a link without a poller reads into.
type readBuffer [8 << 10]byte

var readBuffers = sync.Pool{New: func() any { return new(readBuffer) }}

// receive reads the response of an exchange until it ends, or no more is wanted.
func (l *link) receive(p *Trip) error {
	buf, _ := readBuffers.Get().(*readBuffer)
	defer readBuffers.Put(buf)
	for {
		n, err := l.wire.Read(buf[:])
		if n > 0 {
			if over, err := p.take(buf[:n]); over {
				return err
			}
		}
		if err != nil {
			return l.ended(err)
		}
	}
}

// ended takes the error that a read ended with, and returns nil where that is the
// proper end of a response.
func (l *link) ended(err error) error {
	if errors.Is(err, io.EOF) {
		return l.reader.EOF()
	}
	return err
}

// abort ends the exchange of p over the link, if it still has it.
func (l *link) abort(p *Trip) {
	if l.poller == nil {
		_ = l.conn.Close()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trip == p {
		l.trip = nil
		l.poller.leave(l)
		p.answered(net.ErrClosed)
	}
}

// giveUp ends an exchange of which nothing has gone out over the link.
func (l *link) giveUp(p *Trip) {
	l.mu.Lock()
	if l.trip == p {
		l.trip = nil
	} else {
		<-p.done // the poller has seen the end of the connection meanwhile
	}
	l.mu.Unlock()
	l.close()
}

// close closes the link, which has no exchange.
func (l *link) close() {
	if l.poller == nil {
		_ = l.conn.Close()
		return
	}
	l.poller.close(l)
}
