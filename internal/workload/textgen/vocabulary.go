package textgen

import (
	_ "embed" // the word list
	"strings"
	"sync"
)

//go:embed words.txt
var wordList string

// vocabulary is what English texts are written with: common words, which are one
// or two tokens in every tokenizer.
type vocabulary struct {
	nouns, verbs, adjectives, adverbs, openings          []string
	singular, plural, modals, prepositions, conjunctions []string
}

// words returns the vocabulary; it is parsed once.
var words = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{}
	lists := map[string]*[]string{
		"nouns": &v.nouns, "verbs": &v.verbs, "adjectives": &v.adjectives, "adverbs": &v.adverbs, "openings": &v.openings,
		"singular": &v.singular, "plural": &v.plural, "modals": &v.modals, "prepositions": &v.prepositions, "conjunctions": &v.conjunctions,
	}
	for line := range strings.Lines(wordList) {
		name, rest, ok := strings.Cut(line, ":")
		if list := lists[name]; ok && list != nil {
			*list = append(*list, strings.Fields(rest)...)
		}
	}
	return v
})

// withS returns the plural of a regular noun, or the third person of a regular
// verb.
func withS(w string) string {
	switch {
	case endsInY(w):
		return w[:len(w)-1] + "ies"
	case hasAnySuffix(w, "s", "x", "z", "ch", "sh"):
		return w + "es"
	}
	return w + "s"
}

// past returns the past tense of a regular verb.
func past(w string) string {
	switch {
	case endsInY(w):
		return w[:len(w)-1] + "ied"
	case strings.HasSuffix(w, "e"):
		return w + "d"
	}
	return w + "ed"
}

func endsInY(w string) bool {
	return strings.HasSuffix(w, "y") && !hasAnySuffix(w, "ay", "ey", "oy", "uy")
}

func hasAnySuffix(w string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(w, s) {
			return true
		}
	}
	return false
}
