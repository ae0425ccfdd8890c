package inject

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"

	"github.com/inferometer/inferometer/internal/sim/script"
)

// EndError is the error of a response that a fault or a script ends in an unusual
// way. Without How it ends as if it were complete.
type EndError struct{ How script.End }

// Error implements error.
func (e EndError) Error() string { return fmt.Sprintf("the script ends the response here (%s)", e.How) }

// HangUp closes the connection of a request, or resets it. It fails if there is
// no connection to take over.
func HangUp(rc *http.ResponseController, how script.End) error {
	conn, _, err := rc.Hijack()
	if err != nil {
		return err
	}
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn() // without TLS's own goodbye
	}
	if tcp, ok := conn.(*net.TCPConn); ok && how == script.Reset {
		_ = tcp.SetLinger(0) // a failure leaves an ordinary close
	}
	return conn.Close()
}
