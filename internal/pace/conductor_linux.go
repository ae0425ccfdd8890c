//go:build linux

package pace

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// timerfd is an alarm that the runtime's network poller watches.
type timerfd struct {
	mu   sync.Mutex // set must not use a descriptor that close has given back
	file *os.File
	fd   int
	done bool

	ended chan struct{} // the reader has returned
}

// newAlarm returns nil where there is no timer (no descriptor left).
func newAlarm(onAlarm func()) alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	t := &timerfd{fd: fd, file: os.NewFile(uintptr(fd), "timerfd"), ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		var ticks [8]byte
		for {
			if _, err := t.file.Read(ticks[:]); err != nil {
				return // closed
			}
			onAlarm()
		}
	}()
	return t
}

func (t *timerfd) set(in time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return
	}
	// A time of 0 would disarm it. The arguments are valid by construction
	// and the descriptor is open, so that this cannot fail.
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(in, 1)))}
	_ = unix.TimerfdSettime(t.fd, 0, &spec, nil)
}

func (t *timerfd) close() error {
	t.mu.Lock()
	t.done = true
	err := t.file.Close()
	t.mu.Unlock()
	<-t.ended
	return err
}
