package scheduler

import "time"

// plan decides the next step, in the order of vLLM's schedule(): those that
// run, then those that wait.
func (s *Scheduler) plan(p *plan, now time.Duration) {
	budget, preempted := s.planRunning(p)
	if !preempted {
		s.admit(p, budget, now)
	}
	if len(p.entries) > 0 {
		p.sum(s.steps)
		s.steps++
		s.stats.Steps++
	}
}

// planRunning gives tokens to running requests, and preempts some if there is no
// memory for all. It returns what is left of the budget.
func (s *Scheduler) planRunning(p *plan) (budget int, preempted bool) {
	budget = s.c.MaxNumBatchedTokens
	for i := 0; i < len(s.running) && budget > 0; i++ {
		r := s.running[i]
		n, drafts, decode := s.want(r)
		if n == 0 {
			continue
		}
		if n = s.limit(n, budget); decode {
			drafts = n - 1
		}
		if r.Generated+r.ahead >= r.Output && !s.grow(r, r.computed+n) {
			continue // nobody is preempted for a token that is not wanted
		}
		for !s.grow(r, r.computed+n) {
			j := s.victim()
			v := s.running[j]
			if j < i {
				budget += p.drop(v)
				i--
			}
			s.preempt(v, j)
			preempted = true
			if v == r {
				i--
				break
			}
		}
		if r.state != running {
			continue
		}
		s.enter(p, r, n, drafts, decode, false)
		budget -= n
	}
	return budget, preempted
}

// want is how many tokens of a running request are left to compute. A decode has
// only the token that it generated last, and its drafts.
func (s *Scheduler) want(r *Request) (n, drafts int, decode bool) {
	made := r.Generated + r.ahead
	if made >= r.Output && (made > r.Output || !r.Stops || s.c.Synchronous) {
		return 0, 0, false // all of it is under way
	}
	n = r.known() - r.computed
	if decode = n == 1 && made > 0; decode {
		drafts = max(0, min(s.c.Speculation.Tokens, r.Output-made-1))
	}
	return n + drafts, drafts, decode
}

// limit is how many of n tokens a step takes.
func (s *Scheduler) limit(n, budget int) int {
	if t := s.c.LongPrefillTokenThreshold; t > 0 {
		n = min(n, t)
	}
	return min(n, budget)
}

// enter records the part of a request in a step, and what it will bring.
func (s *Scheduler) enter(p *plan, r *Request, n, drafts int, decode, admit bool) {
	e := entry{r: r, epoch: r.epoch, tokens: n, context: r.computed, decode: decode, admit: admit}
	r.computed += n
	if decode {
		e.emit = 1
		if drafts > 0 {
			accepted := s.accepted(r, drafts)
			e.emit += accepted
			r.computed -= drafts - accepted
			s.stats.Drafts++
			s.stats.DraftTokens += uint64(drafts)
			s.stats.AcceptedTokens += uint64(accepted)
			for k := range accepted {
				s.stats.AcceptedAt[k]++
			}
		}
	} else if r.computed == r.known() {
		e.emit = 1
	}
	r.ahead += e.emit
	if !s.c.NoPrefixCaching {
		// At once, as vLLM does: the step computes them before another can read them.
		for full := r.computed / s.c.BlockSize; r.named < full; r.named++ {
			s.pool.Name(r.blocks[r.named], r.hash(r.named))
		}
	}
	p.entries = append(p.entries, e)
}

// admit admits waiting requests, in their order, until one does not fit.
func (s *Scheduler) admit(p *plan, budget int, now time.Duration) {
	for budget > 0 && len(s.running) < s.c.MaxNumSeqs {
		r := s.waiting.first
		if r == nil {
			return
		}
		known := r.known()
		free := s.findCached(r, known)
		cached := len(s.hits) * s.c.BlockSize
		n := s.limit(known-cached, budget)
		reach := known
		if s.c.AdmitPartly {
			reach = cached + n
		}
		if s.blocksFor(reach)-len(s.hits)+free > s.pool.Free() {
			return // those after it wait too
		}
		s.waiting.remove(r)
		r.state = running
		if k := len(s.spare); r.blocks == nil && k > 0 {
			r.blocks, s.spare = s.spare[k-1], s.spare[:k-1]
		}
		for _, b := range s.hits {
			s.pool.Hold(b)
		}
		r.blocks = append(r.blocks[:0], s.hits...)
		r.computed, r.named = cached, len(s.hits)
		s.grow(r, cached+n)
		if r.Preemptions == 0 {
			r.Scheduled, r.Cached = now, cached
			if !s.c.NoPrefixCaching {
				s.stats.CacheQueries += uint64(known)
				s.stats.CacheHits += uint64(cached)
			}
		}
		s.running = append(s.running, r)
		s.out.Admitted = append(s.out.Admitted, r)
		s.enter(p, r, n, 0, false, true)
		budget -= n
	}
}

// findCached sets hits to the blocks of the request's beginning that the cache
// has: only full ones, and never all of its tokens, because the last token is
// always computed (the next one is drawn from its output). It returns how many of
// them are free now.
func (s *Scheduler) findCached(r *Request, known int) (free int) {
	s.hits = s.hits[:0]
	if s.c.NoPrefixCaching {
		return 0
	}
	for i := range (known - 1) / s.c.BlockSize {
		b, ok := s.pool.Lookup(r.hash(i))
		if !ok {
			break
		}
		if s.pool.References(b) == 0 {
			free++
		}
		s.hits = append(s.hits, b)
	}
	return free
}

func (s *Scheduler) blocksFor(tokens int) int {
	return (tokens + s.c.BlockSize - 1) / s.c.BlockSize
}

// grow gives a request blocks for so many tokens, all or none.
func (s *Scheduler) grow(r *Request, tokens int) bool {
	if tokens <= len(r.blocks)*s.c.BlockSize {
		return true
	}
	need := s.blocksFor(tokens) - len(r.blocks)
	if need > s.pool.Free() {
		return false
	}
	for range need {
		b, _ := s.pool.Take()
		r.blocks = append(r.blocks, b)
	}
	return true
}

// victim is the request that is preempted next, by its place among the running.
func (s *Scheduler) victim() int {
	last := len(s.running) - 1
	if s.c.Policy == Priority {
		for i, r := range s.running {
			if s.before(s.running[last], r) {
				last = i
			}
		}
	}
	return last
}

// preempt takes a running request out of the batch. When it is admitted again, it
// starts over with what it has generated so far.
func (s *Scheduler) preempt(r *Request, place int) {
	s.running = append(s.running[:place], s.running[place+1:]...)
	s.free(r)
	r.state = waiting
	r.computed, r.ahead, r.named = 0, 0, 0
	r.epoch++
	r.Preemptions++
	s.stats.Preemptions++
	if s.c.Policy == FCFS {
		s.waiting.after(nil, r)
	} else {
		s.waiting.insert(r, s.before)
	}
	s.out.Preempted = append(s.out.Preempted, r)
}

// leave takes a running request out of the batch permanently.
func (s *Scheduler) leave(r *Request) {
	for i, other := range s.running {
		if other == r {
			s.running = append(s.running[:i], s.running[i+1:]...)
			break
		}
	}
	s.free(r)
}

// free releases the blocks of a request, the last one first, so that the
// beginnings, which others may share, stay longest.
func (s *Scheduler) free(r *Request) {
	for i := len(r.blocks) - 1; i >= 0; i-- {
		s.pool.Release(r.blocks[i])
	}
	s.spare = append(s.spare, r.blocks[:0])
	r.blocks = nil
}
