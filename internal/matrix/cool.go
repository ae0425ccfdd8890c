package matrix

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Thermal reads the thermal state of this machine: in words, and whether it is
// nominal. It is not known where nothing can be read.
type Thermal func(context.Context) (state string, nominal, known bool)

// thermalInterval is the time between two looks at the thermal state.
const thermalInterval = 5 * time.Second

var errStopped = errors.New("stopped by the user")

// cool waits before a run: the plan's pause, if another run was before, and then until
// the thermal state is nominal. It returns the state in which the run begins; an error
// means that no run may begin.
func (r *runner) cool(ctx context.Context, before bool) (string, error) {
	ctx, cancel := r.untilStopped(ctx)
	defer cancel()
	if before && !wait(ctx, r.design.CoolDown) {
		return "", errStopped
	}
	if r.Thermal == nil {
		return "", nil
	}
	for begun := time.Now(); ; {
		state, nominal, known := r.Thermal(ctx)
		switch {
		case ctx.Err() != nil:
			return "", errStopped
		case !known:
			return "", nil
		case nominal:
			return state, nil
		case r.DespiteHeat:
			r.say("the run begins although the thermal state is %s (--despite-heat)", state)
			return state, nil
		case time.Since(begun) >= r.design.CoolLimit:
			return "", fmt.Errorf("the thermal state is still %s after %s (cool_limit); resume the matrix when the machine has cooled down, or give --despite-heat", state, r.design.CoolLimit)
		}
		if time.Since(begun) < thermalInterval {
			r.say("waiting for the machine to cool down: the thermal state is %s", state)
		}
		if !wait(ctx, thermalInterval) {
			return "", errStopped
		}
	}
}

// wait reports whether d has passed before ctx was done.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
