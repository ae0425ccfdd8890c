package quality

import (
	"strings"
)

// mostSource is how much of a prompt or reference is read.
const mostSource = 64 << 10

// accuracy is the share of what can be judged that holds: numbers with units as in the
// prompt and the references, terms named as the glossary wants, claims that must not be
// made, and code that a real parser accepts. It does not apply where nothing can be
// judged. It is no judgement of truth: what no source says is not looked at.
func (a *assessment) accuracy() (v float64, ok bool) {
	right, judged := 0, 0
	count := func(holds bool) {
		judged++
		if holds {
			right++
		}
	}
	text := a.text.Raw
	var sources []quantity
	for _, s := range append([]string{a.item.Prompt}, a.item.References...) {
		sources = append(sources, quantities(head(s, mostSource))...)
	}
	if len(sources) > 0 {
		r, j := consistent(quantities(head(text, mostSource)), sources)
		right, judged = right+r, judged+j
	}
	lower := strings.ToLower(text)
	for _, t := range a.item.Glossary {
		wrong := 0
		for _, avoid := range t.Avoid {
			wrong += mentions(lower, avoid)
		}
		if wrong > 0 || mentions(lower, t.Name) > 0 {
			count(wrong == 0)
		}
	}
	for _, claim := range a.item.Forbidden {
		count(mentions(lower, claim) == 0)
	}
	if a.isCode() && !a.item.Cut {
		if r := a.check; r.Language == "go" && len(a.text.Blocks) > 0 {
			count(r.Parsed && !r.Stub && !a.openBlock())
		}
	}
	if judged == 0 {
		return 0, false
	}
	return 100 * share(right, judged), true
}

// mentions counts a phrase in a text in lower case, at the borders of words.
func mentions(lower, phrase string) int {
	phrase = strings.ToLower(strings.TrimSpace(phrase))
	if phrase == "" {
		return 0
	}
	n := 0
	for from := 0; ; {
		i := strings.Index(lower[from:], phrase)
		if i < 0 {
			return n
		}
		start, end := from+i, from+i+len(phrase)
		if (start == 0 || !wordByte(lower[start-1]) || !wordByte(phrase[0])) && (end == len(lower) || !wordByte(lower[end]) || !wordByte(phrase[len(phrase)-1])) {
			n++
		}
		from = end
	}
}

// head is the first n bytes of a text, cut between runes.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
