package workload

import (
	"strings"
	"testing"
)

// lengths is a trace without blocks.
type lengths [][2]int

func (l lengths) Len() int                                { return len(l) }
func (l lengths) Lengths(i int) (in, out int)             { return l[i][0], l[i][1] }
func (l lengths) BlockTokens() int                        { return 0 }
func (l lengths) AppendBlocks(d []uint64, _ int) []uint64 { return d }

// hashed is a trace with blocks.
type hashed struct {
	lengths
	block int
	ids   [][]uint64
}

func (h hashed) BlockTokens() int                        { return h.block }
func (h hashed) AppendBlocks(d []uint64, i int) []uint64 { return append(d, h.ids[i]...) }

// common is how many words two texts begin with alike.
func common(a, b string) int {
	x, y := strings.Fields(a), strings.Fields(b)
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	return n
}

func TestBlocksShareWhatTheTraceShares(t *testing.T) {
	const block = 32
	rec := hashed{lengths{{100, 5}, {96, 5}, {64, 5}, {40, 5}, {33, 5}}, block, [][]uint64{
		{1, 2, 3, 4}, {1, 2, 9}, {7, 8}, {1}, {},
	}}
	src := NewTrace(rec, SyntheticConfig{Seed: 1, Salt: "s", Stream: "t", TokensPerWord: 1})
	var text []string
	for i := range rec.lengths {
		it, err := src.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(strings.Fields(it.User)); n != rec.lengths[i][0] || it.AskedInput != n || it.Hash == 0 {
			t.Errorf("prompt %d has %d words: %+v", i, n, it)
		}
		text = append(text, it.User)
	}
	for _, tt := range []struct{ a, b, least, most int }{
		{0, 1, 64, 70}, {0, 2, 0, 6}, {0, 3, 32, 38}, {1, 3, 32, 38}, {0, 4, 0, 6},
	} {
		if n := common(text[tt.a], text[tt.b]); n < tt.least || n > tt.most {
			t.Errorf("prompts %d and %d begin with %d words alike, want %d to %d", tt.a, tt.b, n, tt.least, tt.most)
		}
	}
	// The same seed and salt give the same bytes, in any process; another salt others.
	again := NewTrace(rec, SyntheticConfig{Seed: 1, Salt: "s", Stream: "t", TokensPerWord: 1})
	if it, _ := again.Item(0); it.User != text[0] {
		t.Error("the same configuration gave another text")
	}
	other := NewTrace(rec, SyntheticConfig{Seed: 1, Salt: "u", Stream: "t", TokensPerWord: 1})
	if it, _ := other.Item(0); common(it.User, text[0]) > 6 {
		t.Error("another salt gave the same text")
	}
}

// vLLM's timed_trace seeds its blocks with a hash that each Python process
// salts differently, so that no run can be repeated: here the bytes are pinned.
func TestBlockBytesArePinned(t *testing.T) {
	rec := hashed{lengths{{24, 5}}, 16, [][]uint64{{12345678901, 6}}}
	it, err := NewTrace(rec, SyntheticConfig{Seed: 7, Salt: "salt", Stream: "load/trace", TokensPerWord: 2}).Item(0)
	if err != nil {
		t.Fatal(err)
	}
	const want = "Every match expands their plain pillow from several One southern pond questions"
	if it.User != want {
		t.Errorf("got %q", it.User)
	}
}

func TestTraceLeavesRoomForTheTemplate(t *testing.T) {
	it, err := NewTrace(lengths{{50, 5}}, SyntheticConfig{TokensPerWord: 1, Overhead: 10}).Item(0)
	if err != nil || len(strings.Fields(it.User)) != 40 || it.AskedInput != 50 {
		t.Errorf("%d words, asked %d, %v", len(strings.Fields(it.User)), it.AskedInput, err)
	}
}
