// Package kv does the bookkeeping of a paged key-value cache as vLLM V1 does:
// blocks with reference counts, a queue of free blocks from which the least
// recently used is taken first, and blocks that keep their content, named by a
// hash, until they are taken for something else. It holds no keys and values.
//
// A hash is 64 bits of a fast mixing function over the chain of blocks before
// it. A real engine uses a cryptographic hash, but nobody attacks a simulation,
// and among a hundred million blocks two share a hash by chance with probability
// 0.0003. It costs 2 ns per block where SHA-256 costs a hundred.
package kv

// Block is the number of a block, from 0.
type Block int32

// Hash names the content of a full block together with all that comes before
// it. 0 means no name.
type Hash uint64

// Pool is a fixed number of blocks. Create it with New. It is used by one
// goroutine and allocates nothing after New.
type Pool struct {
	blocks []block // the last one is the sentinel of the free queue
	free   int
	named  int
	table  []int32 // open addressing with linear probing: a block + 1, or 0
}

type block struct {
	hash       Hash
	refs       int32
	prev, next int32 // in the free queue; only while refs is 0
}

// New returns a pool of n blocks, all of them free.
func New(n int) *Pool {
	n = max(n, 0)
	p := &Pool{blocks: make([]block, n+1), free: n}
	for i := range p.blocks {
		p.blocks[i].prev, p.blocks[i].next = int32(i-1), int32(i+1)
	}
	p.blocks[0].prev, p.blocks[n].next = int32(n), 0
	size := 4
	for size < 2*n {
		size *= 2
	}
	p.table = make([]int32, size)
	return p
}

// Size is the number of blocks.
func (p *Pool) Size() int { return len(p.blocks) - 1 }

// Free is the number of blocks that nobody holds; some of them have a name.
func (p *Pool) Free() int { return p.free }

// Named is the number of blocks that have a name, held or not.
func (p *Pool) Named() int { return p.named }

// References is the number of references to a block.
func (p *Pool) References(b Block) int { return int(p.blocks[b].refs) }

// Lookup finds a block by its name; if several have it, any of them.
func (p *Pool) Lookup(h Hash) (Block, bool) {
	if h == 0 {
		return 0, false
	}
	for i := p.home(h); p.table[i] != 0; i = p.after(i) {
		if b := p.table[i] - 1; p.blocks[b].hash == h {
			return Block(b), true
		}
	}
	return 0, false
}

// Hold adds a reference to a block. A free one is no longer free.
func (p *Pool) Hold(b Block) {
	if p.blocks[b].refs == 0 {
		p.unlink(int32(b))
	}
	p.blocks[b].refs++
}

// Take returns the least recently used free block, with one reference and no
// name. It returns false if none is free.
func (p *Pool) Take() (Block, bool) {
	if p.free == 0 {
		return 0, false
	}
	b := p.blocks[p.end()].next
	p.unlink(b)
	p.forget(b)
	p.blocks[b].refs = 1
	return Block(b), true
}

// Name gives a held block the name of its content.
func (p *Pool) Name(b Block, h Hash) {
	p.forget(int32(b))
	if h == 0 {
		return
	}
	p.blocks[b].hash = h
	p.named++
	i := p.home(h)
	for p.table[i] != 0 {
		i = p.after(i)
	}
	p.table[i] = int32(b) + 1
}

// Release drops a reference. A block without references goes to the end of the
// free queue, and keeps its name until it is taken.
func (p *Pool) Release(b Block) {
	k := &p.blocks[b]
	if k.refs--; k.refs > 0 {
		return
	}
	end := p.end()
	last := p.blocks[end].prev
	k.prev, k.next = last, end
	p.blocks[last].next, p.blocks[end].prev = int32(b), int32(b)
	p.free++
}

// Reset removes all names. While a block is held it does nothing and returns
// false, like vLLM's reset of the prefix cache.
func (p *Pool) Reset() bool {
	if p.free < p.Size() {
		return false
	}
	for i := range p.blocks {
		p.blocks[i].hash = 0
	}
	clear(p.table)
	p.named = 0
	return true
}

// end is the sentinel of the free queue.
func (p *Pool) end() int32 { return int32(len(p.blocks) - 1) }

func (p *Pool) unlink(b int32) {
	k := &p.blocks[b]
	p.blocks[k.prev].next, p.blocks[k.next].prev = k.next, k.prev
	p.free--
}

func (p *Pool) home(h Hash) int    { return int(h) & (len(p.table) - 1) }
func (p *Pool) after(i int) int    { return (i + 1) & (len(p.table) - 1) }
func (p *Pool) apart(i, j int) int { return (j - i) & (len(p.table) - 1) }

// forget removes a block's name. Later entries of the table move up, so that a
// search never meets a new gap.
func (p *Pool) forget(b int32) {
	h := p.blocks[b].hash
	if h == 0 {
		return
	}
	i := p.home(h)
	for p.table[i] != b+1 {
		i = p.after(i)
	}
	for j := p.after(i); p.table[j] != 0; j = p.after(j) {
		home := p.home(p.blocks[p.table[j]-1].hash)
		if p.apart(home, j) >= p.apart(i, j) { // its search passes the gap
			p.table[i] = p.table[j]
			i = j
		}
	}
	p.table[i] = 0
	p.blocks[b].hash = 0
	p.named--
}
