package prose

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSentences(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"One. Two! Three?", []string{"One.", "Two!", "Three?"}},
		{"Dr. Smith paid 3.50 euros. He left.", []string{"Dr. Smith paid 3.50 euros.", "He left."}},
		{"no end mark", []string{"no end mark"}},
		{"", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, SplitSentences(tt.in)); diff != "" {
			t.Errorf("%q:\n%s", tt.in, diff)
		}
	}
}

func TestParse(t *testing.T) {
	text := Parse("# Title\n\nA first line\ngoes on. And ends.\n\n- one\n- two\n\n```go\nfunc f() {}\n```\n\n| a | b |\n|---|---|\n")
	if len(text.Blocks) != 1 || text.Blocks[0].Language != "go" || !text.Blocks[0].Closed || !strings.Contains(text.Code(), "func f") {
		t.Errorf("blocks %+v", text.Blocks)
	}
	if text.Count(Heading) != 1 || text.Count(Item) != 2 || text.Count(Row) == 0 {
		t.Errorf("lines %+v", text.Lines)
	}
	if strings.Contains(text.Prose(), "func") {
		t.Error("code is in the prose")
	}
	if open := Parse("```python\nx = 1"); len(open.Blocks) != 1 || open.Blocks[0].Closed {
		t.Errorf("an open fence: %+v", open.Blocks)
	}
	for _, s := range []string{"", " \n\t", "\u200b\u00a0"} {
		if Parse(s).Visible() {
			t.Errorf("%q is visible", s)
		}
	}
}

func TestLIX(t *testing.T) {
	// 10 words in 2 sentences, of which 3 have more than six letters.
	c := Count(Parse("The quick visitor reads a newspaper. Then she leaves quietly.").Sentences)
	if c.Words != 10 || c.Sentences != 2 || c.Long != 3 || c.LIX() != 5+30 {
		t.Errorf("%+v, LIX %v", c, c.LIX())
	}
	if got := (Counts{}).LIX(); got != 0 {
		t.Errorf("LIX of nothing is %v", got)
	}
}

func TestStemsMeet(t *testing.T) {
	for _, group := range [][]string{{"cache", "caches", "cached", "caching"}, {"query", "queries"}, {"run", "running", "runs"}, {"travel", "travelling", "travels"}, {"call", "calls", "calling"}, {"install", "installed"}} {
		for _, w := range group[1:] {
			if Stem(w) != Stem(group[0]) {
				t.Errorf("%q becomes %q and %q becomes %q", group[0], Stem(group[0]), w, Stem(w))
			}
		}
	}
}

func TestEnglish(t *testing.T) {
	if !English(Words("This is a sentence of which nobody would say that it is not English.")) {
		t.Error("English is not taken for it")
	}
	if English(Words("florb quantix zebulon marf tiddle wonk crimbo glent sproing")) {
		t.Error("noise is taken for English")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("# a\n- b\n```go\nx\n```")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, s string) {
		text := Parse(s)
		n := 0
		for _, x := range text.Sentences {
			n += len(x.Words)
		}
		if n != text.Words {
			t.Fatalf("%d words in sentences, %d in all", n, text.Words)
		}
		Words(s)
		SplitSentences(s)
	})
}

// What only a parser sees: nested lists, headings by underline, code in a list, a fence
// inside a longer fence, a quote that ends.
func TestOutline(t *testing.T) {
	text := Parse("Title\n=====\n\n1. one\n   - inner\n   - other\n\n   ```go\n   x := 1\n   ```\n2. two\n\n> a quote\n> over two lines\n\n````md\n```\ninner\n```\n````\n\n    indented code\n\n| a | b |\n")
	want := Outline{Headings: 1, Paragraphs: 2, Items: 4, Quotes: 1, Rows: 1, Code: 2, Depth: 2}
	if diff := cmp.Diff(want, text.Outline); diff != "" {
		t.Error(diff)
	}
	if text.Blocks[0].Body != "x := 1" || !strings.Contains(text.Blocks[1].Body, "inner") || !text.Blocks[1].Closed {
		t.Errorf("%+v", text.Blocks)
	}
	if strings.Contains(text.Prose(), "indented code") {
		t.Error("indented code is in the prose")
	}
}
