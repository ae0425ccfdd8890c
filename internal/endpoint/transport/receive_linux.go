//go:build linux && (amd64 || arm64)

package transport

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inferometer/inferometer/internal/endpoint/socket"
)

// watched is a connection that the runtime's poller watches.
type watched struct {
	raw     syscall.RawConn
	message socket.Message
	recv    func(fd uintptr) bool // bound once: a closure a read would allocate
	tryRecv func(fd uintptr)

	// Questions may be asked while a read waits. What they need is bound once as well.
	ask struct {
		mu               sync.Mutex // protects all following fields
		send, look, path func(fd uintptr)
		calls            socket.Calls
		head, body       []byte
		n                int
		err              error
		bytes, open      bool
		tcp              socket.Path
		ok               bool
	}
}

// newReceiver returns nil for a connection without a socket under it.
func newReceiver(c net.Conn) receiver {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
	if err != nil || set != nil {
		return nil
	}
	s := &watched{raw: raw}
	s.tryRecv = s.message.Receive
	s.recv = func(fd uintptr) bool {
		s.message.Receive(fd)
		return !s.message.Nothing()
	}
	a := &s.ask
	a.send = func(fd uintptr) { a.n, a.err = a.calls.Send(fd, a.head, a.body) }
	a.look = func(fd uintptr) { a.bytes, a.open = a.calls.Look(fd) }
	a.path = func(fd uintptr) { a.tcp, a.ok = a.calls.Path(fd) }
	return s
}

func (s *watched) read(p []byte, wait bool) (n int, now time.Time, age time.Duration, err error) {
	if len(p) == 0 {
		return 0, now, -1, nil
	}
	s.message.Into(p)
	if wait {
		err = s.raw.Read(s.recv)
	} else {
		err = s.raw.Control(s.tryRecv)
	}
	if err != nil {
		s.message.Forget()
		return 0, now, -1, err
	}
	return s.message.Received()
}

func (s *watched) send(head, body []byte) (int, error) {
	a := &s.ask
	a.mu.Lock()
	defer a.mu.Unlock()
	a.head, a.body = head, body
	err := s.raw.Control(a.send)
	a.head, a.body = nil, nil
	if err != nil {
		return 0, err
	}
	return a.n, a.err
}

func (s *watched) look() (bytes, open bool) {
	a := &s.ask
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.raw.Control(a.look) != nil {
		return false, false
	}
	return a.bytes, a.open
}

func (s *watched) idle() bool {
	bytes, open := s.look()
	return open && !bytes
}

func (s *watched) alive() bool {
	_, open := s.look()
	return open
}

func (s *watched) path() (p socket.Path, ok bool) {
	a := &s.ask
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.raw.Control(a.path) != nil {
		return socket.Path{}, false
	}
	return a.tcp, a.ok
}

// keepStamping holds a socket that asks for receive times until it is closed.
// The kernel stamps packets only while some socket wants that and takes a
// moment to begin, so that the first answers of a run would have no stamp.
func keepStamping() io.Closer {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) != nil {
		_ = unix.Close(fd)
		return nil
	}
	return os.NewFile(uintptr(fd), "stamps")
}
