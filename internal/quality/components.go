package quality

import (
	"math"
	"regexp"
	"strings"

	"github.com/inferometer/inferometer/internal/quality/codecheck"
	"github.com/inferometer/inferometer/internal/quality/overlap"
	"github.com/inferometer/inferometer/internal/quality/prose"
)

// relevance: how much of the topic's words comes up. Half of them is enough
// for full marks. A text that only says the prompt again, or is little but
// keywords, is worth less.
func (a *assessment) relevance() (float64, bool) {
	keys := a.keywordStems()
	v := 100 * math.Min(1, a.hits(keys)/0.5)
	if len(a.all) >= 3 {
		v *= 1 - math.Max(0, overlap.Copied(a.all, a.prompt)-0.5)*1.6
	}
	set := map[string]bool{}
	for _, k := range keys {
		set[k] = true
	}
	stuffed := 0
	for _, w := range a.all {
		if set[prose.Stem(w)] {
			stuffed++
		}
	}
	if density := share(stuffed, len(a.all)); len(a.all) > 0 && density > 0.35 {
		v *= math.Max(0, 1-(density-0.35)*2)
	}
	return v, true
}

// structure: whole sentences of bearable length, an end, the form of the kind.
func (a *assessment) structure() (float64, bool) {
	t := a.text
	if a.isCode() {
		return 55*a.codeForm() + 25*a.ending() + 20*explained(t), true
	}
	counts := prose.Count(t.Sentences)
	length := 0.0
	if counts.Sentences > 0 {
		length = band(float64(counts.Words)/float64(counts.Sentences), 6, 26)
	}
	longest := 0
	for _, n := range t.Paragraphs {
		longest = max(longest, n)
	}
	if a.item.Kind == "viral_hook" {
		first := float64(len(prose.Words(t.FirstLine())))
		return 30*length + 30*a.ending() + 25*band(first, 3, 25) + 15*band(float64(longest), 1, 60), true
	}
	parts := math.Min(1, float64(len(t.Paragraphs))/2)
	return 35*length + 35*a.ending() + 15*parts + 15*band(float64(longest), 5, 120), true
}

// explained: code with words around it.
func explained(t *prose.Text) float64 { return math.Min(1, float64(t.Words)/12) }

// codeForm: a fenced block that is closed.
func (a *assessment) codeForm() float64 {
	if len(a.text.Blocks) == 0 {
		if codecheck.Check("", a.text.Raw).Defines {
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

// ending: whether the text stops where a text may stop.
func (a *assessment) ending() float64 {
	raw := strings.TrimRight(a.text.Raw, " \n\t*_")
	switch {
	case raw == "":
		return 0
	case strings.HasSuffix(raw, "```"):
		return 1
	case strings.ContainsAny(raw[len(raw)-1:], ".!?:)\"'") || strings.HasSuffix(raw, "…"):
		return 1
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
	example      = regexp.MustCompile(`(?i)\b(for example|e\.g\.|for instance|such as|imagine|suppose|say,|example)\b`)
	overclaim    = regexp.MustCompile(`(?i)\b(guaranteed|100 ?%|always works|never fails|zero risk|no downsides?|miracle|instantly rich)\b`)
	connective   = regexp.MustCompile(`(?i)\b(because|so|therefore|thus|since|then|first|second|next|finally|also|moreover|however|but|although|while|instead|for example|that is|in order to|as a result|which means|when|if)\b`)
)

// engagement: does it speak to a reader, early and concretely?
func (a *assessment) engagement() (float64, bool) {
	t := a.text
	first := t.FirstLine()
	body := t.Prose()
	v := 0.0
	add := func(points float64, has bool) {
		if has {
			v += points
		}
	}
	if a.item.Kind == "viral_hook" {
		add(22, strings.Contains(first, "?") || contrast.MatchString(first))
		add(18, secondPerson.MatchString(first))
		add(18, numeral.MatchString(body))
		add(16, contrast.MatchString(body))
		add(14, callTo.MatchString(body))
		add(12, len(prose.Words(first)) <= 20)
		shouting := strings.Count(body, "!") + 2*strings.Count(body, "!!")
		v -= 5 * math.Max(0, float64(shouting-3))
		return v * a.legible, true
	}
	add(35, example.MatchString(body) || len(t.Blocks) > 0)
	add(25, secondPerson.MatchString(body) || strings.Contains(body, "?"))
	add(20, numeral.MatchString(body))
	add(20, contrast.MatchString(body))
	return v * a.legible, true
}

// technical: for code, whether it could run; else whether the terms of the
// field come up and overclaiming does not. Terms are no accuracy.
func (a *assessment) technical() (float64, bool) {
	if a.isCode() {
		return a.codeWorks(), true
	}
	keys := a.keywordStems()
	v := 70*math.Min(1, a.hits(keys)/0.6) + 30
	if n := len(overclaim.FindAllString(a.text.Prose(), -1)); n > 0 {
		v -= 25 * float64(n)
	}
	return v * a.legible, true
}

// codeWorks: 100 for code that parses (Go) or is closed and defines something.
func (a *assessment) codeWorks() float64 {
	code, language := a.text.Code(), ""
	if len(a.text.Blocks) > 0 {
		language = a.text.Blocks[0].Language
	} else {
		code = a.text.Raw
		if !codecheck.Check("", code).Defines {
			return 0
		}
	}
	r := codecheck.Check(language, code)
	v := 0.0
	if r.Defines {
		v += 40
	}
	if r.Balanced {
		v += 30
	}
	switch {
	case r.Parsed:
		v += 30
	case r.Language != "go" && r.Balanced && r.Defines:
		v += 30 // nothing here can parse it; what can be seen is whole
	}
	return v
}

// coherence: neighbours share some words and not all, connectives join them,
// and the text does not say the same again and again.
func (a *assessment) coherence() (float64, bool) {
	s := a.text.Sentences
	if len(a.all) == 0 {
		if len(a.text.Blocks) > 0 {
			return 60, true // code alone: nothing to join
		}
		return 0, true
	}
	link := 0.5 // of a single sentence nothing can be said
	if len(s) > 1 {
		sum := 0.0
		for i := 1; i < len(s); i++ {
			sum += linked(s[i-1].Words, s[i].Words)
		}
		link = sum / float64(len(s)-1)
	}
	joined := math.Min(1, float64(len(connective.FindAllString(a.text.Prose(), -1)))/math.Max(1, float64(len(s))*0.5))
	fresh := 1 - math.Min(1, 2*overlap.Repetition(a.all))
	return (35*link + 25*joined + 40*fresh) * a.legible * (0.6 + 0.4*a.ending()), true
}

// linked is high for sentences that share a little and low for strangers and
// for copies.
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

// completeness: the share of requirements met, and an end.
func (a *assessment) completeness() (float64, bool) {
	met, n := a.ending(), 1.0
	for _, r := range a.item.Require {
		met += a.meets(r)
		n++
	}
	if a.isCode() && len(a.item.Require) == 0 {
		met += a.codeForm()
		n++
	}
	enough := math.Min(1, float64(a.text.Words+len(prose.Words(a.text.Code())))/20)
	return 100 * (met + enough) / (n + 1), true
}

func (a *assessment) meets(r Requirement) float64 {
	words := float64(a.text.Words)
	yes := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	switch r.What {
	case "min_words":
		return math.Min(1, words/float64(max(1, r.N)))
	case "max_words":
		return band(words, 1, float64(r.N))
	case "sentences":
		return math.Min(1, float64(len(a.text.Sentences))/float64(max(1, r.N)))
	case "code_block":
		return a.codeForm()
	case "list":
		return math.Min(1, float64(a.text.Count(prose.Item))/float64(max(1, r.N)))
	case "question":
		return yes(strings.Contains(a.text.Raw, "?"))
	}
	return 0
}

// domain: agreement with a reference where there is one, form for code; else
// it does not apply. A right answer in other words agrees by about 30 points
// of chrF, which is what full marks are scaled to.
func (a *assessment) domain() (float64, bool) {
	switch {
	case a.item.Reference != "":
		text := a.text.Prose()
		agree := (overlap.SentenceBLEU(text, a.item.Reference) + 2*overlap.ChrF(text, a.item.Reference)) / 3
		return 100 * math.Min(1, agree/30), true
	case a.isCode():
		return (a.codeWorks() + 100*a.codeForm()) / 2, true
	}
	return 0, false
}
