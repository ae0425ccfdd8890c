package overlap

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Errorf("%s = %.12g, want %.12g", what, got, want)
	}
}

var (
	bleus = map[string]BLEU{
		"exp": {}, "floor": {Smooth: Floor}, "floor0.5": {Smooth: Floor, Value: 0.5},
		"add-k": {Smooth: AddK}, "add-k2": {Smooth: AddK, Value: 2}, "none": {Smooth: None},
	}
	chrfs = map[string]ChrF{
		"chrF2": {}, "chrF2++": PlusPlus, "chrF2_eps": {Eps: true}, "chrF2++_eps": {WordOrder: 2, Eps: true}, "chrF3": {Beta: 3}, "chrF2_ws": {Whitespace: true},
	}
)

func checkRouge(t *testing.T, o ROUGE, hyp, ref string, want map[string][3]float64) {
	t.Helper()
	if len(want) != 4 {
		t.Fatalf("%d kinds of ROUGE", len(want))
	}
	for kind, w := range want {
		var got F
		ok := true
		switch kind {
		case "rouge1":
			got = o.N(1, hyp, ref)
		case "rouge2":
			got = o.N(2, hyp, ref)
		case "rougeL":
			got = o.L(hyp, ref)
		case "rougeLsum":
			got, ok = o.Lsum(hyp, ref)
		}
		if !ok {
			t.Errorf("%s of %q is withheld", kind, hyp)
		}
		near(t, kind+" precision of "+hyp, got.Precision, w[0])
		near(t, kind+" recall of "+hyp, got.Recall, w[1])
		near(t, kind+" of "+hyp+" against "+ref, got.F, w[2])
	}
}

// The file was made once with the packages that it names; the texts hold what tells
// implementations apart: entities, broken words, odd white space, scripts without
// spaces, several references, lines.
func TestFiguresOfSacreBLEUAndRougeScore(t *testing.T) {
	var v struct {
		Segments []struct {
			Hyp       string
			Refs      []string
			BLEU      map[string]float64
			ChrF      map[string]float64
			Rouge     map[string][3]float64
			RougeStem map[string][3]float64 `json:"rouge_stem"`
		}
		Corpus []struct {
			Hyps       []string
			Refs       [][]string
			BLEU, ChrF map[string]float64
			Signature  map[string]string
		}
		Stems map[string]string
	}
	readJSON(t, "testdata/reference.json", &v)
	if len(v.Segments) < 50 || len(v.Corpus) < 2 || len(v.Stems) < 250 {
		t.Fatal("vectors are missing")
	}
	for _, s := range v.Segments {
		for name, want := range s.BLEU {
			key, effective := strings.CutSuffix(name, "/eff")
			o := bleus[key]
			o.Effective = effective
			near(t, "BLEU "+name+" of "+s.Hyp, o.Score(o.Count(s.Hyp, s.Refs...)).Score, want)
		}
		for name, want := range s.ChrF {
			near(t, name+" of "+s.Hyp, chrfs[name].Sentence(s.Hyp, s.Refs...), want)
		}
		checkRouge(t, ROUGE{}, s.Hyp, s.Refs[0], s.Rouge)
		checkRouge(t, ROUGE{Stem: true}, s.Hyp, s.Refs[0], s.RougeStem)
	}
	for _, c := range v.Corpus {
		references := len(c.Refs[0])
		for _, r := range c.Refs {
			if len(r) != references {
				references = -1
				break
			}
		}
		for name, want := range c.BLEU {
			near(t, "corpus BLEU "+name, bleus[name].Corpus(c.Hyps, c.Refs).Score, want)
			if got := bleus[name].Signature(references); got != c.Signature[name] {
				t.Errorf("signature %s, want %s", got, c.Signature[name])
			}
		}
		for name, want := range c.ChrF {
			near(t, "corpus "+name, chrfs[name].Corpus(c.Hyps, c.Refs), want)
			if got := chrfs[name].Signature(references); got != c.Signature[name] {
				t.Errorf("signature %s, want %s", got, c.Signature[name])
			}
		}
	}
	for word, want := range v.Stems {
		if got := porter(word); got != want {
			t.Errorf("the stem of %s is %s, want %s", word, got, want)
		}
	}
}

// All text sections of the shared vectors that this package is about.
func TestSharedVectors(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "shared", "vectors", "stat_vectors.json")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared vectors are not here: %v", err)
	}
	type corpus struct {
		Hyps []string
		Refs [][]string `json:"refs_by_stream"`
		Opts struct{ Tokenize string }
		Score,
		BP float64
		Precisions []float64
		ChrF2      float64
		PlusPlus   float64 `json:"chrF2++"`
	}
	var v struct {
		BLEU struct {
			Corpus   []corpus
			MaxOrder []struct {
				Order int `json:"max_ngram_order"`
				Score float64
			} `json:"corpus_max_order"`
			FromStats []struct {
				Correct, Total []int
				Sys            int `json:"sys_len"`
				Ref            int `json:"ref_len"`
				Smooth         Smoothing
				Score          float64
			} `json:"from_stats"`
			Sentences []struct {
				Hyp, Ref   string
				Refs       []string
				Smooth     Smoothing
				Value      float64
				Score, BP  float64
				Precisions []float64
			} `json:"sentence_effective_order"`
		}
		ChrF struct {
			Sentence []map[string]any
			Corpus   []corpus
			Upstream []struct {
				Hyp, Ref []string
				Score    float64
			} `json:"upstream_tests_beta3_effective"`
		}
		Rouge struct {
			Cases []struct {
				Reference, Hypothesis string
				R1                    struct{ P, R, F float64 } `json:"rouge1"`
				R2                    struct{ P, R, F float64 } `json:"rouge2"`
				L                     struct{ P, R, F float64 } `json:"rougeL"`
				Lsum                  struct{ P, R, F float64 } `json:"rougeLsum"`
			}
		}
		Tokens []struct{ In, Out string } `json:"tokenize_13a"`
		Rep    struct {
			Tokens    []string
			Distinct1 float64 `json:"distinct_1"`
			Distinct2 float64 `json:"distinct_2"`
			Seq4      float64 `json:"seq_rep_4"`
		} `json:"repetition"`
	}
	readJSON(t, path, &v)
	byText := func(c corpus) [][]string {
		out := make([][]string, len(c.Hyps))
		for i := range out {
			for _, stream := range c.Refs {
				out[i] = append(out[i], stream[i])
			}
		}
		return out
	}
	for _, c := range v.BLEU.Corpus {
		o := BLEU{}
		if c.Opts.Tokenize == "none" {
			o.Split = strings.Fields
		}
		got := o.Corpus(c.Hyps, byText(c))
		near(t, "corpus BLEU", got.Score, c.Score)
		if c.BP != 0 {
			near(t, "brevity", got.Brevity, c.BP)
			for i, p := range c.Precisions {
				near(t, "precision", got.Precisions[i], p)
			}
		}
	}
	for _, c := range v.BLEU.MaxOrder {
		first := v.BLEU.Corpus[0]
		near(t, "corpus BLEU by order", BLEU{MaxOrder: c.Order}.Corpus(first.Hyps, byText(first)).Score, c.Score)
	}
	for _, c := range v.BLEU.FromStats {
		near(t, "BLEU from counts", BLEU{Smooth: c.Smooth}.Score(BLEUStats{c.Correct, c.Total, c.Sys, c.Ref}).Score, c.Score)
	}
	for _, c := range v.BLEU.Sentences {
		o := BLEU{Smooth: c.Smooth, Value: c.Value, Effective: true}
		if c.Ref != "" {
			c.Refs = []string{c.Ref}
		}
		got := o.Score(o.Count(c.Hyp, c.Refs...))
		near(t, "BLEU of "+c.Hyp, got.Score, c.Score)
		near(t, "brevity of "+c.Hyp, got.Brevity, c.BP)
		for i, p := range c.Precisions {
			near(t, "precision of "+c.Hyp, got.Precisions[i], p)
		}
	}
	names := map[string]ChrF{"chrF2": {}, "chrF2++": PlusPlus, "chrF2_eps": {Eps: true}, "chrF3_beta3": {Beta: 3}, "chrF2_ws": {Whitespace: true}}
	for _, c := range v.ChrF.Sentence {
		for name, o := range names {
			want, ok := c[name].(float64)
			if !ok {
				t.Fatalf("%s is missing", name)
			}
			near(t, name+" of "+c["hyp"].(string), o.Sentence(c["hyp"].(string), c["ref"].(string)), want)
		}
	}
	for _, c := range v.ChrF.Corpus {
		near(t, "corpus chrF2", ChrF{}.Corpus(c.Hyps, byText(c)), c.ChrF2)
		near(t, "corpus chrF2++", PlusPlus.Corpus(c.Hyps, byText(c)), c.PlusPlus)
	}
	for _, c := range v.ChrF.Upstream {
		refs := make([][]string, len(c.Ref))
		for i, r := range c.Ref {
			refs[i] = []string{r}
		}
		near(t, "chrF3 of "+c.Hyp[0], ChrF{Beta: 3}.Corpus(c.Hyp, refs), c.Score)
	}
	for _, c := range v.Rouge.Cases {
		checkRouge(t, ROUGE{}, c.Hypothesis, c.Reference, map[string][3]float64{
			"rouge1": {c.R1.P, c.R1.R, c.R1.F}, "rouge2": {c.R2.P, c.R2.R, c.R2.F}, "rougeL": {c.L.P, c.L.R, c.L.F}, "rougeLsum": {c.Lsum.P, c.Lsum.R, c.Lsum.F},
		})
	}
	for _, c := range v.Tokens {
		if got := strings.Join(Tokenize13a(c.In), " "); got != c.Out {
			t.Errorf("%q is split as %q, want %q", c.In, got, c.Out)
		}
	}
	near(t, "repetition", Repetition(v.Rep.Tokens), v.Rep.Seq4)
	near(t, "distinct-1", Distinct(v.Rep.Tokens, 1), v.Rep.Distinct1)
	near(t, "distinct-2", Distinct(v.Rep.Tokens, 2), v.Rep.Distinct2)
}

// The fast count of common words must be that of the table.
func TestLCSAgainstItsTable(t *testing.T) {
	table := func(a, b []string) int {
		row := make([]int, len(b)+1)
		for _, x := range a {
			last := 0
			for j, y := range b {
				up := row[j+1]
				if x == y {
					row[j+1] = last + 1
				} else {
					row[j+1] = max(row[j+1], row[j])
				}
				last = up
			}
		}
		return row[len(b)]
	}
	words := func(seed, n, kinds int) []string {
		out := make([]string, n)
		for i := range out {
			seed = (seed*1103515245 + 12345) & 0x7fffffff
			out[i] = string(rune('a' + seed>>16%kinds))
		}
		return out
	}
	for seed := range 200 {
		a, b := words(seed, seed%150, 2+seed%5), words(seed+77, (seed*7)%190, 2+seed%5)
		want := 0.0
		if len(a) > 0 && len(b) > 0 {
			want = float64(table(a, b)) / float64(len(b))
		}
		near(t, "recall", LCS(a, b).Recall, want)
	}
}

func TestLsumIsWithheldBeyondItsSize(t *testing.T) {
	long := strings.Repeat("a b c ", 4000)
	if _, ok := (ROUGE{}).Lsum(long, long); ok {
		t.Error("12,000 words against 12,000 are computed")
	}
}
