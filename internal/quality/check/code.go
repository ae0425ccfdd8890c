package check

import (
	"encoding/xml"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"slices"
	"strings"

	yaml "github.com/goccy/go-yaml/parser"
	toml "github.com/pelletier/go-toml/v2"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
	"mvdan.cc/sh/v3/syntax"

	"github.com/inferometer/inferometer/internal/plaintext"
)

// What is parsed is capped: parsers recurse, and that of YAML takes quadratic time.
const (
	maxCode = 1 << 16
	maxYAML = 1 << 13
)

// parsers have one entry for each language of which a parser is at hand. Python has
// none in Go that takes today's language: use tests with a command.
var parsers = map[string]func(string) error{
	"go":         parseGo,
	"json":       func(s string) error { _, err := decode(s); return err },
	"yaml":       func(s string) error { _, err := yaml.ParseBytes([]byte(s), 0); return err },
	"toml":       func(s string) error { var v any; return toml.Unmarshal([]byte(s), &v) },
	"xml":        parseXML,
	"bash":       func(s string) error { _, err := syntax.NewParser().Parse(strings.NewReader(s), ""); return err },
	"javascript": func(s string) error { _, err := js.Parse(parse.NewInputString(s), js.Options{}); return err },
}

// Languages returns what the rule parses can parse.
func Languages() []string { return slices.Sorted(maps.Keys(parsers)) }

// parseGo takes a file, declarations or statements.
func parseGo(code string) error {
	var first error
	for _, form := range []string{code, "package p\n" + code, "package p\nfunc _() {\n" + code + "\n}"} {
		_, err := parser.ParseFile(token.NewFileSet(), "", form, parser.SkipObjectResolution)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func parseXML(s string) error {
	d, elements := xml.NewDecoder(strings.NewReader(s)), 0
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && elements == 0:
			return errors.New("has no element")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if _, ok := t.(xml.StartElement); ok {
			elements++
		}
	}
}

// aliases are other names that fences have for a language.
var aliases = map[string][]string{
	"go": {"golang"}, "javascript": {"js", "jsx", "mjs", "node"}, "bash": {"sh", "shell", "zsh", "console"}, "yaml": {"yml"},
	"python": {"py", "python3"}, "json": {"jsonc"},
}

// fenced returns the fenced blocks of a text in one of the languages; "" is a block that
// names none. A block that is not closed ends with the text.
func fenced(text string, languages ...string) []string {
	all, _ := blocks(text, languages...)
	return all
}

// blocks is fenced, and whether there are blocks in any language.
func blocks(text string, languages ...string) (all []string, some bool) {
	var block []string
	mark, keep := "", false
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case mark == "" && (strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~")):
			mark, some = trimmed[:3], true
			mark = trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, mark[:1]))]
			info, _, _ := strings.Cut(strings.TrimSpace(trimmed[len(mark):]), " ")
			keep, block = slices.Contains(languages, strings.ToLower(info)), nil
		case mark != "" && strings.HasPrefix(trimmed, mark) && strings.Trim(trimmed, mark[:1]) == "":
			if keep {
				all = append(all, strings.Join(block, ""))
			}
			mark, keep = "", false
		case keep:
			block = append(block, line)
		}
	}
	if keep && mark != "" {
		all = append(all, strings.Join(block, ""))
	}
	return all, some
}

// Code returns the code of an answer in a language: its fenced blocks that name the
// language, else those that name none, else all of the text where it has no block.
func Code(text, language string) string {
	named, some := blocks(text, append([]string{language}, aliases[language]...)...)
	if named == nil {
		named = fenced(text, "")
	}
	if named == nil && !some {
		return text
	}
	return strings.Join(named, "\n")
}

func languageIsKnown(c Check) error {
	if parsers[c.Language] == nil {
		return fmt.Errorf("no parser for %q: must be one of %s; for others, use tests and a command that runs them", c.Language, strings.Join(Languages(), ", "))
	}
	return nil
}

func codeParses(c Check, a Answer) Outcome {
	why := wrongCode(c.Language, Code(a.Text, c.Language))
	return Outcome{Right: why == "", Loose: why == "", Why: why}
}

// wrongCode says why a parser does not accept the code; "" where it does.
func wrongCode(language, code string) string {
	most := maxCode
	if language == "yaml" {
		most = maxYAML
	}
	switch {
	case strings.TrimSpace(code) == "":
		return "has no code"
	case len(code) > most:
		return fmt.Sprintf("the code has %d bytes, of which at most %d are parsed", len(code), most)
	case brackets(code) > maxDepth:
		return fmt.Sprintf("the code nests more than %d deep", maxDepth)
	}
	if err := parsers[language](code); err != nil {
		return plaintext.Short(fmt.Sprintf("does not parse as %s: %v", language, err), 200)
	}
	return ""
}

// brackets is how deep brackets nest, wherever they stand.
func brackets(code string) int {
	now, most := 0, 0
	for i := range len(code) {
		switch code[i] {
		case '(', '[', '{':
			now++
			most = max(most, now)
		case ')', ']', '}':
			now--
		}
	}
	return most
}

func testsAreValid(c Check) error {
	if c.Language == "" {
		return errors.New(`"language" is missing`)
	}
	if len(c.Want) > 2 {
		return fmt.Errorf(`"want" has %d texts, of at most 2: before the code and after it`, len(c.Want))
	}
	return nil
}

// Program is what the rule tests runs: the code of an answer with what stands before
// and after it.
func (c Check) Program(text string) string {
	code := Code(text, c.Language)
	if len(c.Want) == 2 {
		return c.Want[0] + code + "\n" + c.Want[1]
	}
	return code + "\n" + c.Want[0]
}

func testsPass(c Check, a Answer) Outcome {
	if a.Run == nil {
		return Outcome{Why: "no command was given to run the tests"}
	}
	ok, why := a.Run(c.Language, c.Program(a.Text))
	return Outcome{Right: ok, Loose: ok, Why: why}
}
