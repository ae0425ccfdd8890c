//go:build linux && (amd64 || arm64)

package socket

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Message receives by recvmsg and SO_TIMESTAMPNS, so that the time of a read
// is the time the kernel received its newest bytes and does not depend on how
// busy this program is. The kernel's stamp is wall-clock time. It is compared
// with the wall clock right after the read, and only the difference (the age
// of the bytes) is used, so that a slewed clock does no harm; around a step
// none is reported, and the time after the read takes its place. The zero Message is ready.
type Message struct {
	hdr unix.Msghdr
	iov unix.Iovec
	oob [64]byte

	n     int
	errno syscall.Errno // EAGAIN: nothing is there
	clockPair
}

// Receive reads into what Into was given. It never blocks, and so does not tell the scheduler of its system call:
// that costs as much as a short call does, and the scheduler would take the
// processor from it and wake a thread that finds nothing to do.
func (m *Message) Receive(fd uintptr) {
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

// Into makes p, which is not empty, what is received into.
func (m *Message) Into(p []byte) {
	m.iov.Base = &p[0]
	m.iov.SetLen(len(p))
	m.hdr.Iov = &m.iov
	m.hdr.SetIovlen(1)
}

// Nothing reports whether the last receive has found nothing.
func (m *Message) Nothing() bool { return m.errno == syscall.EAGAIN }

// Forget lets go of what Into was given, where there was no receive.
func (m *Message) Forget() { m.iov.Base = nil }

// Received returns what the last receive brought: how many bytes, when it was looked at,
// and the age of the newest bytes then (−1: unknown). The error is io.EOF at the end, and
// os.ErrDeadlineExceeded where nothing was there.
func (m *Message) Received() (n int, now time.Time, age time.Duration, err error) {
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
func (m *Message) age(now time.Time) time.Duration {
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

// Calls are system calls to a socket that do not block.
type Calls struct {
	iovs [2]unix.Iovec
	peek [1]byte
	info unix.TCPInfo
}

// Send writes head, which is not empty, and body at once, as far as the socket takes
// them, and returns how many bytes that were.
func (s *Calls) Send(fd uintptr, head, body []byte) (int, error) {
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
			return int(n), nil
		case syscall.EINTR:
		default:
			s.iovs = [2]unix.Iovec{}
			return 0, &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("sendmsg", errno)}
		}
	}
}

// Look tells what a read would find: bytes, nothing yet, or the end.
func (s *Calls) Look(fd uintptr) (bytes, open bool) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&s.peek)), 1, unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
	bytes = errno == 0 && n > 0
	return bytes, bytes || errno == syscall.EAGAIN
}

// Path tells what the kernel knows of the way to the other end.
func (s *Calls) Path(fd uintptr) (p Path, ok bool) {
	size := uint32(unsafe.Sizeof(s.info))
	_, _, errno := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_INFO, uintptr(unsafe.Pointer(&s.info)), uintptr(unsafe.Pointer(&size)), 0)
	// The smoothed time has the server's delayed acknowledgements in it, and its
	// waits for a processor: tens of ms within one machine.
	rtt := min(s.info.Rtt, s.info.Min_rtt)
	return Path{RTT: time.Duration(rtt) * time.Microsecond, Retransmits: s.info.Total_retrans}, errno == 0
}
