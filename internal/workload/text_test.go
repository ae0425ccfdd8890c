package workload

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/tokens"
)

func TestParseText(t *testing.T) {
	for form, want := range map[string]string{
		"": "words", "words": "words", "zh": "zh", "code": "go python javascript rust sql",
		"60% words | 30% go|10% zh": "words go zh", "mixed": "words de fr es ru zh ja ar hi go python javascript rust sql",
	} {
		text, err := ParseText(form)
		if got := strings.Join(text.Voices(), " "); err != nil || got != want || text.Plain() != (want == "words") {
			t.Errorf("%q: %s (%v)", form, got, err)
		}
	}
	for form, want := range map[string]string{
		"pyton": `did you mean "python"?`, "50% words": "come to 50 %", "50% words | 50%": "no share", "x% go": "no share", "-5% go | 105% de": "no share", "100% klingon": "no share",
	} {
		if _, err := ParseText(form); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", form, err, want)
		}
	}
}

// Voices come in their shares.
func TestSharesOfVoices(t *testing.T) {
	src := NewSynthetic(SyntheticConfig{Seed: 1, InputTokens: 100, Language: parsed(t, "70% words | 30% zh")})
	const n = 400
	chinese := 0
	for i := range n {
		it, err := src.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(it.User, "词语, ") {
			chinese++
		}
	}
	// Five standard deviations.
	if math.Abs(float64(chinese)-0.3*n) > 5*math.Sqrt(n*0.3*0.7) {
		t.Errorf("%d of %d are Chinese", chinese, n)
	}
	if !strings.Contains(src.Text(), "70% words | 30% zh") {
		t.Error(src.Text())
	}
}

// What is estimated by runes comes near to what a tokenizer counts, where it
// was learned of the text itself.
func TestEstimatedVoices(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	for _, name := range voices() {
		sample, err := VoiceSample(name, 9, 600)
		if err != nil {
			t.Fatal(err)
		}
		count, err := tok.Count(sample)
		if err != nil {
			t.Fatal(err)
		}
		per := float64(count) / float64(len([]rune(sample)))
		if usual := usualTokensPerRune(name); per > 2*usual || per < usual/2 {
			t.Errorf("%s has %.2f tokens a rune, and %.2f as a rule", name, per, usual)
		}
		src := NewSynthetic(SyntheticConfig{Seed: 1, InputTokens: 500, Language: parsed(t, name), TokensPerRune: map[string]float64{name: per}})
		sum := 0
		for i := range 20 {
			it, err := src.Item(i)
			if err != nil {
				t.Fatal(err)
			}
			c, err := tok.Count(it.User)
			if err != nil {
				t.Fatal(err)
			}
			sum += c
		}
		if mean := float64(sum) / 20; math.Abs(mean-500) > 50 {
			t.Errorf("%s: prompts have %.0f tokens, want about 500", name, mean)
		}
	}
}

// Short prompts are as long as asked as soon as there is room for a line or two.
func TestShortVoicedPrompts(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	fit := NewFitter(tok)
	for _, name := range voices() {
		for _, n := range []int{1, 5, 64, 99, 128, 2000} {
			it, err := NewSynthetic(SyntheticConfig{InputTokens: n, OutputTokens: 10, Fit: fit, Language: parsed(t, name)}).Item(3)
			if err != nil {
				t.Fatal(err)
			}
			if c, _ := tok.Count(it.User); c != n && n > 60 || c < 1 {
				t.Errorf("%s: %d tokens, want %d:\n%s", name, c, n, it.User)
			}
		}
	}
}
