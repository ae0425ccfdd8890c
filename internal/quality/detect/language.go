package detect

import (
	"strings"
	"unicode"

	"github.com/inferometer/inferometer/internal/lazy"
)

// scripts that are told apart. Greek letters stand in formulas, so they are none.
var scripts = []struct {
	name   string
	tables []*unicode.RangeTable
}{
	{"latin", []*unicode.RangeTable{unicode.Latin}},
	{"cyrillic", []*unicode.RangeTable{unicode.Cyrillic}},
	{"east asian", []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana}},
	{"korean", []*unicode.RangeTable{unicode.Hangul}},
	{"arabic", []*unicode.RangeTable{unicode.Arabic}},
	{"hebrew", []*unicode.RangeTable{unicode.Hebrew}},
	{"indic", []*unicode.RangeTable{unicode.Devanagari, unicode.Bengali, unicode.Tamil, unicode.Telugu}},
	{"thai", []*unicode.RangeTable{unicode.Thai}},
}

// named are prompts that are about a language, so that another one is no fault.
var named = lazy.Regexp(`translat|übersetz|tradui|traduc|перевед|翻译|翻譯|翻訳|번역|language|sprache|langue|idioma|\b(?:english|german|french|spanish|italian|portuguese|dutch|polish|russian|ukrainian|chinese|mandarin|japanese|korean|arabic|hebrew|hindi|turkish|latin|greek|swedish|thai|vietnamese|urdu|bengali|persian|swahili)\b`)

// common are words that are frequent in one language and mean nothing in the others.
// Words that several have count for each.
var common = []struct{ name, words string }{
	{"english", "the and of is are was with that this from which have has been will would not for you your their"},
	{"german", "der das und ist nicht ein eine einen mit für auf sich wird werden auch dem den von zu sind oder wir"},
	{"french", "les des est une dans pour qui sur avec pas plus par sont cette ces aux nous vous leur mais du et la le"},
	{"spanish", "los las una para con por como más pero sus este esta muy también entre cuando ser y el del está en la"},
	{"italian", "il che di per una con sono della nel più anche gli alla questo questa è delle dei ma ed lo la"},
	{"portuguese", "uma para com não mais dos das como também ser são pelo pela isso mas em ao você seu sua os"},
	{"dutch", "het een van en niet dat zijn voor met ook wordt worden aan bij deze maar naar door kan uit de"},
	{"polish", "nie się jest na do że jak przez oraz dla są od jego tego może które który lub czy być"},
}

// languages are those that have a word among their common ones.
var languages = lazy.Value(func() map[string][]int {
	of := map[string][]int{}
	for i, l := range common {
		for w := range strings.FieldsSeq(l.words) {
			of[w] = append(of[w], i)
		}
	}
	return of
})

// switchesLanguage compares the answer with the prompt, by scripts and, within Latin,
// by common words. It keeps silent about under 30 letters, or a prompt of under 10, and where the prompt speaks
// of a language.
func switchesLanguage(a *seen) bool {
	asked, known := lettersByScript(a.System + a.Prompt)
	said, total := lettersByScript(a.prose)
	if total < 30 || known < 10 {
		return false
	}
	for i, n := range said {
		// A name or a word in its own script is no switch; a tenth of all letters is.
		if asked[i] == 0 && n*10 >= total && n >= 10 {
			return !named().MatchString(a.prompt)
		}
	}
	return latinSwitched(a) && !named().MatchString(a.prompt)
}

func lettersByScript(text string) (n []int, total int) {
	n = make([]int, len(scripts))
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		for i, s := range scripts {
			if unicode.In(r, s.tables...) {
				n[i]++
				total++
				break
			}
		}
	}
	return n, total
}

// latinSwitched reports an answer in which common words of one language are frequent
// and those of the prompt's language hardly occur.
func latinSwitched(a *seen) bool {
	asked, said := tokens(strings.ToLower(a.Prompt)), tokens(strings.ToLower(a.prose))
	if len(asked) < 8 || len(said) < 20 {
		return false
	}
	from, to := shares(asked), shares(said)
	best, other := top(from), top(to)
	return best != other && from[best] >= 0.15 && to[other] >= 0.2 && to[best] <= 0.08
}

// shares is how frequent each language's common words are.
func shares(words []string) []float64 {
	out := make([]float64, len(common))
	for _, w := range words {
		for _, l := range languages()[w] {
			out[l] += 1 / float64(len(words))
		}
	}
	return out
}

func top(shares []float64) int {
	best := 0
	for i, s := range shares {
		if s > shares[best] {
			best = i
		}
	}
	return best
}
