package textgen

import (
	"strings"
	"testing"
)

func TestVocabulary(t *testing.T) {
	v := words()
	if len(v.nouns) < 1<<firstLineBits {
		t.Fatalf("%d nouns cannot write %d bits each", len(v.nouns), firstLineBits)
	}
	all := map[string]bool{}
	for _, n := range v.nouns {
		if all[n] {
			t.Errorf("the noun %q is listed twice, so first lines could repeat", n)
		}
		all[n] = true
		all[withS(n)] = true
	}
	for _, w := range v.verbs {
		all[w], all[withS(w)], all[past(w)] = true, true, true
	}
	for _, list := range [][]string{v.adjectives, v.adverbs, v.openings, v.singular, v.plural, v.modals, v.prepositions, v.conjunctions} {
		if len(list) < 8 {
			t.Errorf("a list of %d words: %v", len(list), list)
		}
		for _, w := range list {
			all[w] = true
		}
	}
	if len(all) < 1900 {
		t.Errorf("%d different words", len(all))
	}
	for w := range all {
		if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%q is not a plain word", w)
		}
	}
	for in, want := range map[string]string{"story": "stories", "branch": "branches", "valley": "valleys", "house": "houses"} {
		if got := withS(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for in, want := range map[string]string{"carry": "carried", "close": "closed", "enjoy": "enjoyed", "open": "opened"} {
		if got := past(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
