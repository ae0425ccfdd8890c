package interop

// Hits is what a prefix cache that never forgets could have given. It is an
// upper bound: a real cache evicts, and recomputes at least the last token.
type Hits struct {
	Blocks       int // of all prompts, partial ones included
	HitBlocks    int // that an earlier prompt had begun with
	Tokens       int // of all prompts
	HitTokens    int // in full blocks that were hit
	UniqueBlocks int
}

// BlockRatio is the share of blocks that were hit.
func (h Hits) BlockRatio() float64 { return float64(h.HitBlocks) / float64(max(1, h.Blocks)) }

// TokenRatio is the share of input tokens that were hit. Servers cache full
// blocks only, so this is what their cached_tokens can reach.
func (h Hits) TokenRatio() float64 { return float64(h.HitTokens) / float64(max(1, h.Tokens)) }

// IdealHits goes through the prompts in order of arrival. ok is false where
// the trace has no blocks. An id stands for its block and all before it, as
// these traces define it, so that a set of ids seen is the whole cache: a bit
// an id where they are numbered, and an entry of a map where they are hashes.
func (t *Table) IdealHits() (h Hits, ok bool) {
	if t.Block == 0 {
		return h, false
	}
	seen := idSet{pages: map[uint64]*[pageWords]uint64{}, far: map[uint64]struct{}{}}
	var ids []uint64
	for i := range t.rows {
		in := int(t.rows[i].in)
		h.Tokens += in
		ids = t.AppendBlocks(ids[:0], i)
		h.Blocks += len(ids)
		hit := true
		for j, id := range ids {
			known := seen.add(id)
			if !known {
				h.UniqueBlocks++
			}
			if hit = hit && known; !hit {
				continue
			}
			h.HitBlocks++
			if (j+1)*t.Block <= in {
				h.HitTokens += t.Block
			}
		}
	}
	return h, h.Blocks > 0
}

// partial counts the rows whose last block is partial and longer in another row:
// the same id with more tokens. Their text is then the beginning of that block.
func (t *Table) partial() (rows int) {
	longest := map[uint64]int{} // by the ids of partial blocks
	var ids []uint64
	last := func(i int) (id uint64, tokens int, ok bool) {
		ids = t.AppendBlocks(ids[:0], i)
		if n := len(ids); n > 0 {
			tokens = int(t.rows[i].in) - (n-1)*t.Block
			return ids[n-1], tokens, tokens < t.Block
		}
		return 0, 0, false
	}
	for i := range t.rows {
		if id, n, ok := last(i); ok {
			longest[id] = max(longest[id], n)
		}
	}
	if len(longest) == 0 {
		return 0
	}
	for i := range t.rows {
		_, _, partial := last(i)
		for j, id := range ids {
			if full := j < len(ids)-1 || !partial; full && longest[id] > 0 {
				longest[id] = t.Block
			}
		}
	}
	for i := range t.rows {
		if id, n, ok := last(i); ok && n < longest[id] {
			rows++
		}
	}
	return rows
}

// pageWords makes a page of 4,096 ids.
const pageWords = 64

// idSet holds numbered ids as bits and others one by one.
type idSet struct {
	pages map[uint64]*[pageWords]uint64
	far   map[uint64]struct{}
}

// add reports whether id was there before.
func (s *idSet) add(id uint64) (known bool) {
	if id >= 1<<32 {
		_, known = s.far[id]
		s.far[id] = struct{}{}
		return known
	}
	p := s.pages[id>>12]
	if p == nil {
		p = new([pageWords]uint64)
		s.pages[id>>12] = p
	}
	word, bit := &p[id>>6&(pageWords-1)], uint64(1)<<(id&63)
	known = *word&bit != 0
	*word |= bit
	return known
}
