package loadgen

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"golang.org/x/sys/unix"
)

func newPacer(clock *exchange.Clock, portable bool) (pacer, error) {
	if portable {
		return timerPacer{clock}, nil
	}
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("failed to create the pacing timer: %w", err)
	}
	return &timerfdPacer{clock: clock, fd: fd, file: os.NewFile(uintptr(fd), "timerfd")}, nil
}

// timerfdPacer sleeps on a timerfd that the netpoller watches: it wakes up
// within some 50 µs, where the runtime's own timers take half a millisecond.
type timerfdPacer struct {
	clock *exchange.Clock
	fd    int
	file  *os.File
}

func (p *timerfdPacer) Close() error { return p.file.Close() }

func (p *timerfdPacer) Wait(ctx context.Context, s exchange.Stamp) bool {
	if ctx.Err() != nil {
		return false
	}
	d := time.Duration(s - p.clock.Now())
	if d <= 0 {
		return true
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	if err := unix.TimerfdSettime(p.fd, 0, &spec, nil); err != nil {
		return waitUntil(ctx, p.clock, s)
	}
	// A deadline in the past ends the read when ctx does.
	stop := context.AfterFunc(ctx, func() { _ = p.file.SetReadDeadline(time.Unix(1, 0)) })
	var expirations [8]byte
	_, err := p.file.Read(expirations[:])
	stop()
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		return waitUntil(ctx, p.clock, s)
	}
	return true
}
