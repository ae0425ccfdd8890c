package conclude

import (
	"github.com/inferometer/inferometer/internal/capacity/trial"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/scrape"
	"github.com/inferometer/inferometer/internal/stats"
)

// cell is what its exchanges and records say about one cell. Exchanges are not
// kept: a run of a million requests must fit into memory, too.
type cell struct {
	*runlog.Cell
	measure.Collector
	seen   observed
	client clientTotals
	// server is what the server's own metrics say; nil where they were not read.
	server   *scrape.Account
	trial    *trial.Trial // of a cell of a search
	fidelity fidelity     // of a replay
	// embeds: an answer is a vector and has no tokens.
	embeds    bool
	keepUsage bool
	usage     []cost.Usage // of ok requests; keepUsage
	// Dependence of the values of a metric, by its tag, for claims.
	dependence map[string]stats.Dependence
}

// newCell makes a cell that has seen no exchange.
func newCell(r *runlog.Cell, keep Keep) *cell {
	c := &cell{Cell: r, keepUsage: keep.Usage, dependence: map[string]stats.Dependence{}}
	c.KeepPrompts = keep.Prompts
	c.KeepTurns = r.Load.Of == result.OfConversations
	c.KeepPlace = r.Rounds > 0
	c.Block = 1
	return c
}

// firstPass takes the exchanges of a log as they are read.
type firstPass struct {
	keep  map[plan.Benchmark]Keep
	cells map[string]*cell
	// sent are hashes of the prompts that each server has been sent.
	sent map[string]map[uint64]struct{}
}

// cell returns what is known about a cell, from its first exchange on.
func (f *firstPass) cell(run *runlog.Run, r *runlog.Cell) (*cell, error) {
	if c := f.cells[r.ID]; c != nil {
		return c, nil
	}
	c := newCell(r, f.keep[r.Benchmark])
	t, _ := run.Target(r.Target)
	c.embeds = t.API == plan.Embeddings
	if r.Search != nil {
		var err error
		if c.trial, err = trial.New(r.Limits); err != nil {
			return nil, err
		}
	}
	if r.Scan != nil && r.Scan.CacheReset {
		delete(f.sent, serverName(run, r)) // it has forgotten what it was sent
	}
	f.cells[r.ID] = c
	return c, nil
}

// add takes an exchange.
func (f *firstPass) add(run *runlog.Run, r *runlog.Cell, x *exchange.Exchange) error {
	c, err := f.cell(run, r)
	if err != nil {
		return err
	}
	server := serverName(run, r)
	if f.sent[server] == nil {
		f.sent[server] = map[uint64]struct{}{}
	}
	c.Block = r.NextBlock()
	c.add(x, f.sent[server])
	return nil
}

// serverName is what has seen the prompts of a cell before: its target, and of a
// sweep, whose targets may be one server with other fields, what is at the URL.
func serverName(run *runlog.Run, c *runlog.Cell) string {
	if t, ok := run.Target(c.Target); ok && c.Scan != nil {
		return t.URL
	}
	return c.Target
}
