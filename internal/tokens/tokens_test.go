package tokens

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func trained(t testing.TB, name string) *File {
	t.Helper()
	f, err := ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The vectors are what the reference library makes of the same files; see
// scripts/tokenizers.
func TestVectors(t *testing.T) {
	f, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	files := map[string]*File{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	n := 0
	for ; in.Scan(); n++ {
		var v struct {
			Tokenizer, Text, Decoded string
			IDs                      []int
			Special                  int
		}
		if err := json.Unmarshal(in.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if files[v.Tokenizer] == nil {
			files[v.Tokenizer] = trained(t, v.Tokenizer)
		}
		tok := files[v.Tokenizer]
		ids, err := tok.Encode(v.Text)
		if err != nil || !slices.Equal(ids, v.IDs) {
			t.Errorf("%s: %q gives %v (%v), want %v", v.Tokenizer, v.Text, ids, err, v.IDs)
			continue
		}
		if text, err := tok.Decode(ids); err != nil || text != v.Decoded {
			t.Errorf("%s: %v reads %q (%v), want %q", v.Tokenizer, ids, text, err, v.Decoded)
		}
		if tok.Special() != v.Special || len(tok.Wrap(ids)) != len(ids)+v.Special {
			t.Errorf("%s puts %d tokens around a text, want %d", v.Tokenizer, tok.Special(), v.Special)
		}
		if c, err := tok.Count(v.Text); err != nil || c != len(v.IDs) {
			t.Errorf("%s counts %d", v.Tokenizer, c)
		}
	}
	if in.Err() != nil || n < 300 || len(files) < 9 {
		t.Errorf("%d vectors of %d tokenizers, %v", n, len(files), in.Err())
	}
}

func TestEmbedded(t *testing.T) {
	for name, want := range map[string][]int{Cl100k: {15339, 1917}, O200k: {24912, 2375}} {
		tok, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if ids, err := tok.Encode("hello world"); err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s: %v, %v, want %v", name, ids, err, want)
		}
		for _, text := range []string{"", "naïve café 日本語 👩‍👩‍👧\r\n\tx = 1234567", strings.Repeat("a", 300), "<|endoftext|>"} {
			ids, err := tok.Encode(text)
			n, err2 := tok.Count(text)
			back, err3 := tok.Decode(ids)
			if err != nil || err2 != nil || err3 != nil || n != len(ids) || back != text {
				t.Errorf("%s: %q: %d, %v, %q; %v %v %v", name, text, n, ids, back, err, err2, err3)
			}
		}
		if _, err := tok.Decode([]int{-1}); err == nil {
			t.Errorf("%s decodes an invalid token id", name)
		}
	}
}

func TestForModel(t *testing.T) {
	for model, want := range map[string]string{
		"gpt-4o-mini-2024-07-18": O200k, "openai/gpt-4.1": O200k, "o3": O200k, "gpt-5-nano": O200k, "GPT-4-turbo": Cl100k, "gpt-3.5-turbo-0125": Cl100k,
		"text-embedding-3-small": Cl100k, "gpt-oss-20b": "", "gpt-4x": "", "o1x": "", "meta-llama/Llama-3.1-8B": "", "": "", "my/gpt-4o": "",
	} {
		if got := ForModel(model); got != want {
			t.Errorf("%q: %q, want %q", model, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	model := func(more string) string {
		return `{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]` + more + `}`
	}
	for in, want := range map[string]string{
		`{"model":{"type":"Unigram","vocab":[]}}`:                                "unsupported model type Unigram: only BPE is supported; use --tokenizer server where the server has /tokenize, or none",
		`{"model":{"type":"Sentences","vocab":{"a":0}}}`:                         "model type Sentences: only BPE is supported",
		`{"model":{"type":"WordPiece","vocab":{"a":0}}}`:                         "model type WordPiece",
		`{"model":{"type":"BPE","vocab":{}}}`:                                    "no vocabulary",
		`{}`:                                                                     `no "model"`,
		`[]`:                                                                     "not a tokenizer.json",
		model(`,"dropout":0.1`) + `}`:                                            "dropout",
		model(`,"unk_token":"?"`) + `}`:                                          "unknown token",
		model(`,"byte_fallback":true`) + `}`:                                     "<0x00>",
		model(`,"end_of_word_suffix":"</w>"`) + `}`:                              "end_of_word_suffix",
		model(`,"continuing_subword_prefix":"##"`) + `}`:                         "continuing_subword_prefix",
		model("") + `,"normalizer":{"type":"Precompiled"}}`:                      "normalizer Precompiled",
		model("") + `,"pre_tokenizer":{"type":"UnicodeScripts"}}`:                "pre-tokenizer UnicodeScripts",
		model("") + `,"decoder":{"type":"CTC"}}`:                                 "decoder CTC",
		model("") + `,"post_processor":{"type":"Other"}}`:                        "post-processor Other",
		model("") + `,"normalizer":{"type":"Replace"}}`:                          "must have a string",
		model("") + `,"pre_tokenizer":{"type":"Split"}}`:                         "must have a string",
		`{"model":{"vocab":{"a":0},"merges":["a a"]}}`:                           "not in the vocabulary",
		`{"model":{"vocab":{"a":0},"merges":[["a"]]}}`:                           "not a pair",
		model("") + `,"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("}}}`: "invalid regular expression",
	} {
		if _, err := Parse([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
	for name, want := range map[string]string{"p50k_base": "unknown vocabulary", "nowhere/tokenizer.json": "failed to read"} {
		if _, err := Open(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// Byte-level vocabularies lose nothing.
func FuzzByteLevel(f *testing.F) {
	for _, s := range []string{"", "Hello, world's  end\n", "日本語 \u00a0\r\n\t", "<|eo", "\xff\xfe", "ab\u0301"} {
		f.Add(s)
	}
	tokenizers := map[string]Tokenizer{"gpt2": trained(f, "gpt2"), "llama3": trained(f, "llama3")}
	for _, name := range []string{Cl100k, O200k} {
		tok, err := Open(name)
		if err != nil {
			f.Fatal(err)
		}
		tokenizers[name] = tok
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.ToValidUTF8(text, "\uFFFD")
		for name, tok := range tokenizers {
			if name != Cl100k && name != O200k && strings.Contains(want, "<tool>") {
				continue // takes the spaces next to it
			}
			ids, err := tok.Encode(text)
			if _, ok := tok.(embedded); ok && strings.Contains(text, "\x7f") {
				if err == nil {
					t.Errorf("%s takes U+007F, which its library loses", name)
				}
				continue
			}
			if err != nil {
				t.Fatalf("%s: %q: %v", name, text, err)
			}
			if back, err := tok.Decode(ids); err != nil || back != want {
				t.Errorf("%s: %q became %q (%v)", name, want, back, err)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(`{"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]},"added_tokens":[{"id":3,"content":"x"}]}`, "abxba")
	f.Add(`{"model":{"vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Metaspace"},"decoder":{"type":"Metaspace"}}`, "a a")
	f.Fuzz(func(t *testing.T, file, text string) {
		tok, err := Parse([]byte(file))
		if err != nil {
			return
		}
		ids, err := tok.Encode(text)
		if err != nil {
			return
		}
		if n, err := tok.Count(text); err != nil || n != len(ids) {
			t.Errorf("%d tokens, counted %d (%v)", len(ids), n, err)
		}
	})
}

func BenchmarkCount(b *testing.B) {
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		b.Fatal(err)
	}
	text := string(page)
	tokenizers := map[string]Tokenizer{"llama3": trained(b, "llama3"), "llama2": trained(b, "llama2")}
	for _, name := range []string{Cl100k, O200k} {
		if tokenizers[name], err = Open(name); err != nil {
			b.Fatal(err)
		}
	}
	for name, tok := range tokenizers {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := tok.Count(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
