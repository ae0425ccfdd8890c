package workload

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/workload/voice"
)

// Words is the text that prompts have where nothing else is asked for: plain
// English words.
const Words = "words"

// Text says what synthetic prompts are written in. The zero Text is words.
type Text struct {
	form  string
	parts []textPart
}

type textPart struct {
	name  string // Words, or a voice
	share float64
}

// TextForms says how a text is written, for help and errors.
const TextForms = "words, languages, code, mixed (half words, the rest languages and code), one of de, fr, es, ru, zh, ja, ar, hi, go, python, javascript, rust, sql, or shares such as 60% words | 30% code | 10% zh"

// texts are the names that stand for several voices, each with shares.
func texts(name string) []textPart {
	even := func(names []string, share float64) []textPart {
		var out []textPart
		for _, n := range names {
			out = append(out, textPart{n, share / float64(len(names))})
		}
		return out
	}
	switch name {
	case "", Words:
		return []textPart{{Words, 1}}
	case "languages":
		return even(voice.Languages(), 1)
	case "code":
		return even(voice.Code(), 1)
	case "mixed":
		return slices.Concat([]textPart{{Words, 0.5}}, even(voice.Languages(), 0.25), even(voice.Code(), 0.25))
	}
	if slices.Contains(voices(), name) {
		return []textPart{{name, 1}}
	}
	return nil
}

func voices() []string { return append(voice.Languages(), voice.Code()...) }

// ParseText reads one of TextForms. An empty text is words.
func ParseText(form string) (Text, error) {
	t := Text{form: strings.TrimSpace(form)}
	if !strings.Contains(form, "%") {
		if t.parts = texts(t.form); t.parts == nil {
			known := append([]string{Words, "languages", "code", "mixed"}, voices()...)
			return t, fmt.Errorf("%q is no text%s; write %s", form, metric.DidYouMean(t.form, known), TextForms)
		}
		return t, nil
	}
	sum := 0.0
	for item := range strings.SplitSeq(form, "|") {
		share, name, _ := strings.Cut(strings.TrimSpace(item), "%")
		p, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
		parts := texts(strings.TrimSpace(name))
		if err != nil || !(p > 0 && p <= 100) || parts == nil || strings.TrimSpace(name) == "" {
			return t, fmt.Errorf("%q is no share of a text, such as 30%% code; write %s", strings.TrimSpace(item), TextForms)
		}
		sum += p
		for _, part := range parts {
			part.share *= p / 100
			t.parts = append(t.parts, part)
		}
	}
	if sum < 99.99 || sum > 100.01 {
		return t, fmt.Errorf("the shares of %q come to %v %% and not to 100 %%", form, sum)
	}
	return t, nil
}

// Plain reports whether all of it is English words.
func (t Text) Plain() bool {
	return !slices.ContainsFunc(t.parts, func(p textPart) bool { return p.name != Words })
}

// Voices are the names of what it is written in, words among them, each once.
func (t Text) Voices() []string {
	if len(t.parts) == 0 {
		return []string{Words}
	}
	var out []string
	for _, p := range t.parts {
		if !slices.Contains(out, p.name) {
			out = append(out, p.name)
		}
	}
	return out
}

// String says it in words; "" for plain words.
func (t Text) String() string {
	if t.Plain() {
		return ""
	}
	if len(t.parts) == 1 {
		if v, err := voice.Get(t.parts[0].name); err == nil {
			return v.Title
		}
	}
	return cmp.Or(map[string]string{
		"languages": "eight languages",
		"code":      "code in five languages",
		"mixed":     "words, languages and code",
	}[t.form], t.form)
}

// of returns the voice of a prompt by its key.
func (t Text) of(key uint64) string {
	if len(t.parts) < 2 {
		return t.Voices()[0]
	}
	u := rand.New(rand.NewPCG(seeded.Mix(key), seeded.Mix(key+9))).Float64()
	for _, p := range t.parts {
		if u -= p.share; u < 0 {
			return p.name
		}
	}
	return t.parts[len(t.parts)-1].name
}
