package kv

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// model is a pool as one would write it down: slow, and plainly right.
type model struct {
	names map[Block]Hash
	refs  map[Block]int
	line  []Block // free ones, next to be taken first
}

func (m *model) check(t *testing.T, p *Pool) {
	t.Helper()
	if p.Free() != len(m.line) || p.Named() != len(m.names) {
		t.Fatalf("%d free and %d named, want %d and %d", p.Free(), p.Named(), len(m.line), len(m.names))
	}
	held := 0
	for b := range Block(p.Size()) {
		if p.References(b) != m.refs[b] {
			t.Fatalf("block %d has %d references, want %d", b, p.References(b), m.refs[b])
		}
		if m.refs[b] > 0 {
			held++
		}
	}
	if held+p.Free() != p.Size() {
		t.Fatalf("%d held and %d free are not %d", held, p.Free(), p.Size())
	}
}

// Any sequence of operations does to the pool what it does to the model. The
// hashes collide in their low bits on purpose.
func FuzzPool(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(1+seed*3))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint8) {
		n := int(size)%40 + 1
		p := New(n)
		m := &model{names: map[Block]Hash{}, refs: map[Block]int{}}
		for b := range Block(n) {
			m.line = append(m.line, b)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		hash := func() Hash { return Hash(rng.IntN(12))<<8 | Hash(rng.IntN(2)) }
		var held []Block // once for each reference
		for range 400 {
			switch rng.IntN(6) {
			case 0, 1:
				b, ok := p.Take()
				if ok != (len(m.line) > 0) {
					t.Fatalf("taking is %v with %d free", ok, len(m.line))
				}
				if !ok {
					break
				}
				if b != m.line[0] {
					t.Fatalf("took %d, want %d", b, m.line[0])
				}
				m.line = m.line[1:]
				delete(m.names, b)
				m.refs[b] = 1
				held = append(held, b)
			case 2:
				if len(held) > 0 {
					b, h := held[rng.IntN(len(held))], hash()
					p.Name(b, h)
					delete(m.names, b)
					if h != 0 {
						m.names[b] = h
					}
				}
			case 3:
				h := hash()
				b, ok := p.Lookup(h)
				known := h != 0 && slices.ContainsFunc(slices.Collect(keys(m.names)), func(b Block) bool { return m.names[b] == h })
				if ok != known || ok && m.names[b] != h {
					t.Fatalf("looking for %d gave %d, %v; want %v", h, b, ok, known)
				}
				if ok {
					p.Hold(b)
					if m.refs[b] == 0 {
						m.line = slices.Delete(m.line, slices.Index(m.line, b), slices.Index(m.line, b)+1)
					}
					m.refs[b]++
					held = append(held, b)
				}
			case 4:
				if len(held) > 0 {
					i := rng.IntN(len(held))
					b := held[i]
					held = slices.Delete(held, i, i+1)
					p.Release(b)
					if m.refs[b]--; m.refs[b] == 0 {
						m.line = append(m.line, b)
					}
				}
			case 5:
				if rng.IntN(20) == 0 && p.Reset() {
					clear(m.names)
				}
			}
			m.check(t, p)
		}
	})
}

func keys(m map[Block]Hash) func(func(Block) bool) {
	return func(yield func(Block) bool) {
		for b := range m {
			if !yield(b) {
				return
			}
		}
	}
}

func TestChainSharesPrefixesOnly(t *testing.T) {
	chain := func(salt uint64, tokens ...uint64) []Hash {
		c := NewChain(4, salt)
		for _, k := range tokens {
			c.Add(k)
		}
		return c.Hashes()
	}
	a := chain(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	if len(a) != 2 {
		t.Fatalf("9 tokens have %d full blocks of 4", len(a))
	}
	for _, tc := range []struct {
		name   string
		other  []Hash
		shared int
	}{
		{"the same", chain(0, 1, 2, 3, 4, 5, 6, 7, 8), 2},
		{"another second block", chain(0, 1, 2, 3, 4, 5, 6, 7, 9), 1},
		{"another first token", chain(0, 0, 2, 3, 4, 5, 6, 7, 8), 0},
		{"another order", chain(0, 2, 1, 3, 4, 5, 6, 7, 8), 0},
		{"another salt", chain(1, 1, 2, 3, 4, 5, 6, 7, 8), 0},
	} {
		shared := 0
		for shared < len(tc.other) && tc.other[shared] == a[shared] {
			shared++
		}
		for _, h := range tc.other[shared:] {
			if slices.Contains(a, h) {
				t.Errorf("%s: a block after a different one is taken for the same", tc.name)
			}
		}
		if shared != tc.shared {
			t.Errorf("%s: %d blocks shared, want %d", tc.name, shared, tc.shared)
		}
	}
}

func TestSpansShareAsFarAsBothGo(t *testing.T) {
	chain := func(spans ...[2]int) []Hash {
		c := NewChain(16, 7)
		for _, s := range spans {
			c.AddSpan(uint64(s[0]), s[1])
		}
		return c.Hashes()
	}
	for _, tc := range []struct {
		a, b   []Hash
		shared int
	}{
		{chain([2]int{1, 100}), chain([2]int{1, 50}), 3},
		{chain([2]int{1, 100}, [2]int{2, 60}), chain([2]int{1, 100}, [2]int{3, 60}), 6},
		{chain([2]int{1, 100}, [2]int{2, 60}), chain([2]int{1, 100}, [2]int{2, 44}), 9},
		{chain([2]int{1, 96}, [2]int{2, 60}), chain([2]int{1, 96}, [2]int{2, 60}), 9},
		{chain([2]int{1, 100}), chain([2]int{2, 100}), 0},
	} {
		shared := 0
		for shared < min(len(tc.a), len(tc.b)) && tc.a[shared] == tc.b[shared] {
			shared++
		}
		if shared != tc.shared {
			t.Errorf("%d blocks shared, want %d", shared, tc.shared)
		}
	}
}

func BenchmarkTakeNameRelease(b *testing.B) {
	p := New(30_000)
	b.ReportAllocs()
	h := uint64(1)
	for b.Loop() {
		k, _ := p.Take()
		h = h*6364136223846793005 + 1442695040888963407
		p.Name(k, Hash(h|1))
		p.Release(k)
	}
}
