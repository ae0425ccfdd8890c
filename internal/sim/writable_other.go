//go:build !unix

package sim

import "net"

// writable returns nil: connections are not polled on this system.
func writable(net.Conn) func() bool { return nil }
