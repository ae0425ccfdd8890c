package interop

import (
	"fmt"
	"math"
)

// blockSize finds how many tokens a prompt block has, or holds the rows against a
// size that is known. The ids of a row and its length allow a range of sizes;
// the size of the trace is in the ranges of all its rows.
type blockSize struct {
	usual  int    // as the format's description has it; 0: it has no blocks
	size   int    // asked for, or said by the file; 0: it is to be found
	source string // who said size: "--block-size", "the file"

	partial span // sizes that fit all rows, if a last partial block has an id
	full    span // sizes that fit all rows, if only full blocks have one
	odd     bool // a row does not fit the usual size
	rows    int  // with ids
	misfits int  // rows that did not fit
}

// span is a range of sizes; it is empty where hi < lo.
type span struct{ lo, hi int }

func (s span) has(n int) bool { return s.lo <= n && n <= s.hi }

func (s span) and(o span) span { return span{max(s.lo, o.lo), min(s.hi, o.hi)} }

func (s span) String() string {
	switch {
	case s.hi == math.MaxInt:
		return fmt.Sprintf("at least %d tokens", s.lo)
	case s.lo == s.hi:
		return fmt.Sprintf("%d tokens", s.lo)
	}
	return fmt.Sprintf("%d to %d tokens", s.lo, s.hi)
}

// sizesOf are the sizes with which a prompt has so many ids: if its last, partial
// block has one, and if it has none.
func sizesOf(tokens, ids int) (partial, full span) {
	partial = span{(tokens + ids - 1) / ids, math.MaxInt}
	if ids > 1 {
		partial.hi = (tokens - 1) / (ids - 1)
	}
	return partial, span{tokens/(ids+1) + 1, tokens / ids}
}

// check takes one row, or says why its ids do not fit. A row without ids says
// nothing about blocks.
func (b *blockSize) check(tokens, ids int) (why string) {
	if ids == 0 {
		return ""
	}
	partial, full := sizesOf(tokens, ids)
	if b.size > 0 {
		if partial.has(b.size) || full.has(b.size) {
			b.rows++
			return ""
		}
		b.misfits++
		return fmt.Sprintf("%s for %s, but in blocks of %d tokens (%s) they have %d; is the block size right (--block-size)?", idsText(ids), tokensText(tokens), b.size, b.source, (tokens+b.size-1)/b.size)
	}
	usual := partial.has(b.usual) || full.has(b.usual)
	if b.rows == 0 {
		b.rows, b.partial, b.full, b.odd = 1, partial, full, !usual
		return ""
	}
	p, f := b.partial.and(partial), b.full.and(full)
	if p.hi < p.lo && f.hi < f.lo {
		if usual && !b.odd { // some rows have an id for the last block, and some have none
			b.size, b.source, b.rows = b.usual, "as the rows above have it", b.rows+1
			return ""
		}
		b.misfits++
		return fmt.Sprintf("%s for %s make blocks of %v, but those of the rows above have %v; give the size with --block-size", idsText(ids), tokensText(tokens), partial, b.possible())
	}
	b.rows, b.partial, b.full, b.odd = b.rows+1, p, f, b.odd || !usual
	return ""
}

// possible is the range that is left; of the two the one with partial blocks.
func (b *blockSize) possible() span {
	if b.partial.lo <= b.partial.hi {
		return b.partial
	}
	return b.full
}

// settle returns the size, and whether the rows had to say it. 0: no row has ids.
func (b *blockSize) settle() (size int, inferred bool, err error) {
	switch {
	case b.rows == 0 && b.source == askedFor && b.misfits == 0:
		return 0, false, fmt.Errorf("--block-size is %d, but no row has ids of prompt blocks", b.size)
	case b.misfits > b.rows:
		return 0, false, fmt.Errorf("the ids of %d of its %d rows with ids do not fit the blocks of the others; give the size of a block with --block-size", b.misfits, b.misfits+b.rows)
	case b.size > 0:
		return b.size, false, nil
	case b.rows == 0, b.partial.has(b.usual), b.full.has(b.usual):
		return b.usual, false, nil
	}
	for _, s := range []span{b.partial, b.full} {
		if n, ok := s.power(); ok {
			return n, true, nil
		}
	}
	if s := b.possible(); s.lo == s.hi {
		return s.lo, true, nil
	}
	return 0, false, fmt.Errorf("the ids of its prompt blocks fit blocks of %v, and not of %d as this format has them; give the size with --block-size", b.possible(), b.usual)
}

// power is the one power of two in the range: servers' blocks have such sizes.
func (s span) power() (n int, ok bool) {
	for k := 1; k <= maxTokens; k *= 2 {
		if s.has(k) {
			if ok {
				return 0, false
			}
			n, ok = k, true
		}
	}
	return n, ok
}

// askedFor is the source of a size that the user gave.
const askedFor = "--block-size"

func idsText(n int) string {
	if n == 1 {
		return "1 id"
	}
	return fmt.Sprintf("%d ids", n)
}

func tokensText(n int) string {
	if n == 1 {
		return "1 token"
	}
	return fmt.Sprintf("%d tokens", n)
}
