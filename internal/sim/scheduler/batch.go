package scheduler

import "time"

// Batch is what one step carries, in the numbers that its duration depends on.
type Batch struct {
	Number uint64 // of the step, from 0

	Sequences int // in the step
	Admitted  int // those of them that are admitted in this step

	// Prefill is the work on tokens that were known before: prompts, and what
	// has to be computed again after a preemption.
	Prefills       int   // sequences
	PrefillTokens  int   // new tokens
	PrefillPairs   int64 // pairs of a new token and one that it attends to, causal, itself included
	PrefillContext int64 // tokens before the new ones, whose keys and values are read

	// Decode is the work on tokens that were just generated.
	Decodes       int   // sequences
	DecodeTokens  int   // new tokens: one per sequence, and its drafts
	DecodeContext int64 // tokens before the new ones, whose keys and values are read

	Sampled int // rows from which the next token is drawn
}

// Tokens is the number of new tokens in the step.
func (b Batch) Tokens() int { return b.PrefillTokens + b.DecodeTokens }

// StepTimer says how long a step takes, and what its bottleneck is ("weights",
// "compute", "host" …; a constant string). It is a pure function of the batch.
type StepTimer interface {
	StepTime(b Batch) (took time.Duration, bound string)
}

// StepTimerFunc is a function as a StepTimer.
type StepTimerFunc func(b Batch) (time.Duration, string)

// StepTime calls f.
func (f StepTimerFunc) StepTime(b Batch) (time.Duration, string) { return f(b) }

// plan is a step as it was decided: which requests take part, and with how many
// tokens.
type plan struct {
	entries []entry
	batch   Batch
}

// entry is the part of one request in a step.
type entry struct {
	r       *Request
	epoch   uint32 // of the request; if it differs by now, the part is void
	tokens  int    // new tokens
	context int    // tokens before them
	emit    int    // tokens that it brings
	decode  bool
	admit   bool
}

func (p *plan) reset() {
	clear(p.entries) // do not keep requests of others alive
	p.entries, p.batch = p.entries[:0], Batch{}
}

// drop removes a request from a plan that is being made, and returns how many
// tokens it had there.
func (p *plan) drop(r *Request) int {
	for i, e := range p.entries {
		if e.r == r {
			p.entries = append(p.entries[:i], p.entries[i+1:]...)
			return e.tokens
		}
	}
	return 0
}

// sum computes the numbers of the batch.
func (p *plan) sum(number uint64) {
	b := Batch{Number: number, Sequences: len(p.entries)}
	for i := range p.entries {
		e := &p.entries[i]
		n, ctx := int64(e.tokens), int64(e.context)
		if e.decode {
			b.Decodes++
			b.DecodeTokens += e.tokens
			b.DecodeContext += ctx
			b.Sampled += e.tokens
		} else {
			b.Prefills++
			b.PrefillTokens += e.tokens
			b.PrefillPairs += n*ctx + n*(n+1)/2
			b.PrefillContext += ctx
			if e.emit > 0 {
				b.Sampled++
			}
		}
		if e.admit {
			b.Admitted++
		}
	}
	p.batch = b
}
