package textgen

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/vocab"
	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

// Words is the language of texts by default: English prose.
const Words = "words"

// Language says what texts are written in: one language, or several with shares.
// The zero Language is Words.
type Language struct {
	form  string
	parts []part
}

type part struct {
	name  string // Words, or the name of a grammar
	share float64
}

// partsOf returns the languages that a name means, with their shares; nil if the
// name is unknown.
func partsOf(name string) []part {
	even := func(names []string, share float64) []part {
		var out []part
		for _, n := range names {
			out = append(out, part{n, share / float64(len(names))})
		}
		return out
	}
	switch name {
	case "", Words:
		return []part{{Words, 1}}
	case "languages":
		return even(grammar.Languages(), 1)
	case "code":
		return even(grammar.Code(), 1)
	case "mixed":
		return slices.Concat([]part{{Words, 0.5}}, even(grammar.Languages(), 0.25), even(grammar.Code(), 0.25))
	}
	if slices.Contains(grammars(), name) {
		return []part{{name, 1}}
	}
	return nil
}

// grammars lists the languages that have a grammar.
func grammars() []string { return append(grammar.Languages(), grammar.Code()...) }

// ParseLanguage reads one of vocab.TextForms. An empty form is Words.
func ParseLanguage(form string) (Language, error) {
	l := Language{form: strings.TrimSpace(form)}
	if !strings.Contains(form, "%") {
		if l.parts = partsOf(l.form); l.parts == nil {
			known := append([]string{Words, "languages", "code", "mixed"}, grammars()...)
			return l, fmt.Errorf("unknown text %q%s: must be %s", form, suggest.DidYouMean(l.form, known), vocab.TextForms)
		}
		return l, nil
	}
	sum := 0.0
	for item := range strings.SplitSeq(form, "|") {
		share, name, _ := strings.Cut(strings.TrimSpace(item), "%")
		p, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
		parts := partsOf(strings.TrimSpace(name))
		if err != nil || !(p > 0 && p <= 100) || parts == nil || strings.TrimSpace(name) == "" {
			return l, fmt.Errorf("invalid share %q: must be like 30%% code; a text is %s", strings.TrimSpace(item), vocab.TextForms)
		}
		sum += p
		for _, part := range parts {
			part.share *= p / 100
			l.parts = append(l.parts, part)
		}
	}
	if sum < 99.99 || sum > 100.01 {
		return l, fmt.Errorf("the shares of %q add up to %v %%, not 100 %%", form, sum)
	}
	return l, nil
}

// Plain reports whether it is Words alone.
func (l Language) Plain() bool {
	return !slices.ContainsFunc(l.parts, func(p part) bool { return p.name != Words })
}

// Names returns the names of its languages, each once. Words may be one of them.
func (l Language) Names() []string {
	if len(l.parts) == 0 {
		return []string{Words}
	}
	var out []string
	for _, p := range l.parts {
		if !slices.Contains(out, p.name) {
			out = append(out, p.name)
		}
	}
	return out
}

// String says it in words; "" for Words alone.
func (l Language) String() string {
	if l.Plain() {
		return ""
	}
	if len(l.parts) == 1 {
		if g, err := grammar.Get(l.parts[0].name); err == nil {
			return g.Title
		}
	}
	return cmp.Or(map[string]string{
		"languages": "eight languages",
		"code":      "code in five languages",
		"mixed":     "words, languages and code",
	}[l.form], l.form)
}

// Of returns the name of the language of one text, by a key of the text.
func (l Language) Of(key uint64) string {
	if len(l.parts) < 2 {
		return l.Names()[0]
	}
	u := rand.New(rand.NewPCG(seeded.Mix(key), seeded.Mix(key+9))).Float64()
	for _, p := range l.parts {
		if u -= p.share; u < 0 {
			return p.name
		}
	}
	return l.parts[len(l.parts)-1].name
}
