// Package codecheck looks whether a piece of code could run, without running
// it. Go is parsed; of other languages only brackets, strings and the shape of
// a definition are looked at, which finds code that was cut off and not code
// that is wrong.
package codecheck

import (
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// Result is what a check found.
type Result struct {
	Language string
	Parsed   bool // a real parser accepted it
	Balanced bool // brackets and strings are closed
	Defines  bool // it defines a function, method, class or type
}

var definition = regexp.MustCompile(`(?m)\b(func|def|function|class|fn|type|interface|struct|public|private|static|const|let|var)\s+\w+|=>|\w+\s*\([^)]*\)\s*\{`)

// Check looks at code in a language as a fence names it; "" is guessed.
func Check(language, code string) Result {
	language = normal(language, code)
	r := Result{Language: language, Balanced: balanced(language, code), Defines: definition.MatchString(code)}
	if language == "go" {
		r.Parsed = parsesAsGo(code)
	}
	return r
}

func normal(language, code string) string {
	switch l := strings.ToLower(language); l {
	case "golang":
		return "go"
	case "py", "python3":
		return "python"
	case "js", "node":
		return "javascript"
	case "ts":
		return "typescript"
	case "":
	default:
		return l
	}
	switch {
	case strings.Contains(code, "func ") && (strings.Contains(code, "package ") || strings.Contains(code, ":=")):
		return "go"
	case strings.Contains(code, "def ") && strings.Contains(code, ":"):
		return "python"
	case strings.Contains(code, "function ") || strings.Contains(code, "=>"):
		return "javascript"
	}
	return "unknown"
}

// parsesAsGo tries the code as a file, as declarations and as statements.
func parsesAsGo(code string) bool {
	for _, form := range []string{code, "package p\n" + code, "package p\nfunc _() {\n" + code + "\n}"} {
		if _, err := parser.ParseFile(token.NewFileSet(), "", form, parser.SkipObjectResolution); err == nil {
			return true
		}
	}
	return false
}

var pairs = map[byte]byte{')': '(', ']': '[', '}': '{'}

// balanced looks at brackets outside strings and comments.
func balanced(language, code string) bool {
	var open []byte
	hash := language == "python" || language == "ruby" || language == "bash" || language == "sh" || language == "yaml"
	for i := 0; i < len(code); i++ {
		c := code[i]
		switch {
		case hash && c == '#', !hash && c == '/' && i+1 < len(code) && code[i+1] == '/':
			n := strings.IndexByte(code[i:], '\n')
			if n < 0 {
				return len(open) == 0
			}
			i += n
		case !hash && c == '/' && i+1 < len(code) && code[i+1] == '*':
			n := strings.Index(code[i+2:], "*/")
			if n < 0 {
				return false
			}
			i += n + 3
		case c == '"' || c == '`' || c == '\'' && quotes(language):
			end := closing(code, i)
			if end < 0 {
				return false
			}
			i = end
		case c == '(' || c == '[' || c == '{':
			open = append(open, c)
		case pairs[c] != 0:
			if len(open) == 0 || open[len(open)-1] != pairs[c] {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

// quotes reports whether ' begins a string or character: not in Rust, where
// it also begins a lifetime.
func quotes(language string) bool { return language != "rust" && language != "unknown" }

// closing finds the end of the string that begins at i; −1 if there is none.
func closing(code string, i int) int {
	q := code[i]
	if triple := strings.Repeat(string(q), 3); q != '`' && strings.HasPrefix(code[i:], triple) {
		n := strings.Index(code[i+3:], triple)
		if n < 0 {
			return -1
		}
		return i + 3 + n + 2
	}
	for j := i + 1; j < len(code); j++ {
		switch {
		case code[j] == '\\' && q != '`':
			j++
		case code[j] == q:
			return j
		case code[j] == '\n' && q != '`':
			return -1
		}
	}
	return -1
}
