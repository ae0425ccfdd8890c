package interop

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Limits of what is accepted.
const (
	maxTokens = 10_000_000 // of a row; the same bound as the plan's
	maxSpan   = 5 * 366 * 24 * time.Hour
	problems  = 5 // malformed rows that are described
)

// errEnough ends the reading of a file whose remaining rows are not needed.
var errEnough = errors.New("enough")

// sink takes rows from a reader and builds the table.
type sink struct {
	opt     Options
	ordered bool // rows must come in order of time
	mixed   bool // the format is not written in order of time
	path    string
	table   *Table
	blocks  blockSize
	clock   ticker

	timed          int   // rows with a time
	origin, latest int64 // their first and last time
	last           int64 // time of the previous one
	sessions       map[uint64]uint32
}

func newSink(f *format, path string, o Options) *sink {
	s := &sink{
		opt: o, ordered: !f.unordered && !o.Sort, mixed: f.unordered, path: path,
		table:    &Table{Format: f.name, Text: f.text, blocks: []byte{0}},
		blocks:   blockSize{usual: f.block},
		clock:    ticker{given: o.Unit},
		sessions: map[uint64]uint32{},
	}
	if o.Block > 0 {
		s.blocks.size, s.blocks.source = o.Block, askedFor
	}
	return s
}

// bad counts a malformed row, or is the error that ends the reading.
func (s *sink) bad(b *Bad) error {
	c := &s.table.Counts
	if !s.opt.SkipBad {
		return b
	}
	c.Read++
	c.Bad++
	if len(c.Problems) < problems {
		c.Problems = append(c.Problems, b.Error())
	}
	return nil
}

// row takes one row. where says its place for errors of order.
func (s *sink) row(r *Row, where Bad) error {
	c := &s.table.Counts
	c.Read++
	if r.Unsent {
		c.Empty++
		return nil
	}
	if s.timed++; s.timed == 1 {
		s.origin, s.latest, s.last = r.At, r.At, r.At
	}
	if r.At < s.last && !s.mixed {
		c.Unsorted++
		if s.ordered {
			where.What = fmt.Sprintf("its time is %v before that of the previous row; use --trace-sort to sort the rows", time.Duration(s.last-r.At))
			return &where
		}
	}
	s.last = r.At
	s.origin, s.latest = min(s.origin, r.At), max(s.latest, r.At)
	switch {
	case r.Failed:
		c.Failed++
		return nil
	case r.In == 0 || r.Out == 0:
		c.Empty++
		return nil
	}
	if why := s.blocks.check(r.In, len(r.Blocks)); why != "" {
		c.Read--
		where.Field, where.What = "hash_ids", why
		return s.bad(&where)
	}
	if s.ordered {
		at := time.Duration(r.At - s.origin)
		switch {
		case s.opt.To > 0 && at >= s.opt.To, s.opt.Limit > 0 && len(s.table.rows) >= s.opt.Limit:
			c.Read--
			c.Stopped = true
			return errEnough
		case at < s.opt.From:
			c.Outside++
			return nil
		}
	}
	s.table.add(r, s.session(r.Session))
	return nil
}

// session numbers the sessions from 1.
func (s *sink) session(key uint64) uint32 {
	if key == 0 {
		return 0
	}
	n, ok := s.sessions[key]
	if !ok {
		n = uint32(len(s.sessions) + 1)
		s.sessions[key] = n
	}
	return n
}

// finish sorts, takes the window, cuts and spreads.
func (s *sink) finish() (*Table, error) {
	t := s.table
	if err := t.nothing(); err != nil {
		return nil, err
	}
	if 2*t.Counts.Bad > t.Counts.Read {
		return nil, fmt.Errorf("%d of its %d rows are malformed, so this is another format or a damaged file; the first: %s", t.Counts.Bad, t.Counts.Read, t.Counts.Problems[0])
	}
	if s.clock.unit > 0 {
		t.Clock = &s.clock.Clock
	}
	var err error
	if t.Block, t.Inferred, err = s.blocks.settle(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(t.rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	// The difference of two far times may not fit; it is looked at before it is used.
	if last := t.rows[len(t.rows)-1].at; float64(last)-float64(s.origin) > float64(maxSpan) {
		return nil, fmt.Errorf("its times span more than five years, from %s to %s: is a year or unit wrong?", stamp(s.origin), stamp(last))
	}
	if err := s.clock.plausible(s.timed, time.Duration(s.latest-s.origin)); err != nil {
		return nil, err
	}
	for i := range t.rows {
		t.rows[i].at -= s.origin
	}
	if !s.ordered {
		all := len(t.rows)
		from, to := int64(s.opt.From), cmp.Or(int64(s.opt.To), math.MaxInt64)
		t.rows = slices.DeleteFunc(t.rows, func(r row) bool { return r.at < from || r.at >= to })
		if s.opt.Limit > 0 && len(t.rows) > s.opt.Limit {
			t.rows = t.rows[:s.opt.Limit]
		}
		t.Counts.Outside += all - len(t.rows)
	}
	if len(t.rows) == 0 {
		return nil, fmt.Errorf("no row is between %v and %v (--trace-from, --trace-to)", s.opt.From, s.opt.To)
	}
	t.Counts.Longer = t.partial()
	t.cut(s.opt.Context)
	if s.opt.Spread {
		t.spread(s.opt.Seed)
	}
	for i, first := len(t.rows)-1, t.rows[0].at; i >= 0; i-- {
		t.rows[i].at -= first
	}
	t.rows = slices.Clip(t.rows)
	return t, nil
}

// nothing says why there are no rows to replay.
func (t *Table) nothing() error {
	c := t.Counts
	switch {
	case len(t.rows) > 0:
		return nil
	case c.Read == 0:
		return errors.New("it has a header but no rows")
	case c.Outside > 0:
		return errors.New("no row is in the window (--trace-from, --trace-to)")
	}
	return fmt.Errorf("none of its %d rows can be replayed: %d are malformed, %d are failed requests, %d have no input or no output tokens", c.Read, c.Bad, c.Failed, c.Empty)
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.DateOnly) }
