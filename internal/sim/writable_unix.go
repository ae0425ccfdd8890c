//go:build unix

package sim

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// writable returns a function that reports whether a frame can be written to
// the connection without waiting for the client, or nil if that cannot be known
// because the connection is not a socket.
func writable(c net.Conn) func() bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	fds := make([]unix.PollFd, 1)
	var ready bool
	poll := func(fd uintptr) {
		fds[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
		n, err := unix.Poll(fds, 0)
		ready = err == nil && n == 1 && fds[0].Revents&unix.POLLOUT != 0
	}
	return func() bool { return raw.Control(poll) == nil && ready }
}
