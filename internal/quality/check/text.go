package check

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// plain returns a text in one form of Unicode, each run of white space one space.
func plain(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }

func fold(s string) string { return cases.Fold().String(s) }

func isExact(c Check, text string) (bool, string) {
	got := plain(text)
	for _, w := range c.Want {
		if got == plain(w) {
			return true, ""
		}
	}
	return false, "is none of the texts that are right"
}

// prefix is what stands before an answer that is otherwise as it should be.
var prefix = lazy.Regexp(`(?i)^(the )?((final|correct|right) )?(answer|result|output|solution)( is)?\s*[:=]?\s+`)

// wrapping is a line that says nothing of the answer: an opening, a closing, a fence.
var wrapping = lazy.Regexp("(?i)^\\W*$|^\\s*```\\w*\\s*$|^[^:]*:[\\s*_]*$|^\\W*(?:the )?(?:final |correct )?answer(?: is)?\\W*$|" +
	`^\W*(?:sure|certainly|of course|ok|okay|great|absolutely)(?:\W*$|\W+(?:here|i|let|thing|question)\b)|^\W*(?:i hope|hope (?:this|that)|let me know|happy to help|is there anything)\b`)

// stripped takes the lines off with which a text begins and ends that are wrapping.
func stripped(text string) string {
	lines := strings.Split(text, "\n")
	for len(lines) > 1 && wrapping().MatchString(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 1 && wrapping().MatchString(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

// unwrapped takes off what a text may have around it: marks of Markdown, quotes, a box of
// LaTeX, a full stop, a word like "Answer:".
func unwrapped(s string) string {
	const around = "*_`\"'“”‘’ "
	s = fold(strings.Trim(plain(s), around))
	s = prefix().ReplaceAllString(s, "")
	s = strings.TrimSpace(strings.Trim(strings.TrimRight(strings.Trim(s, around), ".!"), around))
	inside := strings.Trim(s, "$ .")
	for _, open := range []string{`\boxed{`, `\text{`} {
		if rest, ok := strings.CutPrefix(inside, open); ok && strings.HasSuffix(rest, "}") {
			inside = strings.TrimSuffix(rest, "}")
			s = strings.TrimSpace(inside)
		}
	}
	return s
}

func isExactLoosely(c Check, text string) bool {
	got, short := unwrapped(text), unwrapped(stripped(text))
	return slices.ContainsFunc(c.Want, func(w string) bool { w = unwrapped(w); return got == w || short == w })
}

// each says whether all of Want hold, or with Any one of them.
func each(c Check, holds func(string) bool) (bool, string) {
	for _, w := range c.Want {
		switch ok := holds(w); {
		case ok && c.Any:
			return true, ""
		case !ok && !c.Any:
			return false, fmt.Sprintf("%q is missing", w)
		}
	}
	if c.Any {
		return false, "none of what is wanted occurs"
	}
	return true, ""
}

func contains(c Check, text string) (bool, string) {
	text = fold(plain(text))
	return each(c, func(w string) bool { return strings.Contains(text, fold(plain(w))) })
}

// A pattern takes time in proportion to the text and to its own size as it is
// compiled; both are capped (MaxText).
const maxPattern = 2000 // steps of the compiled pattern

func compile(pattern string) (*regexp.Regexp, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("invalid pattern %q: %w", pattern, err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, fmt.Errorf("invalid pattern %q: %w", pattern, err)
	}
	if len(prog.Inst) > maxPattern {
		return nil, fmt.Errorf("the pattern %.40q… takes %d steps, of at most %d: use smaller repeats", pattern, len(prog.Inst), maxPattern)
	}
	return regexp.Compile(pattern)
}

func patternsCompile(c Check) error {
	for _, w := range c.Want {
		if _, err := compile(w); err != nil {
			return err
		}
	}
	return noEmpty(c)
}

func matches(c Check, text string) (bool, string) {
	return each(c, func(w string) bool {
		re, err := compile(w)
		return err == nil && re.MatchString(text)
	})
}
