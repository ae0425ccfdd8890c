// Package socket makes the system calls to a socket that do not block, without telling
// Go's scheduler of them: receiving with the kernel's time of receipt, sending at once,
// and questions. It exists on Linux; elsewhere it is nearly empty.
package socket

import "time"

// Path is what the kernel knows of the network path of a connection.
type Path struct {
	RTT         time.Duration // the lowest round trip of late
	Retransmits uint32        // segments sent again since the connection began
}
