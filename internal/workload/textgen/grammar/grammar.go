// Package grammar writes lines of text in a natural or a programming language,
// each from a context-free grammar and a seeded generator: sentences that are
// grammatical and say little, and code that its compiler would accept as a file.
// The words are common ones, collected for this project. It does not count
// tokens.
package grammar

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

// A first line writes a number in words, FirstLineBits bits each.
const (
	FirstLineWords = 10
	FirstLineBits  = 6
)

// Languages lists the natural languages. The caller owns the slice.
func Languages() []string { return []string{"de", "fr", "es", "ru", "zh", "ja", "ar", "hi"} }

// Code lists the programming languages. The caller owns the slice.
func Code() []string { return []string{"go", "python", "javascript", "rust", "sql"} }

// Grammar is that of one language. It is safe for concurrent use.
type Grammar struct {
	Name, Title string
	commentMark string              // before a line of prose: what begins a comment, or ""
	label       string              // the first word of a first line
	lead        string              // the second line of every text, or ""
	ask, askAny string              // request for an answer of a number of words (%), and of any number
	firstWords  []string            // what first lines are written with
	rules       map[string][]string // alternatives by the name of the rule
	stop        string              // ends a sentence
}

// Get returns the grammar of a language.
func Get(name string) (*Grammar, error) {
	all, err := load()
	if err != nil {
		return nil, err
	}
	g, ok := all[name]
	if !ok {
		return nil, fmt.Errorf("unknown language %q", name)
	}
	return g, nil
}

var load = sync.OnceValues(func() (map[string]*Grammar, error) {
	out := map[string]*Grammar{}
	for _, name := range append(Languages(), Code()...) {
		g, err := parse(name)
		if err != nil {
			return nil, fmt.Errorf("grammar of %s: %w", name, err)
		}
		out[name] = g
	}
	return out, nil
})

// Unit writes a few sentences on one line, or a declaration of several lines;
// without a line break at its end.
func (g *Grammar) Unit(r *rand.Rand) string { return g.write(r, "unit") }

// Short writes a line that can follow any unit.
func (g *Grammar) Short(r *rand.Rand) string { return g.write(r, "short") }

// FirstLine writes the low bits of a code as k words. The lowest bits come last.
func (g *Grammar) FirstLine(code uint64, k int) string {
	var b strings.Builder
	b.WriteString(g.commentMark + g.label)
	for i := range k {
		b.WriteString(", " + g.firstWords[code>>((k-1-i)*FirstLineBits)&(1<<FirstLineBits-1)])
	}
	b.WriteString(g.stop)
	return b.String()
}

// Label returns what every first line begins with: a first line without words.
func (g *Grammar) Label() string { return g.FirstLine(0, 0) }

// FirstWords returns the words that first lines are written with. The slice must
// not be changed.
func (g *Grammar) FirstWords() []string { return g.firstWords }

// Stop returns what ends a sentence.
func (g *Grammar) Stop() string { return g.stop }

// Lead returns a line that every text needs after its first one, or "".
func (g *Grammar) Lead() string { return g.lead }

// Ask returns a line that asks for an answer of about n words, or of any length
// if n is not positive.
func (g *Grammar) Ask(n int) string {
	if n <= 0 {
		return g.commentMark + g.askAny
	}
	return g.commentMark + strings.Replace(g.ask, "%", strconv.Itoa(n), 1)
}

// Comment turns a line of prose into one that is valid in the text.
func (g *Grammar) Comment(text string) string { return g.commentMark + text }

// bindings are the words that a text has given names to, by rule and name.
type bindings map[string]string

func (g *Grammar) write(r *rand.Rand, rule string) string {
	var b strings.Builder
	g.expand(&b, r, rule, bindings{}, 0)
	return b.String()
}

// expand writes an alternative of a rule. References to rules are written
// between « and »: «noun»; «^noun» capitalizes the word; «noun:a» is the same word
// wherever it occurs in the text, and differs from all other named words of the
// rule.
func (g *Grammar) expand(b *strings.Builder, r *rand.Rand, rule string, names bindings, depth int) {
	list := g.rules[rule]
	if len(list) == 0 || depth > 20 {
		return // parse refuses such grammars
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
		piece := g.refer(r, ref, names, depth)
		if capital {
			piece = title(piece)
		}
		b.WriteString(piece)
	}
}

func (g *Grammar) refer(r *rand.Rand, ref string, names bindings, depth int) string {
	rule, name, named := strings.Cut(ref, ":")
	if named {
		if s, ok := names[ref]; ok {
			return s
		}
	}
	var s string
	for range 50 {
		var b strings.Builder
		g.expand(&b, r, rule, names, depth+1)
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
func (n bindings) has(rule, word string) bool {
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
