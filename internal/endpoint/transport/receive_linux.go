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

// socket receives with recvmsg and SO_TIMESTAMPNS, so that the time of a read
// is the time the kernel received its newest bytes and does not depend on how
// busy this program is. The kernel's stamp is wall-clock time. It is compared
// with the wall clock right after the read, and only the difference (the age
// of the bytes) is used, so that a slewed clock does no harm; around a step
// none is reported, and the time after the read takes its place.
type socket struct {
	raw  syscall.RawConn
	recv func(fd uintptr) bool // bound once: a closure a read would allocate

	hdr unix.Msghdr
	iov unix.Iovec
	oob [64]byte

	n     int
	errno syscall.Errno
	clockPair

	query socketQuery
}

// socketQuery is what a question to the socket needs, which may be asked while a
// read is waiting.
type socketQuery struct {
	mu    sync.Mutex // protects all following fields
	alive func(fd uintptr)
	path  func(fd uintptr)
	peek  [1]byte
	info  unix.TCPInfo
	ok    bool
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
	s.recv = s.recvmsg
	s.query.alive, s.query.path = s.askAlive, s.askPath
	return s
}

// recvmsg never blocks, and so does not tell the scheduler of its system call:
// that costs as much as a short call does, and the scheduler would take the
// processor from it and wake a thread that finds nothing to do.
func (s *socket) recvmsg(fd uintptr) bool {
	for {
		s.hdr.Control = &s.oob[0]
		s.hdr.SetControllen(len(s.oob))
		n, _, errno := syscall.RawSyscall(syscall.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&s.hdr)), unix.MSG_DONTWAIT)
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		}
		s.n, s.errno = int(n), errno
		return true
	}
}

func (s *socket) read(p []byte) (int, time.Duration, error) {
	if len(p) == 0 {
		return 0, -1, nil
	}
	s.iov.Base = &p[0]
	s.iov.SetLen(len(p))
	s.hdr.Iov = &s.iov
	s.hdr.SetIovlen(1)
	err := s.raw.Read(s.recv)
	s.iov.Base = nil
	if err != nil {
		return 0, -1, err
	}
	if s.errno != 0 {
		return 0, -1, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("recvmsg", s.errno)}
	}
	if s.n == 0 {
		return 0, -1, io.EOF
	}
	return s.n, s.age(), nil
}

// The most that bytes can have waited for us; more is a clock that was set.
const maxAge = time.Minute

// age is the time since the kernel received the newest bytes; −1 if unknown.
func (s *socket) age() time.Duration {
	const head = unix.SizeofCmsghdr
	if int(s.hdr.Controllen) < head+int(unsafe.Sizeof(unix.Timespec{})) {
		return -1
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&s.oob[0]))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SO_TIMESTAMPNS {
		return -1
	}
	ts := (*unix.Timespec)(unsafe.Pointer(&s.oob[head]))
	now := time.Now()
	age := time.Duration(now.UnixNano() - ts.Nano())
	if !s.steady(now) || age < 0 || age > maxAge {
		return -1
	}
	return age
}

func (s *socket) alive() bool {
	s.query.mu.Lock()
	defer s.query.mu.Unlock()
	return s.raw.Control(s.query.alive) == nil && s.query.ok
}

func (s *socket) askAlive(fd uintptr) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&s.query.peek)), 1, unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
	s.query.ok = errno == syscall.EAGAIN || errno == 0 && n > 0
}

func (s *socket) path() (p tcpPath, ok bool) {
	s.query.mu.Lock()
	defer s.query.mu.Unlock()
	if s.raw.Control(s.query.path) != nil || !s.query.ok {
		return tcpPath{}, false
	}
	info := &s.query.info
	// The smoothed time has the server's delayed acknowledgements in it, and its
	// waits for a processor: tens of ms within one machine.
	rtt := min(info.Rtt, info.Min_rtt)
	return tcpPath{rtt: time.Duration(rtt) * time.Microsecond, retransmits: info.Total_retrans}, true
}

func (s *socket) askPath(fd uintptr) {
	size := uint32(unsafe.Sizeof(s.query.info))
	_, _, errno := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_INFO, uintptr(unsafe.Pointer(&s.query.info)), uintptr(unsafe.Pointer(&size)), 0)
	s.query.ok = errno == 0
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
