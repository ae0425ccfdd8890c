package sim

import (
	"context"
	"time"

	"github.com/inferometer/inferometer/internal/pace"
)

// perform calls step at the given moment, and again whenever step says, until
// there is nothing more to do or ctx is done. The conductor writes streams as
// long as their clients read. If a client is slow or its connection cannot be
// polled, the goroutine of the request writes the stream, so that no other
// stream has to wait.
func perform(ctx context.Context, c *pace.Conductor, at time.Time, ready func() bool, step func() (time.Time, bool, error)) error {
	if ready == nil {
		return performAlone(ctx, c, at, step)
	}
	done := make(chan error, 1)
	slow := make(chan struct{})
	steps := 0
	task := c.Start(at, func() (time.Time, bool) {
		// The kernel buffers many more frames than are written between two polls.
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

// readyEvery is the number of frames between two polls of a connection.
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
