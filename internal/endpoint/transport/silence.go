package transport

import (
	"errors"
	"net"
	"time"
)

// silence watches an idle link whose socket cannot be asked: any end of a read, but
// that which end makes, means that it can carry nothing more.
type silence struct {
	conn  *Conn
	wire  net.Conn
	ended chan struct{}
	whole bool // nothing came; to be read when ended is closed
}

// rest lets the link be idle.
func (l *link) rest() {
	if l.poller != nil || l.conn.recv != nil {
		return
	}
	s := &silence{conn: l.conn, wire: l.wire, ended: make(chan struct{})}
	l.silent = s
	go func() {
		defer close(s.ended)
		var b [1]byte
		n, err := s.wire.Read(b[:])
		var late net.Error
		if s.whole = n == 0 && errors.As(err, &late) && late.Timeout(); !s.whole {
			s.conn.gone.Store(true)
		}
	}()
}

// end ends the watch, and reports whether nothing has come.
func (s *silence) end() bool {
	if s.wire.SetReadDeadline(time.Unix(1, 0)) != nil {
		return false
	}
	<-s.ended
	return s.whole && s.wire.SetReadDeadline(time.Time{}) == nil
}
