package ifeval

import (
	"encoding/json"
	"strings"
	"sync"
	"unicode"

	"github.com/inferometer/inferometer/internal/lazy"

	"github.com/neurosnap/sentences/data"
)

// model is what Punkt has learned of English: the parameters that NLTK distributes, which
// the released checker uses as well.
type model struct {
	AbbrevTypes, Collocations, SentStarters, OrthoContext map[string]int
}

var english = sync.OnceValue(func() model {
	var m model
	raw, err := data.Asset("data/english.json")
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		panic("the English model of sentences does not read: " + err.Error()) // it is compiled in
	}
	return m
})

// Where a word was seen in capitals or not, as bits of OrthoContext.
const (
	midUpper = 1 << 2
	anyUpper = 1<<1 | 1<<2 | 1<<3
	begLower = 1 << 4
	anyLower = 1<<4 | 1<<5 | 1<<6
)

// Sentences counts the sentences of a text by Punkt (Kiss and Strunk 2006), as NLTK 3.9
// does with realigned quotes.
func Sentences(text string) int { return len(sentences([]rune(text))) }

// span is a part of a text, in runes.
type span struct{ from, to int }

func sentences(text []rune) []span {
	var cuts []span
	last := 0
	for _, e := range ends(text) {
		if !breaks(text[e.context.from:e.context.to]) {
			continue
		}
		cuts = append(cuts, span{last, e.at + 1})
		if last = e.at + 1; e.next > 0 {
			last = e.next
		}
	}
	end := len(text)
	for end > 0 && isSpace(text[end-1]) {
		end--
	}
	cuts = append(cuts, span{last, max(end, last)})

	// Closing quotes and brackets belong to the sentence before them.
	var out []span
	shift := 0
	for i, c := range cuts {
		c.from += shift
		shift = 0
		if i+1 < len(cuts) {
			next := cuts[i+1]
			if n, whole := closing(text[next.from:next.to]); n > 0 {
				out = append(out, span{c.from, next.from + n})
				shift = whole
				continue
			}
		}
		if c.from < c.to {
			out = append(out, c)
		}
	}
	return out
}

// closing returns how many closing marks a text begins with, where white space, a dash or the
// end of a line follows, and how many runes that is with the white space.
func closing(text []rune) (marks, whole int) {
	for marks < len(text) && strings.ContainsRune("\"')]}‘’“”«»", text[marks]) {
		marks++
		switch rest := text[marks:]; {
		case len(rest) == 0 || len(rest) > 1 && rest[0] == '-' && rest[1] == '-':
			return marks, marks
		case isSpace(rest[0]):
			whole = marks
			for whole < len(text) && isSpace(text[whole]) {
				whole++
			}
			return marks, whole
		}
	}
	return 0, 0
}

// ending is a place where a sentence may end: its mark, where the next word begins (0:
// right there), and what decides about it: the word before, the mark, what follows.
type ending struct {
	at, next int
	context  span
}

func ends(text []rune) []ending {
	var all []ending
	var held *ending // the last one, whose word may go on
	var word span
	for at, r := range text {
		if r != '.' && r != '?' && r != '!' || at+1 == len(text) {
			continue
		}
		e := ending{at: at}
		after := at + 2
		switch follows := text[at+1]; {
		case notWord(follows): // decides alone
		case isSpace(follows):
			next := at + 1
			for next < len(text) && isSpace(text[next]) {
				next++
			}
			to := next
			for to < len(text) && !isSpace(text[to]) {
				to++
			}
			if to == next {
				continue
			}
			e.next, after = next, to
		default:
			continue
		}
		from := word.from
		for i := at - 1; i > word.to; i-- { // a space right at its begin does not count
			if text[i] < 128 && isSpace(text[i]) && text[i] >= '\t' && text[i] != 0x1c && text[i] != 0x1d && text[i] != 0x1e && text[i] != 0x1f {
				from = i + 1
				break
			}
		}
		if held != nil && word.to <= from {
			all = append(all, *held)
		}
		word = span{from, at}
		e.context = span{from, after}
		held = &e
	}
	if held != nil {
		all = append(all, *held)
	}
	return all
}

// notWord are marks that cannot stand within a word.
func notWord(r rune) bool { return strings.ContainsRune(")\";}]*:@'({[‘’“”«»?!", r) }

// several returns the length of a dash or an ellipsis that a text begins with.
func several(text []rune) int {
	if len(text) < 2 {
		return 0
	}
	n := 0
	for n < len(text) && (text[0] == '-' || text[0] == '.') && text[n] == text[0] {
		n++
	}
	if n >= 2 {
		return n
	}
	n = 0
	for n+1 < len(text) && text[n] == '.' && isSpace(text[n+1]) {
		n += 2
	}
	for ; n >= 4; n -= 2 {
		if n < len(text) && text[n] == '.' {
			return n + 1
		}
	}
	return 0
}

// token is a word of the text around an ending.
type token struct {
	text          string
	kind          string // in small letters, numbers all alike
	ends, dots    bool   // a sentence; an ellipsis
	abbreviation  bool
	first         rune
	initial, full bool // one letter and a full stop; ends with a full stop
}

var numeric = lazy.Regexp(`^-?[.,]?\p{Nd}[\p{Nd},.-]*\.?$`)

func newToken(s string) *token {
	t := &token{text: s, kind: strings.ToLower(s), full: strings.HasSuffix(s, ".")}
	runes := []rune(s)
	t.first = runes[0]
	if numeric().MatchString(t.kind) {
		t.kind = "##number##"
	}
	t.initial = len(runes) == 2 && t.full && isWord(runes[0]) && !unicode.IsDigit(runes[0])
	switch {
	case s == "." || s == "?" || s == "!":
		t.ends = true
	case len(s) > 1 && strings.Trim(s, ".") == "":
		t.dots = true
	case t.full && !strings.HasSuffix(s, ".."):
		word := strings.ToLower(s[:len(s)-1])
		part := word[strings.LastIndexByte(word, '-')+1:]
		m := english()
		t.abbreviation = m.AbbrevTypes[word] != 0 || m.AbbrevTypes[part] != 0
		t.ends = !t.abbreviation
	}
	return t
}

func (t *token) noPeriod() string {
	if len(t.kind) > 1 {
		return strings.TrimSuffix(t.kind, ".")
	}
	return t.kind
}

// noStop is the kind without the full stop, where that ends a sentence.
func (t *token) noStop() string {
	if t.ends {
		return t.noPeriod()
	}
	return t.kind
}

func tokens(text []rune) []*token {
	var all []*token
	for at := 0; at < len(text); {
		if isSpace(text[at]) {
			at++
			continue
		}
		n := several(text[at:])
		if n == 0 {
			n = 1
			if !strings.ContainsRune("(\"`{[:;&#*@)}]-,", text[at]) {
				for at+n < len(text) && !wordEnds(text, at+n) {
					n++
				}
			}
		}
		all = append(all, newToken(string(text[at:at+n])))
		at += n
	}
	return all
}

func wordEnds(text []rune, at int) bool {
	if isSpace(text[at]) || notWord(text[at]) || several(text[at:]) > 0 {
		return true
	}
	return text[at] == ',' && (at+1 == len(text) || isSpace(text[at+1]) || notWord(text[at+1]) || several(text[at+1:]) > 0)
}

// starts says whether a word starts a sentence by how it is written: yes, no, or unknown.
func (t *token) starts() (yes, no bool) {
	if len(t.text) == 1 && strings.Contains(";:,.!?", t.text) {
		return false, true
	}
	seen := english().OrthoContext[t.noStop()]
	switch {
	case isUpper(t.first) && seen&anyLower != 0 && seen&midUpper == 0:
		return true, false
	case isLower(t.first) && (seen&anyUpper != 0 || seen&begLower == 0):
		return false, true
	}
	return false, false
}

// breaks reports whether a sentence ends within the context of an ending.
func breaks(context []rune) bool {
	all := tokens(context)
	for i, t := range all[:max(len(all)-1, 0)] {
		if t.full {
			t.decide(all[i+1])
		}
		if t.ends {
			return true
		}
	}
	return false
}

// decide corrects what a word that ends with a full stop was taken for, by what follows
// (Kiss and Strunk 2006, section 4).
func (t *token) decide(next *token) {
	m := english()
	kind, following := t.noPeriod(), next.noStop()
	if m.Collocations[kind+","+following] != 0 {
		t.ends, t.abbreviation = false, true
		return
	}
	yes, no := next.starts()
	if (t.abbreviation || t.dots) && !t.initial {
		if yes || isUpper(next.first) && m.SentStarters[following] != 0 {
			t.ends = true
			return
		}
	}
	if !t.initial && kind != "##number##" {
		return
	}
	if no || !yes && t.initial && isUpper(next.first) && m.OrthoContext[following]&anyLower == 0 {
		t.ends, t.abbreviation = false, true
	}
}
