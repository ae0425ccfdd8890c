package socket

import (
	"testing"
	"time"
)

func TestClocksAgree(t *testing.T) {
	tests := []struct {
		name    string
		elapsed time.Duration
		step    time.Duration
		want    bool
	}{
		{"no time", 0, 0, true},
		{"some time", 20 * time.Millisecond, 0, true},
		{"read one after the other", 20 * time.Millisecond, 50 * time.Microsecond, true},
		{"an hour", time.Hour, 0, true},
		{"forward", 20 * time.Millisecond, 30 * time.Second, false},
		{"forward by no more than bytes may wait", 20 * time.Millisecond, 5 * time.Millisecond, false},
		{"back", 20 * time.Millisecond, -2 * time.Second, false},
		{"a slew that an hour may bring", time.Hour, 1800 * time.Millisecond, true},
		{"a step after an hour", time.Hour, 10 * time.Second, false},
	}
	for _, tt := range tests {
		if got := agree(tt.elapsed+tt.step, tt.elapsed); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestClockPair(t *testing.T) {
	var p clockPair
	now := time.Now()
	for i := range 5 {
		if !p.steady(now.Add(time.Duration(i) * time.Second)) {
			t.Fatal("a step where none was")
		}
	}
}
