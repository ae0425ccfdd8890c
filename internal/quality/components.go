package quality

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/quality/overlap"
	"github.com/inferometer/inferometer/internal/quality/prose"
	"github.com/inferometer/inferometer/internal/vocab"
)

// relevance: the share of the topic's words that the answer mentions. Half of
// them give full marks. A text that only repeats the prompt, or is mostly
// keywords, gets less.
func (a *assessment) relevance() float64 {
	v := 100 * math.Min(1, a.hits(a.keywordStems())/0.5)
	v *= falling(overlap.Copied(a.tokens, a.prompt), 0.5, 1, 0.2)
	if len(a.content) >= 12 {
		v *= falling(a.keywordShare(), 0.65, 1, 0.3)
	}
	return v
}

// structure: complete sentences of reasonable length, an end, and the form that
// the kind of prompt asks for.
func (a *assessment) structure() float64 {
	t := a.text
	if a.isCode() {
		return 55*a.codeForm() + 25*a.ending() + 20*explained(t)
	}
	counts := prose.Count(t.Sentences)
	length := band(counts.SentenceLength(), 6, 26)
	longest := 0
	for _, n := range t.Paragraphs {
		longest = max(longest, n)
	}
	if a.item.Kind == vocab.ViralHook {
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
	if last, _ := utf8.DecodeLastRuneInString(raw); strings.ContainsRune(`.!?…)]"'”’»。！？`, last) {
		return 1
	}
	switch {
	case a.text.LastLine().Kind == prose.Item || strings.Contains(raw[max(0, len(raw)-24):], "#"):
		return 0.8
	}
	return 0.2
}

var (
	secondPerson = regexp.MustCompile(`(?i)\b(you|your|you're|yours)\b`)
	numeral      = regexp.MustCompile(`\d`)
	contrast     = regexp.MustCompile(`(?i)\b(but|yet|instead|however|without|stop|never|nobody|most|until|wrong|myth|mistake|actually)\b`)
	callTo       = regexp.MustCompile(`(?i)\b(try|save|share|follow|comment|start|learn|read|watch|tell|join|click|bookmark|tag|ask)\b`)
	example      = regexp.MustCompile(`(?i)\b(for example|for instance|such as|imagine|suppose|example)\b|\be\.g\.|, say,`)
	overclaim    = regexp.MustCompile(`(?i)\b(guaranteed|always works|never fails|zero risk|no downsides?|miracle|instantly rich)\b`)
	connective   = regexp.MustCompile(`(?i)\b(because|so|therefore|thus|since|then|first|second|next|finally|also|moreover|however|but|although|while|instead|for example|that is|in order to|as a result|which means|when|if)\b`)
)

// engagement: does it speak to a reader, early and concretely?
func (a *assessment) engagement() float64 {
	t := a.text
	first := t.FirstLine()
	body := t.Prose()
	v := 0.0
	add := func(points float64, has bool) {
		if has {
			v += points
		}
	}
	if a.item.Kind == vocab.ViralHook {
		add(22, strings.Contains(first, "?") || contrast.MatchString(first))
		add(18, secondPerson.MatchString(first))
		add(18, numeral.MatchString(body))
		add(16, contrast.MatchString(body))
		add(14, callTo.MatchString(body))
		add(12, len(prose.Words(first)) <= 20)
		shouting := strings.Count(body, "!") + 2*strings.Count(body, "!!")
		v -= 5 * math.Max(0, float64(shouting-3))
		return v
	}
	add(35, example.MatchString(body) || len(t.Blocks) > 0)
	add(25, secondPerson.MatchString(body) || strings.Contains(body, "?"))
	add(20, numeral.MatchString(body))
	add(20, contrast.MatchString(body))
	return v
}

// technical: for code, whether it could run; otherwise whether the answer uses
// the terms of the field and does not overclaim. Terms are not accuracy.
func (a *assessment) technical() float64 {
	if a.isCode() {
		return a.codeWorks()
	}
	v := 70*math.Min(1, a.hits(a.keywordStems())/0.6) + 30
	return v - 25*float64(len(overclaim.FindAllString(a.text.Prose(), 4)))
}

// coherence: neighbouring sentences share some words but not all, connectives
// join them, and the text does not repeat itself.
func (a *assessment) coherence() float64 {
	s := a.text.Sentences
	if len(a.all) == 0 {
		if len(a.text.Blocks) > 0 {
			return 60 // code alone: nothing to join
		}
		return 0
	}
	link := 0.5 // nothing can be said about a single sentence
	if len(s) > 1 {
		sum := 0.0
		for i := 1; i < len(s); i++ {
			sum += linked(s[i-1].Words, s[i].Words)
		}
		link = sum / float64(len(s)-1)
	}
	joined := math.Min(1, float64(len(connective.FindAllString(a.text.Prose(), -1)))/math.Max(1, float64(len(s))*0.5))
	fresh := 1 - math.Min(1, 2*overlap.Repetition(a.all))
	return (35*link + 25*joined + 40*fresh) * (0.6 + 0.4*a.ending())
}

// linked is high for sentences that share some words, and low for unrelated
// ones and for copies.
func linked(a, b []string) float64 {
	set := map[string]bool{}
	for _, st := range prose.ContentStems(a) {
		set[st] = true
	}
	other := prose.ContentStems(b)
	if len(set) == 0 || len(other) == 0 {
		return 0.5
	}
	n := 0
	for _, st := range other {
		if set[st] {
			n++
		}
	}
	j := float64(n) / float64(min(len(set), len(other)))
	switch {
	case j > 0.8:
		return 0.2
	case j > 0:
		return 1
	}
	return 0.45
}

// completeness: the share of requirements met, an end, and enough to read.
func (a *assessment) completeness() float64 {
	met, n := a.ending(), 1.0
	for _, r := range a.item.Require {
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
		return yes(callTo.MatchString(a.text.Prose()))
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

// Agreement with a reference, (BLEU + 2 chrF) ÷ 3: about strangers for unrelated
// English texts, about kindred for a right answer in other words. Full marks are
// given from kindred.
const (
	strangers = 12.0
	kindred   = 27.0
	// overlapBytes is how much of an answer is compared with a reference.
	overlapBytes = 8 << 10
)

// domain: agreement with a reference if there is one; for code, whether it could
// run, in the requested form and language. Otherwise it does not apply.
func (a *assessment) domain() (v float64, ok bool) {
	switch {
	case a.item.Reference != "":
		text := a.text.Prose()
		text = strings.ToValidUTF8(text[:min(overlapBytes, len(text))], "")
		agree := (overlap.SentenceBLEU(text, a.item.Reference) + 2*overlap.ChrF{}.Sentence(text, a.item.Reference)) / 3
		return within(100 * (agree - strangers) / (kindred - strangers)), true
	case a.isCode():
		v = (a.codeWorks() + 100*a.codeForm()) / 2
		for _, r := range a.item.Require {
			if r.What == "language" && a.meets(r) == 0 {
				v /= 2
			}
		}
		return v, true
	}
	return 0, false
}
