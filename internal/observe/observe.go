// Package observe watches the measuring program itself and its machine while
// something is measured: processor time, garbage collection, the Go scheduler
// and the clocks. It reports what was seen; whether that was too much is
// for package validity to judge. What cannot be seen on a system is nil, never 0.
package observe

import (
	"context"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/process"

	"github.com/inferometer/inferometer/internal/result"
)

// Watch is an observation under way.
type Watch struct {
	anchor  time.Time // of the run's clock
	began   time.Time
	cpu     *float64 // seconds
	machine *cpu.TimesStat
	gcs     uint32
	sched   []uint64
	quota   *quota
}

const schedLatencies = "/sched/latencies:seconds"

// Begin starts to observe. anchor is the run's wall-clock anchor, with its
// monotonic reading.
func Begin(anchor time.Time) *Watch {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w := &Watch{anchor: anchor, began: time.Now(), cpu: cpuSeconds(), machine: machineTimes(), gcs: m.NumGC, quota: readQuota(os.DirFS("/"))}
	if h := schedHistogram(); h != nil {
		w.sched = h.Counts
	}
	return w
}

// End says what was seen since Begin.
func (w *Watch) End() result.Client {
	var s result.Client
	elapsed := time.Since(w.began).Seconds()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	worst := 0.0
	for n := m.NumGC; n > w.gcs && m.NumGC-n < uint32(len(m.PauseNs)); n-- {
		worst = max(worst, float64(m.PauseNs[(n+255)%256])/1e6)
	}
	s.GCs, s.GCPauseMax = int(m.NumGC-w.gcs), &worst
	own := 0.0
	if now := cpuSeconds(); now != nil && w.cpu != nil && elapsed > 0 {
		own = *now - *w.cpu
		s.CPUShare, s.CPUMS = new(own/elapsed/w.processors()), new(1e3*own)
	}
	if w.quota != nil {
		s.CPUQuota = &w.quota.processors
		if now := readQuota(os.DirFS("/")); now != nil && now.periods > w.quota.periods {
			s.QuotaPeriods, s.Throttled = new(now.periods-w.quota.periods), new(now.throttled-w.quota.throttled)
		}
	}
	if now := machineTimes(); now != nil && w.machine != nil && s.CPUShare != nil {
		if all := total(now) - total(w.machine); all > 0 {
			busy := all - (idle(now) - idle(w.machine))
			s.OtherCPUShare = new(max(0, busy-own) / all)
			s.StealShare = new((now.Steal - w.machine.Steal) / all)
		}
	}
	w.schedule(&s)
	now := time.Now()
	wall := now.Round(0).Sub(w.anchor.Round(0))
	s.ClockStep = new(float64(wall-now.Sub(w.anchor)) / 1e6)
	return s
}

// processors are how many this program may use at once.
func (w *Watch) processors() float64 {
	n := float64(runtime.GOMAXPROCS(0))
	if w.quota != nil {
		n = min(n, w.quota.processors)
	}
	return n
}

// Others is the share of this machine's processors that other programs use while
// this one does nothing for a time; nil where it cannot be seen, or ctx ends first.
func Others(ctx context.Context, idle time.Duration) *float64 {
	w := Begin(time.Now())
	t := time.NewTimer(idle)
	defer t.Stop()
	select {
	case <-t.C:
		return w.End().OtherCPUShare
	case <-ctx.Done():
		return nil
	}
}

// schedule says how long goroutines waited to run.
func (w *Watch) schedule(s *result.Client) {
	h := schedHistogram()
	if h == nil || len(w.sched) != len(h.Counts) {
		return
	}
	all, sum := uint64(0), 0.0
	for i := range h.Counts {
		h.Counts[i] -= w.sched[i]
		all += h.Counts[i]
		sum += float64(h.Counts[i]) * upper(h, i)
	}
	if all == 0 {
		return
	}
	quantile := func(q float64) *float64 {
		seen := uint64(0)
		for i, n := range h.Counts {
			if seen += n; float64(seen) >= q*float64(all) {
				return new(1e3 * upper(h, i))
			}
		}
		return nil
	}
	s.SchedP50, s.SchedMean, s.SchedP99 = quantile(0.5), new(1e3*sum/float64(all)), quantile(0.99)
}

// upper is the upper end of a bucket, in seconds; of the last one the lower.
func upper(h *metrics.Float64Histogram, i int) float64 {
	if top := h.Buckets[i+1]; !math.IsInf(top, 1) {
		return top
	}
	return h.Buckets[i]
}

// schedHistogram returns a copy of the runtime's histogram, or nil.
func schedHistogram() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: schedLatencies}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return nil
	}
	return sample[0].Value.Float64Histogram() // filled afresh by each Read
}

// cpuSeconds is the processor time of this process, or nil where it cannot be read.
func cpuSeconds() *float64 {
	p, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return nil
	}
	t, err := p.Times()
	if err != nil {
		return nil
	}
	return new(t.User + t.System)
}

// machineTimes are those of all processors together, or nil.
func machineTimes() *cpu.TimesStat {
	t, err := cpu.TimesWithContext(context.Background(), false)
	if err != nil || len(t) != 1 {
		return nil
	}
	return &t[0]
}

// total leaves guest time out, which is part of user time on Linux.
func total(t *cpu.TimesStat) float64 {
	return t.User + t.System + t.Idle + t.Nice + t.Iowait + t.Irq + t.Softirq + t.Steal
}

// idle counts what the host withheld as not used: nobody here used it.
func idle(t *cpu.TimesStat) float64 { return t.Idle + t.Iowait + t.Steal }
