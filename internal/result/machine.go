package result

import (
	"net/netip"
	"net/url"
)

// Loopback reports whether a target's URL is of the client's own machine, as far as
// that can be known: a tunnel looks the same.
func (t Target) Loopback() bool {
	u, err := url.Parse(t.URL)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "sim" || u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}
