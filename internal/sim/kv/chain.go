package kv

import "github.com/inferometer/inferometer/internal/seeded"

// Chain hashes a sequence of tokens, with a hash for each full block. Create it
// with NewChain.
type Chain struct {
	size   int
	filled int
	hash   uint64
	hashes []Hash
}

// NewChain begins a sequence of tokens in blocks of the given size. Sequences
// with different salts share nothing (vLLM's cache_salt).
func NewChain(blockSize int, salt uint64) *Chain {
	return &Chain{size: max(blockSize, 1), hash: seeded.Mix(salt)}
}

// Add appends a token, given as any number that identifies it.
func (c *Chain) Add(token uint64) {
	c.hash = seeded.Mix(c.hash ^ seeded.Mix(token))
	if c.filled++; c.filled == c.size {
		c.filled = 0
		c.hashes = append(c.hashes, nonZero(c.hash))
	}
}

// AddSpan appends a run of tokens, where token i is identified by (seed, i): two
// sequences share it if the seed is the same, as far as both go. It is cheaper
// than adding tokens one by one.
func (c *Chain) AddSpan(seed uint64, tokens int) {
	for i := 0; i < tokens; {
		n := min(tokens-i, c.size-c.filled)
		// The place of a piece within its span and its length identify its tokens.
		c.hash = seeded.Mix(c.hash ^ seeded.Mix(seed+uint64(i)<<20+uint64(n)))
		i += n
		if c.filled += n; c.filled == c.size {
			c.filled = 0
			c.hashes = append(c.hashes, nonZero(c.hash))
		}
	}
}

// Hashes returns the hashes of the full blocks so far. They must not be changed.
func (c *Chain) Hashes() []Hash { return c.hashes }

func nonZero(h uint64) Hash {
	if h == 0 {
		return 1
	}
	return Hash(h)
}
