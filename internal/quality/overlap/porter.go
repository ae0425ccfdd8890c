package overlap

import "strings"

// porter is Porter's stemmer (Program 14, 1980) in the variant of NLTK, which
// rouge_score uses: a few irregular words, and other rules for short words and for
// -alli, -bli, -fulli and -logi. No library has this variant, and its differences
// show in ROUGE. The work is linear in the length of a word.
func porter(w string) string {
	if s, ok := irregular[w]; ok {
		return s
	}
	if len(w) <= 2 {
		return w
	}
	w = step1a(w)
	w = step1b(w)
	if s, ok := strings.CutSuffix(w, "y"); ok && len(s) > 1 && consonants(s)[len(s)-1] {
		w = s + "i"
	}
	w = step2(w)
	w = replaced(w, step3, func(string) bool { return true })
	w = replaced(w, step4, func(stem string) bool { return measure(stem) > 1 })
	if s, ok := strings.CutSuffix(w, "e"); ok {
		if m := measure(s); m > 1 || m == 1 && !endsCVC(s) {
			w = s
		}
	}
	if strings.HasSuffix(w, "ll") && measure(w[:len(w)-1]) > 1 {
		w = w[:len(w)-1]
	}
	return w
}

var irregular = map[string]string{
	"sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news", "innings": "inning", "inning": "inning",
	"outings": "outing", "outing": "outing", "cannings": "canning", "canning": "canning", "howe": "howe",
	"proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
}

// suffix is a rule; the first whose ending fits decides.
type suffix struct{ from, to string }

// The rules of steps 2 and 3 want a measure above 0, those of step 4 above 1.
var (
	step2Rules = []suffix{
		{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"}, {"bli", "ble"}, {"alli", "al"}, {"entli", "ent"},
		{"eli", "e"}, {"ousli", "ous"}, {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"}, {"fulness", "ful"},
		{"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"}, {"fulli", "ful"},
	}
	step3 = []suffix{{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}}
	step4 = []suffix{
		{"al", ""}, {"ance", ""}, {"ence", ""}, {"er", ""}, {"ic", ""}, {"able", ""}, {"ible", ""}, {"ant", ""}, {"ement", ""}, {"ment", ""}, {"ent", ""},
		{"ion", ""}, {"ou", ""}, {"ism", ""}, {"ate", ""}, {"iti", ""}, {"ous", ""}, {"ive", ""}, {"ize", ""},
	}
)

// replaced applies the first rule whose ending fits, if its condition holds.
func replaced(w string, rules []suffix, condition func(stem string) bool) string {
	for _, r := range rules {
		stem, ok := strings.CutSuffix(w, r.from)
		if !ok {
			continue
		}
		if r.from == "ion" && !strings.HasSuffix(stem, "s") && !strings.HasSuffix(stem, "t") {
			return w
		}
		if measure(stem) > 0 && condition(stem) {
			return stem + r.to
		}
		return w
	}
	return w
}

func step1a(w string) string {
	switch {
	case strings.HasSuffix(w, "ies") && len(w) == 4:
		return w[:3]
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "ies"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss"):
		return w[:len(w)-1]
	}
	return w
}

func step1b(w string) string {
	if s, ok := strings.CutSuffix(w, "ied"); ok {
		if len(w) == 4 {
			return s + "ie"
		}
		return s + "i"
	}
	if s, ok := strings.CutSuffix(w, "eed"); ok {
		if measure(s) > 0 {
			return s + "ee"
		}
		return w
	}
	stem, ok := strings.CutSuffix(w, "ed")
	if !ok {
		stem, ok = strings.CutSuffix(w, "ing")
	}
	if !ok || !hasVowel(stem) {
		return w
	}
	switch n := len(stem); {
	case strings.HasSuffix(stem, "at"), strings.HasSuffix(stem, "bl"), strings.HasSuffix(stem, "iz"):
		return stem + "e"
	case n >= 2 && stem[n-1] == stem[n-2] && consonants(stem)[n-1]:
		if strings.IndexByte("lsz", stem[n-1]) >= 0 {
			return stem
		}
		return stem[:n-1]
	case measure(stem) == 1 && endsCVC(stem):
		return stem + "e"
	}
	return stem
}

func step2(w string) string {
	if s, ok := strings.CutSuffix(w, "alli"); ok && measure(s) > 0 {
		return step2(s + "al")
	}
	if s, ok := strings.CutSuffix(w, "logi"); ok {
		if measure(s+"l") > 0 { // the l counts, so that geo- and theo- work as archaeo-
			return s + "log"
		}
		return w
	}
	return replaced(w, step2Rules, func(string) bool { return true })
}

// consonants says of each letter whether it is a consonant: y is one unless it
// follows one.
func consonants(w string) []bool {
	out := make([]bool, len(w))
	for i := range len(w) {
		switch w[i] {
		case 'a', 'e', 'i', 'o', 'u':
		case 'y':
			out[i] = i == 0 || !out[i-1]
		default:
			out[i] = true
		}
	}
	return out
}

// measure is how often a consonant follows a vowel.
func measure(w string) int {
	c, n := consonants(w), 0
	for i := 1; i < len(c); i++ {
		if c[i] && !c[i-1] {
			n++
		}
	}
	return n
}

func hasVowel(w string) bool {
	for _, c := range consonants(w) {
		if !c {
			return true
		}
	}
	return false
}

func endsCVC(w string) bool {
	c, n := consonants(w), len(w)
	switch {
	case n == 2:
		return !c[0] && c[1]
	case n < 3:
		return false
	}
	return c[n-3] && !c[n-2] && c[n-1] && strings.IndexByte("wxy", w[n-1]) < 0
}
