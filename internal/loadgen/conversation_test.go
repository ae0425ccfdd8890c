package loadgen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// testConversations has conversations of so many turns with a server. Encoding a turn
// takes a time, and a turn can fail or have no answer to carry.
type testConversations struct {
	server
	turns  int
	encode time.Duration
	fails  func(session, turn int) exchange.Class
	silent bool  // answers have no text: nothing follows
	broken error // of a turn that cannot be made

	mu      sync.Mutex                // protects all following fields
	answers map[string]exchange.Stamp // when the answer to a turn had come
	early   []string                  // turns that were made before their answer
}

type testConversation struct {
	t       *testConversations
	session int
	turn    int
}

func (t *testConversations) Begin(i int) (Conversation, error) {
	return &testConversation{t: t, session: i + 1}, nil
}

func (c *testConversation) Turn(x *exchange.Exchange) (Request, error) {
	t := c.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.turn == t.turns || c.turn > 0 && t.silent {
		return nil, nil
	}
	if t.broken != nil && c.turn > 0 {
		return nil, t.broken
	}
	if _, came := t.answers[fmt.Sprint(c.session, c.turn)]; c.turn > 0 && !came {
		t.early = append(t.early, fmt.Sprint(c.session, c.turn+1))
	}
	c.turn++
	x.Turn, x.Turns = c.turn, t.turns
	if c.turn > 1 {
		time.Sleep(t.encode)
	}
	request, err := t.Prepare(x.Phase, x.Index, x)
	return SendFunc(func(ctx context.Context, x *exchange.Exchange) {
		request.Send(ctx, x)
		if t.fails != nil && x.Class == exchange.OK {
			x.Class = t.fails(x.Session, x.Turn)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.answers[fmt.Sprint(x.Session, x.Turn)] = x.Done
	}), err
}

// converse is drive for conversations.
func converse(t *testing.T, shape Shape, tk *testConversations, stopAfter time.Duration, check func(run)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		tk.clock, tk.answers = clock, map[string]exchange.Stamp{}
		if tk.service == nil {
			tk.service = fixed(time.Second)
		}
		var mu sync.Mutex
		var got run
		d := Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			got.all = append(got.all, x)
		}}
		stop, cancel := context.WithCancel(t.Context())
		defer cancel()
		if stopAfter > 0 {
			time.AfterFunc(stopAfter, cancel)
		}
		got.window, got.err = d.RunConversations(t.Context(), stop, shape, tk)
		got.peak = tk.peak
		for _, x := range got.all {
			if x.Phase == exchange.Measured {
				got.measured = append(got.measured, x)
			}
		}
		slices.SortFunc(got.measured, func(a, b *exchange.Exchange) int {
			return (a.Session-b.Session)*1000 + a.Turn - b.Turn
		})
		if len(tk.early) > 0 {
			t.Errorf("made before the answer before them had come: turns %v", tk.early)
		}
		seen := map[int]bool{}
		for _, x := range got.all {
			if seen[x.Index] {
				t.Errorf("two turns have the index %d", x.Index)
			}
			seen[x.Index] = true
		}
		check(got)
	})
}

// at is when the turns were due, in seconds from the first one.
func at(t *testing.T, r run) []float64 {
	t.Helper()
	if r.err != nil {
		t.Fatal(r.err)
	}
	var out []float64
	for _, x := range r.measured {
		out = append(out, float64((x.Due-r.measured[0].Due)/1e6)/1e3)
	}
	return out
}

// One user: each turn waits for the one before and for think time, and so does
// the next conversation.
func TestUserConversations(t *testing.T) {
	shape := Shape{Users: 1, Think: 2 * time.Second, Conversations: 2, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 3}, 0, func(r run) {
		if got, want := at(t, r), []float64{0, 3, 6, 9, 12, 15}; !slices.Equal(got, want) {
			t.Errorf("due at %v s, want %v", got, want)
		}
		if r.window.Reason != "" || r.window.Seconds() < 16 || r.window.Seconds() > 16.001 {
			t.Errorf("the run time is from the first start to the last end: %+v", r.window)
		}
		for i, x := range r.measured {
			if x.Session != 1+i/3 || x.Turn != 1+i%3 || x.Turns != 3 || x.Index != i {
				t.Errorf("exchange %d: session %d, turn %d of %d, index %d", i, x.Session, x.Turn, x.Turns, x.Index)
			}
		}
	})
}

// Pauses may differ, and hold for users without conversations too.
func TestPausesDiffer(t *testing.T) {
	pause := func(x *exchange.Exchange) time.Duration { return time.Duration(1+x.Index) * time.Second }
	shape := Shape{Users: 1, Pause: pause, Conversations: 1, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 3}, 0, func(r run) {
		if got, want := at(t, r), []float64{0, 2, 5}; !slices.Equal(got, want) {
			t.Errorf("due at %v s, want %v", got, want)
		}
	})
	shape = Shape{Users: 1, Pause: pause, Requests: 3, Grace: time.Minute}
	drive(t, shape, exchange.OK, 0, fixed(time.Second), func(r run) { dues(t, r, 0, 2, 5) })
}

// Encoding a turn after the answer before it takes none of the server's time:
// it is done in think time, or is lateness of the client.
func TestEncodingIsNoLatency(t *testing.T) {
	for _, tt := range []struct {
		think, late time.Duration
	}{{time.Second, 0}, {100 * time.Millisecond, 200 * time.Millisecond}, {0, 300 * time.Millisecond}} {
		shape := Shape{Users: 1, Think: tt.think, Conversations: 1, Grace: time.Minute}
		converse(t, shape, &testConversations{turns: 2, encode: 300 * time.Millisecond}, 0, func(r run) {
			a, b := r.measured[0], r.measured[1]
			if b.Due != a.Done.Add(tt.think) {
				t.Errorf("think time %v: due %v ms after the answer", tt.think, ms(t, b.Due, a.Done))
			}
			if got := b.Woken - b.Due; got < exchange.Stamp(tt.late) || got > exchange.Stamp(tt.late+time.Millisecond) {
				t.Errorf("think time %v: %v late, want %v", tt.think, time.Duration(got), tt.late)
			}
			if d := ms(t, b.Writing, b.Woken); d > 1 {
				t.Errorf("think time %v: %v ms of client delay; encoding came before", tt.think, d)
			}
		})
	}
}

// The schedule says when conversations begin; their turns follow.
func TestConversationsBeginByTheSchedule(t *testing.T) {
	shape := Shape{Schedule: even(2), Conversations: 3, Think: time.Second, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 2}, 0, func(r run) {
		if got, want := at(t, r), []float64{0, 2, 0.5, 2.5, 1, 3}; !slices.Equal(got, want) {
			t.Errorf("due at %v s, want %v", got, want)
		}
		if s := r.window.Seconds(); s < 4 || s > 4.001 {
			t.Errorf("the window has %v s: it ends with the last answer", s)
		}
	})
}

// A number of requests, or a time, ends the measured part in the middle of
// conversations; they go on until the measured turns have ended.
func TestConversationsEndWithTheCell(t *testing.T) {
	shape := Shape{Users: 2, Think: 500 * time.Millisecond, Requests: 5, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 10}, 0, func(r run) {
		if len(r.measured) != 5 || r.window.Reason != "" || r.err != nil {
			t.Errorf("%d measured, %+v, %v", len(r.measured), r.window, r.err)
		}
	})
	shape = Shape{Schedule: even(1), Think: 100 * time.Millisecond, Duration: 10 * time.Second, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 4}, 0, func(r run) {
		if s := r.window.Seconds(); s != 10 {
			t.Errorf("a window of %v s", s)
		}
		for _, x := range r.measured {
			if x.Due >= r.window.End || x.Class != exchange.OK {
				t.Errorf("turn %d of session %d: due %v, %q", x.Turn, x.Session, x.Due, x.Class)
			}
		}
		if len(r.all) == len(r.measured) {
			t.Error("the load ended with the window; what was measured last ran alone")
		}
	})
}

// A failed turn ends its conversation. Its user takes another one, not before
// a second has gone by.
func TestAFailedTurnEndsItsConversation(t *testing.T) {
	fails := func(session, turn int) exchange.Class {
		if session == 1 && turn == 2 {
			return exchange.HTTP5xx
		}
		return exchange.OK
	}
	shape := Shape{Users: 1, Conversations: 2, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 3, fails: fails}, 0, func(r run) {
		if got, want := at(t, r), []float64{0, 1, 3, 4, 5}; !slices.Equal(got, want) {
			t.Errorf("due at %v s, want %v", got, want)
		}
		if x := r.measured[1]; x.Class != exchange.HTTP5xx || x.Turn != 2 || x.Turns != 3 {
			t.Errorf("the failed turn: %+v", x)
		}
		if r.window.Reason != "" {
			t.Errorf("%+v", r.window)
		}
	})
	shape = Shape{Schedule: even(1), Conversations: 2, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 3, fails: fails}, 0, func(r run) {
		if len(r.measured) != 5 {
			t.Errorf("%d turns", len(r.measured))
		}
	})
}

func TestAnAnswerWithoutTextEndsItsConversation(t *testing.T) {
	shape := Shape{Users: 3, Conversations: 6, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 3, silent: true}, 0, func(r run) {
		if len(r.measured) != 6 || r.window.Reason != "" {
			t.Errorf("%d turns, %+v", len(r.measured), r.window)
		}
	})
}

func TestATurnThatCannotBeMadeEndsTheCell(t *testing.T) {
	shape := Shape{Users: 2, Conversations: 6, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 3, broken: errors.New("no")}, 0, func(r run) {
		if r.err == nil || r.err.Error() != "no" {
			t.Errorf("%v", r.err)
		}
	})
}

// Ctrl-C lets running turns end and gives up those that think.
func TestStopEndsConversations(t *testing.T) {
	for _, shape := range []Shape{
		{Users: 2, Think: 10 * time.Second, Requests: 100, Grace: time.Minute},
		{Schedule: even(1000), Think: 10 * time.Second, Conversations: 2, Grace: time.Minute},
	} {
		converse(t, shape, &testConversations{turns: 5}, 11500*time.Millisecond, func(r run) {
			if !r.window.Stopped || len(r.measured) != 4 {
				t.Errorf("%d turns, %+v", len(r.measured), r.window)
			}
			for _, x := range r.measured {
				if x.Class != exchange.OK {
					t.Errorf("turn %d: %q", x.Turn, x.Class)
				}
			}
		})
	}
}

// Grace holds for the last turns too: a server that never answers is cut off.
func TestGraceEndsConversations(t *testing.T) {
	slow := func(x *exchange.Exchange) time.Duration {
		if x.Turn == 2 {
			return time.Hour
		}
		return time.Second
	}
	for _, shape := range []Shape{
		{Users: 2, Conversations: 2, Grace: 5 * time.Second},
		{Schedule: even(10), Conversations: 2, Grace: 5 * time.Second},
	} {
		converse(t, shape, &testConversations{server: server{service: slow}, turns: 2}, 0, func(r run) {
			cut := 0
			for _, x := range r.measured {
				if x.Class == exchange.Cut {
					cut++
				}
			}
			if len(r.measured) != 4 || cut != 2 || r.window.Seconds() > 7 {
				t.Errorf("%d turns, %d cut, %+v", len(r.measured), cut, r.window)
			}
		})
	}
}

// A limit of requests at once holds for turns, and the wait counts.
func TestTurnsWaitForASlot(t *testing.T) {
	shape := Shape{Users: 8, Conversations: 8, MaxInflight: 3, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 2}, 0, func(r run) {
		if r.peak != 3 || len(r.measured) != 16 {
			t.Errorf("%d at once, %d turns", r.peak, len(r.measured))
		}
	})
}

// A hopeless server ends the cell, as it does without conversations.
func TestBreakerEndsConversations(t *testing.T) {
	fails := func(int, int) exchange.Class { return exchange.HTTP5xx }
	shape := Shape{Users: 4, Conversations: 1000, Grace: time.Minute}
	converse(t, shape, &testConversations{turns: 2, fails: fails}, 0, func(r run) {
		if r.window.Reason == "" || len(r.measured) > 30 {
			t.Errorf("%d turns, %+v", len(r.measured), r.window)
		}
	})
}
