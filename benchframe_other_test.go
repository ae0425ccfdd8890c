//go:build !(linux && (amd64 || arm64))

package inferometer_test

import "net"

// dialStamped gives a plain connection: there are no receive times here.
func dialStamped(addr string) (net.Conn, error) { return net.Dial("tcp", addr) }
