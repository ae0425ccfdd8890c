package workload

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		if len(words) != 49 || it.AskedInput != 64 || it.MaxTokens != 7 || !it.Fixed {
			t.Fatalf("%d words, %+v", len(words), it)
		}
		start := strings.Join(words[:12], " ")
		if starts[start] || hashes[it.Hash] {
			t.Fatalf("item %d repeats: %s", i, start)
		}
		starts[start], hashes[it.Hash] = true, true
	}
}

func TestTraceKeepsLengths(t *testing.T) {
	src := NewTrace([]Length{{10, 3}, {20, 0}}, SyntheticConfig{Seed: 1, TokensPerWord: 1, InputTokens: 999})
	for i, want := range []Length{{10, 3}, {20, 1}} {
		it, err := src.Item(i)
		if err != nil || len(strings.Fields(it.User)) != want.In || it.MaxTokens != want.Out {
			t.Errorf("item %d: %+v, %v", i, it, err)
		}
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDataset(t *testing.T) {
	tests := []struct {
		name, in  string
		users     []string
		system    string
		maxTokens int
	}{
		{"plain text", "first\r\n\nsecond", []string{"first", "second"}, "", 9},
		{"prompts", "\xef\xbb\xbf" + `{"prompt":"a","id":7,"max_tokens":3}` + "\n" + `{"prompt":"b","system":"s"}`, []string{"a", "b"}, "", 3},
		{"messages", `{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"hi"}]}]}`, []string{"hi"}, "s", 9},
		{"turns", `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`, []string{"a\n\nassistant: b\n\nuser: c"}, "", 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, err := NewDataset(write(t, tt.in), 9)
			if err != nil {
				t.Fatal(err)
			}
			if src.Len() != len(tt.users) {
				t.Fatalf("%d items", src.Len())
			}
			for i, want := range tt.users {
				if it, _ := src.Item(i); it.User != want || it.ID == "" || it.Hash == 0 {
					t.Errorf("item %d: %+v", i, it)
				}
			}
			it, _ := src.Item(0)
			if it.System != tt.system || it.MaxTokens != tt.maxTokens {
				t.Errorf("%+v", it)
			}
		})
	}
}

func TestDatasetErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "no prompt",
		"\n \n":                        "no prompt",
		`{"prompt":"a"}` + "\n{oops":   "line 2: this is no JSON",
		`{"text":"a"}`:                 `neither "prompt" nor "messages"`,
		"a\x00b":                       "this is no text",
		strings.Repeat("x", maxLine+2): "longer than 16 MiB",
	} {
		if _, err := NewDataset(write(t, in), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", in, err, want)
		}
	}
	if _, err := NewDataset("/nowhere/at/all", 1); err == nil || !strings.Contains(err.Error(), "--dataset") {
		t.Errorf("%v", err)
	}
}

func FuzzDataset(f *testing.F) {
	f.Add(`{"prompt":"a"}`)
	f.Add("a\nb")
	f.Fuzz(func(t *testing.T, in string) {
		items, err := readDataset(strings.NewReader(in), 1)
		if err == nil && len(items) == 0 {
			t.Fatal("no items and no error")
		}
		for _, it := range items {
			if it.User == "" {
				t.Fatalf("an empty prompt from %q", in)
			}
		}
	})
}
