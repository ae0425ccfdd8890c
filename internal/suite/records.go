package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scrape"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Kinds of records in the log, besides exchanges. Their order is the order of
// the run: run, target…, hardware, floor, then for each cell its record, its
// exchanges and its window, then the parser's check, scores, end. A run that is
// resumed goes on with a record that says so.
const (
	kindRun      = "run"
	kindTarget   = "target"
	kindHardware = "hardware"
	kindFloor    = "floor"
	kindCell     = "cell"
	kindWindow   = "window"
	kindParser   = "parser"
	kindScore    = "score"
	kindEnd      = "end"
	kindResume   = "resume"
)

type runRecord struct {
	Name      string      `json:"name"`
	Started   time.Time   `json:"started"`
	Version   string      `json:"version"`
	Command   string      `json:"command"`
	Seed      uint64      `json:"seed"`
	Quick     bool        `json:"quick,omitempty"`
	Host      result.Host `json:"host"`
	SharedSim bool        `json:"shared_sim,omitempty"`
}

type cellRecord struct {
	ID        string           `json:"id"`
	Benchmark plan.Benchmark   `json:"benchmark"`
	Target    string           `json:"target"`
	Workload  result.Workload  `json:"workload"`
	Load      result.LoadShape `json:"load"`
	Level     int              `json:"level,omitempty"`
	Replay    *result.Replay   `json:"replay,omitempty"` // what was known before it was sent
	// IdealHits is that of prompts with shared beginnings; see result.Prompts.
	IdealHits *result.Number `json:"ideal_hits,omitempty"`
	// Search and Limits are those of a cell of a search.
	Search *capacity.Cell `json:"search,omitempty"`
	Limits []string       `json:"limits,omitempty"`
	// Scan is that of a cell of a sweep.
	Scan *scanRecord `json:"scan,omitempty"`
	// Rounds is in how many blocks the cell is measured where several targets
	// take turns; each block ends with a window of its own. 0: it is whole.
	Rounds int `json:"rounds,omitempty"`
}

// windowRecord closes a cell, or one of its blocks: its measured window and
// what the client observed of itself meanwhile.
type windowRecord struct {
	Cell   string         `json:"cell"`
	Round  int            `json:"round,omitempty"` // of the block, from 1
	Began  exchange.Stamp `json:"began,omitempty"` // of the cell, warm-up included
	Start  exchange.Stamp `json:"start"`
	End    exchange.Stamp `json:"end"`
	Reason string         `json:"reason,omitempty"`
	// Stopped says that the user ended it.
	Stopped bool `json:"stopped,omitempty"`
	result.Client
}

// scoreRecord is the heuristic score of one answer; the text is not in the log.
type scoreRecord struct {
	Target     string             `json:"target"`
	Prompt     string             `json:"prompt"`
	Kind       string             `json:"kind"`
	Total      float64            `json:"total"`
	Components map[string]float64 `json:"components"`
	Truncated  bool               `json:"truncated,omitempty"`
	Empty      bool               `json:"empty,omitempty"`
	Notes      []string           `json:"notes,omitempty"`
}

type endRecord struct {
	Ended  time.Time     `json:"ended"`
	Status result.Status `json:"status"`
	Reason string        `json:"reason,omitempty"`
}

// logged is a run as its log tells it.
type logged struct {
	run      runRecord
	targets  []result.Target
	hardware *result.Hardware
	floor    *result.Floor // nil: the client was not calibrated
	cells    []*loggedCell
	parser   []result.Parser
	scores   []scoreRecord
	end      *endRecord // nil: the run was interrupted
	resumed  []resumeRecord
	begun    map[int]int // attempts at the cells of a sweep
	last     exchange.Stamp
	damaged  error // what was read may be wrong
	// hashes of the prompts that each target has been sent; while reading.
	hashes map[string]map[uint64]struct{}
}

// loggedCell is a cell as its records tell it. Its exchanges are not kept: a
// run of a million requests must fit, too.
type loggedCell struct {
	cellRecord
	window *windowRecord  // nil: the run was interrupted in it
	blocks []windowRecord // of a cell in blocks, in their order; window is then all of them together
	measure.Collector
	seen observed
	ours ours
	// server is what the server's own metrics say; nil where they were not read.
	server   *scrape.Account
	trial    *trial   // of a cell of a search
	fidelity fidelity // of a replay
	// embeds: an answer is a vector and has no tokens.
	embeds bool
	// Measured requests, which are begun in the order of their index: the
	// highest index and one, and those in the log.
	admitted, logged int
	usage            []cost.Usage // of ok requests, where cost is worked out from it
	// Dependence of the values of a metric, by its tag, for claims.
	dependence map[string]stats.Dependence
}

func newLoggedCell() *loggedCell {
	return &loggedCell{dependence: map[string]stats.Dependence{}}
}

func (l *logged) cell(id string) *loggedCell {
	for _, c := range l.cells {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (l *logged) target(name string) (result.Target, bool) {
	for _, t := range l.targets {
		if t.Name == name {
			return t, true
		}
	}
	return result.Target{}, false
}

// readLog reads a log, whole or cut short by a crash. It is read twice: what
// lies in a cell's window is known only when the cell has been read.
func readLog(path string) (*logged, error) {
	l := &logged{hashes: map[string]map[uint64]struct{}{}}
	if _, err := exchange.Scan(path, l.add); errors.Is(err, exchange.ErrDamaged) {
		l.damaged = err
	} else if err != nil {
		return nil, err
	}
	if l.run.Started.IsZero() && l.damaged != nil {
		return nil, fmt.Errorf("%s: %w; nothing of it can be read", path, l.damaged)
	}
	if l.run.Started.IsZero() {
		return nil, fmt.Errorf("%s holds no run: it was ended before its first record was written", path)
	}
	l.hashes = nil
	l.dropAttempts()
	for _, c := range l.cells {
		c.seen.window = c.spans()
		c.SettleBlocks(c.seen.window)
	}
	_, err := exchange.Scan(path, func(r exchange.Record) error {
		if r.Exchange == nil {
			return nil
		}
		if c := l.cell(r.Exchange.Cell); c != nil {
			c.AddFrames(r.Exchange)
			c.seen.addInWindow(r.Exchange)
		}
		return nil
	})
	if l.damaged != nil && errors.Is(err, exchange.ErrDamaged) {
		err = nil
	}
	return l, err
}

// unseen is how many measured requests are known to have been begun, since
// later ones have ended, and are not in the log of an interrupted run.
func (l *logged) unseen() int {
	n := 0
	for _, c := range l.cells {
		if c.window == nil && c.Rounds == 0 { // places of a block begin anew
			n += c.admitted - c.logged
		}
	}
	return n
}

func (l *logged) add(r exchange.Record) error {
	raw := r.Raw
	switch r.Kind {
	case kindRun:
		return json.Unmarshal(raw, &l.run)
	case kindTarget:
		var t result.Target
		err := json.Unmarshal(raw, &t)
		l.targets = append(l.targets, t)
		return err
	case kindFloor:
		return json.Unmarshal(raw, &l.floor)
	case kindHardware:
		return json.Unmarshal(raw, &l.hardware)
	case kindCell:
		c := newLoggedCell()
		err := json.Unmarshal(raw, &c.cellRecord)
		// The pass is compared prompt by prompt.
		c.KeepPrompts = c.Benchmark == plan.Latency
		c.KeepTurns = c.Load.Of == result.OfConversations
		c.KeepPlace, c.Block = c.Rounds > 0, 1
		t, _ := l.target(c.Target)
		c.embeds = t.API == vocab.Embeddings
		l.cells = append(l.cells, c)
		if c.Search != nil && err == nil {
			c.trial, err = newTrial(c.Limits)
		}
		l.beginScan(c)
		return err
	case exchange.KindExchange:
		x := r.Exchange
		c := l.cell(x.Cell)
		if c == nil {
			return fmt.Errorf("an exchange of cell %q, which was not begun", x.Cell)
		}
		c.add(x, l.hashesOf(l.serverOf(c)))
		if x.Phase == exchange.Measured {
			c.admitted, c.logged = max(c.admitted, x.Index+1), c.logged+1
		}
		l.last = max(l.last, x.Done, x.Due)
		return nil
	case kindWindow:
		var w windowRecord
		if err := json.Unmarshal(raw, &w); err != nil {
			return err
		}
		c := l.cell(w.Cell)
		if c == nil {
			return fmt.Errorf("the window of cell %q, which was not begun", w.Cell)
		}
		c.close(w)
		return nil
	case kindParser:
		var p result.Parser
		err := json.Unmarshal(raw, &p)
		l.parser = append(l.parser, p)
		return err
	case kindScore:
		var s scoreRecord
		err := json.Unmarshal(raw, &s)
		l.scores = append(l.scores, s)
		return err
	case kindResume:
		var again resumeRecord
		err := json.Unmarshal(raw, &again)
		l.resumed, l.end = append(l.resumed, again), nil
		return err
	case kindEnd:
		return json.Unmarshal(raw, &l.end)
	}
	return nil // a later version's record: what we know stays right without it
}
