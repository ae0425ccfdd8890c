package conclude

import (
	"github.com/inferometer/inferometer/internal/capacity/trial"
	"github.com/inferometer/inferometer/internal/conclude/course"
	"github.com/inferometer/inferometer/internal/conclude/ours"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/scrape"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/vocab"
)

// cell is what its exchanges and records say about one cell. Exchanges are not
// kept: a run of a million requests must fit into memory, too.
type cell struct {
	*runlog.Cell
	measure.Collector
	seen   observed
	client ours.Totals
	// server is what the server's own metrics say; nil where they were not read.
	server   *scrape.Account
	trial    *trial.Trial // of a cell of a search
	fidelity fidelity     // of a replay
	course   *course.Course
	// embeds: an answer is a vector and has no tokens.
	embeds    bool
	keepUsage bool
	usage     []cost.Usage // of ok requests; keepUsage
	// Dependence of the values of a metric, by its tag, for claims.
	dependence map[string]stats.Dependence
}

// begin makes a cell of a run that has seen no exchange.
func (a *Analysis) begin(r *runlog.Cell) (*cell, error) {
	c := newCell(r, a.part(r.Benchmark).Keep)
	c.GoodLimits = a.requestLimits
	t, _ := a.run.Target(r.Target)
	c.embeds = t.API == vocab.Embeddings
	if r.Search == nil {
		return c, nil
	}
	var err error
	c.trial, err = trial.New(r.Limits)
	return c, err
}

// follow begins the courses of the cells that have one.
func (a *Analysis) follow() {
	var all []course.Cell
	for _, c := range a.cells {
		all = append(all, course.Cell{ID: c.ID, Window: c.seen.window, Requests: c.Len(), Many: c.Search != nil || c.Scan != nil})
	}
	for i, c := range course.Begin(all, a.run.Head.Seed) {
		a.cells[i].course = c
	}
}

// newCell makes a cell of which nothing is known but its record.
func newCell(r *runlog.Cell, keep Keep) *cell {
	c := &cell{Cell: r, keepUsage: keep.Usage, dependence: map[string]stats.Dependence{}}
	c.KeepPrompts = keep.Prompts
	c.KeepTurns = r.Load.Of == result.OfConversations
	c.KeepPlace = r.Rounds > 0
	c.Block = 1
	return c
}

// sentPrompts are hashes of the prompts that each server has been sent.
type sentPrompts struct {
	run    *runlog.Run
	scan   bool
	hashes map[string]map[uint64]struct{}
	reset  map[*runlog.Cell]bool // whose server's cache was emptied before
}

// of returns those of the server of an exchange; c is its cell, or nil.
func (s *sentPrompts) of(c *runlog.Cell, x *exchange.Exchange) map[uint64]struct{} {
	// What has seen the prompts before is a target, and in a sweep, whose targets
	// may be one server with other fields, what is at the URL.
	server := x.Target
	if c != nil {
		server = c.Target
	}
	if t, ok := s.run.Target(server); ok && s.scan {
		server = t.URL
	}
	if c != nil && c.Scan != nil && c.Scan.CacheReset && !s.reset[c] {
		s.reset[c] = true
		delete(s.hashes, server) // it has forgotten what it was sent
	}
	if s.hashes[server] == nil {
		s.hashes[server] = map[uint64]struct{}{}
	}
	return s.hashes[server]
}
