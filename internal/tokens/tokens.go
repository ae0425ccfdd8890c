// Package tokens counts the tokens of a text as a model does, without a network:
// with OpenAI's vocabularies, which are in the binary, or with the byte-pair
// tokenizer of a Hugging Face tokenizer.json. It does not know chat templates; what
// a server adds to a prompt is learned from the server. Unigram and WordPiece models
// are refused by name, and no tokenizer is ever guessed.
package tokens

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/tiktoken-go/tokenizer/codec"
)

// Counter counts the tokens of a text, without those that a template or a
// post-processor adds. It is safe for concurrent use.
type Counter interface {
	Count(text string) (int, error)
}

// CountFunc is a function as a Counter, such as one that asks a server.
type CountFunc func(text string) (int, error)

// Count calls f.
func (f CountFunc) Count(text string) (int, error) { return f(text) }

// Tokenizer turns text into tokens and back. Bytes that are not UTF-8 are read
// as U+FFFD.
type Tokenizer interface {
	Counter
	Encode(text string) ([]int, error)
	Decode(ids []int) (string, error)
}

// Names of the vocabularies in the binary.
const (
	Cl100k = "cl100k_base" // GPT-4, GPT-3.5 and embeddings of the same period
	O200k  = "o200k_base"  // GPT-4o, o1 and later
)

// Open returns the tokenizer of that name: a vocabulary in the binary, or the
// path of a tokenizer.json.
func Open(name string) (Tokenizer, error) {
	switch name {
	case Cl100k:
		return embedded{codec.NewCl100kBase()}, nil
	case O200k:
		return embedded{codec.NewO200kBase()}, nil
	}
	if !strings.HasSuffix(name, ".json") && filepath.Base(name) == name {
		return nil, fmt.Errorf("unknown vocabulary %q: must be %s, %s, or the path of a tokenizer.json", name, Cl100k, O200k)
	}
	return ReadFile(name)
}

// ForModel returns the vocabulary of an OpenAI model by its name, or "" for any other
// model. Dated versions of a model match, and so does the prefix "openai/".
func ForModel(model string) string {
	model = strings.TrimPrefix(strings.ToLower(model), "openai/")
	for _, f := range []struct{ family, vocabulary string }{
		{"gpt-4o", O200k}, {"gpt-4.1", O200k}, {"gpt-4.5", O200k}, {"gpt-5", O200k}, {"chatgpt-4o", O200k},
		{"o1", O200k}, {"o3", O200k}, {"o4-mini", O200k},
		{"gpt-4", Cl100k}, {"gpt-3.5-turbo", Cl100k}, {"text-embedding-ada-002", Cl100k}, {"text-embedding-3", Cl100k},
	} {
		rest, ok := strings.CutPrefix(model, f.family)
		if ok && (rest == "" || strings.ContainsRune("-.:", rune(rest[0]))) {
			return f.vocabulary
		}
	}
	return ""
}

// embedded is a vocabulary in the binary.
type embedded struct{ codec *codec.Codec }

// readable returns a text as the library can read it. Its version 0.10.0 silently
// loses U+007F, so a text with that is refused.
func readable(text string) (string, error) {
	if strings.Contains(text, "\x7f") {
		return "", errors.New("a text with the control character U+007F cannot be counted with this vocabulary")
	}
	return strings.ToValidUTF8(text, "\uFFFD"), nil
}

// Count returns the number of tokens.
func (e embedded) Count(text string) (int, error) {
	text, err := readable(text)
	if err != nil {
		return 0, err
	}
	return e.codec.Count(text)
}

// Encode returns the ids of the tokens. Names of special tokens are plain text.
func (e embedded) Encode(text string) ([]int, error) {
	text, err := readable(text)
	if err != nil {
		return nil, err
	}
	ids, _, err := e.codec.Encode(text)
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = int(id)
	}
	return out, err
}

// Decode returns the text of tokens.
func (e embedded) Decode(ids []int) (string, error) {
	in := make([]uint, len(ids))
	for i, id := range ids {
		if id < 0 {
			return "", fmt.Errorf("invalid token id %d", id)
		}
		in[i] = uint(id)
	}
	return e.codec.Decode(in)
}
