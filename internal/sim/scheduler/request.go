package scheduler

import (
	"time"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/kv"
)

// Request is one request in a Scheduler. Its owner sets the first part and
// hands it to Add; the scheduler writes the second, and owns the whole until
// the request is done. It may be used again after that.
type Request struct {
	Index    uint64        // its own number: seeds what is drawn for it, and breaks ties
	Arrival  time.Duration // when it reached the server
	Prompt   int           // tokens, at least 1
	Output   int           // tokens to generate, at least 1
	Priority int           // lower runs first, under the policy Priority
	// Hashes name the full blocks of the prompt, and of the output as far as
	// they are known, see kv.Chain. Blocks beyond have names that no other
	// request knows.
	Hashes []kv.Hash
	// Stops says that the answer ends by itself, and not at a limit that the
	// server knew: with asynchronous scheduling it then takes part in one more
	// step for nothing.
	Stops bool
	Owner any // for the owner, which may set it to anything

	Queued      time.Duration // when the scheduler saw it: its arrival and the time of the front end
	Scheduled   time.Duration // when it first got into a step
	First       time.Duration // when its first token came out
	Last        time.Duration // when its latest token came out
	Generated   int           // tokens that came out
	Cached      int           // prompt tokens that the prefix cache had, at first
	Preemptions int

	state      state
	prev, next *Request // in a queue
	blocks     []kv.Block
	named      int // blocks that have their name
	computed   int // tokens with keys and values, those of steps under way included
	ahead      int // tokens that steps under way will bring
	epoch      uint32
	own        uint64 // names the blocks that nobody shares
}

type state uint8

const (
	outside state = iota
	arriving
	waiting
	running
)

// Done reports whether the scheduler is finished with the request.
func (r *Request) Done() bool { return r.state == outside }

// Running reports whether the request has a place in the batch.
func (r *Request) Running() bool { return r.state == running }

func (r *Request) begin(seed uint64, delay time.Duration) {
	r.Scheduled, r.First, r.Last = 0, 0, 0
	r.Generated, r.Cached, r.Preemptions = 0, 0, 0
	r.Queued = r.Arrival + delay
	r.named, r.computed, r.ahead = 0, 0, 0
	r.own = seeded.Mix(seed ^ seeded.Mix(r.Index+1))
	r.epoch++
}

// known is how many tokens there are to compute, including those that steps
// under way will bring.
func (r *Request) known() int { return r.Prompt + r.Generated + r.ahead }

// hash names block i of the request.
func (r *Request) hash(i int) kv.Hash {
	if i < len(r.Hashes) {
		return r.Hashes[i]
	}
	return kv.Hash(seeded.Mix(r.own+uint64(i)) | 1)
}

// line is a list of requests in an order. The zero line is empty.
type line struct {
	first, last *Request
	n           int
}

// insert puts a request after the last one that comes before it.
func (l *line) insert(r *Request, before func(a, b *Request) bool) {
	at := l.last
	for at != nil && before(r, at) {
		at = at.prev
	}
	l.after(at, r)
}

// after puts a request after another, or first if that is nil.
func (l *line) after(at, r *Request) {
	r.prev = at
	if at != nil {
		r.next, at.next = at.next, r
	} else {
		r.next, l.first = l.first, r
	}
	if r.next != nil {
		r.next.prev = r
	} else {
		l.last = r
	}
	l.n++
}

func (l *line) remove(r *Request) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		l.first = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		l.last = r.prev
	}
	r.prev, r.next = nil, nil
	l.n--
}
