package exchange

import (
	"testing"
	"time"
)

// stream is an answer of n frames: the first after wait, each other after what
// gap says.
func stream(n int, wait time.Duration, gap func(i int) time.Duration) *Exchange {
	x := &Exchange{Writing: 1, OutputTokens: &n}
	at := x.Writing.Add(wait)
	for i := range n {
		if i > 0 {
			at = at.Add(gap(i))
		}
		x.Frames = append(x.Frames, Frame{At: at})
	}
	x.FirstToken, x.LastToken = x.Frames[0].At, at
	return x
}

// An answer that a server or a proxy held back is seen as such, also where a
// network spreads it, and an answer that was streamed is not taken for one.
func TestABurstIsNotAStream(t *testing.T) {
	const ms, us = time.Millisecond, time.Microsecond
	every := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	in := func(size int, pause time.Duration) func(int) time.Duration {
		return func(i int) time.Duration {
			if i%size == 0 {
				return pause
			}
			return 2 * us
		}
	}
	for _, tt := range []struct {
		name string
		x    *Exchange
		want bool
	}{
		{"one write, with the jitter of two reads", stream(64, 300*ms, every(us)), true},
		{"one moment", stream(64, 300*ms, every(0)), true},
		{"packets of a slow network", stream(64, 300*ms, in(7, ms)), true},
		{"flights of a network of 20 ms", stream(512, 2*time.Second, in(128, 20*ms)), true},
		{"a burst as fast as the first byte", stream(64, 300*us, every(2*us)), true},
		{"a stream", stream(64, 300*ms, every(20*ms)), false},
		{"a short stream after a long queue", stream(16, 10*time.Second, every(5*ms)), false},
		{"a stream of 1,000 tokens a second after a long queue", stream(64, 10*time.Second, every(ms)), false},
		{"a stream in blocks of a proxy", stream(64, 300*ms, in(8, 160*ms)), false},
		{"one token", stream(1, 300*ms, nil), false},
		{"two tokens", stream(2, 300*ms, every(20*ms)), false},
	} {
		if got := tt.x.NotStreamed(); got != tt.want {
			t.Errorf("%s: not streamed is %v", tt.name, got)
		}
	}
	whole := stream(1, time.Second, nil)
	*whole.OutputTokens = 50
	if !whole.NotStreamed() {
		t.Error("an answer of 50 tokens in one frame was streamed")
	}
	if (&Exchange{}).NotStreamed() {
		t.Error("an answer without frames was not streamed, which nobody asked")
	}
}

func TestReasonsOfTheEnd(t *testing.T) {
	for finish, want := range map[string]Ended{
		"stop": EndedWell, "length": EndedWell, "tool_calls": EndedWell, "content_filter": EndedWell,
		"error": EndedBadly, "abort": EndedBadly, "timeout": EndedBadly, "cancelled": EndedBadly, "insufficient_system_resource": EndedBadly,
		"": EndedUnknown, "banana": EndedUnknown,
	} {
		if got := EndOf(finish); got != want {
			t.Errorf("%q is %v, want %v", finish, got, want)
		}
	}
}
