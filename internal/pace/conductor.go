// Package pace runs functions at absolute moments, as exactly as the system
// can. It paces the requests of a load and the frames of the simulated server.
package pace

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Conductor runs tasks at absolute moments, one after the other, in the order
// in which they are due. Thousands of streams share one: writing their frames
// from a single goroutine costs a system call each, where waking a goroutine
// for each frame would cost several times that. A task that is late does not
// move the next one. Create it with New.
//
// Two things wake it, and whichever comes first does the work: a timer of the
// Go runtime, and on Linux a timerfd that is read through the runtime's network
// poller. In an idle process the second is some tens of microseconds late and
// the first half a millisecond (epoll_wait counts in whole milliseconds); in a
// busy one it is the other way round, since the scheduler looks at its
// timers between any two goroutines and at the poller when there is none to run.
type Conductor struct {
	base  time.Time // moments are kept in nanoseconds since base
	alarm alarm     // nil: the runtime's timers alone
	spin  int       // with at most so many tasks, an early wake is spent waiting
	done  chan struct{}

	mu       sync.Mutex // protects all following fields and those of the tasks
	tasks    heap
	timer    *time.Timer
	set      int64 // what the alarm is armed for; 0: it is not
	lead     int64 // by how much it is armed early
	draining bool
	closed   bool
}

// alarm is a fine timer of the system. When it fires it calls the
// function that it was made with.
type alarm interface {
	set(in time.Duration)
	close() error
}

const (
	// maxLead bounds how early the alarm is armed, in nanoseconds, to make up
	// for its lateness.
	maxLead = int64(150 * time.Microsecond)
	// spinTasks is how many tasks an exact conductor may have to look at the
	// clock. With more, there is always one that is due within microseconds,
	// and it would never sleep.
	spinTasks = 32
)

// Precision is how hard a conductor tries.
type Precision int

const (
	// Fine uses the best timer of the system. Where there is none, the
	// runtime's are used.
	Fine Precision = iota
	// Exact also wakes early, by as much as the timer was late so far, and looks
	// at the clock until the moment has come, as long as there are few tasks.
	// It costs up to 150 µs of a processor per step.
	Exact
	// Plain uses the runtime's timers only, which testing/synctest can drive.
	Plain
)

// New returns a conductor.
func New(p Precision) *Conductor {
	c := &Conductor{base: time.Now(), done: make(chan struct{})}
	c.timer = time.AfterFunc(time.Hour, c.drain)
	c.timer.Stop()
	if p != Plain {
		c.alarm = newAlarm(c.onAlarm)
	}
	if p == Exact && c.alarm != nil {
		c.spin = spinTasks
	}
	return c
}

// Task is a function that runs at one moment after another.
type Task struct {
	c    *Conductor
	step func() (next time.Time, more bool)

	running sync.Mutex // held while step runs

	due       int64 // with c.mu
	pos       int   // in the heap; −1 outside; with c.mu
	cancelled bool  // with c.mu
}

// Start runs step at the given moment, never before it, and again at every
// moment that it returns, until it returns false. Steps of all tasks share one
// goroutine and must not block. On a closed conductor nothing happens.
func (c *Conductor) Start(at time.Time, step func() (next time.Time, more bool)) *Task {
	t := &Task{c: c, step: step, pos: -1, due: int64(at.Sub(c.base))}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return t
	}
	c.tasks.insert(t)
	if t.pos == 0 && !c.draining {
		c.arm()
	}
	return t
}

// Cancel ends the task. When it has returned, step neither runs nor will.
func (t *Task) Cancel() {
	t.c.mu.Lock()
	t.cancelled = true
	if t.pos >= 0 {
		t.c.tasks.remove(t)
	}
	t.c.mu.Unlock()
	t.running.Lock()
	t.running.Unlock() //nolint:staticcheck // waiting for step was all
}

// Close ends the conductor; no step runs after it.
func (c *Conductor) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	close(c.done)
	c.timer.Stop()
	tasks := append(heap(nil), c.tasks...)
	c.mu.Unlock()
	for _, t := range tasks {
		t.Cancel()
	}
	if c.alarm != nil {
		return c.alarm.close()
	}
	return nil
}

func (c *Conductor) now() int64 { return int64(time.Since(c.base)) }

// onAlarm is called when the alarm fires. It learns how late alarms are.
func (c *Conductor) onAlarm() {
	c.mu.Lock()
	if c.set != 0 {
		late := max(0, min(2*maxLead, c.now()-c.set))
		c.lead = min(maxLead, c.lead+(late-c.lead)/16)
		c.set = 0
	}
	c.mu.Unlock()
	c.drain()
}

// drain runs what is due, and arms the timers for what is not.
func (c *Conductor) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining {
		return // the one that is draining will see what is new
	}
	c.draining = true
	for len(c.tasks) > 0 && !c.closed {
		t := c.tasks[0]
		if wait := t.due - c.now(); wait > 0 {
			if wait > maxLead || len(c.tasks) > c.spin {
				break
			}
			c.mu.Unlock()
			for t.due > c.now() {
			}
			c.mu.Lock()
			continue // it may have been cancelled meanwhile
		}
		c.run(t)
	}
	c.draining = false
	c.arm()
}

// run carries out one step of a task. c.mu is held, but not meanwhile.
func (c *Conductor) run(t *Task) {
	c.tasks.remove(t)
	t.running.Lock()
	c.mu.Unlock()
	next, more := t.step()
	c.mu.Lock()
	if more && !t.cancelled && !c.closed {
		t.due = int64(next.Sub(c.base))
		c.tasks.insert(t)
	}
	t.running.Unlock()
}

// arm sets the timers for the earliest task. c.mu is held.
func (c *Conductor) arm() {
	if c.closed || len(c.tasks) == 0 {
		return
	}
	now, due := c.now(), c.tasks[0].due
	c.timer.Reset(time.Duration(max(due-now, 0)))
	if c.alarm == nil {
		return
	}
	lead := c.lead
	if len(c.tasks) > c.spin {
		lead = 0
	}
	at := max(due-lead, now+1)
	if c.set != 0 && c.set <= at && c.set > now {
		return // it fires early enough, and early does no harm
	}
	c.alarm.set(time.Duration(at - now))
	c.set = at
}

// heap is a binary heap of tasks by due; container/heap would box each one.
type heap []*Task

func (h *heap) insert(t *Task) {
	t.pos = len(*h)
	*h = append(*h, t)
	h.up(t.pos)
}

func (h *heap) remove(t *Task) {
	i, n := t.pos, len(*h)-1
	h.swap(i, n)
	(*h)[n] = nil
	*h = (*h)[:n]
	t.pos = -1
	if i < n {
		h.down(i)
		h.up(i)
	}
}

func (h heap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].due <= h[i].due {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h heap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if r := child + 1; r < len(h) && h[r].due < h[child].due {
			child = r
		}
		if h[i].due <= h[child].due {
			return
		}
		h.swap(i, child)
		i = child
	}
}

func (h heap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].pos, h[j].pos = i, j
}

// errClosed is what Wait returns on a closed conductor.
var errClosed = errors.New("the pacer has been closed")

// Wait blocks until the moment has come, and never returns nil before it, or
// until ctx is done.
func (c *Conductor) Wait(ctx context.Context, at time.Time) error {
	if !time.Now().Before(at) {
		return ctx.Err()
	}
	reached := make(chan struct{})
	t := c.Start(at, func() (time.Time, bool) {
		close(reached)
		return at, false
	})
	select {
	case <-reached:
		return nil
	case <-c.done:
		return errClosed
	case <-ctx.Done():
		t.Cancel()
		return ctx.Err()
	}
}
