//go:build !linux

package engine

// NewPacer returns the finest pacer of this system: here the timers of the Go
// runtime, whose resolution is the system's.
func NewPacer() (Pacer, error) { return TimerPacer{}, nil }
