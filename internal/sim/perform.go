package sim

import (
	"context"
	"time"

	"github.com/inferometer/inferometer/internal/pace"
)

// perform runs step at the given moment and then whenever it says, until it
// has no more to do or ctx is done. Streams are written by the conductor as
// long as their clients read; the stream of a slow client, and one whose
// connection cannot be asked, by the goroutine of the request, so that it
// holds up nobody else.
func perform(ctx context.Context, c *pace.Conductor, at time.Time, ready func() bool, step func() (time.Time, bool, error)) error {
	if ready == nil {
		return performAlone(ctx, c, at, step)
	}
	done := make(chan error, 1)
	slow := make(chan struct{})
	steps := 0
	task := c.Start(at, func() (time.Time, bool) {
		// What the kernel takes without waiting is many frames more.
		if steps++; steps%readyEvery == 1 && !ready() {
			close(slow)
			return at, false
		}
		var more bool
		var err error
		if at, more, err = step(); !more {
			done <- err
		}
		return at, more
	})
	select {
	case err := <-done:
		return err
	case <-slow:
		return performAlone(ctx, c, at, step)
	case <-ctx.Done():
		task.Cancel()
		return ctx.Err()
	}
}

// readyEvery is after how many frames a connection is asked again.
const readyEvery = 8

func performAlone(ctx context.Context, c *pace.Conductor, at time.Time, step func() (time.Time, bool, error)) error {
	for {
		if err := c.Wait(ctx, at); err != nil {
			return err
		}
		var more bool
		var err error
		if at, more, err = step(); !more {
			return err
		}
	}
}
