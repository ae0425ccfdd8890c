package prose

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// Published and worked examples: textstat's tests for the first two, and the
// formulas by hand for the counts.
func TestReadability(t *testing.T) {
	of := func(text string) (Counts, Readability) {
		c := Count(Parse(text).Sentences)
		r, ok := c.Readability()
		if !ok {
			t.Fatalf("%q cannot be read", text)
		}
		return c, r
	}
	c, r := of("Cool dogs wear da sunglasses.")
	if c.Words != 5 || c.Sentences != 1 || c.Syllables != 7 || c.Letters != 24 {
		t.Errorf("%+v", c)
	}
	near(t, "Flesch", r.Flesch, 83.32)
	near(t, "grade", r.Grade, 2.88)
	near(t, "ARI", r.ARI, 4.71*24.0/5+2.5-21.43)
	near(t, "Coleman-Liau", r.ColemanLiau, 0.0588*480-0.296*20-15.8)
	_, r = of("The cat sat on the mat.")
	near(t, "Flesch", r.Flesch, 116.145)
	near(t, "Fog", r.Fog, 2.4)
	near(t, "SMOG", r.SMOG, 3.1291)
	r, _ = Counts{Words: 372, Sentences: 17, Syllables: 578, Complex: 58}.Readability()
	near(t, "Fog", r.Fog, 14.989500316255537)
	near(t, "SMOG", r.SMOG, 1.0430*math.Sqrt(58*30.0/17)+3.1291)
	if _, ok := (Counts{}).Readability(); ok {
		t.Error("nothing can be read")
	}
}

func TestSyllables(t *testing.T) {
	for word, want := range map[string]int{
		"couple": 2, "enriched": 2, "us": 1, "too": 1, "monopoly": 4, "he": 1, "life": 1, "cupboards": 2, "day's": 1, "forgotten": 3,
		"through": 1, "nation": 2, "table": 2, "wanted": 2, "boxes": 2, "caches": 2, "write-ahead": 3, "": 1, "x": 1, "日本": 1,
	} {
		if got := Syllables(word); got != want {
			t.Errorf("%s has %d syllables, want %d", word, got, want)
		}
	}
}

func TestSharedVectors(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "shared", "vectors", "stat_vectors.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the shared vectors are not here: %v", err)
	}
	var v struct {
		Readability struct {
			ByCounts []struct {
				Words, Sentences, Syllables int
				Complex                     int `json:"complex_words"`
				FRE, FKGL, Fog              float64
			} `json:"by_counts"`
			Texts []struct {
				Text                        string
				Words, Sentences, Syllables int
				FRE, FKGL                   float64
				Fog                         *float64
			}
			Syllables map[string]int
		}
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Readability.ByCounts {
		r, _ := Counts{Words: c.Words, Sentences: c.Sentences, Syllables: c.Syllables, Complex: c.Complex}.Readability()
		near(t, "Flesch", r.Flesch, c.FRE)
		near(t, "grade", r.Grade, c.FKGL)
		near(t, "Fog", r.Fog, c.Fog)
	}
	for _, c := range v.Readability.Texts {
		got := Count(Parse(c.Text).Sentences)
		if got.Words != c.Words || got.Sentences != c.Sentences || got.Syllables != c.Syllables {
			t.Errorf("%q: %+v, want %d words, %d sentences, %d syllables", c.Text, got, c.Words, c.Sentences, c.Syllables)
		}
		r, _ := got.Readability()
		near(t, "Flesch of "+c.Text, r.Flesch, c.FRE)
		near(t, "grade of "+c.Text, r.Grade, c.FKGL)
		if c.Fog != nil {
			near(t, "Fog of "+c.Text, r.Fog, *c.Fog)
		}
	}
	if len(v.Readability.ByCounts) < 4 || len(v.Readability.Syllables) < 10 {
		t.Fatal("vectors are missing")
	}
	for word, want := range v.Readability.Syllables { // within one, as the file says
		if got := Syllables(word); got < want-1 || got > want+1 {
			t.Errorf("%s has %d syllables, want %d", word, got, want)
		}
	}
}
