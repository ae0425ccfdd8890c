package conduct

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

// openMeter finds what the plan wants to read power from, before anything is sent.
func (s *Session) openMeter() error {
	if !s.plan.Power.On() {
		return nil
	}
	s.meter = &meter.Meter{Clock: s.clock, Emit: func(look power.Sample) {
		_ = s.samples.Power(look) // closeSamples says it
	}}
	if err := s.meter.Open(metering.Split(s.plan.Power.Source)); err != nil {
		return fmt.Errorf("--power: %w", err)
	}
	return nil
}

// readPower reads power until stop is called, which waits until all has been read once
// more. Before it returns, an idle machine has been watched, if the plan wants it.
func (s *Session) readPower(ctx context.Context) (stop func()) {
	if s.meter == nil || s.samples == nil {
		return func() {}
	}
	_ = s.samples.Meter(runlog.MeterRecord{Sources: s.meter.Sources(), OS: runtime.GOOS}) // closeSamples says it
	s.meter.Start(ctx)
	if idle := s.plan.Power.Idle; idle > 0 && s.before == nil {
		done := s.teller.Wait("watching the power of the idle machine for " + idle.String())
		from := s.clock.Now()
		select {
		case <-time.After(idle):
			s.meter.Settle(ctx)
			_ = s.samples.Idle(exchange.Span{Start: from, End: from.Add(idle)})
		case <-s.Stop.Done():
		case <-ctx.Done():
		}
		done()
	}
	return func() {
		s.meter.Settle(ctx)
		s.meter.Stop()
	}
}
