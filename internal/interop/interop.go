// Package interop reads recorded loads of other tools: traces and results. Its
// part command turns their command lines into plans.
//
// A format is recognised by its content and never by its file name. An
// impossible value is an error with its line and column, unless the user chose
// to skip such rows; whatever is left out, cut or reordered is counted. A file is
// read as a stream: only a table of 32 bytes per row and the ids of its prompt
// blocks as runs (see Table) stay in memory. The package keeps no text of a trace
// and downloads nothing.
package interop

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Row is one recorded request, as a reader finds it.
type Row struct {
	At      int64 // ns on a clock of the trace's own
	In, Out int   // tokens
	// Session is the same for the turns of one conversation or agent; 0 where
	// the trace knows none.
	Session uint64
	// Think is the pause after the end of the turn before; 0 where unknown.
	Think time.Duration
	// Failed requests are counted and not replayed: what they would have
	// answered is not known.
	Failed bool
	// Unsent requests have no time; they are counted as empty.
	Unsent bool
	// Blocks are ids of the prompt's blocks, in order. Equal ids mean equal
	// content up to and including that block. Valid until the row is taken.
	Blocks []uint64
}

// Options say what is taken of a trace. The zero Options take all of it, and
// any row that cannot be right is an error.
type Options struct {
	SkipBad  bool          // count malformed rows and go on
	Sort     bool          // sort rows that are out of order, and count them
	From, To time.Duration // window on the trace's clock from its first row; To 0: to the end
	Limit    int           // the first arrivals of the window; 0: all
	// Context is the most tokens of input and output together; longer rows are
	// cut and counted. 0: no limit.
	Context int
	// Spread moves each arrival by a random part of the trace's tick, drawn
	// from Seed: times that were rounded down would otherwise be bursts.
	Spread bool
	Seed   uint64
	// Block is how many tokens a prompt block has; 0: what the file or the ids of
	// its rows say, else what the format has.
	Block int
	// Unit is that of the times, where they are numbers; 0: found by their size,
	// else what the format has.
	Unit time.Duration
	// Columns of a CSV file, as ParseColumns has them; nil: found by their names.
	Columns Columns
	// Target is whose requests are taken of a log of several targets; "" means the
	// candidate's.
	Target string
}

// Counts say what became of the rows that were read.
type Counts struct {
	Read     int `json:"read"`               // rows read, malformed ones included
	Bad      int `json:"bad,omitempty"`      // malformed, and skipped
	Failed   int `json:"failed,omitempty"`   // had failed when they were recorded
	Empty    int `json:"empty,omitempty"`    // no input or no output tokens, or never sent
	Outside  int `json:"outside,omitempty"`  // outside of the window or beyond the limit
	Cut      int `json:"cut,omitempty"`      // shortened to the maximum context
	Unsorted int `json:"unsorted,omitempty"` // came before the row above them; they were sorted
	Others   int `json:"others,omitempty"`   // sent to targets that were not asked for
	// Longer is how many rows end in a partial block that is longer in another row.
	// The longest wins: the shorter one is its beginning.
	Longer int `json:"longer,omitempty"`
	// Stopped says that the file continues after what was asked for.
	Stopped bool `json:"stopped,omitempty"`
	// Problems are the first malformed rows in words.
	Problems []string `json:"problems,omitempty"`
}

// ReadTrace reads a trace file. A file whose rows are in order is read only as
// far as the window and the limit need.
func ReadTrace(path string, o Options) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to open the trace: %w", err)
	}
	defer func() { _ = f.Close() }()
	t, err := readTrace(f, path, o)
	if err != nil {
		return nil, fmt.Errorf("trace %q: %w", filepath.Base(path), err)
	}
	return t, nil
}

// readTrace reads a trace. path is where it is, for the one format that is read by
// its own reader.
func readTrace(r io.Reader, path string, o Options) (*Table, error) {
	f, in, err := detect(r, o.Columns)
	if err != nil {
		return nil, err
	}
	s := newSink(f, path, o)
	if err := f.read(in, s); err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return s.finish()
}

// Bad is a malformed row: where it is and what is wrong.
type Bad struct {
	Line, Column int // from 1; 0 where the format has no lines
	Row          int // from 1
	Field        string
	What         string
}

func (b *Bad) Error() string {
	where := fmt.Sprintf("row %d", b.Row)
	if b.Line > 0 {
		where = fmt.Sprintf("line %d, column %d (row %d", b.Line, b.Column, b.Row)
		if b.Field != "" {
			where += ", " + b.Field
		}
		where += ")"
	} else if b.Field != "" {
		where += ", " + b.Field
	}
	return where + ": " + b.What
}
