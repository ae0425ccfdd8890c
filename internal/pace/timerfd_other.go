//go:build !linux

package pace

// newAlarm returns nil: the timers of the runtime have to do.
func newAlarm(func()) alarm { return nil }

// newSleeper returns nil, likewise.
func newSleeper() sleeper { return nil }
