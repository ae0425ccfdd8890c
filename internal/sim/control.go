package sim

import (
	"net/http"
	"net/netip"

	"github.com/inferometer/inferometer/internal/sim/wire"
)

// controls reports whether a request may say how the server behaves: freeze it, ask
// for a fault, or bring a script. Those of this machine may, over loopback or a pipe;
// from elsewhere only if the server was started so, since anyone could stop it, and a
// script costs it as much memory and time as its author likes.
func (s *Server) controls(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return s.remote || err != nil || from.Addr().Unmap().IsLoopback()
}

// notFromHere is the answer to who may not.
func notFromHere(what string) *wire.Error {
	return wire.BadRequest(what, "%s is taken from this machine only; start the server with --remote-control to take it from others", what)
}
