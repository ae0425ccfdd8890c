package observe

import (
	"runtime"
	"testing"
	"time"
)

func TestAWatchSeesWhatHappens(t *testing.T) {
	w := Begin(time.Now())
	begun := cpuSeconds()
	if begun == nil {
		t.Fatal("this system does not report the processor time of a process")
	}
	// Busy for so much processor time, however long that takes on a machine
	// that has other work.
	for now := begun; *now < *begun+0.03; now = cpuSeconds() {
		for busy := 0; busy < 1e6; busy++ {
		}
	}
	runtime.GC()
	s := w.End()
	if s.CPUMS == nil || s.CPUShare == nil || *s.CPUMS < 20 || *s.CPUShare <= 0 {
		t.Errorf("a busy program used %v ms of processor time, a share of %v ", deref(s.CPUMS), deref(s.CPUShare))
	}
	if s.GCs < 1 || s.GCPauseMax == nil || *s.GCPauseMax <= 0 {
		t.Errorf("%d collections, longest pause %v; one was forced", s.GCs, deref(s.GCPauseMax))
	}
	if s.ClockStep == nil {
		t.Error("the clocks were not compared")
	}
	if s.SchedP99 == nil || *s.SchedP99 < 0 {
		t.Errorf("scheduler latency %v", deref(s.SchedP99))
	}
	if runtime.GOOS == "linux" && (s.OtherCPUShare == nil || *s.OtherCPUShare < 0 || *s.OtherCPUShare > 1 || s.StealShare == nil) {
		t.Errorf("the rest of the machine used %v, its host withheld %v", deref(s.OtherCPUShare), deref(s.StealShare))
	}
}

func deref(p *float64) any {
	if p == nil {
		return nil
	}
	return *p
}
