package overlap

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestVectors(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		BLEU []struct {
			Hyp, Ref string
			Score    float64
		} `json:"bleu_sentence"`
		Corpus []struct {
			Hyps  []string
			Refs  [][]string `json:"refs_by_stream"`
			Score float64
		} `json:"bleu_corpus"`
		ChrF []struct {
			Hyp, Ref string
			Score    float64
		} `json:"chrf_sentence"`
		Tokens []struct{ In, Out string } `json:"tokenize_13a"`
		Rep    struct {
			Tokens []string
			Seq4   float64 `json:"seq_rep_4"`
		} `json:"repetition"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.BLEU) == 0 || len(v.Corpus) == 0 || len(v.ChrF) == 0 || len(v.Tokens) == 0 {
		t.Fatal("vectors are missing")
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	}
	for _, c := range v.BLEU {
		near("BLEU of "+c.Hyp, SentenceBLEU(c.Hyp, c.Ref), c.Score)
	}
	for _, c := range v.Corpus {
		refs := make([][]string, len(c.Hyps))
		for i := range c.Hyps {
			for _, stream := range c.Refs {
				refs[i] = append(refs[i], stream[i])
			}
		}
		near("corpus BLEU", BLEU{}.Corpus(c.Hyps, refs).Score, c.Score)
	}
	for _, c := range v.ChrF {
		near("chrF of "+c.Hyp, ChrF{}.Sentence(c.Hyp, c.Ref), c.Score)
	}
	for _, c := range v.Tokens {
		if got := strings.Join(Tokenize13a(c.In), " "); got != c.Out {
			t.Errorf("%q is split as %q, want %q", c.In, got, c.Out)
		}
	}
	near("repetition", Repetition(v.Rep.Tokens), v.Rep.Seq4)
}

func TestCopied(t *testing.T) {
	a := strings.Fields("the quick brown fox jumps")
	if Copied(a, a) != 1 || Copied(a, strings.Fields("another text with other words")) != 0 || Copied(a[:2], a) != 0 {
		t.Error("a copy is a copy and nothing else")
	}
	if got := Copied(a, slices.Concat([]string{"x"}, a[:3])); math.Abs(got-1.0/3) > 1e-12 {
		t.Errorf("one of three: %v", got)
	}
}

func FuzzOverlap(f *testing.F) {
	f.Add("a b c d", "a b c e")
	f.Add("\x00\xff\x1c.,", "1.-,2\n\n-\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		sum, _ := ROUGE{}.Lsum(a, b)
		for _, v := range []float64{
			SentenceBLEU(a, b), ChrF{}.Sentence(a, b), PlusPlus.Sentence(a, b), 100 * Repetition(strings.Fields(a)), 100 * Copied(strings.Fields(a), strings.Fields(b)),
			100 * ROUGE{Stem: true}.N(2, a, b).F, 100 * ROUGE{}.L(a, b).F, 100 * sum.F, 100 * Distinct(strings.Fields(a), 2),
		} {
			if !(v >= 0 && v <= 100.0001) {
				t.Fatalf("%v for %q and %q", v, a, b)
			}
		}
	})
}
