package engine

// Queue is the pure part of the engine: a number of slots and a line, first come
// first served. It has no clock; in real and in virtual time the order is the
// same. The zero Queue has no slots.
type Queue struct {
	slots       int
	running     int
	waiting     int
	first, last *entry
}

// entry is the place of one job in the queue.
type entry struct {
	job        *Job // nil if the queue is used without an Engine
	state      state
	prev, next *entry
}

type state uint8

const (
	outside state = iota
	waiting
	running
)

// Load returns how many entries run and how many wait.
func (q *Queue) Load() (running, waiting int) { return q.running, q.waiting }

// Arrive adds an entry and reports whether it has a slot at once.
func (q *Queue) Arrive(e *entry) bool {
	if q.running < q.slots {
		q.running++
		e.state = running
		return true
	}
	e.state = waiting
	q.waiting++
	e.prev = q.last
	if q.last != nil {
		q.last.next = e
	} else {
		q.first = e
	}
	q.last = e
	return false
}

// Leave removes an entry. If that frees a slot, the slot goes to the entry that
// has waited longest, which is returned; otherwise it returns nil. Leaving twice
// does nothing.
func (q *Queue) Leave(e *entry) *entry {
	switch e.state {
	case waiting:
		q.unlink(e)
		e.state = outside
	case running:
		e.state = outside
		next := q.first
		if next == nil {
			q.running--
			return nil
		}
		q.unlink(next)
		next.state = running
		return next
	}
	return nil
}

func (q *Queue) unlink(e *entry) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		q.first = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		q.last = e.prev
	}
	e.prev, e.next = nil, nil
	q.waiting--
}
