//go:build linux && (amd64 || arm64)

package transport

import (
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inferometer/inferometer/internal/endpoint/lag"
	"github.com/inferometer/inferometer/internal/endpoint/socket"
)

// poller reads the responses of many links from one goroutine, in batches. It looks
// (epoll, level-triggered), reads each link that has bytes once, hands them on in
// place, pauses, and looks again. The runtime's own poller, which wakes a goroutine for
// each read, knows nothing of its links.
//
// The zero poller is ready: it begins with its first link, and ends when it has been
// shut down and its last link is closed. A link that is added later is carried as well.
type poller struct {
	lag lag.Counts

	mu    sync.RWMutex // protects all following fields
	ep    int          // 0: it does not run yet
	wake  int          // an eventfd, written to when there is nothing left to do
	links []*link      // by their slots
	free  []int        // slots without a link
	open  int          // links
	down  bool         // it ends with its last link
}

// polled is a socket that a poller reads.
type polled struct {
	ep      int
	message socket.Message // with the mutex of the link

	mu    sync.Mutex // protects all following fields; fd changes with that of the link as well
	fd    int        // −1: closed
	calls socket.Calls
}

// havePollers reports whether this system has them.
const havePollers = true

// wakeSlot is the slot of wake.
const wakeSlot = -1

// add makes a link of a plain connection that was dialled. The connection is the
// poller's, whatever comes of it.
func (p *poller) add(c *Conn) (*link, error) {
	s, err := takeOver(c)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l, err := p.enter(c, s)
	if err != nil {
		_ = unix.Close(s.fd)
	}
	return l, err
}

// takeOver takes the socket of a connection from the runtime's poller, which would
// wake for each of its segments.
func takeOver(c *Conn) (*polled, error) {
	defer func() { _ = c.Close() }()
	s, ok := c.recv.(*watched)
	if !ok {
		return nil, net.ErrClosed
	}
	var fd uintptr
	var errno syscall.Errno
	err := s.raw.Control(func(own uintptr) { // it does not block, see message.Receive
		fd, _, errno = syscall.RawSyscall(syscall.SYS_FCNTL, own, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil && errno != 0 {
		err = os.NewSyscallError("fcntl", errno)
	}
	return &polled{fd: int(fd)}, err
}

// enter gives a socket a slot. p.mu is held.
func (p *poller) enter(c *Conn, s *polled) (*link, error) {
	if err := p.start(); err != nil {
		return nil, err
	}
	slot := len(p.links)
	if n := len(p.free); n > 0 {
		slot = p.free[n-1]
	}
	s.ep = p.ep
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(slot)}
	if err := unix.EpollCtl(p.ep, unix.EPOLL_CTL_ADD, s.fd, &event); err != nil {
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	l := &link{conn: c, poller: p, slot: slot}
	if slot == len(p.links) {
		p.links = append(p.links, l)
	} else {
		p.free = p.free[:len(p.free)-1]
		p.links[slot] = l
	}
	p.open++
	c.Conn, c.recv, c.lag = nil, s, &p.lag
	return l, nil
}

// start lets the poller run, if it does not yet. p.mu is held.
func (p *poller) start() error {
	if p.ep != 0 {
		return nil
	}
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		err = unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeSlot})
	}
	if err != nil {
		_, _ = unix.Close(ep), unix.Close(wake)
		return os.NewSyscallError("eventfd", err)
	}
	p.ep, p.wake = ep, wake
	go p.run(ep)
	return nil
}

// leave lets the poller read a link no more. l.mu is held.
func (p *poller) leave(l *link) {
	if l.broken {
		return
	}
	l.broken = true
	s := l.conn.recv.(*polled)
	// The descriptor is in the set, so that this cannot fail.
	_ = unix.EpollCtl(s.ep, unix.EPOLL_CTL_DEL, s.fd, nil)
}

// close closes a link, which has no exchange.
func (p *poller) close(l *link) {
	l.mu.Lock()
	p.leave(l)
	l.conn.recv.(*polled).close()
	l.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.links[l.slot] == l {
		p.links[l.slot] = nil
		p.free = append(p.free, l.slot)
		p.open--
	}
	p.endIfDone()
}

// shutdown ends the poller with its last link.
func (p *poller) shutdown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	p.endIfDone()
}

// endIfDone wakes the poller for its end. p.mu is held.
func (p *poller) endIfDone() {
	if p.down && p.open == 0 && p.ep != 0 {
		_, _ = unix.Write(p.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// run reads links until there are none to come.
func (p *poller) run(ep int) {
	buf := make([]byte, 64<<10)
	events := make([]unix.EpollEvent, 512)
	rest := newPause()
	for {
		n, err := unix.EpollWait(ep, events, -1)
		if err == unix.EINTR {
			continue
		}
		answered, woken := p.batch(events[:max(n, 0)], buf, &rest)
		if woken && p.end() {
			return
		}
		if answered {
			runtime.Gosched() // to those whose responses are over: a pause keeps the processor from them
		}
		if rest.now > 0 && n < len(events) {
			ts := unix.NsecToTimespec(int64(rest.now))
			_ = unix.Nanosleep(&ts, nil)
		}
	}
}

// end ends the poller, unless a link has come since it was woken for that.
func (p *poller) end() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open > 0 {
		var b [8]byte
		_, _ = unix.Read(p.wake, b[:])
		return false
	}
	_ = unix.Close(p.ep)
	_ = unix.Close(p.wake)
	p.ep = 0
	return true
}

// batch reads the links that have something. It reports whether a response was over,
// and whether the poller was woken for its end.
func (p *poller) batch(events []unix.EpollEvent, buf []byte, rest *pause) (answered, woken bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, e := range events {
		switch {
		case e.Fd == wakeSlot:
			woken = true
		case p.links[e.Fd] != nil:
			answered = p.links[e.Fd].readNow(buf, rest) || answered
		}
	}
	return answered, woken
}

// readNow reads what has come for a link, and reports whether the response of its
// exchange is over.
func (l *link) readNow(buf []byte, rest *pause) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken {
		return false
	}
	s, p := l.conn.recv.(*polled), l.trip
	s.message.Into(buf)
	s.message.Receive(uintptr(s.fd))
	if s.message.Nothing() {
		return false
	}
	n, now, age, err := s.message.Received()
	switch {
	case p == nil: // the end of an idle link, or what nobody has asked for
		l.poller.leave(l)
		return false
	case p.marks.firstWrite.Load() == 0: // the same, as the link is taken: another one takes the request
		l.poller.leave(l)
		l.trip = nil
		p.answered(errStale)
		return false
	case err != nil:
		l.poller.leave(l)
		l.trip = nil
		p.answered(l.ended(err))
		return true
	}
	last, together := p.marks.lastRead.Load(), p.x.Coalesced
	at := l.conn.stamp(now, age)
	over, err := p.take(buf[:n])
	if age < 0 {
		rest.blind()
	} else if last != 0 {
		rest.saw(time.Duration(int64(at)-last), p.x.Coalesced != together)
	}
	if !over {
		return false
	}
	if !p.whole {
		l.poller.leave(l)
	}
	l.trip = nil
	p.answered(err)
	return true
}

// read is never used: the poller reads.
func (s *polled) read([]byte, bool) (n int, now time.Time, age time.Duration, err error) {
	return 0, now, -1, net.ErrClosed
}

func (s *polled) send(head, body []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return 0, net.ErrClosed
	}
	return s.calls.Send(uintptr(s.fd), head, body)
}

// sendWaiting sends all of p, and waits where the socket takes no more at once.
func (l *link) sendWaiting(p []byte) error {
	s := l.conn.recv.(*polled)
	for len(p) > 0 {
		n, err := s.send(p, nil)
		if p = p[n:]; n > 0 {
			l.conn.marks.Load().lastWrite.Store(int64(l.conn.clock.Now()))
		}
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			return err
		}
		if err != nil {
			s.mu.Lock()
			room := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}}
			s.mu.Unlock()
			_, _ = unix.Poll(room, 100) // ms: then a closed link is seen
		}
	}
	return nil
}

func (s *polled) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return false
	}
	bytes, open := s.calls.Look(uintptr(s.fd))
	return open && !bytes
}

func (s *polled) alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return false
	}
	_, open := s.calls.Look(uintptr(s.fd))
	return open
}

func (s *polled) path() (p socket.Path, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return socket.Path{}, false
	}
	return s.calls.Path(uintptr(s.fd))
}

func (s *polled) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd >= 0 {
		_ = unix.Close(s.fd)
		s.fd = -1
	}
}
