//go:build !unix

package sim

import "net"

// writable returns nil: this system is not asked.
func writable(net.Conn) func() bool { return nil }
