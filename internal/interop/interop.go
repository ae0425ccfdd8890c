// Package interop reads files of other tools: recorded arrivals, for now.
//
// Its opinion: a format is recognised by its header and never by its file
// name; a value that cannot be right is an error with its row and column, and
// what is left out or reordered is counted. It keeps no text of a trace, only
// times and lengths, and it downloads nothing.
package interop

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Trace is recorded load: when requests came and how long they were.
type Trace struct {
	Format string // "azure-llm-2023"
	Rows   []Row  // ordered by At
	// Skipped counts rows that cannot be replayed: no input or no output.
	Skipped int
	// Unsorted counts rows that came before the row above them in the file.
	// They were sorted; rows of the same time kept their order.
	Unsorted int
}

// Row is one recorded request.
type Row struct {
	At      time.Duration // since the first row
	In, Out int           // tokens, at least 1
}

// ReadTrace reads a trace file and returns its first limit arrivals; all for
// a limit of 0 or less. The whole file is read, so that arrivals of an
// unsorted file are the first ones and an error in it does not stay hidden.
func ReadTrace(path string, limit int) (*Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to open the trace (--trace): %w", err)
	}
	defer func() { _ = f.Close() }()
	t, err := readTrace(f)
	if err != nil {
		return nil, fmt.Errorf("trace %q (--trace): %w", filepath.Base(path), err)
	}
	if limit > 0 && limit < len(t.Rows) {
		t.Rows = t.Rows[:limit:limit]
	}
	return t, nil
}

// readTrace finds the format by the first line.
func readTrace(r io.Reader) (*Trace, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if head, _ := b.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		if _, err := b.Discard(3); err != nil {
			return nil, err
		}
	}
	head, err := b.Peek(4096)
	if err != nil && len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the file is empty")
		}
		return nil, fmt.Errorf("failed to read: %w", err)
	}
	line, _, _ := strings.Cut(string(head), "\n")
	line = strings.TrimSpace(line)
	switch {
	case isAzure(line):
		return readAzure(b)
	case strings.HasPrefix(line, "version https://git-lfs"):
		return nil, fmt.Errorf("the file is a Git LFS pointer and not the trace; fetch it with git lfs pull")
	}
	if len(line) > 80 {
		line = strings.ToValidUTF8(line[:80], "") + "…"
	}
	return nil, fmt.Errorf("no known trace begins with %q; the Azure LLM inference trace of 2023 begins with %q", line, strings.Join(azureHeader, ","))
}

// maxSpan of a trace that is believed; a wrong year is no arrival.
const maxSpan = 366 * 24 * time.Hour

// finish sorts the rows, counts what was out of order, and makes times
// relative to the first. at[i] belongs to rows[i].
func finish(t *Trace, at []time.Time) (*Trace, error) {
	if len(t.Rows) == 0 {
		if t.Skipped > 0 {
			return nil, fmt.Errorf("none of its %d rows can be replayed: all have no input or no output tokens", t.Skipped)
		}
		return nil, fmt.Errorf("it holds a header and no rows")
	}
	first, last := at[0], at[0]
	for i := range at {
		if i > 0 && at[i].Before(at[i-1]) {
			t.Unsorted++
		}
		if at[i].Before(first) {
			first = at[i]
		}
		if at[i].After(last) {
			last = at[i]
		}
	}
	if last.Sub(first) > maxSpan {
		return nil, fmt.Errorf("its times span more than a year, from %s to %s", first.Format(time.DateOnly), last.Format(time.DateOnly))
	}
	for i := range at {
		t.Rows[i].At = at[i].Sub(first)
	}
	slices.SortStableFunc(t.Rows, func(a, b Row) int { return cmp.Compare(a.At, b.At) })
	return t, nil
}
