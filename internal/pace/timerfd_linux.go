package pace

import (
	"context"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// timerfd is a timer of the kernel that is read through the runtime's network
// poller.
type timerfd struct {
	mu   sync.Mutex // set must not use a descriptor that close has given back
	file *os.File
	fd   int
	done bool

	ticks [8]byte // of the one who reads
}

// openTimer returns nil where there is no timer (no descriptor left).
func openTimer() *timerfd {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	return &timerfd{fd: fd, file: os.NewFile(uintptr(fd), "timerfd")}
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

// read waits until it fires.
func (t *timerfd) read() error {
	_, err := t.file.Read(t.ticks[:])
	return err
}

func (t *timerfd) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = true
	return t.file.Close()
}

// watched is an alarm with a goroutine of its own that waits for it.
type watched struct {
	*timerfd
	ended chan struct{} // the goroutine has returned
}

func newAlarm(onAlarm func()) alarm {
	t := openTimer()
	if t == nil {
		return nil
	}
	w := &watched{t, make(chan struct{})}
	go func() {
		defer close(w.ended)
		for t.read() == nil { // until it is closed
			onAlarm()
		}
	}()
	return w
}

func (w *watched) close() error {
	err := w.timerfd.close()
	<-w.ended
	return err
}

// bed is a sleeper. The deadline of its read is a timer of the runtime for the same
// moment: whichever comes first wakes the sleeping goroutine (see Conductor).
type bed struct{ *timerfd }

func newSleeper() sleeper {
	if t := openTimer(); t != nil {
		return bed{t}
	}
	return nil
}

func (b bed) sleep(ctx context.Context, d time.Duration) {
	_ = b.file.SetReadDeadline(time.Now().Add(d))
	b.set(d)
	if ctx.Err() == nil { // else wake may have come before set
		_ = b.read() // at its deadline, or by the timer; Wait looks at the clock
	}
}

func (b bed) wake() { b.set(0) }
