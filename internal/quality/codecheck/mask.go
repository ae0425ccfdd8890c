package codecheck

import (
	"slices"
	"strings"
	"unicode"
)

// mask returns code of the same length in which the contents of strings and
// comments are blank, so that what is left is structure. closed is false if a
// string or comment has no end; what follows is then blank.
func mask(language, code string) (masked string, closed bool) {
	out := []byte(code)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			out[i] = ' '
		}
	}
	prev := byte('\n') // the last byte that is not blank, of structure
	for i := 0; i < len(code); i++ {
		c := code[i]
		if end := comment(language, code, i); end != 0 {
			if end < 0 {
				blank(i, len(code))
				return string(out), false
			}
			blank(i, end)
			i = end - 1
			continue
		}
		switch {
		case c == '"' || c == '`' || c == '\'' && quotes(language) && !apostrophe(language, code[:i]):
			end := closing(language, code, i)
			if end < 0 {
				blank(i+1, len(code))
				return string(out), false
			}
			blank(i+1, end)
			out[i], out[end] = '"', '"'
			i, c = end, '"'
		case c == '/' && (language == "javascript" || language == "typescript") && beginsRegexp(prev, code[:i]):
			if end := regexpEnd(code, i); end > 0 {
				blank(i+1, end)
				i = end
			}
		}
		if c != ' ' && c != '\t' {
			prev = c
		}
	}
	return string(out), true
}

// comment returns the end of a comment that begins at i, 0 if none does, and
// −1 for one without an end. The end of a line is not part of a comment.
func comment(language, code string, i int) int {
	rest := code[i:]
	line := false
	switch language {
	case "python", "ruby", "yaml", "r", "julia", "elixir", "toml", "makefile", "dockerfile", "nim":
		line = rest[0] == '#'
	case "bash", "perl", "powershell":
		line = rest[0] == '#' && (i == 0 || strings.IndexByte(" \t\n;", code[i-1]) >= 0)
	case "sql", "lua", "haskell":
		line = strings.HasPrefix(rest, "--")
	case "html", "css", "json":
		return 0
	default:
		line = strings.HasPrefix(rest, "//") || language == "php" && rest[0] == '#' && !strings.HasPrefix(rest, "#[") // an attribute
		if strings.HasPrefix(rest, "/*") {
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return -1
			}
			return i + n + 4
		}
	}
	if !line {
		return 0
	}
	if n := strings.IndexByte(rest, '\n'); n >= 0 {
		return i + n
	}
	return len(code)
}

// quotes reports whether ' begins a string or character: not in Rust, where
// it also begins a lifetime, and not in text.
func quotes(language string) bool {
	return language != "rust" && language != "unknown" && language != "html"
}

// wordsBefore are those of JavaScript after which a string may follow at once.
var wordsBefore = []string{"return", "case", "typeof", "in", "of", "else", "await", "import", "from", "default", "yield", "throw", "void", "delete", "new"}

// apostrophe reports whether a quotation mark after before is that of a word, as in
// the text of JSX: <p>Don't</p>. No string follows a name at once.
func apostrophe(language, before string) bool {
	if language != "javascript" && language != "typescript" {
		return false
	}
	name := before[len(strings.TrimRightFunc(before, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '$' })):]
	return name != "" && !slices.Contains(wordsBefore, name)
}

// closing finds the end of the string that begins at i; −1 if there is none.
func closing(language, code string, i int) int {
	q := code[i]
	if triple := strings.Repeat(string(q), 3); q != '`' && strings.HasPrefix(code[i:], triple) {
		n := strings.Index(code[i+3:], triple)
		if n < 0 {
			return -1
		}
		return i + 3 + n + 2
	}
	lines := q == '`' || language == "bash" || language == "sql" || language == "html"
	raw := q == '`' && language == "go" || q == '\'' && (language == "bash" || language == "sql")
	for j := i + 1; j < len(code); j++ {
		switch {
		case code[j] == '\\' && !raw:
			j++
		case code[j] == q:
			return j
		case code[j] == '\n' && !lines:
			return -1
		}
	}
	return -1
}

// beginsRegexp reports whether a slash after prev begins a regular expression
// and is no division.
func beginsRegexp(prev byte, before string) bool {
	last := strings.TrimRight(before[max(0, len(before)-16):], " ")
	return strings.IndexByte("(,=:[!&|?{};\n", prev) >= 0 || strings.HasSuffix(last, "return") || strings.HasSuffix(last, "=>")
}

// regexpEnd finds the slash that ends a regular expression; 0 if there is none
// nearby.
func regexpEnd(code string, i int) int {
	class := false
	for j := i + 1; j < len(code) && j < i+500; j++ {
		switch c := code[j]; {
		case c == '\n':
			return 0
		case c == '\\':
			j++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			return j
		}
	}
	return 0
}
