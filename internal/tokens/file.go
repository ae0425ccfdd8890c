package tokens

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dlclark/regexp2/v2"
	"golang.org/x/text/unicode/norm"
)

// maxFile is the largest tokenizer.json that is read; large vocabularies have
// about 35 MB.
const maxFile = 256 << 20

// File is the tokenizer of a Hugging Face tokenizer.json.
type File struct {
	model      *bpe
	added      []*addedTokens // those found in the raw text, and those found after the normalizer
	normalizer normalizer
	splitter   splitter
	decoder    decoder
	before     []int // special tokens of the post-processor
	after      []int
}

// ReadFile reads a tokenizer.json.
func ReadFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the tokenizer: %w", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("failed to read the tokenizer: %w", err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s is not a tokenizer.json: it is larger than 256 MiB", path)
	}
	t, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Parse reads the text of a tokenizer.json.
func Parse(b []byte) (*File, error) {
	var d struct {
		Added         []addedToken    `json:"added_tokens"`
		Normalizer    json.RawMessage `json:"normalizer"`
		PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
		PostProcessor json.RawMessage `json:"post_processor"`
		Decoder       json.RawMessage `json:"decoder"`
		Model         json.RawMessage `json:"model"`
	}
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("not a tokenizer.json: %w", err)
	}
	if len(d.Model) == 0 {
		return nil, errors.New(`not a tokenizer.json: it has no "model"`)
	}
	t := &File{}
	var err error
	if t.model, err = parseModel(d.Model); err != nil {
		return nil, err
	}
	if t.normalizer, err = parseNormalizer(d.Normalizer); err != nil {
		return nil, err
	}
	if t.splitter, err = parseSplitter(d.PreTokenizer); err != nil {
		return nil, err
	}
	if t.decoder, err = parseDecoder(d.Decoder); err != nil {
		return nil, err
	}
	if err = t.parseTemplate(d.PostProcessor); err != nil {
		return nil, err
	}
	raw, normalized := &addedTokens{}, &addedTokens{}
	for _, a := range d.Added {
		if a.Content == "" {
			continue
		}
		t.model.texts[a.ID] = a.Content
		if !a.Normalized {
			raw.add(a, a.Content)
			continue
		}
		content, err := t.normalizer(a.Content)
		if err != nil {
			return nil, err
		}
		normalized.add(a, content)
	}
	t.added = []*addedTokens{raw, normalized}
	return t, nil
}

// Special returns how many special tokens the post-processor adds to a text.
func (t *File) Special() int { return len(t.before) + len(t.after) }

// Wrap adds the special tokens of the post-processor to those of a text.
func (t *File) Wrap(ids []int) []int {
	out := append(make([]int, 0, len(ids)+t.Special()), t.before...)
	return append(append(out, ids...), t.after...)
}

// Count returns the number of tokens of a text, without special ones around it.
func (t *File) Count(text string) (int, error) {
	ids, err := t.Encode(text)
	return len(ids), err
}

// Encode returns the ids of a text's tokens, without special ones around it.
// An added token whose text is in the text is that token.
func (t *File) Encode(text string) ([]int, error) {
	var out []int
	text = strings.ToValidUTF8(text, "\uFFFD")
	err := t.added[0].each(text, func(part string, first bool, id int) error {
		if id >= 0 {
			out = append(out, id)
			return nil
		}
		part, err := t.normalizer(part)
		if err != nil {
			return err
		}
		return t.added[1].each(part, func(part string, alsoFirst bool, id int) error {
			if id >= 0 {
				out = append(out, id)
				return nil
			}
			pieces, err := t.splitter([]string{part}, first && alsoFirst)
			for _, p := range pieces {
				out = t.model.encode(out, p)
			}
			return err
		})
	})
	return out, err
}

// Decode returns the text of tokens, special ones written out.
func (t *File) Decode(ids []int) (string, error) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		var err error
		if texts[i], err = t.model.text(id); err != nil {
			return "", err
		}
	}
	return strings.Join(t.decoder(texts), ""), nil
}

// kindOf reads the type of a part of the file; "" for null.
func kindOf(raw json.RawMessage) (string, error) {
	var k struct {
		Type string `json:"type"`
	}
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return "", fmt.Errorf("failed to parse a part of the tokenizer.json: %w", err)
	}
	return k.Type, nil
}

func parseModel(raw json.RawMessage) (*bpe, error) {
	kind, err := kindOf(raw)
	if err != nil {
		return nil, err
	}
	if kind != "BPE" && kind != "" {
		return nil, fmt.Errorf("unsupported model type %s: only BPE is supported; use --tokenizer server where the server has /tokenize, or none", kind)
	}
	var d struct {
		Vocab        map[string]int  `json:"vocab"`
		Merges       json.RawMessage `json:"merges"`
		Unknown      *string         `json:"unk_token"`
		FuseUnknown  bool            `json:"fuse_unk"`
		ByteFallback bool            `json:"byte_fallback"`
		IgnoreMerges bool            `json:"ignore_merges"`
		Dropout      *float64        `json:"dropout"`
		Prefix       *string         `json:"continuing_subword_prefix"`
		Suffix       *string         `json:"end_of_word_suffix"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("failed to parse the BPE model: %w", err)
	}
	switch {
	case len(d.Vocab) == 0:
		return nil, errors.New("the BPE model has no vocabulary")
	case d.Dropout != nil && *d.Dropout > 0:
		return nil, errors.New("unsupported BPE model: it has dropout, so the same text gives different tokens each time")
	case d.Prefix != nil && *d.Prefix != "":
		return nil, errors.New("unsupported BPE model: it has a continuing_subword_prefix")
	case d.Suffix != nil && *d.Suffix != "":
		return nil, errors.New("unsupported BPE model: it has an end_of_word_suffix")
	}
	m := &bpe{ids: d.Vocab, texts: make(map[int]string, len(d.Vocab)), unknown: -1, fuseUnknown: d.FuseUnknown, ignoreMerges: d.IgnoreMerges}
	for text, id := range d.Vocab {
		m.texts[id] = text
	}
	if d.Unknown != nil {
		id, ok := d.Vocab[*d.Unknown]
		if !ok {
			return nil, fmt.Errorf("the vocabulary does not have the unknown token %q", *d.Unknown)
		}
		m.unknown = id
	}
	if d.ByteFallback {
		m.bytes = make([]int, 256)
		for b := range m.bytes {
			id, ok := d.Vocab[fmt.Sprintf("<0x%02X>", b)]
			if !ok {
				return nil, fmt.Errorf("the model falls back to bytes, but its vocabulary does not have <0x%02X>", b)
			}
			m.bytes[b] = id
		}
	}
	return m, m.parseMerges(d.Merges)
}

// parseMerges reads both forms: ["a b"] and, since 2024, [["a","b"]].
func (m *bpe) parseMerges(raw json.RawMessage) error {
	var list [][]string
	if json.Unmarshal(raw, &list) != nil {
		var old []string
		if err := json.Unmarshal(raw, &old); err != nil {
			return fmt.Errorf("failed to parse the merges of the BPE model: %w", err)
		}
		list = nil
		for _, line := range old {
			list = append(list, strings.Split(line, " "))
		}
	}
	m.merges = make(map[[2]int]merge, len(list))
	for rank, p := range list {
		if len(p) != 2 {
			return fmt.Errorf("merge %d is %q, not a pair", rank, p)
		}
		left, ok1 := m.ids[p[0]]
		right, ok2 := m.ids[p[1]]
		id, ok3 := m.ids[p[0]+p[1]]
		if !ok1 || !ok2 || !ok3 {
			return fmt.Errorf("merge %d of %q and %q has a token that is not in the vocabulary", rank, p[0], p[1])
		}
		m.merges[[2]int{left, right}] = merge{rank, id}
	}
	return nil
}

type normalizer func(string) (string, error)

func pure(f func(string) string) normalizer {
	return func(s string) (string, error) { return f(s), nil }
}

func parseNormalizer(raw json.RawMessage) (normalizer, error) {
	kind, err := kindOf(raw)
	if err != nil {
		return nil, err
	}
	var d struct {
		List    []json.RawMessage `json:"normalizers"`
		Prepend string            `json:"prepend"`
		Pattern patternOf         `json:"pattern"`
		Content string            `json:"content"`
		Left    bool              `json:"strip_left"`
		Right   bool              `json:"strip_right"`
	}
	if kind != "" {
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("failed to parse the normalizer %s: %w", kind, err)
		}
	}
	switch kind {
	case "":
		return pure(func(s string) string { return s }), nil
	case "Sequence":
		var all []normalizer
		for _, r := range d.List {
			n, err := parseNormalizer(r)
			if err != nil {
				return nil, err
			}
			all = append(all, n)
		}
		return func(s string) (string, error) {
			for _, n := range all {
				var err error
				if s, err = n(s); err != nil {
					return "", err
				}
			}
			return s, nil
		}, nil
	case "Prepend":
		return pure(func(s string) string {
			if s == "" {
				return s
			}
			return d.Prepend + s
		}), nil
	case "Replace":
		return replacer(d.Pattern, d.Content)
	case "NFC":
		return pure(norm.NFC.String), nil
	case "NFD":
		return pure(norm.NFD.String), nil
	case "NFKC":
		return pure(norm.NFKC.String), nil
	case "NFKD":
		return pure(norm.NFKD.String), nil
	case "Lowercase":
		return pure(strings.ToLower), nil
	case "Strip":
		return pure(func(s string) string {
			if d.Left {
				s = strings.TrimLeft(s, " \t\n\v\f\r\u0085\u00A0")
			}
			if d.Right {
				s = strings.TrimRight(s, " \t\n\v\f\r\u0085\u00A0")
			}
			return s
		}), nil
	}
	return nil, fmt.Errorf("unsupported normalizer %s; use --tokenizer server where the server has /tokenize, or none", kind)
}

// patternOf is a pattern in a file: a string or a regular expression.
type patternOf struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

func replacer(p patternOf, content string) (normalizer, error) {
	switch {
	case p.String != nil:
		return pure(func(s string) string { return strings.ReplaceAll(s, *p.String, content) }), nil
	case p.Regex != nil:
		re, err := regexp2.Compile(*p.Regex)
		if err != nil {
			return nil, fmt.Errorf("invalid regular expression %q: %w", *p.Regex, err)
		}
		return func(s string) (string, error) {
			return re.ReplaceFunc(s, func(regexp2.Match) string { return content }, -1, -1)
		}, nil
	}
	return nil, errors.New("a Replace must have a string or a regular expression")
}
