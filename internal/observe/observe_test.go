package observe

import (
	"runtime"
	"testing"
	"time"
)

func TestAWatchSeesWhatHappens(t *testing.T) {
	w := Begin(time.Now())
	busy := 0
	for begun := time.Now(); time.Since(begun) < 120*time.Millisecond; {
		busy++
	}
	runtime.GC()
	s := w.End()
	if s.CPUMS == nil || s.CPUShare == nil || *s.CPUMS < 20 || *s.CPUShare <= 0 {
		t.Errorf("a busy program used %v ms of processor time, a share of %v (%d rounds)", deref(s.CPUMS), deref(s.CPUShare), busy)
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
