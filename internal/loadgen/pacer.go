package loadgen

import (
	"context"

	"github.com/inferometer/inferometer/internal/exchange"
)

// pacer wakes one goroutine at due times.
type pacer interface {
	// Wait sleeps until s; false where ctx ended first.
	Wait(ctx context.Context, s exchange.Stamp) bool
	Close() error
}

// timerPacer uses the runtime's timers. On Linux those wake up about half a
// millisecond late (the netpoller waits in whole milliseconds, golang/go#53824).
type timerPacer struct{ clock *exchange.Clock }

func (p timerPacer) Wait(ctx context.Context, s exchange.Stamp) bool {
	return waitUntil(ctx, p.clock, s)
}
func (p timerPacer) Close() error { return nil }
