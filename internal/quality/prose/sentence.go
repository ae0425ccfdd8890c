package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence is one sentence, or a list item without an end mark.
type Sentence struct {
	Text  string
	Words []string // lower case, in order
	Kind  LineKind // Plain or Item
}

// sentences splits the lines. A line ends a sentence, unless it has no end
// mark and the next line continues in lower case (a hard-wrapped text).
// Headings and table rows are not sentences.
func (t *Text) sentences() {
	var pending strings.Builder
	kind, paragraph := Plain, 0
	flush := func() {
		for _, s := range SplitSentences(pending.String()) {
			if words := Words(s); len(words) > 0 {
				t.Sentences = append(t.Sentences, Sentence{Text: s, Words: words, Kind: kind})
				paragraph += len(words)
				t.Words += len(words)
			}
		}
		pending.Reset()
	}
	end := func() {
		flush()
		if paragraph > 0 {
			t.Paragraphs = append(t.Paragraphs, paragraph)
		}
		kind, paragraph = Plain, 0
	}
	for _, l := range t.Lines {
		switch {
		case l.Kind == Item:
			end()
			kind = Item
			pending.WriteString(dropURLs(l.Text))
		case l.Kind != Plain:
			end()
		default:
			first, _ := utf8.DecodeRuneInString(l.Text)
			if pending.Len() > 0 && !unicode.IsLower(first) {
				flush()
			}
			if pending.Len() > 0 {
				pending.WriteByte(' ')
			}
			pending.WriteString(dropURLs(l.Text))
		}
	}
	end()
}

// dropURLs removes addresses, whose dots and slashes would be taken for words.
func dropURLs(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	fields := strings.Fields(s)
	kept := fields[:0]
	for _, f := range fields {
		if !strings.Contains(f, "://") {
			kept = append(kept, f)
		} else if last := f[len(f)-1]; strings.IndexByte(".!?", last) >= 0 {
			kept = append(kept, string(last))
		}
	}
	return strings.Join(kept, " ")
}

// abbreviations do not end a sentence, in lower case without the last dot.
var abbreviations = set(`e.g i.e etc vs cf approx dr mr mrs ms prof st no fig al inc ltd eq sec ch dept est min max`)

// SplitSentences splits a paragraph after . ! ? and … (with closing quotes and
// brackets) where white space and no lower-case letter follows, and after the
// full-width marks anywhere. Dots in numbers, after one capital letter and
// after common abbreviations do not end a sentence.
func SplitSentences(s string) []string {
	var out []string
	start := 0
	cut := func(end int) {
		if p := strings.TrimSpace(s[start:end]); p != "" {
			out = append(out, p)
		}
		start = end
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch r {
		case '。', '！', '？':
			cut(i)
			continue
		case '.', '!', '?', '…':
		default:
			continue
		}
		dot := r == '.'
		mark := i - size
		for i < len(s) {
			next, n := utf8.DecodeRuneInString(s[i:])
			if !strings.ContainsRune(`.!?…"'”’»)]*_`, next) {
				break
			}
			dot = dot && next != '!' && next != '?'
			i += n
		}
		rest := s[i:]
		trimmed := strings.TrimLeftFunc(rest, unicode.IsSpace)
		if len(trimmed) == len(rest) && rest != "" {
			continue // no white space follows
		}
		next, _ := utf8.DecodeRuneInString(trimmed)
		if dot && (unicode.IsLower(next) || abbreviated(s[start:mark])) && trimmed != "" {
			continue
		}
		cut(i)
	}
	cut(len(s))
	return out
}

// abbreviated reports whether the last word of s is an abbreviation or one
// capital letter.
func abbreviated(s string) bool {
	from := len(s)
	for from > 0 && len(s)-from < 16 {
		r, n := utf8.DecodeLastRuneInString(s[:from])
		if unicode.IsSpace(r) || r == '(' {
			break
		}
		from -= n
	}
	word := s[from:]
	if r, n := utf8.DecodeRuneInString(word); n == len(word) && unicode.IsUpper(r) && r != 'I' {
		return true
	}
	return abbreviations()[strings.ToLower(word)]
}

// Words returns the words of a text in lower case: runs of letters, marks and
// digits, with hyphens, apostrophes and underscores inside, dots and commas
// inside numbers, and dots inside names such as node.js. In Han and kana
// each rune is a word.
func Words(s string) []string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var out []string
	start := -1
	end := func(i int) {
		if start >= 0 {
			out = append(out, fold(s[start:i]))
			start = -1
		}
	}
	prev := rune(0)
	for i, r := range s {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			end(i)
			out = append(out, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r) || start >= 0 && unicode.IsMark(r):
			if start < 0 {
				start = i
			}
		case start >= 0 && inner(r, prev, s[i+utf8.RuneLen(r):]):
		default:
			end(i)
		}
		prev = r
	}
	end(len(s))
	return out
}

// inner reports whether r between prev and the text rest belongs to a word.
func inner(r, prev rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	wordy := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	switch r {
	case '-', '\'', '’', '_':
		return wordy(prev) && wordy(next)
	case '.':
		return unicode.IsDigit(prev) && unicode.IsDigit(next) || unicode.IsLetter(prev) && unicode.IsLower(next)
	case ',':
		return unicode.IsDigit(prev) && unicode.IsDigit(next)
	}
	return false
}

func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "’", "'") }
