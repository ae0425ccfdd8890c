// Package prose splits a text into what a reader sees: lines and their kinds,
// fenced code, sentences, words, and how hard they are to read. It exists so
// that every score of an answer counts the same sentences and words.
//
// It supports the common part of Markdown, and English well enough to drop its
// function words and endings. Texts in other scripts are split into words (Han
// and kana: one rune per word) and sentences, but not stemmed. The work is linear
// in the length of the text, and any bytes are legal input.
//
// Note: Markdown is not parsed with goldmark, because answers are hostile input
// and its time grows with the square of the nesting: 16 KiB of ">" or "- " take
// it half a second, and an answer may have 256 KiB (MaxBytes).
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
	Item // of a list, bulleted or numbered
	Row  // of a table
)

// Line is one line outside fenced code, without its Markdown mark.
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

// split separates fenced code from the other lines.
func (t *Text) split() {
	var body []string
	fence := "" // the opening fence while inside a block
	for line := range strings.SplitSeq(t.Raw, "\n") {
		mark, info := fenceOf(line)
		switch {
		case fence == "" && mark != "":
			fence = mark
			t.Blocks = append(t.Blocks, Block{Language: language(info)})
			t.Lines = append(t.Lines, Line{Kind: Blank})
		case fence != "" && mark != "" && mark[0] == fence[0] && len(mark) >= len(fence) && info == "":
			t.close(body, true)
			body, fence = body[:0], ""
		case fence != "":
			body = append(body, line)
		default:
			t.Lines = append(t.Lines, lineOf(line))
		}
	}
	if fence != "" {
		t.close(body, false)
	}
}

func (t *Text) close(body []string, closed bool) {
	b := &t.Blocks[len(t.Blocks)-1]
	b.Body, b.Closed = strings.Join(body, "\n"), closed
}

// fenceOf returns the run of three or more backticks or tildes that a line
// begins with, and what follows it.
func fenceOf(line string) (mark, info string) {
	s := strings.TrimLeft(line, " \t")
	if !strings.HasPrefix(s, "```") && !strings.HasPrefix(s, "~~~") {
		return "", ""
	}
	n := len(s) - len(strings.TrimLeft(s, s[:1]))
	info = strings.TrimSpace(s[n:])
	if s[0] == '`' && strings.Contains(info, "`") {
		return "", "" // inline code on one line
	}
	return s[:n], info
}

func language(info string) string {
	word, _, _ := strings.Cut(info, " ")
	return strings.ToLower(strings.Trim(word, "{}."))
}

func lineOf(line string) Line {
	s := strings.TrimSpace(line)
	s = strings.TrimSpace(strings.TrimLeft(s, ">"))
	if s == "" {
		return Line{Kind: Blank}
	}
	if n := len(s) - len(strings.TrimLeft(s, "#")); n >= 1 && n <= 6 && len(s) > n && s[n] == ' ' {
		return Line{Kind: Heading, Level: n, Text: strings.TrimSpace(s[n:])}
	}
	if rest, ok := itemOf(s); ok {
		return Line{Kind: Item, Text: rest}
	}
	if s[0] == '|' && strings.HasSuffix(s, "|") && len(s) > 2 {
		return Line{Kind: Row, Level: strings.Count(s, "|") - strings.Count(s, `\|`) - 1, Text: s}
	}
	if strings.Trim(s, "-*_ ") == "" {
		return Line{Kind: Blank} // a rule
	}
	return Line{Kind: Plain, Text: s}
}

// itemOf returns the text of a list item: "- x", "* x", "+ x", "• x", "1. x",
// "1) x".
func itemOf(s string) (string, bool) {
	for _, mark := range []string{"- ", "* ", "+ ", "• ", "– "} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return strings.TrimSpace(rest), true
		}
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits >= 1 && digits <= 3 && len(s) > digits+1 && (s[digits] == '.' || s[digits] == ')') && s[digits+1] == ' ' {
		return strings.TrimSpace(s[digits+1:]), true
	}
	return "", false
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
		if l.Kind != Row {
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
