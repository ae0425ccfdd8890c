package sim

import (
	"net/http"
	"net/netip"

	"github.com/inferometer/inferometer/internal/sim/wire"
)

// controls reports whether a request may say how the server behaves: freeze it, or
// ask for a fault. Those of this machine may, over loopback or a pipe; from
// elsewhere only if the server was started so, since anyone could stop it.
func (s *Server) controls(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return s.remote || err != nil || from.Addr().Unmap().IsLoopback()
}

// notFromHere is the answer to who may not.
func notFromHere(what string) *wire.Error {
	return wire.BadRequest(what, "%s is taken from this machine only; start the server with --remote-control to take it from others", what)
}
