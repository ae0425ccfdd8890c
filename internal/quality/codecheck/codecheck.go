// Package codecheck checks whether a piece of code could run, without running
// it. Go is parsed. For other languages only strings, brackets, the indentation
// of Python and the shape of a definition are checked. That finds code that was
// cut off or never written, not code that is wrong. Nothing here proves that code
// does what was asked for.
package codecheck

import (
	"go/parser"
	"go/token"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// Result is what a check found.
type Result struct {
	Language string // as requested or guessed; "unknown" if it cannot be guessed
	Parsed   bool   // a real parser accepted it; Go only
	Balanced bool   // brackets, strings and comments are closed
	Indented bool   // Python: blocks are indented; true for other languages
	Defines  bool   // it defines something; for scripts and queries: it is not empty
	Stub     bool   // what it defines has an empty body
}

// Whole reports whether nothing is known to be broken: Go parses, other
// languages are balanced and indented.
func (r Result) Whole() bool {
	if r.Language == "go" {
		return r.Parsed
	}
	return r.Balanced && r.Indented
}

var definition = lazy.Regexp(`(?m)\bfunc\s+(\([^)\n]*\)\s*)?\w+\s*[(\[]|\bdef\s+\w+\s*\(|\bfunction\s*\*?\s*\w*\s*\(|\bclass\s+\w+[^.\n]*[:{]|\bfn\s+\w+\s*[<(]|\b(const|let|var)\s+\w+\s*=|\btype\s+\w+\s+(struct|interface|=)|\b(struct|interface|enum|trait|impl)\s+\w+[^.\n]*\{|\)\s*=>|\w+\s*\([^)\n]*\)[^.;\n]*\{`)

// Check checks code in a language as a fence names it; "" is guessed.
func Check(language, code string) Result {
	language = Language(language, code)
	masked, closed := mask(language, code)
	r := Result{
		Language: language,
		Balanced: closed && balanced(language, masked),
		Indented: language != "python" || indented(masked),
		Defines:  definition().MatchString(masked),
		Stub:     stub(code),
	}
	if scripts[language] {
		r.Defines = strings.TrimSpace(masked) != ""
	}
	if language == "go" {
		r.Parsed = parsesAsGo(code)
	}
	return r
}

// scripts are languages whose code may define nothing.
var scripts = map[string]bool{"sql": true, "bash": true, "html": true, "css": true, "json": true, "yaml": true}

// Language returns the usual name of a language in lower case, guessed from
// the code where none is given.
func Language(language, code string) string {
	switch l := strings.ToLower(language); l {
	case "golang":
		return "go"
	case "py", "python3":
		return "python"
	case "js", "jsx", "node":
		return "javascript"
	case "ts", "tsx":
		return "typescript"
	case "sh", "shell", "zsh":
		return "bash"
	case "c++":
		return "cpp"
	case "yml":
		return "yaml"
	case "":
	default:
		return l
	}
	switch {
	case strings.Contains(code, "func ") && (strings.Contains(code, "package ") || strings.Contains(code, ":=") || strings.Contains(code, "return ")):
		return "go"
	case strings.Contains(code, "def ") && strings.Contains(code, "):") || strings.Contains(code, "def ") && strings.Contains(code, "->"):
		return "python"
	case strings.Contains(code, "function ") && strings.Contains(code, "{") || strings.Contains(code, ") =>"):
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

// balanced checks the brackets of masked code.
func balanced(language, masked string) bool {
	if language == "bash" {
		return true // a case branch ends with a lone bracket
	}
	var open []byte
	for i := range len(masked) {
		switch c := masked[i]; {
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

// indented checks whether lines that open a block of Python are followed by
// deeper ones, whether only those are, and whether blocks end at a level that
// was open.
func indented(masked string) bool {
	levels, opens, depth := []int{0}, false, 0
	first := true
	for line := range strings.SplitSeq(masked, "\n") {
		text := strings.TrimSpace(line)
		inside := depth > 0
		depth += strings.Count(text, "(") + strings.Count(text, "[") + strings.Count(text, "{") -
			strings.Count(text, ")") - strings.Count(text, "]") - strings.Count(text, "}")
		if text == "" {
			continue
		}
		if !inside {
			width := len(line) - len(strings.TrimLeft(line, " \t"))
			if first {
				levels[0], first = width, false // a listing may be indented as a whole
			}
			top := levels[len(levels)-1]
			switch {
			case opens && width <= top, !opens && width > top:
				return false
			case opens:
				levels = append(levels, width)
			}
			for len(levels) > 0 && levels[len(levels)-1] > width {
				levels = levels[:len(levels)-1]
			}
			if len(levels) == 0 || levels[len(levels)-1] != width {
				return false
			}
		}
		if depth <= 0 {
			opens = strings.HasSuffix(text, ":")
			if strings.HasSuffix(text, `\`) {
				return true // a continued line: beyond this check
			}
		}
	}
	return !opens
}

var (
	leftOut = lazy.Regexp(`(?i)^(pass|\.\.\.|return( None| nil| null)?;?|raise NotImplementedError.*|panic\(.*(not implemented|unimplemented|todo).*|throw new Error\(.*(not implemented|unimplemented|todo).*|(//|#)\s*(todo|your code|implement|add your|logic|\.\.\.).*)$`)
	frame   = lazy.Regexp(`^(package|import|from|using|#include|def|func|function|class|async|export|public|private|static|fn|pub|const \w+ = (async )?\(.*=>)\b|^"""|^'''|^(//|#|/\*|\*)|^[)\]};,]*$`)
)

// stub reports code with a sign of something left out and at most one line
// that does something.
func stub(code string) bool {
	sign, work := false, 0
	for line := range strings.SplitSeq(code, "\n") {
		switch text := strings.TrimSpace(line); {
		case text == "":
		case leftOut().MatchString(text):
			sign = true
		case !frame().MatchString(text):
			work++
		case strings.HasSuffix(text, "{}"):
			sign = true
		case strings.Contains(text, "{") && !strings.HasSuffix(text, "{"), strings.Contains(text, ": return "):
			work += 2 // a body on the same line
		}
	}
	return sign && work <= 1
}
