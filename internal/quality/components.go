package quality

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/quality/overlap"
	"github.com/inferometer/inferometer/internal/quality/prose"
)

// relevance: how close in meaning the answer is to what was asked, less what chance
// gives. A text that only repeats the prompt, or is mostly keywords, gets less. It does
// not apply where nothing is known about what was asked.
func (a *assessment) relevance(s Similarity) (v float64, ok bool) {
	if a.item.Similarity == nil && len(a.query) == 0 {
		return 0, false
	}
	v = 100 * s.Value()
	v *= falling(overlap.Copied(a.tokens, a.prompt), 0.5, 1, 0.2)
	if len(a.content) >= 12 {
		v *= falling(a.keywordShare(), 0.65, 1, 0.3)
	}
	return v, true
}

// structure: complete sentences of reasonable length, an end, and the form that
// the kind of prompt asks for.
func (a *assessment) structure() float64 {
	t := a.text
	if a.isCode() {
		return 40*a.codeForm() + 0.35*a.codeWorks() + 15*a.ending() + 10*explained(t)
	}
	counts := prose.Count(t.Sentences)
	length := band(counts.SentenceLength(), 6, 26)
	longest := 0
	for _, n := range t.Paragraphs {
		longest = max(longest, n)
	}
	if a.isHook() {
		first := float64(len(prose.Words(t.FirstLine())))
		return 20*length + 10*band(counts.LIX(), 3, 50) + 30*a.ending() + 25*band(first, 3, 25) + 15*band(float64(longest), 1, 60)
	}
	parts := math.Min(1, float64(len(t.Paragraphs))/2)
	return 25*length + 10*band(counts.LIX(), 3, 65) + 35*a.ending() + 15*parts + 15*band(float64(longest), 5, 120)
}

// ending: whether the text stops where a text may stop.
func (a *assessment) ending() float64 {
	raw := strings.TrimRight(a.text.Raw, " \n\t*_")
	switch {
	case raw == "":
		return 0
	case a.openBlock():
		return 0.2
	case strings.HasSuffix(raw, "```"), strings.HasSuffix(raw, "~~~"):
		return 1
	case strings.HasSuffix(raw, ":"):
		return 0.4 // what it announces is missing
	}
	if endMark(raw) {
		return 1
	}
	switch {
	case a.text.LastLine().Kind == prose.Item && !a.itemsEnd(), strings.Contains(raw[max(0, len(raw)-24):], "#"):
		return 0.8
	}
	return 0.2
}

func endMark(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(`.!?…)]"'”’»。！？`, last)
}

// itemsEnd reports whether most list items but the last end with a mark: the last one
// would then as well.
func (a *assessment) itemsEnd() bool {
	items, marked := 0, 0
	for _, l := range a.text.Lines {
		if l.Kind == prose.Item {
			items++
			if endMark(l.Text) {
				marked++
			}
		}
	}
	return items > 1 && 2*marked >= items-1
}

// Lexicons of our own, in lower case.
var (
	secondPerson = words(`you your you're yours yourself you'll you've`)
	contrast     = words(`but yet instead however without stop never nobody most until wrong myth mistake actually`)
	callTo       = words(`try save share follow comment start learn read watch tell join click bookmark tag ask`)
	example      = lazy.Regexp(`(?i)\b(for example|for instance|such as|imagine|suppose|example)\b|\be\.g\.|, say,`)
)

// has reports whether one of the words is in the set.
func has(list []string, set map[string]bool) bool {
	return slices.ContainsFunc(list, func(w string) bool { return set[w] })
}

// engagement: does it speak to a reader, early and concretely?
// It applies to English only.
func (a *assessment) engagement() (v float64, ok bool) {
	if a.lang != English {
		return 0, false
	}
	t := a.text
	first, body := t.FirstLine(), t.Prose()
	opening := prose.Words(first)
	add := func(points float64, has bool) {
		if has {
			v += points
		}
	}
	if a.isHook() {
		add(22, strings.Contains(first, "?") || has(opening, contrast))
		add(18, has(opening, secondPerson))
		add(18, strings.ContainsAny(body, "0123456789"))
		add(16, has(a.all, contrast))
		add(14, has(a.all, callTo))
		add(12, len(opening) <= 20)
		shouting := strings.Count(body, "!") + 2*strings.Count(body, "!!")
		v -= 5 * math.Max(0, float64(shouting-3))
		return v, true
	}
	add(35, example().MatchString(body) || len(t.Blocks) > 0)
	add(25, has(a.all, secondPerson) || strings.Contains(body, "?"))
	add(20, strings.ContainsAny(body, "0123456789"))
	add(20, has(a.all, contrast))
	return v, true
}

// terms: the share of the keywords that the answer mentions, in any form of the word.
// It says which words were used, and nothing of whether they were used rightly.
func (a *assessment) terms() (v float64, ok bool) {
	if len(a.item.Keywords) == 0 {
		return 0, false
	}
	return 100 * a.hits(a.keywordStems()), true
}

// completeness: the share of requirements met, an end, and enough to read.
func (a *assessment) completeness() float64 {
	met, n := a.ending(), 1.0
	for _, r := range a.item.Require {
		if r.What == "call_to_action" && a.lang != English {
			continue // only English ones are known
		}
		met += a.meets(r)
		n++
	}
	if a.isCode() && len(a.item.Require) == 0 {
		met += a.codeForm()
		n++
	}
	enough := math.Min(1, float64(len(a.tokens))/20)
	return 100 * (met + enough) / (n + 1)
}

// meets is the share to which a requirement is met, 0 to 1. An unknown
// requirement is not met.
func (a *assessment) meets(r Requirement) float64 {
	least := float64(max(1, r.N))
	switch r.What {
	case "min_words":
		return math.Min(1, float64(a.text.Words)/least)
	case "max_words":
		return band(float64(a.text.Words), 1, least)
	case "sentences":
		return math.Min(1, float64(len(a.text.Sentences))/least)
	case "paragraphs":
		return math.Min(1, float64(len(a.text.Paragraphs))/least)
	case "list":
		return math.Min(1, float64(a.text.Count(prose.Item))/least)
	case "code_block":
		return a.codeForm()
	case "language":
		return yes(a.check.Language == r.Text)
	case "question":
		return yes(strings.Contains(a.text.FirstLine(), "?"))
	case "call_to_action":
		return yes(has(a.all, callTo))
	case "mentions":
		text := strings.ToLower(a.text.Raw)
		return yes(slices.ContainsFunc(strings.Split(r.Text, "|"), func(s string) bool { return strings.Contains(text, strings.ToLower(s)) }))
	}
	return 0
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
