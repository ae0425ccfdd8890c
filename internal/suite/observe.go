package suite

import (
	"os"
	"runtime"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/shirou/gopsutil/v4/process"
)

// observer watches the client itself during a cell.
type observer struct {
	at  exchange.Stamp
	cpu *float64 // seconds
	gcs uint32
}

func observe(clock *exchange.Clock) observer {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return observer{at: clock.Now(), cpu: cpuSeconds(), gcs: m.NumGC}
}

func (o observer) end(clock *exchange.Clock) windowRecord {
	var w windowRecord
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	worst := 0.0
	for n := m.NumGC; n > o.gcs && m.NumGC-n < uint32(len(m.PauseNs)); n-- {
		worst = max(worst, float64(m.PauseNs[(n+255)%256])/1e6)
	}
	w.GCPauseMax = &worst
	if cpu := cpuSeconds(); cpu != nil && o.cpu != nil {
		if elapsed := float64(clock.Now()-o.at) / 1e9; elapsed > 0 {
			share := (*cpu - *o.cpu) / elapsed / float64(runtime.GOMAXPROCS(0))
			w.CPUShare = &share
		}
	}
	// The anchor's wall clock against the monotonic one, since the run began.
	now := time.Now()
	wall := now.Round(0).Sub(clock.Start().Round(0))
	step := float64(wall-now.Sub(clock.Start())) / 1e6
	w.ClockStep = &step
	return w
}

// cpuSeconds is the CPU time of this process, or nil where it cannot be read.
func cpuSeconds() *float64 {
	p, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return nil
	}
	t, err := p.Times()
	if err != nil {
		return nil
	}
	s := t.User + t.System
	return &s
}
