// Package voice writes lines of text in a language or a programming language,
// each by a seeded context-free grammar: sentences that parse and say little, and
// code that its compiler would take for a file. Their words are common ones,
// put together for this project. It measures nothing and counts no tokens.
package voice

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed grammars/*.txt
var files embed.FS

// A first line writes a code of HeadBits bits a word.
const (
	HeadWords = 10
	HeadBits  = 6
)

// Languages and Code list the voices there are. The caller owns the slices.
func Languages() []string { return []string{"de", "fr", "es", "ru", "zh", "ja", "ar", "hi"} }

// Code lists the programming languages.
func Code() []string { return []string{"go", "python", "javascript", "rust", "sql"} }

// Voice is one language. It is safe for concurrent use.
type Voice struct {
	Name, Title string
	mark        string // in front of a line of prose: that of a comment, or ""
	label       string // the first word of a first line
	lead        string // a line that comes second, or ""
	ask, askAny string // for an answer of a number of words (%), and for any
	head        []string
	rules       map[string][]string
	stop        string // of a sentence
}

// Get returns a voice by its name.
func Get(name string) (*Voice, error) {
	all, err := load()
	if err != nil {
		return nil, err
	}
	v, ok := all[name]
	if !ok {
		return nil, fmt.Errorf("there is no text in %q", name)
	}
	return v, nil
}

var load = sync.OnceValues(func() (map[string]*Voice, error) {
	out := map[string]*Voice{}
	for _, name := range append(Languages(), Code()...) {
		v, err := parse(name)
		if err != nil {
			return nil, fmt.Errorf("the grammar of %s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
})

// Unit writes a few sentences on one line, or a declaration of several lines;
// without a line break at its end.
func (v *Voice) Unit(r *rand.Rand) string { return v.write(r, "unit") }

// Short writes a line that can stand behind any unit.
func (v *Voice) Short(r *rand.Rand) string { return v.write(r, "short") }

// Head writes the low bits of a code as k words. The lowest bits, which change
// least from one text to the next, come last.
func (v *Voice) Head(code uint64, k int) string {
	var b strings.Builder
	b.WriteString(v.mark + v.label)
	for i := range k {
		b.WriteString(", " + v.head[code>>((k-1-i)*HeadBits)&(1<<HeadBits-1)])
	}
	b.WriteString(v.stop)
	return b.String()
}

// Label is the beginning of each first line, as a first line without words.
func (v *Voice) Label() string { return v.Head(0, 0) }

// Words are those of first lines.
func (v *Voice) Words() []string { return v.head }

// Stop is what ends a sentence.
func (v *Voice) Stop() string { return v.stop }

// Lead is a line that a file has to begin with, or "".
func (v *Voice) Lead() string { return v.lead }

// Ask is a line that asks for an answer of about n words; 0: of any length.
func (v *Voice) Ask(n int) string {
	if n <= 0 {
		return v.mark + v.askAny
	}
	return v.mark + strings.Replace(v.ask, "%", strconv.Itoa(n), 1)
}

// Comment makes a line of prose one that may stand in the text.
func (v *Voice) Comment(text string) string { return v.mark + text }

// bound are the words that a text has given names to, by rule and name.
type bound map[string]string

func (v *Voice) write(r *rand.Rand, rule string) string {
	var b strings.Builder
	v.expand(&b, r, rule, bound{}, 0)
	return b.String()
}

// expand writes an alternative of a rule. References stand between « and »:
// «noun», «^noun» with a capital, «noun:a» for one that stays the same and
// differs from all others that have names.
func (v *Voice) expand(b *strings.Builder, r *rand.Rand, rule string, names bound, depth int) {
	list := v.rules[rule]
	if len(list) == 0 || depth > 20 {
		return // parse has refused such grammars
	}
	text := list[r.IntN(len(list))]
	for text != "" {
		before, rest, ok := strings.Cut(text, "«")
		b.WriteString(before)
		if !ok {
			return
		}
		ref, after, _ := strings.Cut(rest, "»")
		text = after
		capital := strings.HasPrefix(ref, "^")
		ref = strings.TrimPrefix(ref, "^")
		piece := v.refer(r, ref, names, depth)
		if capital {
			piece = title(piece)
		}
		b.WriteString(piece)
	}
}

func (v *Voice) refer(r *rand.Rand, ref string, names bound, depth int) string {
	rule, name, named := strings.Cut(ref, ":")
	if named {
		if s, ok := names[ref]; ok {
			return s
		}
	}
	var s string
	for range 50 {
		var b strings.Builder
		v.expand(&b, r, rule, names, depth+1)
		if s = b.String(); !named || !names.has(rule, s) {
			break
		}
	}
	if named && name != "" {
		names[ref] = s
	}
	return s
}

// has reports whether a word of a rule has a name already.
func (n bound) has(rule, word string) bool {
	for ref, s := range n {
		if s == word && strings.HasPrefix(ref, rule+":") {
			return true
		}
	}
	return false
}

func title(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
