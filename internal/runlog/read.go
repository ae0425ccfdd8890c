package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
)

// Read reads a log but for its exchanges, whole or cut short by a crash. A log of
// which a part is damaged is read up to there, and Damaged says so.
func Read(path string) (*Run, error) {
	r := &Run{path: path, byID: map[string]*Cell{}, all: map[string][]*Cell{}, begun: map[int]int{}}
	torn, err := exchange.Outline(path, r.add)
	if r.Torn = torn; errors.Is(err, exchange.ErrDamaged) {
		r.Damaged = err
	} else if err != nil {
		return nil, err
	}
	if r.Head.Started.IsZero() && r.Damaged != nil {
		return nil, fmt.Errorf("%s: %w; nothing of it can be read", path, r.Damaged)
	}
	if r.Head.Started.IsZero() {
		return nil, fmt.Errorf("%s contains no run: it ended before its first record was written", path)
	}
	r.settle()
	return r, nil
}

// Exchanges hands each exchange to see, in the order of the log, with the cell
// that it belongs to; nil where it does not count, as the cell was measured
// again. see must not keep the exchange, and ends the reading with its error.
func (r *Run) Exchanges(see func(c *Cell, x *exchange.Exchange) error) error {
	open := map[string]*Cell{} // the attempt that is being read
	tried := map[string]int{}
	for _, cells := range r.all {
		for _, c := range cells {
			c.at = 0
		}
	}
	_, err := exchange.Scan(r.path, func(rec exchange.Record) error {
		switch rec.Kind {
		case kindCell:
			var c struct{ ID string }
			if err := json.Unmarshal(rec.Raw, &c); err != nil {
				return err
			}
			open[c.ID] = r.all[c.ID][tried[c.ID]]
			tried[c.ID]++
		case kindWindow:
			var w struct{ Cell string }
			if err := json.Unmarshal(rec.Raw, &w); err != nil {
				return err
			}
			open[w.Cell].at++
		case KindResume:
			for _, c := range open {
				c.at++
			}
		case exchange.KindExchange:
			x := rec.Exchange
			c := open[x.Cell]
			if c == nil {
				return fmt.Errorf("an exchange of cell %q, which was never started", x.Cell)
			}
			if !r.seen {
				r.Last = max(r.Last, x.Due, x.Done, x.LastToken, x.Usage)
			}
			if !c.counts() {
				return see(nil, x)
			}
			if !r.seen {
				c.see(x)
			}
			return see(c, x)
		}
		return nil
	})
	r.seen = true
	if errors.Is(err, exchange.ErrDamaged) {
		r.Damaged = err
		return nil
	}
	return err
}

// Samples hands each look at a server's own metrics that counts to see, with its
// cell. There is no file where no server was asked.
func (r *Run) Samples(path string, see func(c *Cell, s SampleRecord)) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err := exchange.Read(path, func(kind string, raw json.RawMessage) error {
		if kind != kindSample {
			return nil // a later version's
		}
		var s SampleRecord
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		// Without a cell the log lost it to a crash, and not the sample.
		if c := r.byID[s.Cell]; c != nil && c.has(s) {
			see(c, s)
		}
		return nil
	})
	return err
}

func (r *Run) add(rec exchange.Record) error {
	switch rec.Kind {
	case KindRun:
		return json.Unmarshal(rec.Raw, &r.Head)
	case KindTarget:
		return appendTo(&r.Targets, rec.Raw)
	case kindHardware:
		return json.Unmarshal(rec.Raw, &r.Hardware)
	case kindFloor:
		return json.Unmarshal(rec.Raw, &r.Floor)
	case kindCell:
		return r.begin(rec.Raw)
	case kindWindow:
		var w WindowRecord
		if err := json.Unmarshal(rec.Raw, &w); err != nil {
			return err
		}
		c := r.byID[w.Cell]
		if c == nil {
			return fmt.Errorf("the window of cell %q, which was never started", w.Cell)
		}
		c.close(w)
		r.Last = max(r.Last, w.Start, w.End)
		return nil
	case kindParser:
		return appendTo(&r.Parser, rec.Raw)
	case kindProbes:
		return appendTo(&r.Probes, rec.Raw)
	case kindScore:
		return appendTo(&r.Scores, rec.Raw)
	case kindAnswer:
		return appendTo(&r.Answers, rec.Raw)
	case kindJudgement:
		return appendTo(&r.Judgements, rec.Raw)
	case kindReused:
		return appendTo(&r.Reused, rec.Raw)
	case KindResume:
		r.End = nil
		if err := appendTo(&r.Resumed, rec.Raw); err != nil {
			return err
		}
		again := r.Resumed[len(r.Resumed)-1]
		r.Last = max(r.Last, again.Stamp)
		for _, c := range r.Cells {
			if c.Rounds > 0 {
				c.interrupt(again.Round, again.Stamp)
			}
		}
		return nil
	case KindEnd:
		return json.Unmarshal(rec.Raw, &r.End)
	}
	return nil // a later version's record: what we know stays right without it
}

// begin takes the record of a cell. A second one of an id replaces the first.
func (r *Run) begin(raw json.RawMessage) error {
	c := &Cell{}
	if err := json.Unmarshal(raw, &c.CellRecord); err != nil {
		return err
	}
	if old := r.byID[c.ID]; old != nil {
		old.dropped = true
		r.Answers = slices.DeleteFunc(r.Answers, func(a AnswerRecord) bool { return a.Cell == c.ID && a.Reused == nil })
		if c.Benchmark == plan.Latency { // whose answers are scored
			// Those that were not asked for again are not measured again either.
			r.Scores = slices.DeleteFunc(r.Scores, func(s ScoreRecord) bool { return s.Target == c.Target && s.Reused == nil })
		}
	}
	r.Cells, r.byID[c.ID], r.all[c.ID] = append(r.Cells, c), c, append(r.all[c.ID], c)
	if n := len(r.Resumed); n > 0 {
		c.after = r.Resumed[n-1].Stamp
	}
	if c.Scan != nil {
		r.begun[c.Scan.Index]++
	}
	return nil
}

// appendTo decodes a record and appends it.
func appendTo[T any](all *[]T, raw json.RawMessage) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	*all = append(*all, v)
	return nil
}
