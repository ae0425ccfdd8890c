package tokens

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func parseSplitter(raw json.RawMessage) (splitter, error) {
	kind, err := kindOf(raw)
	if err != nil {
		return nil, err
	}
	var d struct {
		List        []json.RawMessage `json:"pretokenizers"`
		Pattern     patternOf         `json:"pattern"`
		Behaviour   string            `json:"behavior"`
		Invert      bool              `json:"invert"`
		PrefixSpace *bool             `json:"add_prefix_space"`
		UseRegex    *bool             `json:"use_regex"`
		Individual  bool              `json:"individual_digits"`
		Replacement string            `json:"replacement"`
		Scheme      string            `json:"prepend_scheme"`
		Split       *bool             `json:"split"`
	}
	if kind != "" {
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("failed to parse the pre-tokenizer %s: %w", kind, err)
		}
	}
	or := func(p *bool, otherwise bool) bool {
		if p == nil {
			return otherwise
		}
		return *p
	}
	switch kind {
	case "":
		return func(p []string, _ bool) ([]string, error) { return p, nil }, nil
	case "Sequence":
		var all []splitter
		for _, r := range d.List {
			s, err := parseSplitter(r)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
		return func(p []string, first bool) ([]string, error) {
			for _, s := range all {
				var err error
				if p, err = s(p, first); err != nil {
					return nil, err
				}
			}
			return p, nil
		}, nil
	case "Split":
		switch {
		case d.Pattern.Regex != nil:
			find, err := regexPattern(*d.Pattern.Regex)
			if err != nil {
				return nil, err
			}
			return splitBy(find, d.Behaviour, d.Invert)
		case d.Pattern.String != nil:
			return splitBy(literalPattern(*d.Pattern.String), d.Behaviour, d.Invert)
		}
		return nil, errors.New("a Split must have a string or a regular expression")
	case "ByteLevel":
		return byteLevel(or(d.PrefixSpace, true), or(d.UseRegex, true))
	case "Metaspace":
		if d.Scheme == "" {
			d.Scheme = "always"
			if !or(d.PrefixSpace, true) {
				d.Scheme = "never"
			}
		}
		if d.Replacement == "" {
			d.Replacement = "▁"
		}
		return metaspace(d.Replacement, d.Scheme, or(d.Split, true))
	case "Digits":
		behaviour := "Contiguous"
		if d.Individual {
			behaviour = "Isolated"
		}
		return splitBy(runePattern(unicode.IsNumber), behaviour, false)
	case "WhitespaceSplit":
		return splitBy(runePattern(unicode.IsSpace), "Removed", false)
	case "Whitespace":
		find, err := regexPattern(`\w+|[^\w\s]+`)
		if err != nil {
			return nil, err
		}
		return splitBy(find, "Removed", true)
	case "Punctuation":
		if d.Behaviour == "" {
			d.Behaviour = "Isolated"
		}
		return splitBy(runePattern(punctuation), d.Behaviour, false)
	}
	return nil, fmt.Errorf("unsupported pre-tokenizer %s; use --tokenizer server where the server has /tokenize, or none", kind)
}

func parseDecoder(raw json.RawMessage) (decoder, error) {
	kind, err := kindOf(raw)
	if err != nil {
		return nil, err
	}
	var d struct {
		List        []json.RawMessage `json:"decoders"`
		Pattern     patternOf         `json:"pattern"`
		Content     string            `json:"content"`
		Start       int               `json:"start"`
		Stop        int               `json:"stop"`
		Replacement string            `json:"replacement"`
		Scheme      string            `json:"prepend_scheme"`
		PrefixSpace *bool             `json:"add_prefix_space"`
	}
	if kind != "" {
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("failed to parse the decoder %s: %w", kind, err)
		}
	}
	switch kind {
	case "":
		return func(t []string) []string { return t }, nil
	case "Sequence":
		var all []decoder
		for _, r := range d.List {
			one, err := parseDecoder(r)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
		return func(t []string) []string {
			for _, one := range all {
				t = one(t)
			}
			return t
		}, nil
	case "ByteLevel":
		return decodeBytes, nil
	case "ByteFallback":
		return fallBack, nil
	case "Fuse":
		return func(t []string) []string { return []string{strings.Join(t, "")} }, nil
	case "Replace":
		if d.Pattern.String == nil {
			return nil, errors.New("unsupported decoder Replace: it has no string")
		}
		return func(t []string) []string {
			for i := range t {
				t[i] = strings.ReplaceAll(t[i], *d.Pattern.String, d.Content)
			}
			return t
		}, nil
	case "Strip":
		return func(t []string) []string {
			for i := range t {
				for n := 0; n < d.Start && d.Content != "" && strings.HasPrefix(t[i], d.Content); n++ {
					t[i] = t[i][len(d.Content):]
				}
				for n := 0; n < d.Stop && d.Content != "" && strings.HasSuffix(t[i], d.Content); n++ {
					t[i] = t[i][:len(t[i])-len(d.Content)]
				}
			}
			return t
		}, nil
	case "Metaspace":
		mark, strip := d.Replacement, d.Scheme != "never" && (d.PrefixSpace == nil || *d.PrefixSpace)
		return func(t []string) []string {
			for i := range t {
				t[i] = strings.ReplaceAll(t[i], mark, " ")
				if i == 0 && strip {
					t[i] = strings.TrimPrefix(t[i], " ")
				}
			}
			return t
		}, nil
	}
	return nil, fmt.Errorf("unsupported decoder %s", kind)
}

// parseTemplate finds the special tokens around a single text.
func (t *File) parseTemplate(raw json.RawMessage) error {
	kind, err := kindOf(raw)
	if err != nil || kind == "" || kind == "ByteLevel" {
		return err
	}
	var d struct {
		List   []json.RawMessage `json:"processors"`
		Single []struct {
			Special *struct {
				ID string `json:"id"`
			} `json:"SpecialToken"`
		} `json:"single"`
		Tokens map[string]struct {
			IDs []int `json:"ids"`
		} `json:"special_tokens"`
		CLS []any `json:"cls"` // [text, id]
		SEP []any `json:"sep"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return fmt.Errorf("failed to parse the post-processor %s: %w", kind, err)
	}
	switch kind {
	case "Sequence":
		for _, r := range d.List {
			if err := t.parseTemplate(r); err != nil {
				return err
			}
		}
		return nil
	case "TemplateProcessing":
		to := &t.before
		for _, part := range d.Single {
			if part.Special == nil {
				to = &t.after
				continue
			}
			known, ok := d.Tokens[part.Special.ID]
			if !ok {
				return fmt.Errorf("the template uses %q, which is not one of its special tokens", part.Special.ID)
			}
			*to = append(*to, known.IDs...)
		}
		return nil
	case "BertProcessing", "RobertaProcessing":
		for _, side := range []struct {
			pair []any
			to   *[]int
		}{{d.CLS, &t.before}, {d.SEP, &t.after}} {
			if len(side.pair) != 2 {
				return fmt.Errorf("the post-processor %s has no tokens", kind)
			}
			id, ok := side.pair[1].(float64)
			if !ok {
				return fmt.Errorf("the post-processor %s has no tokens", kind)
			}
			*side.to = append(*side.to, int(id))
		}
		return nil
	}
	return fmt.Errorf("unsupported post-processor %s", kind)
}

// addedToken is a token that is found in a text before the model sees it.
type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
}

// addedTokens finds added tokens, the longest at each place, by first byte.
type addedTokens struct {
	by [256][]addedToken
}

func (a *addedTokens) add(t addedToken, content string) {
	t.Content = content
	if content != "" {
		a.by[content[0]] = append(a.by[content[0]], t)
	}
}

// find returns the token at a place of the text.
func (a *addedTokens) find(text string, at int) (best addedToken, ok bool) {
	for _, t := range a.by[text[at]] {
		if len(t.Content) > len(best.Content) && strings.HasPrefix(text[at:], t.Content) && (!t.SingleWord || alone(text, at, at+len(t.Content))) {
			best, ok = t, true
		}
	}
	return best, ok
}

// alone reports whether a part is not inside a longer word.
func alone(text string, from, to int) bool {
	word := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !word(before) && !word(after) // at an end of the text they are U+FFFD, which is in no word
}

// each visits the parts of a text in order: an added token with its id, and what is
// between two of them with -1.
func (a *addedTokens) each(text string, visit func(part string, first bool, id int) error) error {
	from := 0
	for at := 0; at < len(text); {
		t, ok := a.find(text, at)
		if !ok {
			at++
			continue
		}
		start, end := at, at+len(t.Content)
		if t.LStrip {
			start = from + len(strings.TrimRightFunc(text[from:start], unicode.IsSpace))
		}
		if t.RStrip {
			end = len(text) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
		}
		if start > from {
			if err := visit(text[from:start], from == 0, -1); err != nil {
				return err
			}
		}
		if err := visit(t.Content, start == 0, t.ID); err != nil {
			return err
		}
		at, from = end, end
	}
	if from < len(text) {
		return visit(text[from:], from == 0, -1)
	}
	return nil
}
