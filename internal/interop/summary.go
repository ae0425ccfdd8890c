package interop

import (
	"slices"

	"github.com/inferometer/inferometer/internal/arrival"
)

// Summary describes a trace. What is unknown is absent.
type Summary struct {
	Format string `json:"format"`
	Text   string `json:"text"` // the format in words
	Rows   int    `json:"rows"` // that can be replayed
	Counts Counts `json:"counts"`

	SpanS float64 `json:"span_s"` // from the first arrival to the last
	// Rate is arrivals per second between the first and the last; absent where
	// all come at once.
	Rate *float64 `json:"rate,omitempty"`
	// CV is the coefficient of variation of the gaps between arrivals: 0 for a
	// metronome, 1 for a Poisson process, more for bursts.
	CV *float64 `json:"cv,omitempty"`
	// Dispersion is the variance of counts over their mean in slices of ten
	// arrivals: 1 for a Poisson process.
	Dispersion *float64 `json:"dispersion,omitempty"`

	// Profile is how the rate changes; absent where there are few rows.
	Profile *Profile `json:"profile,omitempty"`
	Clock   *Clock   `json:"clock,omitempty"` // of times that are numbers
	Notes   []string `json:"notes,omitempty"` // how the trace was read

	Times    Times     `json:"times"`
	Input    Lengths   `json:"input_tokens"`
	Output   Lengths   `json:"output_tokens"`
	Sessions *Sessions `json:"sessions,omitempty"`
	Prefix   *Prefix   `json:"prefix,omitempty"`
}

// Times say whether arrivals share time stamps.
type Times struct {
	Distinct int     `json:"distinct"`
	Largest  int     `json:"largest"`          // arrivals that share one time, at most
	TickS    float64 `json:"tick_s,omitempty"` // smallest step between two times; 0: there is none
}

// Ticks reports whether times look rounded: most arrivals share theirs.
func (s *Summary) Ticks() bool { return s.Rows >= 4 && 2*s.Times.Distinct < s.Rows }

// Lengths are exact quantiles over the rows, in tokens.
type Lengths struct {
	Mean float64 `json:"mean"`
	Min  int     `json:"min"`
	P50  int     `json:"p50"`
	P90  int     `json:"p90"`
	P95  int     `json:"p95"`
	P99  int     `json:"p99"`
	Max  int     `json:"max"`
	Sum  int     `json:"sum"`
}

// Sessions say how requests belong together.
type Sessions struct {
	Sessions int     `json:"sessions"`
	Turns    Lengths `json:"turns"`     // per session
	Alone    int     `json:"alone"`     // requests of no session
	ThinkS   float64 `json:"think_s"`   // mean recorded pause before a turn; 0 where the trace has none
	Single   int     `json:"one_turn"`  // sessions of a single turn
	Overlap  int     `json:"same_time"` // turns that arrive together with the previous one
}

// Prefix is how much of the prompts had been sent before.
type Prefix struct {
	BlockTokens int     `json:"block_tokens"`
	Inferred    bool    `json:"inferred,omitempty"` // by the number of ids in each row
	Blocks      int     `json:"blocks"`
	Unique      int     `json:"unique_blocks"`
	BlockHits   float64 `json:"block_hits"` // share, in a cache that never forgets
	TokenHits   float64 `json:"token_hits"` // share of input tokens in full blocks that were hit
}

// Summarize describes a trace.
func Summarize(t *Table) Summary {
	n := len(t.rows)
	s := Summary{Format: t.Format, Text: t.Text, Rows: n, Counts: t.Counts, Clock: t.Clock, Notes: t.Notes(), Profile: t.profile()}
	if n == 0 {
		return s
	}
	times := make([]float64, n)
	lengths := make([]int, n)
	run := 0
	for i, r := range t.rows {
		times[i] = float64(r.at) / 1e9
		if i == 0 || r.at != t.rows[i-1].at {
			s.Times.Distinct++
			run = 0
		}
		run++
		s.Times.Largest = max(s.Times.Largest, run)
	}
	s.Times.TickS = t.tick().Seconds()
	s.SpanS = times[n-1]
	if s.SpanS > 0 {
		s.Rate = new(float64(n-1) / s.SpanS)
		if l, ok := arrival.LookAt(times, arrival.Flat(*s.Rate)); ok {
			s.CV = &l.CV
			if l.Dispersion > 0 {
				s.Dispersion = &l.Dispersion
			}
		}
	}
	for i, r := range t.rows {
		lengths[i] = int(r.in)
	}
	s.Input = quantiles(lengths)
	for i, r := range t.rows {
		lengths[i] = int(r.out)
	}
	s.Output = quantiles(lengths)
	s.Sessions = t.sessions()
	if h, ok := t.IdealHits(); ok {
		s.Prefix = &Prefix{BlockTokens: t.Block, Inferred: t.Inferred, Blocks: h.Blocks, Unique: h.UniqueBlocks, BlockHits: h.BlockRatio(), TokenHits: h.TokenRatio()}
	}
	return s
}

// sessions counts the turns; nil where the trace has no sessions.
func (t *Table) sessions() *Sessions {
	last := uint32(0)
	for _, r := range t.rows {
		last = max(last, r.session)
	}
	if last == 0 {
		return nil
	}
	s := &Sessions{}
	turns := make([]int, last+1)
	before := make([]int64, last+1)
	think, thinks := 0.0, 0
	for _, r := range t.rows {
		if r.session == 0 {
			s.Alone++
			continue
		}
		if turns[r.session] > 0 {
			if r.at == before[r.session] {
				s.Overlap++
			}
			think += float64(r.think) / 1e3
			thinks++
		}
		turns[r.session]++
		before[r.session] = r.at
	}
	turns = slices.DeleteFunc(turns, func(n int) bool { return n == 0 })
	for _, n := range turns {
		if n == 1 {
			s.Single++
		}
	}
	s.Sessions, s.Turns = len(turns), quantiles(turns)
	if thinks > 0 {
		s.ThinkS = think / float64(thinks)
	}
	return s
}

// quantiles sorts v.
func quantiles(v []int) Lengths {
	slices.Sort(v)
	var l Lengths
	for _, x := range v {
		l.Sum += x
	}
	at := func(q float64) int { return v[min(len(v)-1, int(q*float64(len(v))))] }
	l.Mean = float64(l.Sum) / float64(len(v))
	l.Min, l.P50, l.P90, l.P95, l.P99, l.Max = v[0], at(.5), at(.9), at(.95), at(.99), v[len(v)-1]
	return l
}
