// Package runlog is the log of a run: the kinds and types of its records, one
// writer for those who measure and one reader for all who look back. A log is
// the truth of a run; everything that is reported is computed from it and the
// plan. How lines are encoded, flushed and recovered is the business of package
// exchange.
package runlog

import (
	"time"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/capacity/trial"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scrape"
	"github.com/inferometer/inferometer/internal/warmup"
)

// Kinds of records in the log, besides exchanges. Their order is the order of
// the run: run, targets, hardware, floor, then for each cell its record, its
// exchanges and its window, then the parser's check, scores, end. A run that is
// resumed continues with a record that says so.
const (
	KindRun      = "run"
	KindTarget   = "target"
	kindHardware = "hardware"
	kindFloor    = "floor"
	kindCell     = "cell"
	kindWindow   = "window"
	kindParser   = "parser"
	kindScore    = "score"
	KindEnd      = "end"
	KindResume   = "resume"
	kindProbes   = "probes"
	kindReused   = "reused"
	kindAnswer   = "answer"
)

// RunRecord begins a log: what is known before the first request.
type RunRecord struct {
	Name      string      `json:"name"`
	Started   time.Time   `json:"started"`
	Version   string      `json:"version"` // of this tool
	Command   string      `json:"command"` // redacted
	Seed      uint64      `json:"seed"`
	Quick     bool        `json:"quick,omitempty"`
	Host      result.Host `json:"host"`
	SharedSim bool        `json:"shared_sim,omitempty"` // a simulated server runs in the client's process
}

// CellRecord begins a cell, before its first request.
type CellRecord struct {
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
	Search *capacity.Load `json:"search,omitempty"`
	Limits []string       `json:"limits,omitempty"`
	// Scan is that of a cell of a sweep.
	Scan *ScanRecord `json:"scan,omitempty"`
	// Rounds is in how many blocks the cell is measured where several targets
	// take turns; each block ends with a window of its own. 0: it is whole.
	Rounds int `json:"rounds,omitempty"`
}

// ProbesRecord is what requests used that are part of no cell, in this part of the run:
// those to a target that were sent before anything was measured, and those to a judge.
type ProbesRecord struct {
	Target string `json:"target"`
	// Price is that of a judge, which is no target of the run.
	Price *result.Price `json:"price,omitempty"`
	pricing.Bill
}

// ScanRecord is what the record of a cell says of its place in a sweep.
type ScanRecord struct {
	Index  int      `json:"index"`  // in the plan, from 1
	Values []string `json:"values"` // of the swept keys
	// Attempt counts from 1; the last one that was not cut counts.
	Attempt int `json:"attempt"`
	// CacheReset says that the server's prefix cache was emptied before.
	CacheReset bool `json:"cache_reset,omitempty"`
}

// WindowRecord closes a cell, or one of its blocks: its measured window and
// what the client observed of itself meanwhile.
type WindowRecord struct {
	Cell   string         `json:"cell"`
	Round  int            `json:"round,omitempty"` // of the block, from 1
	Began  exchange.Stamp `json:"began,omitempty"` // of the cell, warm-up included
	Start  exchange.Stamp `json:"start"`
	End    exchange.Stamp `json:"end"`
	Reason string         `json:"reason,omitempty"` // why it ended early
	// Stopped says that the user ended it.
	Stopped bool `json:"stopped,omitempty"`
	// Absent is how many users of a closed loop had had no answer in the warm-up
	// when the window opened without them.
	Absent int `json:"absent,omitempty"`
	// WarmedS is how long the warm-up took and WarmupEnd how it ended (package
	// warmup); WarmupCapS is its cap, or the time that the plan asks for.
	WarmedS    float64 `json:"warmed_s,omitempty"`
	WarmupEnd  string  `json:"warmup_end,omitempty"`
	WarmupCapS float64 `json:"warmup_cap_s,omitempty"`
	// Overload says that a search ended it, since its outcome was known.
	Overload bool `json:"overload,omitempty"`
	result.Client
}

// Course is how a cell of a search went.
func (w WindowRecord) Course() trial.Course {
	return trial.Course{Began: w.Began, Start: w.Start, End: w.End, Overloaded: w.Overloaded(), Growing: w.WarmupEnd == string(warmup.Growing)}
}

// OverloadReason is why a search ends a cell early.
const OverloadReason = "overloaded: requests come faster than they end, and the backlog grows"

// Overloaded reports whether a search ended the cell. Older logs say so in their
// reason alone.
func (w WindowRecord) Overloaded() bool { return w.Overload || w.Reason == OverloadReason }

// ScoreRecord is the heuristic score of one answer; the text is not in the log.
type ScoreRecord struct {
	Target     string             `json:"target"`
	Prompt     string             `json:"prompt"`
	Kind       string             `json:"kind"`
	Total      float64            `json:"total"`
	Components map[string]float64 `json:"components"`
	Truncated  bool               `json:"truncated,omitempty"`
	Empty      bool               `json:"empty,omitempty"`
	Notes      []string           `json:"notes,omitempty"`
	// Reused is when the answer was recorded, of one that an earlier run had bought.
	Reused *time.Time `json:"reused,omitempty"`
}

// AnswerRecord is what was found in one answer to an item that can be checked. The
// text is not in the log.
type AnswerRecord struct {
	Target string `json:"target"`
	Cell   string `json:"cell"`
	Users  int    `json:"users"` // at once in that cell; 1: alone
	Item   string `json:"item"`
	Repeat int    `json:"repeat,omitempty"` // 0: the first time that this cell asked it
	Kind   string `json:"kind,omitempty"`   // of content
	Family string `json:"family,omitempty"`
	Group  string `json:"group,omitempty"` // items of one group depend on each other
	// Same says that the request was the same, byte for byte, as the one with the same
	// item of the pass alone: their texts may be compared.
	Same bool `json:"same,omitempty"`
	// Lost says that there is no answer: the request failed. It counts as wrong.
	Lost  bool  `json:"lost,omitempty"`
	Right *bool `json:"right,omitempty"` // all checks hold; nil: the item has none
	Loose *bool `json:"loose,omitempty"` // all hold once wrapping is taken off (IFEval's loose reading)
	// Failed names the checks that do not hold, and Faults what the detectors found.
	Failed []string `json:"failed,omitempty"`
	Faults []string `json:"faults,omitempty"`
	Finish string   `json:"finish,omitempty"` // the server's finish reason
	Runes  int      `json:"runes,omitempty"`  // length of the answer
	// Trail has a hash of each 16 runes of the answer, so that two answers can be
	// compared without their text.
	Trail []uint32 `json:"trail,omitempty"`
	// Reused is when the answer was recorded, of one that an earlier run had bought.
	Reused *time.Time `json:"reused,omitempty"`
}

// ReusedRecord is an answer that an earlier run had bought and that this one did not
// ask for again. It has no latency.
type ReusedRecord struct {
	Target string    `json:"target"`
	Prompt string    `json:"prompt"`
	Cell   string    `json:"cell,omitempty"` // of the pass that asks it, of an answer to an item
	At     time.Time `json:"at"`             // when it was recorded
	// Use is the tokens that were billed then; nil where the server did not report them.
	Use         *pricing.Use `json:"use,omitempty"`
	CachedKnown bool         `json:"cached_known,omitempty"`
}

// EndRecord ends a log.
type EndRecord struct {
	Ended  time.Time     `json:"ended"`
	Status result.Status `json:"status"`
	Reason string        `json:"reason,omitempty"`
}

// ResumeRecord marks where a run was resumed after a break.
type ResumeRecord struct {
	At      time.Time      `json:"at"`
	Stamp   exchange.Stamp `json:"stamp"`
	Version string         `json:"version"`
	Command string         `json:"command"`
	Host    result.Host    `json:"host"`
	// Round is the first round of blocks that is measured again; 0: none is.
	Round int `json:"round,omitempty"`
}

// SampleRecord is one look at a server's own metrics. It is in a file of its
// own, SamplesName.
type SampleRecord struct {
	Cell   string `json:"cell"`
	Target string `json:"target"`
	Round  int    `json:"round,omitempty"` // of the cell's block, from 1
	scrape.Sample
}
