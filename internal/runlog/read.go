package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Read reads a log, whole or cut short by a crash. Each exchange is handed to
// see in the order of the log, with what has been read of the run and of the cell
// that it belongs to by then; see may be nil, must not keep the exchange, and ends the
// reading with its error. A log of which a part cannot be decoded is read up to
// there, and Damaged says so.
func Read(path string, see func(r *Run, c *Cell, x *exchange.Exchange) error) (*Run, error) {
	r := &Run{path: path, byID: map[string]*Cell{}, begun: map[int]int{}}
	torn, err := exchange.Scan(path, func(rec exchange.Record) error { return r.add(rec, see) })
	r.Torn = torn
	switch {
	case errors.Is(err, exchange.ErrDamaged):
		r.Damaged = err
	case err != nil:
		return nil, err
	}
	if r.Head.Started.IsZero() && r.Damaged != nil {
		return nil, fmt.Errorf("%s: %w; nothing of it can be read", path, r.Damaged)
	}
	if r.Head.Started.IsZero() {
		return nil, fmt.Errorf("%s holds no run: it was ended before its first record was written", path)
	}
	r.dropAttempts()
	return r, nil
}

// Again hands each exchange of the cells that count to see once more, now that
// all their windows are known.
func (r *Run) Again(see func(c *Cell, x *exchange.Exchange)) error {
	_, err := exchange.Scan(r.path, func(rec exchange.Record) error {
		if rec.Exchange == nil {
			return nil
		}
		if c := r.byID[rec.Exchange.Cell]; c != nil {
			see(c, rec.Exchange)
		}
		return nil
	})
	if r.Damaged != nil && errors.Is(err, exchange.ErrDamaged) {
		return nil
	}
	return err
}

// Samples hands each look at a server's own metrics to see, with its cell. There
// is no file where no server was asked.
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
		if c := r.byID[s.Cell]; c != nil { // else the log lost the cell to a crash, and not the sample
			see(c, s)
		}
		return nil
	})
	return err
}

func (r *Run) add(rec exchange.Record, see func(*Run, *Cell, *exchange.Exchange) error) error {
	switch rec.Kind {
	case kindRun:
		return json.Unmarshal(rec.Raw, &r.Head)
	case kindTarget:
		return appendTo(&r.Targets, rec.Raw)
	case kindHardware:
		return json.Unmarshal(rec.Raw, &r.Hardware)
	case kindFloor:
		return json.Unmarshal(rec.Raw, &r.Floor)
	case kindCell:
		c := &Cell{}
		if err := json.Unmarshal(rec.Raw, &c.CellRecord); err != nil {
			return err
		}
		r.Cells, r.byID[c.ID] = append(r.Cells, c), c
		if c.Scan != nil {
			r.begun[c.Scan.Index]++
		}
		return nil
	case exchange.KindExchange:
		x := rec.Exchange
		c := r.byID[x.Cell]
		if c == nil {
			return fmt.Errorf("an exchange of cell %q, which was not begun", x.Cell)
		}
		c.see(x)
		r.Last = max(r.Last, x.Due, x.Done, x.LastToken, x.Usage)
		if see == nil {
			return nil
		}
		return see(r, c, x)
	case kindWindow:
		var w WindowRecord
		if err := json.Unmarshal(rec.Raw, &w); err != nil {
			return err
		}
		c := r.byID[w.Cell]
		if c == nil {
			return fmt.Errorf("the window of cell %q, which was not begun", w.Cell)
		}
		c.close(w)
		r.Last = max(r.Last, w.Start, w.End)
		return nil
	case kindParser:
		return appendTo(&r.Parser, rec.Raw)
	case kindScore:
		return appendTo(&r.Scores, rec.Raw)
	case kindResume:
		r.End = nil
		err := appendTo(&r.Resumed, rec.Raw)
		if err == nil {
			r.Last = max(r.Last, r.Resumed[len(r.Resumed)-1].Stamp)
		}
		return err
	case kindEnd:
		return json.Unmarshal(rec.Raw, &r.End)
	}
	return nil // a later version's record: what we know stays right without it
}

// appendTo decodes a record behind those of its kind.
func appendTo[T any](all *[]T, raw json.RawMessage) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	*all = append(*all, v)
	return nil
}
