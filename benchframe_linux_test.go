//go:build linux && (amd64 || arm64)

package inferometer_test

import (
	"io"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stampedConn reads with recvmsg, which brings the kernel's receive time.
type stampedConn struct {
	*net.TCPConn
	raw  syscall.RawConn
	read func(fd uintptr) bool
	hdr  unix.Msghdr
	iov  unix.Iovec
	oob  [64]byte
	n    int
	err  error
}

func dialStamped(addr string) (net.Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &stampedConn{TCPConn: c.(*net.TCPConn)}
	if s.raw, err = s.SyscallConn(); err != nil {
		return nil, err
	}
	s.read = func(fd uintptr) bool {
		s.hdr.Control = &s.oob[0]
		s.hdr.SetControllen(len(s.oob))
		n, _, errno := syscall.RawSyscall(syscall.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&s.hdr)), unix.MSG_DONTWAIT)
		s.n, s.err = int(n), nil
		if errno != 0 {
			s.n, s.err = 0, errno
		}
		return errno != syscall.EAGAIN
	}
	var set error
	err = s.raw.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	if err == nil {
		err = set
	}
	return s, err
}

func (s *stampedConn) Read(p []byte) (int, error) {
	s.iov.Base = &p[0]
	s.iov.SetLen(len(p))
	s.hdr.Iov = &s.iov
	s.hdr.SetIovlen(1)
	if err := s.raw.Read(s.read); err != nil {
		return 0, err
	}
	if s.n == 0 && s.err == nil {
		return 0, io.EOF
	}
	return s.n, s.err
}
