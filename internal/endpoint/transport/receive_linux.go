//go:build linux && (amd64 || arm64)

package transport

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// message receives with recvmsg and SO_TIMESTAMPNS, so that the time of a read
// is the time the kernel received its newest bytes and does not depend on how
// busy this program is. The kernel's stamp is wall-clock time. It is compared
// with the wall clock right after the read, and only the difference (the age
// of the bytes) is used, so that a slewed clock does no harm; around a step
// none is reported, and the time after the read takes its place.
type message struct {
	hdr unix.Msghdr
	iov unix.Iovec
	oob [64]byte

	n     int
	errno syscall.Errno // EAGAIN: nothing is there
	clockPair
}

// receive never blocks, and so does not tell the scheduler of its system call:
// that costs as much as a short call does, and the scheduler would take the
// processor from it and wake a thread that finds nothing to do.
func (m *message) receive(fd uintptr) {
	for {
		m.hdr.Control = &m.oob[0]
		m.hdr.SetControllen(len(m.oob))
		n, _, errno := syscall.RawSyscall(syscall.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&m.hdr)), unix.MSG_DONTWAIT)
		if errno != syscall.EINTR {
			m.n, m.errno = int(n), errno
			return
		}
	}
}

// into makes p, which is not empty, what is received into.
func (m *message) into(p []byte) {
	m.iov.Base = &p[0]
	m.iov.SetLen(len(p))
	m.hdr.Iov = &m.iov
	m.hdr.SetIovlen(1)
}

// received returns what the last receive brought.
func (m *message) received() (n int, now time.Time, age time.Duration, err error) {
	m.iov.Base = nil
	switch {
	case m.errno == syscall.EAGAIN:
		return 0, now, -1, os.ErrDeadlineExceeded
	case m.errno != 0:
		return 0, now, -1, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("recvmsg", m.errno)}
	case m.n == 0:
		return 0, now, -1, io.EOF
	}
	now = time.Now()
	return m.n, now, m.age(now), nil
}

// The most that bytes can have waited for us; more is a clock that was set.
const maxAge = time.Minute

// age is the time since the kernel received the newest bytes; −1 if unknown.
func (m *message) age(now time.Time) time.Duration {
	const head = unix.SizeofCmsghdr
	if int(m.hdr.Controllen) < head+int(unsafe.Sizeof(unix.Timespec{})) {
		return -1
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&m.oob[0]))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SO_TIMESTAMPNS {
		return -1
	}
	ts := (*unix.Timespec)(unsafe.Pointer(&m.oob[head]))
	age := time.Duration(now.UnixNano() - ts.Nano())
	if !m.steady(now) || age < 0 || age > maxAge {
		return -1
	}
	return age
}

// socketCalls are system calls to a socket that do not block.
type socketCalls struct {
	iovs [2]unix.Iovec
	peek [1]byte
	info unix.TCPInfo
}

// send writes head and body at once, as far as the socket takes them.
func (s *socketCalls) send(fd uintptr, head, body []byte) (int, syscall.Errno) {
	iovs := s.iovs[:1]
	s.iovs[0].Base = &head[0]
	s.iovs[0].SetLen(len(head))
	if len(body) > 0 {
		iovs = s.iovs[:2]
		s.iovs[1].Base = &body[0]
		s.iovs[1].SetLen(len(body))
	}
	hdr := unix.Msghdr{Iov: &iovs[0]}
	hdr.SetIovlen(len(iovs))
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&hdr)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		switch errno {
		case 0:
			s.iovs = [2]unix.Iovec{}
			return int(n), 0
		case syscall.EINTR:
		default:
			s.iovs = [2]unix.Iovec{}
			return 0, errno
		}
	}
}

// look tells what a read would find: bytes, nothing yet, or the end.
func (s *socketCalls) look(fd uintptr) (bytes, open bool) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&s.peek)), 1, unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
	bytes = errno == 0 && n > 0
	return bytes, bytes || errno == syscall.EAGAIN
}

func (s *socketCalls) path(fd uintptr) (p tcpPath, ok bool) {
	size := uint32(unsafe.Sizeof(s.info))
	_, _, errno := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_INFO, uintptr(unsafe.Pointer(&s.info)), uintptr(unsafe.Pointer(&size)), 0)
	// The smoothed time has the server's delayed acknowledgements in it, and its
	// waits for a processor: tens of ms within one machine.
	rtt := min(s.info.Rtt, s.info.Min_rtt)
	return tcpPath{rtt: time.Duration(rtt) * time.Microsecond, retransmits: s.info.Total_retrans}, errno == 0
}

func sendError(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("sendmsg", errno)}
}

// socket is a connection that the runtime's poller watches.
type socket struct {
	raw     syscall.RawConn
	message message
	recv    func(fd uintptr) bool // bound once: a closure a read would allocate
	tryRecv func(fd uintptr)

	// Questions may be asked while a read waits. What they need is bound once as well.
	ask struct {
		mu               sync.Mutex // protects all following fields
		send, look, path func(fd uintptr)
		calls            socketCalls
		head, body       []byte
		n                int
		errno            syscall.Errno
		bytes, open      bool
		tcp              tcpPath
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
	s := &socket{raw: raw}
	s.tryRecv = s.message.receive
	s.recv = func(fd uintptr) bool {
		s.message.receive(fd)
		return s.message.errno != syscall.EAGAIN
	}
	a := &s.ask
	a.send = func(fd uintptr) { a.n, a.errno = a.calls.send(fd, a.head, a.body) }
	a.look = func(fd uintptr) { a.bytes, a.open = a.calls.look(fd) }
	a.path = func(fd uintptr) { a.tcp, a.ok = a.calls.path(fd) }
	return s
}

func (s *socket) read(p []byte, wait bool) (n int, now time.Time, age time.Duration, err error) {
	if len(p) == 0 {
		return 0, now, -1, nil
	}
	s.message.into(p)
	if wait {
		err = s.raw.Read(s.recv)
	} else {
		err = s.raw.Control(s.tryRecv)
	}
	if err != nil {
		s.message.iov.Base = nil
		return 0, now, -1, err
	}
	return s.message.received()
}

func (s *socket) send(head, body []byte) (int, error) {
	a := &s.ask
	a.mu.Lock()
	defer a.mu.Unlock()
	a.head, a.body = head, body
	err := s.raw.Control(a.send)
	a.head, a.body = nil, nil
	if err != nil {
		return 0, err
	}
	return a.n, sendError(a.errno)
}

func (s *socket) look() (bytes, open bool) {
	a := &s.ask
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.raw.Control(a.look) != nil {
		return false, false
	}
	return a.bytes, a.open
}

func (s *socket) idle() bool {
	bytes, open := s.look()
	return open && !bytes
}

func (s *socket) alive() bool {
	_, open := s.look()
	return open
}

func (s *socket) path() (p tcpPath, ok bool) {
	a := &s.ask
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.raw.Control(a.path) != nil {
		return tcpPath{}, false
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
