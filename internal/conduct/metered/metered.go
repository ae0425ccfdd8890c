// Package metered reads power beside a run and writes it to the run's folder.
package metered

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/power"
	"github.com/inferometer/inferometer/internal/power/meter"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Run reads the power of a run.
type Run struct {
	plan  metering.Power
	clock *exchange.Clock
	meter *meter.Meter
	to    *runlog.SampleWriter
}

// Open finds what a plan wants to read power from; nil where it wants nothing.
func Open(p metering.Power, clock *exchange.Clock) (*Run, error) {
	if !p.On() {
		return nil, nil
	}
	r := &Run{plan: p, clock: clock}
	// What cannot be written is told when the file is closed.
	r.meter = &meter.Meter{Clock: clock, Emit: func(look power.Sample) { _ = r.to.Power(look) }}
	if err := r.meter.Open(metering.Split(p.Source)); err != nil {
		return nil, fmt.Errorf("--power: %w", err)
	}
	return r, nil
}

// Begin reads power until end is called, which waits until all has been read once more.
// Before it returns, the idle machine has been watched, if the plan wants it and resumed
// is false; waiting says that this takes a while, and stop ends it.
func (r *Run) Begin(ctx, stop context.Context, to *runlog.SampleWriter, resumed bool, waiting func(what string) func()) (end func()) {
	if r == nil || to == nil {
		return func() {}
	}
	r.to = to
	_ = to.Meter(runlog.MeterRecord{Sources: r.meter.Sources(), OS: runtime.GOOS})
	r.meter.Start(ctx)
	if r.plan.Idle > 0 && !resumed {
		done := waiting("watching the power of the idle machine for " + r.plan.Idle.String())
		from := r.clock.Now()
		select {
		case <-time.After(r.plan.Idle):
			r.meter.Settle(ctx)
			_ = to.Idle(exchange.Span{Start: from, End: from.Add(r.plan.Idle)})
		case <-stop.Done():
		case <-ctx.Done():
		}
		done()
	}
	return func() {
		r.meter.Settle(ctx)
		r.meter.Stop()
	}
}
