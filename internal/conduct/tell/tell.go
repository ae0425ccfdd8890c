// Package tell says how a run proceeds, from a goroutine of its own: a terminal that
// blocks never holds up what is measured.
package tell

import (
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/loadgen"
)

// Event is one step of progress.
type Event struct {
	Kind    string // "target", "cell", "progress", "wait", "done", "note", "folder"
	Cell    string
	Target  string
	Text    string
	Done    int
	Total   int // 0 where the cell ends by time
	Elapsed time.Duration
	// Load is the load of a cell in a few words, as "16 users".
	Load string
	// Step of Steps is which step of the run a cell belongs to; Steps is 0 where
	// nobody knows beforehand how many there are.
	Step, Steps int
	// Users of a closed loop; 0: it is an open one.
	Users int
	// Status is where the cell is, and Queued how many requests wait in the server,
	// as its own metrics say; nil where they do not. Both come with "progress".
	Status loadgen.Status
	Queued *int
	// Spend is what the run has cost so far; nil where no target has a price per
	// token. It comes with "progress" and "done".
	Spend *Spend
	// Trouble says what keeps the cell from being measured well, such as other
	// programs on the machine; empty where nothing does.
	Trouble string
	// Failing names validity checks that will not pass if it stays so. The slice is
	// shared: nobody changes it.
	Failing []string
}

// Spend is what a run has cost so far, in USD, by requests that have ended.
type Spend struct {
	USD, Cap  float64 // Cap is 0 where there is none
	Simulated bool    // all of it is of simulated targets, which charge nobody
}

// Teller hands events to a function from a goroutine of its own: a terminal that
// blocks must never hold up what is measured. Of what changes all the time, the
// progress of cells, it asks for the latest state when the function is ready for
// it; of other events none is lost, and their order is kept.
type Teller struct {
	to    func(Event)
	since func() time.Duration // of the run

	mu      sync.Mutex // protects all following fields
	queue   []Event
	cells   []cellWatch // under way, in the order in which they began
	waiting string      // what the run waits for, where no cell is under way
	started bool
	closed  bool

	wake chan struct{} // there is something to tell, or an end
	done chan struct{}
	over chan struct{} // closed at the end
}

// cellWatch is a cell under way and how to see where it is.
type cellWatch struct {
	id  string
	now func() Event
}

const (
	// tellEvery is how often the state of cells is told, and KeepEvery how often it
	// is kept.
	tellEvery = 200 * time.Millisecond
	KeepEvery = 500 * time.Millisecond
	// tellPatience is how long the end of a run waits for a function that blocks.
	tellPatience = 2 * time.Second
)

// New makes a teller; to is nil where nobody listens.
func New(to func(Event), since func() time.Duration) *Teller {
	return &Teller{to: to, since: since, wake: make(chan struct{}, 1), done: make(chan struct{}), over: make(chan struct{})}
}

// Tell queues an event. It never blocks.
func (t *Teller) Tell(e Event) {
	if t.to == nil {
		return
	}
	e.Elapsed = t.since()
	t.with(func() { t.queue = append(t.queue, e) })
}

// Keep hands the state of cells, and what the run waits for, to a second function
// twice a second until the end, from a goroutine of its own: where the first one
// blocks, this one is still called. It must not block.
func (t *Teller) Keep(to func(Event)) {
	go func() {
		tick := time.NewTicker(KeepEvery)
		defer tick.Stop()
		for {
			select {
			case <-t.over:
				return
			case <-tick.C:
				t.state(to)
			}
		}
	}()
}

// state hands on where the cells are, or what the run waits for.
func (t *Teller) state(to func(Event)) {
	t.mu.Lock()
	cells, waiting := slices.Clone(t.cells), t.waiting
	t.mu.Unlock()
	for _, c := range cells {
		e := c.now()
		e.Elapsed = t.since()
		to(e)
	}
	if len(cells) == 0 && waiting != "" {
		to(Event{Kind: "wait", Text: waiting, Elapsed: t.since()})
	}
}

// Watch has the state of a cell told until the returned function is called.
func (t *Teller) Watch(id string, now func() Event) (end func()) {
	t.with(func() { t.cells = append(t.cells, cellWatch{id, now}) })
	return func() {
		t.with(func() {
			for i, c := range t.cells {
				if c.id == id {
					t.cells = append(t.cells[:i:i], t.cells[i+1:]...)
					return
				}
			}
		})
	}
}

// Wait says what the run waits for until the returned function is called; it is
// told again and again, since it may take long.
func (t *Teller) Wait(what string) (end func()) {
	t.with(func() { t.waiting = what })
	return func() { t.with(func() { t.waiting = "" }) }
}

// with changes the state, and wakes the goroutine.
func (t *Teller) with(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	change()
	if t.to == nil {
		return
	}
	if !t.started {
		t.started = true
		go t.run()
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Close tells what is left. A function that blocks is left behind.
func (t *Teller) Close() {
	t.mu.Lock()
	if !t.closed {
		close(t.over)
	}
	started := t.started && !t.closed
	t.closed, t.cells, t.waiting = true, nil, ""
	t.mu.Unlock()
	if !started {
		return
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
	timer := time.NewTimer(tellPatience)
	defer timer.Stop()
	select {
	case <-t.done:
	case <-timer.C:
	}
}

func (t *Teller) run() {
	defer close(t.done)
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		due := false
		select {
		case <-t.wake:
		case <-tick.C:
			due = true
		}
		t.mu.Lock()
		queue, closed := t.queue, t.closed
		t.queue = nil
		t.mu.Unlock()
		for _, e := range queue {
			t.to(e)
		}
		if closed {
			return
		}
		if due {
			t.state(t.to)
		}
	}
}
