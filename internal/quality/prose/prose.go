// Package prose splits a text into what a reader sees: lines and their kinds,
// fenced code, sentences, words, and how hard they are to read. It exists so
// that every score of an answer counts the same sentences and words.
//
// Blocks of Markdown are found by a parser (goldmark), and English is known well
// enough to drop its function words and endings. Texts in other scripts are split
// into words (Han and kana: one rune per word) and sentences, but not stemmed. The
// work is linear in the length of the text, and any bytes are legal input.
package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBytes is the most of a text that is read. The rest is dropped, and Capped is
// set.
const MaxBytes = 256 << 10

// LineKind is what a line outside fenced code is.
type LineKind uint8

// The kinds of line.
const (
	Plain LineKind = iota
	Blank
	Heading
	Item     // of a list, bulleted or numbered
	Row      // of a table
	Indented // code that is indented and not fenced
)

// Line is one line outside fenced code, without its Markdown mark. An empty item of
// a list is no line.
type Line struct {
	Kind  LineKind
	Level int // of a heading, 1 to 6; of a table row the number of cells
	Text  string
}

// Block is one fenced code block.
type Block struct {
	Language string // the first word after the fence, in lower case; may be empty
	Body     string
	Closed   bool
}

// Text is a parsed text. The zero value is an empty text.
type Text struct {
	Raw       string // valid UTF-8, at most MaxBytes
	Capped    bool   // whether the text was longer
	Invalid   bool   // whether it had bytes that are not UTF-8
	Outline   Outline
	Lines     []Line
	Blocks    []Block
	Sentences []Sentence
	// Paragraphs is the number of words in each paragraph; a list item is a
	// separate paragraph.
	Paragraphs []int
	Words      int // in all sentences
}

// Parse reads a text.
func Parse(s string) *Text {
	t := &Text{}
	if len(s) > MaxBytes {
		cut := MaxBytes
		for cut > MaxBytes-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s, t.Capped = s[:cut], true
	}
	if !utf8.ValidString(s) {
		s, t.Invalid = strings.ToValidUTF8(s, "\uFFFD"), true
	}
	t.Raw = strings.ReplaceAll(s, "\r\n", "\n")
	t.split()
	t.sentences()
	return t
}

// Count returns how many lines are of a kind.
func (t *Text) Count(k LineKind) int {
	n := 0
	for _, l := range t.Lines {
		if l.Kind == k {
			n++
		}
	}
	return n
}

// FirstLine is the first line that is neither blank nor code.
func (t *Text) FirstLine() string {
	for _, l := range t.Lines {
		if l.Kind != Blank {
			return l.Text
		}
	}
	return ""
}

// LastLine is the last line that is neither blank nor code.
func (t *Text) LastLine() Line {
	for i := len(t.Lines) - 1; i >= 0; i-- {
		if t.Lines[i].Kind != Blank {
			return t.Lines[i]
		}
	}
	return Line{Kind: Blank}
}

// Prose is the lines outside of fenced code and tables.
func (t *Text) Prose() string {
	var b strings.Builder
	for _, l := range t.Lines {
		if l.Kind != Row && l.Kind != Indented {
			b.WriteString(l.Text)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Code is the bodies of all fenced blocks, one after the other.
func (t *Text) Code() string {
	var b strings.Builder
	for _, c := range t.Blocks {
		b.WriteString(c.Body)
		b.WriteByte('\n')
	}
	return b.String()
}

// Visible reports whether a reader would see anything at all.
func (t *Text) Visible() bool {
	return strings.ContainsFunc(t.Raw, func(r rune) bool {
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '\uFFFD'
	})
}
