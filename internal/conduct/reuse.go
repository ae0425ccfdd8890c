package conduct

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/itempass"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/conduct/reuse"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/runlog"
)

// reused holds the answers of the baseline that need not be bought again, and those
// that were bought now and that a later run can use. It goes to the disk before and
// after the measurement, and never during it.
type reused struct {
	found []foundAnswer    // in the order of the prompts
	items []*itempass.Pass // that may have found some of them
	bad   []error          // entries that are damaged, and were left out

	mu     sync.Mutex // protects bought
	bought []boughtAnswer
}

// foundAnswer is an answer that is not asked for again.
type foundAnswer struct {
	answer // with an item if it is scored
	prompt string
	cell   string // of the pass over items that would have asked; "": of none
	stored reuse.Answer
}

// boughtAnswer is one that was.
type boughtAnswer struct {
	request reuse.Request
	answer  reuse.Answer
}

// store is where answers of the baseline are; one without a folder where the plan
// does not want them again.
func (s *Session) store() reuse.Store {
	if s.plan.Quality.ReuseBaseline == 0 || s.CacheDir == "" {
		return reuse.Store{}
	}
	return reuse.Store{Dir: filepath.Join(s.CacheDir, "answers"), MaxAge: s.plan.Quality.ReuseBaseline}
}

// reusable reports whether the answers of a cell may be those of an earlier run: they
// are what is scored and priced of the baseline. Its throughput is a time.
func (s *Session) reusable(c *Cell) bool {
	return s.plan.Quality.ReuseBaseline > 0 && c.Target == cells.Baseline && c.Benchmark != plan.Throughput && (c.items == nil || c.shape.Users == 1)
}

// reuse leaves out of a cell the prompts that an earlier run has bought an answer
// to. A cell without any left is nil. A run that is resumed leaves out what its
// first part did.
func (s *Session) reuse(c *Cell) (*Cell, error) {
	if !s.reusable(c) {
		return c, nil
	}
	var left []int
	for i := range c.shape.Requests {
		it, err := c.main.Item(i)
		if err != nil {
			return nil, err
		}
		if c.items != nil && !c.items.Reusable(i) {
			left = append(left, i)
			continue
		}
		if s.before != nil {
			if !slices.ContainsFunc(s.before.run.Reused, func(r runlog.ReusedRecord) bool { return r.Target == c.Target && r.Prompt == it.ID }) {
				left = append(left, i)
			}
			continue
		}
		call, _, err := c.encode(it)
		if err != nil {
			return nil, err
		}
		a, found, err := s.store().Get(s.request(c, call), s.clock.Start())
		if err != nil {
			s.reused.bad = append(s.reused.bad, err)
		}
		if !found {
			left = append(left, i)
			continue
		}
		at := a.At
		f := foundAnswer{
			answer: answer{target: c.Target, item: c.keep[it.ID], text: a.Text, truncated: a.Truncated, reused: &at},
			prompt: it.ID, stored: a,
		}
		if c.items != nil {
			f.cell = c.ID
			c.items.Known(i, a.Text, a.Truncated, at)
		}
		s.reused.found = append(s.reused.found, f)
	}
	if c.items != nil {
		s.reused.items = append(s.reused.items, c.items)
		c.items.Pick(left)
		if c.shape.Requests = len(left); len(left) == 0 {
			return nil, nil
		}
		return c, nil
	}
	switch len(left) {
	case 0:
		return nil, nil
	case c.shape.Requests:
		return c, nil
	}
	c.main, c.shape.Requests = prompts.Picked{Source: c.main, Indices: left}, len(left)
	return c, nil
}

// request is what an answer is kept under.
func (s *Session) request(c *Cell, call *endpoint.Call) reuse.Request {
	t := c.target.Found
	return reuse.Request{URL: t.URL, Server: t.Server, Model: t.Model, API: t.API, Body: call.Body()}
}

// tellReused says what is not asked for again, and what could not be used.
func (s *Session) tellReused() {
	if n := len(s.reused.bad); n > 0 {
		s.Tell(Event{Kind: "note", Text: fmt.Sprintf("%d recorded answers of the baseline are left out, and asked for again: %v", n, s.reused.bad[0])})
	}
	n := len(s.reused.found)
	if n == 0 {
		return
	}
	oldest := s.reused.found[0].stored.At
	for _, f := range s.reused.found {
		if f.stored.At.Before(oldest) {
			oldest = f.stored.At
		}
	}
	s.Tell(Event{Kind: "note", Text: fmt.Sprintf("%d answers of the baseline are reused, recorded up to %v ago: they cost nothing, and have no latency",
		n, s.clock.Start().Sub(oldest).Round(time.Second))})
}

// logReused writes the answers that are not asked for again, and their scores: before
// the measurement, so that a run that is killed keeps them.
func (s *Session) logReused() error {
	var err error
	for _, f := range s.reused.found {
		err = errors.Join(err, s.log.Reused(runlog.ReusedRecord{
			Target: f.target, Prompt: f.prompt, Cell: f.cell, At: f.stored.At, Use: f.stored.Use, CachedKnown: f.stored.CachedKnown,
		}))
		if f.item.ID != "" {
			err = errors.Join(err, s.logScores([]answer{f.answer}))
			s.answers.add(f.answer)
		}
	}
	for _, p := range s.reused.items {
		err = errors.Join(err, s.logItems(p))
	}
	return err
}

// record keeps an answer of the baseline that a later run may use.
func (s *Session) record(c *Cell, call *endpoint.Call, x *exchange.Exchange, text string) {
	if !s.reusable(c) || x.Phase != exchange.Measured || x.Class != exchange.OK || c.items != nil && !c.items.Records(x) {
		return
	}
	a := reuse.Answer{At: time.Now().UTC(), Text: text, Truncated: x.Finish == "length", CachedKnown: x.CachedTokens != nil}
	if x.InputTokens != nil && x.OutputTokens != nil {
		a.Use = new(pricing.Used(x))
	}
	s.reused.mu.Lock()
	defer s.reused.mu.Unlock()
	s.reused.bought = append(s.reused.bought, boughtAnswer{s.request(c, call), a})
}

// storeRecorded writes the answers that were bought to the disk. That it fails is
// said, and costs the next run money and this one nothing.
func (s *Session) storeRecorded() {
	store := s.store()
	var err error
	for _, b := range s.reused.bought {
		if err = store.Put(b.request, b.answer); err != nil {
			break
		}
	}
	switch {
	case len(s.reused.bought) > 0 && store.Dir == "":
		err = errors.New("this user has no cache folder")
	case err == nil:
		store.Prune(time.Now())
		return
	}
	s.Tell(Event{Kind: "note", Text: fmt.Sprintf("the answers of the baseline could not be kept for later runs: %v", err)})
}
