package workload

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

func TestSyntheticIsAFunctionOfItsSeed(t *testing.T) {
	base := SyntheticConfig{Seed: 1, Salt: "a", Stream: "cell", InputTokens: 50, TokensPerWord: 1}
	text := func(c SyntheticConfig, i int) string {
		it, err := NewSynthetic(c).Item(i)
		if err != nil {
			t.Fatal(err)
		}
		return it.User
	}
	if text(base, 3) != text(base, 3) {
		t.Error("the same seed gives other bytes")
	}
	seen := map[string]bool{text(base, 0): true}
	for _, change := range []func(*SyntheticConfig){
		func(c *SyntheticConfig) { c.Seed = 2 },
		func(c *SyntheticConfig) { c.Salt = "b" },
		func(c *SyntheticConfig) { c.Stream = "other" },
	} {
		c := base
		change(&c)
		if s := text(c, 0); seen[s] {
			t.Errorf("%+v repeats a prompt", c)
		} else {
			seen[s] = true
		}
	}
}

func TestSyntheticNeverRepeats(t *testing.T) {
	src := NewSynthetic(SyntheticConfig{Seed: 1, InputTokens: 64, OutputTokens: 7, Fixed: true})
	starts, hashes := map[string]bool{}, map[uint64]bool{}
	for i := range 5000 {
		it, _ := src.Item(i)
		words := strings.Fields(it.User)
		if len(words) != 47 || it.AskedInput != 64 || it.MaxTokens != 7 || !it.Fixed {
			t.Fatalf("%d words, %+v", len(words), it)
		}
		start := strings.Join(words[:12], " ")
		if starts[start] || hashes[it.Hash] {
			t.Fatalf("item %d repeats: %s", i, start)
		}
		starts[start], hashes[it.Hash] = true, true
	}
}

// Runs are repeated from their seed, by other versions too: these bytes may
// not change.
func TestSyntheticText(t *testing.T) {
	src := NewSynthetic(SyntheticConfig{Seed: 1, Salt: "s", Stream: "pass", InputTokens: 60, OutputTokens: 64, TokensPerWord: 1})
	it, err := src.Item(2)
	if err != nil {
		t.Fatal(err)
	}
	const want = `Apology, ritual, colony, banner, idea, anchor, pumpkin.
Every melon introduces this open drill although those tidy museums published all golden fans. Every comb softly attaches many queens. Indeed every urgent banner would contain the tame turbine in the noisy garden. One rural spider touches few doubtful medals through their honest bucket. The.
Continue this text with about 64 more words.`
	if it.User != want || it.Hash != Hash("", want) || it.ID != "pass#2" || it.Kind != "synthetic" {
		t.Errorf("%+v", it)
	}
	if src.Len() != 0 || !strings.Contains(src.Text(), "60 tokens") {
		t.Errorf("%d %q", src.Len(), src.Text())
	}
	if _, err := src.Item(-1); err == nil {
		t.Error("a prompt before the first")
	}
}

// A prefix cache must find nothing: all first lines of a run differ, of every
// stream and every length from one that has room for a code.
func TestFirstLinesDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, stream := range []string{"pass", "pass/warm-up", "throughput/candidate@10"} {
		for _, n := range []int{7, 200} {
			src := NewSynthetic(SyntheticConfig{Seed: 3, Salt: "x", Stream: stream + strings.Repeat("/", n), InputTokens: n, TokensPerWord: 1})
			for i := range 3000 {
				it, err := src.Item(i)
				if err != nil {
					t.Fatal(err)
				}
				first, _, _ := strings.Cut(it.User, "\n")
				if other, found := seen[first]; found {
					t.Fatalf("%s and %s both begin with %q", it.ID, other, first)
				}
				seen[first] = it.ID
			}
		}
	}
}

func TestLengthInWords(t *testing.T) {
	for _, n := range []int{1, 2, 6, 7, 8, 36, 37, 38, 45, 100, 1000} {
		for _, per := range []float64{0.5, 1, 1.5, 0, math.NaN(), math.Inf(1), -3} {
			it, err := NewSynthetic(SyntheticConfig{InputTokens: n, OutputTokens: 10, TokensPerWord: per}).Item(0)
			if err != nil {
				t.Fatal(err)
			}
			if !(per > 0) || math.IsInf(per, 0) {
				per = textgen.UsualTokensPerWord
			}
			if got, want := len(strings.Fields(it.User)), max(1, int(math.Round(float64(n)/per))); got != want {
				t.Errorf("%d tokens at %v a word: %d words, want %d:\n%s", n, per, got, want, it.User)
			}
		}
	}
}

func TestQualityPrompts(t *testing.T) {
	items := []quality.Item{{ID: "a", Kind: "technical", Prompt: "p"}, {ID: "b", Kind: "viral_hook", Prompt: "q"}}
	src := NewQuality(items, 9)
	for i, want := range []string{"a", "b", "a"} {
		it, err := src.Item(i)
		if err != nil || it.ID != want || it.Quality == nil || it.Quality.ID != want || it.MaxTokens != 9 || it.Fixed {
			t.Errorf("item %d: %+v, %v", i, it, err)
		}
	}
	for _, empty := range []Source{NewQuality(nil, 1), NewTrace(lengths(nil), SyntheticConfig{})} {
		if _, err := empty.Item(0); err == nil {
			t.Errorf("%s: an item of nothing", empty.Text())
		}
	}
}

func TestTraceKeepsLengths(t *testing.T) {
	src := NewTrace(lengths{{10, 3}, {20, 0}}, SyntheticConfig{Seed: 1, TokensPerWord: 1, InputTokens: 999})
	for i, want := range [][2]int{{10, 3}, {20, 1}} {
		it, err := src.Item(i)
		if err != nil || len(strings.Fields(it.User)) != want[0] || it.MaxTokens != want[1] {
			t.Errorf("item %d: %+v, %v", i, it, err)
		}
	}
}
