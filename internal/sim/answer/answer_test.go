package answer

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var prompts = []string{
	"Write a viral hook for a post about remote work productivity.",
	"Create a viral hook about sourdough bread that makes people stop scrolling",
	"Explain how database indexing speeds up queries.",
	"What is gradient descent and why does the learning rate matter?",
	"Explain the difference between TCP and UDP for real-time games.",
	"Write a Python function that reverses a linked list and include error handling.",
	"Write a Go function that limits concurrent requests.",
	"Implement a JavaScript function to debounce user input.",
	"Write code to find prime numbers",
	"Write a SQL query for the best customers",
	"Write a Rust program which merges sorted inventory lists",
	"Write a Java class for shopping carts", "Write a TypeScript function that groups invoices",
	"Write a bash script that counts lines", "Write a C++ function that filters sensor data",
	"", "   ", "🤖🤖", "请解释一下缓存的工作原理", "<script>alert(1)</script>\x1b[31m about `x`",
}

func TestSplitRule(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", []string{}},
		{"Hello world", []string{"Hello", " world"}},
		{"measuring things, twice.", []string{"measur", "ing", " things", ",", " twice", "."}},
		{"a  b", []string{"a", " ", " b"}},
		{"x = y\n    return x", []string{"x", " =", " y", "\n   ", " return", " x"}},
		{"```go\n", []string{"```", "go", "\n"}},
		{"-----", []string{"----", "-"}},
		{"缓存ab", []string{"缓", "存", "ab"}},
		{" ", []string{" "}},
		{"a ", []string{"a", " "}},
		{"naïve", []string{"naïve"}},
	} {
		got := Split(tc.text)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("Split(%q) (-want +got):\n%s", tc.text, diff)
		}
		if Count(tc.text) != len(got) {
			t.Errorf("Count(%q) = %d, Split gives %d", tc.text, Count(tc.text), len(got))
		}
	}
}

func TestProseHasAboutFourCharactersAToken(t *testing.T) {
	text := strings.Join(paragraphs, " ")
	if ratio := float64(len(text)) / float64(Count(text)); ratio < 3.5 || ratio > 5 {
		t.Errorf("%.2f characters a token, want about 4", ratio)
	}
}

func FuzzSplit(f *testing.F) {
	for _, p := range prompts {
		f.Add(p)
	}
	f.Add("a\xff\xfe b")
	f.Fuzz(func(t *testing.T, s string) {
		tokens := Split(s)
		if strings.Join(tokens, "") != s {
			t.Fatalf("the tokens %q do not make up %q", tokens, s)
		}
		if len(tokens) != Count(s) {
			t.Fatalf("Count = %d, Split gives %d", Count(s), len(tokens))
		}
		for _, tok := range tokens {
			if tok == "" || utf8.RuneCountInString(tok) > spacePiece+1 {
				t.Fatalf("token %q is empty or too long", tok)
			}
		}
	})
}

func FuzzWrite(f *testing.F) {
	for i, p := range prompts {
		f.Add(p, uint64(i), 10*i, i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, prompt string, seed uint64, maxTokens int, fixed bool) {
		if maxTokens > 2000 {
			maxTokens %= 2000
		}
		r := Request{Model: "m", Prompt: prompt, Seed: seed, Max: maxTokens, Fixed: fixed, Quality: 0.5}
		tokens, ended := Write(r)
		if len(tokens) > max(maxTokens, 0) || fixed && maxTokens > 0 && (len(tokens) != maxTokens || ended) {
			t.Fatalf("%d tokens for at most %d (fixed %v, ended %v)", len(tokens), maxTokens, fixed, ended)
		}
		text := strings.Join(tokens, "")
		if strings.ContainsAny(text, "\x1b<\x00") && !strings.Contains(text, "```") {
			t.Fatalf("the answer repeats markup or controls of the prompt: %q", text)
		}
		if again, _ := Write(r); strings.Join(again, "") != text {
			t.Fatal("the same request gave another answer")
		}
	})
}

func TestNaturalLength(t *testing.T) {
	for _, p := range prompts {
		for seed := range uint64(20) {
			tokens, ended := Write(Request{Model: "m", Prompt: p, Seed: seed, Max: 1000, Quality: 0.8})
			if n := len(tokens); !ended || n < 40 || n > 135 {
				t.Errorf("seed %d, %q: %d tokens (ended %v), want 40 to 135:\n%s", seed, p, n, ended, strings.Join(tokens, ""))
			}
		}
	}
}

func TestLimitCutsTheSameText(t *testing.T) {
	r := Request{Model: "m", Prompt: prompts[2], Max: 1000, Quality: 0.8}
	whole, _ := Write(r)
	r.Max = 12
	cut, ended := Write(r)
	if ended || cmp.Diff(whole[:12], cut) != "" {
		t.Errorf("12 tokens of\n%q\nare\n%q (ended %v)", whole, cut, ended)
	}
	r.Max, r.Fixed = 300, true
	long, ended := Write(r)
	if ended || len(long) != 300 || cmp.Diff(whole, long[:len(whole)]) != "" {
		t.Errorf("a fixed length of 300 gave %d tokens (ended %v) or another beginning", len(long), ended)
	}
	r.Max, r.Fixed, r.Min = 1000, false, 200
	if atLeast, ended := Write(r); !ended || len(atLeast) < 200 || len(atLeast) > 300 {
		t.Errorf("at least 200 tokens gave %d (ended %v), want the end of the paragraph after 200", len(atLeast), ended)
	}
	if none, ended := Write(Request{Prompt: "x"}); none != nil || ended {
		t.Errorf("no tokens allowed gave %q", none)
	}
}

func TestSeedModelAndSystemMatter(t *testing.T) {
	base := Request{Model: "m", Prompt: prompts[2], Max: 100, Quality: 0.8}
	texts := map[string]bool{}
	for seed := range uint64(8) {
		for _, model := range []string{"m", "n"} {
			r := base
			r.Seed, r.Model = seed, model
			tokens, _ := Write(r)
			texts[strings.Join(tokens, "")] = true
		}
	}
	if len(texts) < 12 {
		t.Errorf("16 seeds and models gave only %d different answers", len(texts))
	}
}

func TestReadsThePrompt(t *testing.T) {
	for _, tc := range []struct {
		prompt, topic, language string
		kind                    kind
	}{
		{"Write a viral hook for a post about remote work productivity.", "remote work productivity", "python", hook},
		{"Explain how database indexing speeds up queries.", "database indexing speeds", "python", explanation},
		{"Write a Python function that reverses a linked list.", "reverses a linked list", "python", code},
		{"Write a viral hook about code reviews", "code reviews", "python", hook},
		{"Write a React hook function in TypeScript that fetches users", "fetches users", "typescript", code},
		{"Describe the role of the Linux page cache in I/O.", "Linux page cache", "python", explanation},
	} {
		s := read(tc.prompt)
		if s.kind != tc.kind || s.language != tc.language || s.topic != tc.topic {
			t.Errorf("read(%q) = kind %d, language %s, topic %q; want %d, %s, %q", tc.prompt, s.kind, s.language, s.topic, tc.kind, tc.language, tc.topic)
		}
	}
}

func TestAnswersFitTheirKind(t *testing.T) {
	for seed := range uint64(10) {
		write := func(prompt string) string {
			tokens, _ := Write(Request{Model: "m", Prompt: prompt, Seed: seed, Max: 1000, Quality: 0.8})
			return strings.Join(tokens, "")
		}
		if a := write(prompts[0]); !strings.Contains(a, "remote") || !strings.ContainsAny(a, "?:.") || strings.Contains(a, "```") {
			t.Errorf("hook: %q", a)
		}
		if a := write(prompts[2]); !strings.Contains(strings.ToLower(a), "database") || strings.Contains(a, "```") {
			t.Errorf("explanation: %q", a)
		}
		if a := write(prompts[5]); strings.Count(a, "```") != 2 || !strings.Contains(a, "```python\n") {
			t.Errorf("code: %q", a)
		}
	}
}

// The Go code must parse; of all code the brackets must match, which catches
// a slip of the pen in languages that this project has no parser for.
func TestCodeIsWellFormed(t *testing.T) {
	all := listings
	for lang, s := range skeletons {
		s.language = lang
		s.text = strings.ReplaceAll(s.text, "NAME", joinName(lang, []string{"merge", "lists"}))
		all = append(all[:len(all):len(all)], s)
	}
	for _, l := range all {
		if l.language == "go" {
			if _, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+l.text, 0); err != nil {
				t.Errorf("%v in\n%s", err, l.text)
			}
		}
		var open []rune
		closes := map[rune]rune{')': '(', ']': '[', '}': '{'}
		for _, r := range l.text {
			switch r {
			case '(', '[', '{':
				open = append(open, r)
			case ')', ']', '}':
				if len(open) == 0 || open[len(open)-1] != closes[r] {
					t.Fatalf("brackets do not match in\n%s", l.text)
				}
				open = open[:len(open)-1]
			}
		}
		if len(open) != 0 || !strings.HasSuffix(l.text, "\n") {
			t.Errorf("brackets do not match, or the last line has no end, in\n%s", l.text)
		}
	}
	for lang := range languageNames {
		if _, ok := skeletons[lang]; !ok && lang != "sql" && lang != "bash" {
			t.Errorf("no code for %s", lang)
		}
	}
}
