package kv

import "github.com/inferometer/inferometer/internal/seeded"

// Chain hashes tokens as they come, and yields a hash for each full block.
// The zero Chain has no salt; start from NewChain.
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

// Add appends a token, by any number that stands for it.
func (c *Chain) Add(token uint64) {
	c.hash = seeded.Mix(c.hash ^ seeded.Mix(token))
	if c.filled++; c.filled == c.size {
		c.filled = 0
		c.hashes = append(c.hashes, nonZero(c.hash))
	}
}

// AddSpan appends a run of tokens that two sequences share if it has the same
// seed in both, as far as both go: cheaper than to add one by one, where
// nobody needs to see the tokens. Token i of a span is what (seed, i) says.
func (c *Chain) AddSpan(seed uint64, tokens int) {
	for i := 0; i < tokens; {
		n := min(tokens-i, c.size-c.filled)
		// The place of a piece within its span and its length say which tokens
		// it holds.
		c.hash = seeded.Mix(c.hash ^ seeded.Mix(seed+uint64(i)<<20+uint64(n)))
		i += n
		if c.filled += n; c.filled == c.size {
			c.filled = 0
			c.hashes = append(c.hashes, nonZero(c.hash))
		}
	}
}

// Hashes are those of the full blocks so far. They are valid as long as the
// Chain is, and not to be changed.
func (c *Chain) Hashes() []Hash { return c.hashes }

func nonZero(h uint64) Hash {
	if h == 0 {
		return 1
	}
	return Hash(h)
}
