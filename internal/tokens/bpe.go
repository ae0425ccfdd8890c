package tokens

import (
	"container/heap"
	"fmt"
	"sync"
	"unicode/utf8"
)

// bpe is a byte-pair model: a text starts as characters, and the adjacent pair with
// the lowest rank is merged until no pair is left (Sennrich,
// Haddow and Birch 2016).
type bpe struct {
	ids    map[string]int
	texts  map[int]string
	merges map[[2]int]merge
	// bytes are the ids of the tokens <0x00> to <0xFF>, for characters that are not in
	// the vocabulary; nil if the model does not fall back to them.
	bytes        []int
	unknown      int // id; -1: such characters are dropped
	fuseUnknown  bool
	ignoreMerges bool // a piece that is a token as a whole is not merged

	mu    sync.RWMutex // protects cache
	cache map[string][]int
}

type merge struct{ rank, id int }

// Limits of the cache of pieces: the same words are used again and again.
const (
	cachedPieces = 1 << 16
	cachedLength = 64 // bytes
)

// encode appends the tokens of a piece.
func (m *bpe) encode(dst []int, piece string) []int {
	if len(piece) > cachedLength {
		return append(dst, m.merge(piece)...)
	}
	m.mu.RLock()
	ids, ok := m.cache[piece]
	m.mu.RUnlock()
	if !ok {
		ids = m.merge(piece)
		m.mu.Lock()
		if m.cache == nil || len(m.cache) >= cachedPieces {
			m.cache = map[string][]int{}
		}
		m.cache[piece] = ids
		m.mu.Unlock()
	}
	return append(dst, ids...)
}

// symbol is a part of a piece; one that was merged into another has id -1.
type symbol struct {
	id         int
	prev, next int
}

// pair is a candidate for merging: the symbol at and the one after it.
type pair struct {
	merge
	at          int
	left, right int // ids when it was found; if they have changed, it is stale
}

type pairs []pair

func (p pairs) Len() int { return len(p) }
func (p pairs) Less(i, j int) bool {
	if p[i].rank != p[j].rank {
		return p[i].rank < p[j].rank
	}
	return p[i].at < p[j].at
}
func (p pairs) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *pairs) Push(x any)   { *p = append(*p, x.(pair)) }
func (p *pairs) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}

// merge works in n log n, since a piece can be a whole text.
func (m *bpe) merge(piece string) []int {
	if m.ignoreMerges {
		if id, ok := m.ids[piece]; ok {
			return []int{id}
		}
	}
	symbols := m.symbols(piece)
	var todo pairs
	look := func(i int) {
		j := symbols[i].next
		if j < 0 {
			return
		}
		if to, ok := m.merges[[2]int{symbols[i].id, symbols[j].id}]; ok {
			heap.Push(&todo, pair{to, i, symbols[i].id, symbols[j].id})
		}
	}
	for i := range symbols {
		look(i)
	}
	for len(todo) > 0 {
		p := heap.Pop(&todo).(pair)
		s := &symbols[p.at]
		if s.id != p.left || s.next < 0 || symbols[s.next].id != p.right {
			continue
		}
		gone := &symbols[s.next]
		s.id, s.next, gone.id = p.id, gone.next, -1
		if s.next >= 0 {
			symbols[s.next].prev = p.at
		}
		look(p.at)
		if s.prev >= 0 {
			look(s.prev)
		}
	}
	var out []int
	for i := 0; i >= 0 && i < len(symbols); i = symbols[i].next {
		out = append(out, symbols[i].id)
	}
	return out
}

// symbols returns the characters of a piece as tokens.
func (m *bpe) symbols(piece string) []symbol {
	out := make([]symbol, 0, len(piece))
	add := func(id int) {
		n := len(out)
		out = append(out, symbol{id, n - 1, n + 1})
	}
	lastUnknown := false
	for i, r := range piece {
		char := piece[i : i+utf8.RuneLen(r)]
		id, ok := m.ids[char]
		switch {
		case ok:
			add(id)
		case m.bytes != nil:
			for _, b := range []byte(char) {
				add(m.bytes[b])
			}
		case m.unknown >= 0 && !(m.fuseUnknown && lastUnknown):
			add(m.unknown)
		}
		lastUnknown = !ok && m.bytes == nil
	}
	if len(out) > 0 {
		out[len(out)-1].next = -1
	}
	return out
}

// text returns the text of a token.
func (m *bpe) text(id int) (string, error) {
	if t, ok := m.texts[id]; ok {
		return t, nil
	}
	return "", fmt.Errorf("invalid token id %d", id)
}
