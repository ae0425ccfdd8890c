package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/inferometer/inferometer/internal/endpoint/http1"
	"github.com/inferometer/inferometer/internal/exchange"
)

// connectClass is the class of a failure to open a connection: the client's own
// where it has no port, file or memory left for one.
func connectClass(err error) exchange.Class {
	for _, own := range []error{syscall.EADDRNOTAVAIL, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, own) {
			return exchange.Local
		}
	}
	return exchange.Connect
}

// ByProxy reports whether an error is that of connecting to a proxy.
func ByProxy(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "proxyconnect" // net/http marks it so
}

// NotHTTP reports whether an error is that of a server that speaks something else.
func NotHTTP(err error) bool {
	var own *http1.Error
	if errors.As(err, &own) {
		return own.Part == http1.NotHTTP
	}
	return strings.Contains(err.Error(), "malformed HTTP response") // net/http exports no type for it
}

// ClassOf says which class of failure an error of Send or of reading a body is.
func ClassOf(err error) exchange.Class {
	var connect *ConnectError
	switch {
	case errors.As(err, &connect):
		return connect.Class
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return exchange.Reset
	case ResetStream(err), goneHTTP2(err):
		return exchange.Reset
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return exchange.Timeout
	case strings.Contains(err.Error(), "server closed idle connection"): // net/http exports no value for it
		return exchange.Reset
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return exchange.Reset
	}
	return exchange.Protocol
}

// goneHTTP2 reports whether an error of net/http says that the server, or the path to it,
// ended a connection of HTTP/2. It exports no types for them.
func goneHTTP2(err error) bool {
	text := err.Error()
	for _, s := range []string{"server sent GOAWAY", "received GOAWAY", "graceful shutdown GOAWAY", "client connection lost", "http2: client conn"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
