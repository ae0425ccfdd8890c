package quality

import (
	"math"

	"github.com/inferometer/inferometer/internal/quality/codecheck"
	"github.com/inferometer/inferometer/internal/quality/prose"
)

// explained: code with words around it.
func explained(t *prose.Text) float64 { return math.Min(1, float64(t.Words)/12) }

// codeForm: a fenced block that is closed.
func (a *assessment) codeForm() float64 {
	if len(a.text.Blocks) == 0 {
		if a.check.Defines {
			return 0.4
		}
		return 0
	}
	for _, b := range a.text.Blocks {
		if !b.Closed {
			return 0.5
		}
	}
	return 1
}

// checkCode checks the code of the first fenced block and of those after it in
// the same language, else the whole text as code.
func (a *assessment) checkCode() codecheck.Result {
	if len(a.text.Blocks) == 0 {
		return codecheck.Check("", a.text.Raw)
	}
	language := codecheck.Language(a.text.Blocks[0].Language, a.text.Blocks[0].Body)
	worst := codecheck.Check(language, a.text.Blocks[0].Body)
	for _, b := range a.text.Blocks[1:] {
		if codecheck.Language(b.Language, b.Body) != language {
			continue
		}
		r := codecheck.Check(language, b.Body)
		defines, stub := worst.Defines || r.Defines, worst.Stub && (r.Stub || !r.Defines)
		if worst.Whole() {
			worst = r
		}
		worst.Defines, worst.Stub = defines, stub
	}
	return worst
}

// openBlock reports whether the text ends inside a code block.
func (a *assessment) openBlock() bool {
	n := len(a.text.Blocks)
	return n > 0 && !a.text.Blocks[n-1].Closed
}

// codeWorks: 100 for code that defines something and in which nothing is known
// to be broken. Go is parsed; for other languages less can be checked.
func (a *assessment) codeWorks() float64 {
	r := a.check
	if len(a.text.Blocks) == 0 && !r.Defines {
		return 0 // words, no code
	}
	v := 10.0
	switch {
	case r.Whole() && r.Defines:
		v = 100
	case r.Whole():
		v = 50
	case r.Defines:
		v = 25
	}
	if r.Stub {
		v *= 0.3
	}
	if a.openBlock() {
		v *= 0.6
	}
	return v
}
