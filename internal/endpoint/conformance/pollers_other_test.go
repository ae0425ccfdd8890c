//go:build !linux

package conformance

const havePollers = false
