// Package engine runs in real time what is decided without a clock. There are
// two engines of a simulated server.
//
// Engine has fixed latencies: a request waits, first come first served, for one
// of a number of slots; once it has one, every token has an absolute deadline
// that depends on nothing but the start, the seed and the index of the request,
// so that lateness of one token never moves the next. It models no batch, no
// memory and no hardware: latency is what the configuration says.
//
// Live runs the engines of package scheduler, step by step at absolute moments,
// and hands tokens out when a step ends. What it does at which moment is what
// scheduler.Fleet.Run forecasts for the same requests.
//
// The package knows nothing of HTTP and nothing of text.
package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// maxBackdate bounds how far in the past a slot may be handed on. A slot is
// free from the moment its last token was due, not from the moment its
// goroutine got round to saying so; otherwise scheduling delays would add up in
// a busy queue. A longer delay is a real one (a client that stopped
// reading) and is not undone.
const maxBackdate = 5 * time.Millisecond

// Engine runs the queue in real time. Create it with New.
type Engine struct {
	latency Latency
	seed    uint64
	time    atomic.Pointer[timeline]

	mu    sync.Mutex // protects all following fields, and changes of time
	queue Queue
	next  uint64
}

// New returns an engine with the given latencies and slots; fewer than one
// slot counts as one.
func New(l Latency, slots int, seed uint64) *Engine {
	e := &Engine{latency: l, seed: seed, queue: Queue{slots: max(slots, 1)}}
	e.time.Store(&timeline{})
	return e
}

// Freeze stops the server for d from the given moment: everything that is due
// later is delayed by what is left of the freeze.
func (e *Engine) Freeze(from time.Time, d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.time.Load().with(from, from.Add(max(d, 0)))
	e.time.Store(&l)
}

// Thaw returns the moment from which the server works again, which is t itself
// if the server is not frozen.
func (e *Engine) Thaw(t time.Time) time.Time {
	l := e.time.Load()
	return l.real(l.own(t))
}

// Number takes the next index, for a request that does not enter.
func (e *Engine) Number() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next++
	return e.next - 1
}

// Load returns how many jobs run and how many wait.
func (e *Engine) Load() (running, waiting int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.queue.Load()
}

// Job is one request in the engine. It is used by one goroutine.
type Job struct {
	e       *Engine
	index   uint64
	arrived time.Time
	start   time.Time     // in the engine's own time; set before granted is closed
	granted chan struct{} // closed when the job has a slot
	entry   entry
}

// Enter puts a request that arrived at the given moment in the queue. Every job
// must be ended with Leave, whatever its outcome.
func (e *Engine) Enter(arrived time.Time) *Job {
	j := &Job{e: e, arrived: arrived, granted: make(chan struct{})}
	j.entry.job = j
	e.mu.Lock()
	defer e.mu.Unlock()
	j.index = e.next
	e.next++
	if e.queue.Arrive(&j.entry) {
		j.begin(e.time.Load().own(arrived))
	}
	return j
}

// begin gives the job its slot, free since the given moment of own time.
func (j *Job) begin(free time.Time) {
	j.start = j.e.time.Load().own(j.arrived)
	if free.After(j.start) {
		j.start = free
	}
	close(j.granted)
}

// Wait blocks until the job has a slot or ctx is done.
func (j *Job) Wait(ctx context.Context) error {
	select {
	case <-j.granted:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Index is the place of the job in the order of arrival, from 0.
func (j *Job) Index() uint64 { return j.index }

// Arrived is the moment that was handed to Enter.
func (j *Job) Arrived() time.Time { return j.arrived }

// Start is the moment from which the job had its slot. It is valid after Wait
// has returned nil.
func (j *Job) Start() time.Time { return j.e.time.Load().real(j.start) }

// Due is the moment at which token k (from 0) is due. It is valid after Wait
// has returned nil, until the engine is frozen again.
func (j *Job) Due(k int) time.Time {
	return j.After(j.e.latency.Offset(j.e.seed, j.index, k))
}

// After is the moment at which the engine has worked for d since the job got its
// slot. It is valid as long as Due is.
func (j *Job) After(d time.Duration) time.Time {
	return j.e.time.Load().real(j.start.Add(d))
}

// Leave ends the job, in whatever state it is: a slot that it held is free
// from the moment at, and goes to the job that has waited longest.
func (j *Job) Leave(at time.Time) {
	if oldest := time.Now().Add(-maxBackdate); at.Before(oldest) {
		at = oldest
	}
	j.e.mu.Lock()
	defer j.e.mu.Unlock()
	if next := j.e.queue.Leave(&j.entry); next != nil {
		next.job.begin(j.e.time.Load().own(at))
	}
}
