package interop

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Table is a trace that can be replayed: rows in order of arrival, of 32 bytes
// each. The block ids of a row are kept separately as runs of consecutive
// ids, two to four bytes per run; traces number their blocks one after the
// other, so that a long prompt is a few runs.
type Table struct {
	Format string // "mooncake"
	Text   string // what the format is, in words
	Block  int    // tokens of a block; 0: the rows have no blocks
	Target string // whose requests they are, of a log of several targets
	// Inferred says that the rows themselves had to say how long a block is.
	Inferred bool
	Clock    *Clock // of times that are numbers; nil for dates and clocks that are known
	Counts   Counts

	rows   []row
	blocks []byte // for each row with blocks: their number, then its runs
}

type row struct {
	at      int64 // ns since the first row of the table
	in, out uint32
	session uint32
	think   uint32 // ms
	blocks  uint64 // offset into Table.blocks; 0: none
}

func (t *Table) add(r *Row, session uint32) {
	n := row{at: r.At, in: uint32(r.In), out: uint32(r.Out), session: session}
	n.think = uint32(min(max(r.Think, 0)/time.Millisecond, math.MaxUint32))
	if len(r.Blocks) > 0 {
		n.blocks = uint64(len(t.blocks))
		t.blocks = appendRuns(t.blocks, r.Blocks)
	}
	t.rows = append(t.rows, n)
}

// appendRuns writes ids as runs: the distance from the end of the previous run,
// and the length.
func appendRuns(b []byte, ids []uint64) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	next := uint64(0)
	for i := 0; i < len(ids); {
		n := 1
		for i+n < len(ids) && ids[i+n] == ids[i]+uint64(n) {
			n++
		}
		b = binary.AppendVarint(b, int64(ids[i]-next)) // wraps around, and back
		b = binary.AppendUvarint(b, uint64(n))
		next = ids[i] + uint64(n)
		i += n
	}
	return b
}

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// At is when row i arrived, since the first row.
func (t *Table) At(i int) time.Duration { return time.Duration(t.rows[i].at) }

// Lengths of row i in tokens, at least 1 each.
func (t *Table) Lengths(i int) (in, out int) { return int(t.rows[i].in), int(t.rows[i].out) }

// BlockTokens is the length of a block in tokens; 0: the rows have no blocks.
func (t *Table) BlockTokens() int { return t.Block }

// Turn returns the session of row i, from 1 (0: it has none), and the pause
// between the end of the session's previous turn and this one.
func (t *Table) Turn(i int) (session int, think time.Duration) {
	return int(t.rows[i].session), time.Duration(t.rows[i].think) * time.Millisecond
}

// AppendBlocks appends the block ids of row i to dst, as many as its input
// has, a partial last one included.
func (t *Table) AppendBlocks(dst []uint64, i int) []uint64 {
	r := t.rows[i]
	if r.blocks == 0 || t.Block == 0 {
		return dst
	}
	b := t.blocks[r.blocks:]
	count, n := binary.Uvarint(b)
	b = b[n:]
	count = min(count, (uint64(r.in)+uint64(t.Block)-1)/uint64(t.Block))
	next := uint64(0)
	for count > 0 {
		jump, n := binary.Varint(b)
		length, m := binary.Uvarint(b[n:])
		b = b[n+m:]
		next += uint64(jump)
		for range min(length, count) {
			dst = append(dst, next)
			next++
		}
		count -= min(length, count)
	}
	return dst
}

// cut shortens rows to a maximum context: the answer to what the context holds
// in addition to one token of input, then the input to what is left.
func (t *Table) cut(context int) {
	if context <= 0 {
		return
	}
	most := uint32(min(context, maxTokens))
	for i := range t.rows {
		r := &t.rows[i]
		if uint64(r.in)+uint64(r.out) <= uint64(most) {
			continue
		}
		t.Counts.Cut++
		r.out = max(1, min(r.out, most-1))
		r.in = max(1, min(r.in, most-min(most, r.out)))
	}
}

// tick is the smallest step between two times of the trace; 0 if there is
// none. The rows are in order.
func (t *Table) tick() time.Duration {
	least := int64(0)
	for i := 1; i < len(t.rows); i++ {
		if d := t.rows[i].at - t.rows[i-1].at; d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	return time.Duration(least)
}

// spread moves every row by a part of the tick. Rows of one time keep their
// order: their draws are sorted. It is a pure function of rows and seed.
func (t *Table) spread(seed uint64) {
	tick := t.tick()
	if tick == 0 {
		return
	}
	r := rand.New(rand.NewPCG(seed, 0x7469636b)) // "tick"
	var moves []int64
	for i := 0; i < len(t.rows); {
		n := 1
		for i+n < len(t.rows) && t.rows[i+n].at == t.rows[i].at {
			n++
		}
		moves = moves[:0]
		for range n {
			moves = append(moves, r.Int64N(int64(tick)))
		}
		slices.Sort(moves)
		for k, d := range moves {
			t.rows[i+k].at += d
		}
		i += n
	}
}
