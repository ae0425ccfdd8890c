package textgen

import (
	"strings"
	"testing"
)

func TestParseLanguage(t *testing.T) {
	for form, want := range map[string]string{
		"": "words", "words": "words", "zh": "zh", "code": "go python javascript rust sql",
		"60% words | 30% go|10% zh": "words go zh", "mixed": "words de fr es ru zh ja ar hi go python javascript rust sql",
	} {
		text, err := ParseLanguage(form)
		if got := strings.Join(text.Names(), " "); err != nil || got != want || text.Plain() != (want == "words") {
			t.Errorf("%q: %s (%v)", form, got, err)
		}
	}
	for form, want := range map[string]string{
		"pyton": `did you mean "python"?`, "50% words": "add up to 50 %", "50% words | 50%": "invalid share", "x% go": "invalid share", "-5% go | 105% de": "invalid share", "100% klingon": "invalid share",
	} {
		if _, err := ParseLanguage(form); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", form, err, want)
		}
	}
}
