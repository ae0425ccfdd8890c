package interop

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/inferometer/inferometer/internal/workload"
)

// A million rows are 32 MB, and their block ids a few bytes a run.
func TestTableIsCompact(t *testing.T) {
	if n := unsafe.Sizeof(row{}); n != 32 {
		t.Errorf("a row takes %d bytes, want 32", n)
	}
	got, err := ReadTrace(filepath.Join("testdata", "weka.json"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.blocks); n > 1+3*5 {
		t.Errorf("the 14 ids of five rows take %d bytes", n)
	}
}

// The words of the prompts share what the ids of the blocks share, and no more
// than a few words by chance.
func TestPromptsShareAsRecorded(t *testing.T) {
	tr, err := ReadTrace(filepath.Join("testdata", "mooncake.jsonl"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	const per = 1.35
	src := workload.NewTrace(tr, workload.SyntheticConfig{Seed: 3, Salt: "x", Stream: "s", TokensPerWord: per})
	var text [][]string
	for i := range tr.Len() {
		it, err := src.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		in, _ := tr.Lengths(i)
		if w := strings.Fields(it.User); len(w) != int(math.Round(float64(in)/per)) {
			t.Errorf("prompt %d of %d tokens has %d words", i, in, len(w))
		}
		text = append(text, strings.Fields(it.User))
	}
	for i := range text {
		for j := range i {
			a, b := tr.AppendBlocks(nil, i), tr.AppendBlocks(nil, j)
			blocks := 0
			for blocks < min(len(a), len(b)) && a[blocks] == b[blocks] {
				blocks++
			}
			words := 0
			for words < min(len(text[i]), len(text[j])) && text[i][words] == text[j][words] {
				words++
			}
			least := min(int(math.Round(float64(blocks*tr.Block)/per)), len(text[i]), len(text[j]))
			if words < least || words > least+6 {
				t.Errorf("prompts %d and %d share %d blocks and %d words, want %d", i, j, blocks, words, least)
			}
		}
	}
}
