package sim

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/flaw"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/key"
)

// SetContent reads a file with an answer key ("" is none), and faults as the flag --fault
// has them. The fault none drops those of the profile.
func (c *Config) SetContent(answers string, faults []string) error {
	if answers != "" {
		k, err := key.Load(answers)
		if err != nil {
			return fmt.Errorf("--answers: %w", err)
		}
		c.Answers = k
	}
	for _, s := range faults {
		if s == "none" {
			c.Profile.Faults = nil
			continue
		}
		f, err := fault.Parse(s)
		if err != nil {
			return fmt.Errorf("--fault: %w", err)
		}
		c.Faults = append(c.Faults, f)
	}
	return c.Validate()
}

// Validate says what is wrong with a configuration, and which flag sets it.
func (c Config) Validate() error {
	if err := c.Profile.Validate(); err != nil {
		return err
	}
	if err := checkFaults(c.Faults, c.Answers); err != nil {
		return fmt.Errorf("--fault: %w", err)
	}
	if err := checkFaults(c.Script.Faults, c.Answers); err != nil {
		return fmt.Errorf("--script: %w", err)
	}
	return nil
}

// checkFaults says which faults the answer key does not allow.
func checkFaults(all []fault.Fault, k *key.Key) error {
	for _, f := range all {
		switch {
		case k == nil && (f.Kind == fault.Wrong || f.Kind == fault.Flip || f.Of > 0):
			return fmt.Errorf("%s needs to know which answers are right; name a file with --answers", f)
		case f.Of > 0 && f.Of != k.Len():
			return fmt.Errorf("%s: the answer key has %d items; name that number", f, k.Len())
		}
	}
	return nil
}

// know prepares for the items of an answer key.
func (s *Server) know(k *key.Key) {
	s.key, s.asked = k, make([]atomic.Uint64, k.Len())
}

// exact makes exact numbers of items rates.
func (s *Server) exact(all []fault.Fault) []fault.Fault {
	out := make([]fault.Fault, len(all))
	for i, f := range all {
		out[i] = f
		if f.Of > 0 {
			out[i] = fault.Exact(f, s.contentSeed(), s.key.Hashes())
		}
	}
	return out
}

// contentSeed is the seed of what answers say: another model is wrong about other items.
func (s *Server) contentSeed() uint64 {
	return seeded.Mix(s.seed) ^ generation.Hash(s.profile.Model)
}

// content decides what the answer to a request says: the answer of the key, with the
// faults that it has. leave is to be called when the request is over.
func (s *Server) content(ctx context.Context, q *generation.Request, all []fault.Fault, index uint64, atOnce int) (leave func()) {
	subject := fault.Subject{Item: generation.Hash(q.Prompt), Ask: index, AtOnce: atOnce}
	item, i := s.key.Find(q.Prompt)
	if item != nil {
		subject.Item, subject.Ask = item.Hash, s.asked[i].Add(1)-1
	}
	chosen := fault.ChooseContent(all, s.contentSeed(), subject)
	if item != nil {
		q.Given, q.HasGiven = given(item, chosen, q.HasSystem()), true
	}
	q.Flaws = slices.DeleteFunc(slices.Clone(chosen), func(f fault.Fault) bool {
		return f.Kind == fault.Wrong || f.Kind == fault.Flip || f.Kind == fault.CrossTalk
	})
	return s.talk.join(ctx, q, &s.composer, atOnce > 1 && flaw.Has(chosen, fault.CrossTalk))
}

// given is the answer to an item: right or wrong, with what the system prompt asks for
// or without.
func given(item *key.Item, chosen []fault.Fault, system bool) string {
	wrong := flaw.Has(chosen, fault.Wrong) != flaw.Has(chosen, fault.Flip)
	if !wrong && system && flaw.Has(chosen, fault.IgnoreSystem) {
		if without, ok := item.Unmarked(); ok {
			return without
		}
		wrong = true
	}
	if wrong {
		return item.Wrong
	}
	return item.Answer
}

// swapWait is how long a request that gets another's answer waits for the next one to
// come, so that both get each other's.
const swapWait = 25 * time.Millisecond

// crosstalk mixes up requests that are in flight at once.
type crosstalk struct {
	mu      sync.Mutex
	flying  map[uint64]*generation.Request // those that are in flight, by a running number
	next    uint64
	waiting *swap
}

// swap is a request that waits for another.
type swap struct {
	own   *generation.Request
	other chan *generation.Request
}

// join adds a request to those in flight, until leave is called. One that is to be mixed up changes places with the next one that comes. If none comes in time, it gets
// the answer of the last one before it.
func (x *crosstalk) join(ctx context.Context, q *generation.Request, w *generation.Composer, mixed bool) (leave func()) {
	own := new(*q) // as others see it
	x.mu.Lock()
	if x.flying == nil {
		x.flying = map[uint64]*generation.Request{}
	}
	number := x.next
	x.next++
	x.flying[number] = own
	var mine *swap
	var other *generation.Request
	switch {
	case x.waiting != nil:
		x.waiting.other <- own
		other, x.waiting = x.waiting.own, nil
	case mixed:
		mine = &swap{own: own, other: make(chan *generation.Request, 1)}
		x.waiting = mine
	}
	x.mu.Unlock()
	if mine != nil {
		other = x.await(ctx, mine, number)
	}
	if other != nil {
		r := w.Compose(other)
		q.Given, q.HasGiven, q.Flaws = r.Text(), true, nil
	}
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		delete(x.flying, number)
	}
}

// await is the request whose answer one gets that waits, or nil if it is alone.
func (x *crosstalk) await(ctx context.Context, mine *swap, number uint64) *generation.Request {
	timer := time.NewTimer(swapWait)
	defer timer.Stop()
	select {
	case other := <-mine.other:
		return other
	case <-timer.C:
	case <-ctx.Done():
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.waiting != mine {
		return <-mine.other // it came at the last moment
	}
	x.waiting = nil
	last := uint64(0)
	var found *generation.Request
	for n, q := range x.flying {
		if n != number && (found == nil || n > last) {
			last, found = n, q
		}
	}
	return found
}
