package tokens

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/dlclark/regexp2/v2"
)

// span is a part of a text; match says whether a pattern found it.
type span struct {
	from, to int
	match    bool
}

// pattern cuts a text into what it matches and what is between matches.
type pattern func(text string) ([]span, error)

func regexPattern(expr string) (pattern, error) {
	re, err := regexp2.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression %q: %w", expr, err)
	}
	return func(text string) ([]span, error) {
		found, err := re.FindAllStringIndex(text, -1)
		if err != nil {
			return nil, fmt.Errorf("the regular expression %q failed: %w", expr, err)
		}
		return cover(text, found), nil
	}, nil
}

func literalPattern(s string) pattern {
	return func(text string) ([]span, error) {
		var found [][]int
		for at := 0; s != ""; {
			i := strings.Index(text[at:], s)
			if i < 0 {
				break
			}
			found = append(found, []int{at + i, at + i + len(s)})
			at += i + len(s)
		}
		return cover(text, found), nil
	}
}

func runePattern(is func(rune) bool) pattern {
	return func(text string) ([]span, error) {
		var found [][]int
		for i, r := range text {
			if is(r) {
				found = append(found, []int{i, i + len(string(r))})
			}
		}
		return cover(text, found), nil
	}
}

// cover adds what is between matches. Empty matches are ignored.
func cover(text string, found [][]int) []span {
	var out []span
	at := 0
	for _, f := range found {
		if f[1] == f[0] {
			continue
		}
		if f[0] > at {
			out = append(out, span{at, f[0], false})
		}
		out = append(out, span{f[0], f[1], true})
		at = f[1]
	}
	if at < len(text) {
		out = append(out, span{at, len(text), false})
	}
	return out
}

// behaviours of a split, by their names in the reference library.
var behaviours = map[string]func([]span) []span{
	"Isolated": func(s []span) []span { return s },
	"Removed": func(s []span) []span {
		var out []span
		for _, p := range s {
			if !p.match {
				out = append(out, p)
			}
		}
		return out
	},
	"MergedWithPrevious": func(s []span) []span {
		var out []span
		for _, p := range s {
			if n := len(out); p.match && n > 0 && !out[n-1].match {
				out[n-1].to, out[n-1].match = p.to, true
				continue
			}
			out = append(out, p)
		}
		return out
	},
	"MergedWithNext": func(s []span) []span {
		var out []span
		for i := 0; i < len(s); i++ {
			p := s[i]
			if p.match && i+1 < len(s) && !s[i+1].match {
				i++
				p.to = s[i].to
			}
			out = append(out, p)
		}
		return out
	},
	"Contiguous": func(s []span) []span {
		var out []span
		for _, p := range s {
			if n := len(out); n > 0 && out[n-1].match == p.match {
				out[n-1].to = p.to
				continue
			}
			out = append(out, p)
		}
		return out
	},
}

// splitter cuts pieces into smaller ones before the model sees them. first says
// whether they are the first ones of the text.
type splitter func(pieces []string, first bool) ([]string, error)

func splitBy(find pattern, behaviour string, invert bool) (splitter, error) {
	join, ok := behaviours[behaviour]
	if !ok {
		return nil, fmt.Errorf("unknown split behavior %q", behaviour)
	}
	return func(pieces []string, _ bool) ([]string, error) {
		var out []string
		for _, p := range pieces {
			spans, err := find(p)
			if err != nil {
				return nil, err
			}
			if invert {
				for i := range spans {
					spans[i].match = !spans[i].match
				}
			}
			for _, s := range join(spans) {
				out = append(out, p[s.from:s.to])
			}
		}
		return out, nil
	}, nil
}

// gpt2Words matches the words into which GPT-2 cuts a text (Radford et al. 2019).
const gpt2Words = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

func byteLevel(prefixSpace, words bool) (splitter, error) {
	find, err := regexPattern(gpt2Words)
	if err != nil {
		return nil, err
	}
	split, err := splitBy(find, "Isolated", false)
	if err != nil {
		return nil, err
	}
	return func(pieces []string, first bool) ([]string, error) {
		in := make([]string, len(pieces))
		for i, p := range pieces {
			if prefixSpace && !strings.HasPrefix(p, " ") {
				p = " " + p
			}
			in[i] = p
		}
		if words {
			var err error
			if in, err = split(in, first); err != nil {
				return nil, err
			}
		}
		for i := range in {
			in[i] = writeBytes(in[i])
		}
		return in, nil
	}, nil
}

// metaspace writes spaces as a mark. scheme says which pieces get one at their start:
// always, first or never.
func metaspace(mark, scheme string, words bool) (splitter, error) {
	if scheme != "always" && scheme != "first" && scheme != "never" {
		return nil, fmt.Errorf("unknown prepend scheme %q of Metaspace", scheme)
	}
	split, err := splitBy(literalPattern(mark), "MergedWithNext", false)
	if err != nil {
		return nil, err
	}
	return func(pieces []string, first bool) ([]string, error) {
		in := make([]string, len(pieces))
		for i, p := range pieces {
			p = strings.ReplaceAll(p, " ", mark)
			if (scheme == "always" || scheme == "first" && first && i == 0) && !strings.HasPrefix(p, mark) {
				p = mark + p
			}
			in[i] = p
		}
		if !words {
			return in, nil
		}
		return split(in, first)
	}, nil
}

// punctuation reports whether a rune is punctuation in the reference library: ASCII's, and Unicode's class P.
func punctuation(r rune) bool {
	return r < 0x80 && r > ' ' && r != 0x7f && !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.IsPunct(r)
}
