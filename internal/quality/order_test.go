package quality_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/quality"
)

// answers are hand-written answers of known worth.
type answers struct {
	Groups []struct {
		Kind, Topic    string
		Template       int
		Good           []string
		OffTopic       []string `json:"off_topic"`
		Refusal, Wrong []string
	}
	Gibberish, Empty []string
}

func readAnswers(t *testing.T) answers {
	t.Helper()
	b, err := os.ReadFile("testdata/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var a answers
	if err := json.Unmarshal(b, &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Groups) < 6 || len(a.Gibberish) == 0 || len(a.Empty) == 0 {
		t.Fatal("answers are missing")
	}
	return a
}

// shipped returns the prompt of a template about a topic.
func shipped(t *testing.T, kind, topic string, template int) quality.Item {
	t.Helper()
	items, err := quality.Prompts([]string{kind}, nil, 120, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		if it.Topic == topic && strings.HasSuffix(it.ID, fmt.Sprintf(".%d", template)) {
			return it
		}
	}
	t.Fatalf("no prompt of %s about %q", kind, topic)
	return quality.Item{}
}

// cut ends a text at a share of its runes, as a token limit does.
func cut(s string, share float64) string {
	r := []rune(s)
	return string(r[:int(float64(len(r))*share)])
}

// TestOrderOfAnswers: good over cut off over off the topic over gibberish over
// nothing. Every answer of a class stands over every answer of the next.
func TestOrderOfAnswers(t *testing.T) {
	all := readAnswers(t)
	for _, g := range all.Groups {
		t.Run(g.Kind+"/"+g.Topic, func(t *testing.T) {
			it := shipped(t, g.Kind, g.Topic, g.Template)
			score := func(class string, texts []string) (lo, hi float64) {
				var v []float64
				for _, x := range texts {
					s := quality.Assess(it, x, nil)
					t.Logf("%-9s %5.1f %v %v", class, s.Total, rounded(s.Components), s.Notes)
					v = append(v, s.Total)
				}
				return slices.Min(v), slices.Max(v)
			}
			var short []string
			for _, x := range g.Good {
				whole := quality.Assess(it, x, nil).Total
				for _, at := range []float64{0.3, 0.5, 0.7, 0.9} {
					if got := quality.Assess(it, cut(x, at), nil).Total; got >= whole-1 {
						t.Errorf("cut at %v scores %.1f, whole %.1f: %q", at, got, whole, cut(x, at))
					}
				}
				short = append(short, cut(x, 0.6))
			}
			good, _ := score("good", g.Good)
			shortLo, shortHi := score("cut", short)
			offLo, offHi := score("off topic", g.OffTopic)
			_, refused := score("refusal", g.Refusal)
			_, noise := score("gibberish", all.Gibberish)
			_, none := score("empty", all.Empty)
			if good < 60 || shortHi >= good || offHi >= shortLo || noise >= offLo || none != 0 {
				t.Errorf("good from %.1f, cut %.1f to %.1f, off topic %.1f to %.1f, gibberish to %.1f, empty %.1f",
					good, shortLo, shortHi, offLo, offHi, noise, none)
			}
			if refused >= shortLo || refused >= 40 {
				t.Errorf("a refusal scores %.1f", refused)
			}
			if len(g.Wrong) > 0 {
				if _, wrong := score("wrong", g.Wrong); wrong >= good-5 {
					t.Errorf("code that cannot work scores %.1f, right code %.1f", wrong, good)
				}
			}
			for name, x := range tricks(it, g.Good[0]) {
				if got, _ := score(name, []string{x}); got >= good-40 {
					t.Errorf("%s scores %.1f, good answers from %.1f", name, got, good)
				}
			}
		})
	}
}

// tricks are texts that a lexical score must not fall for.
func tricks(it quality.Item, good string) map[string]string {
	keys := strings.Join(it.Keywords, " ")
	first, _, _ := strings.Cut(good, ".")
	return map[string]string{
		"prompt":         it.Prompt,
		"prompt x4":      strings.Repeat(it.Prompt+"\n\n", 4),
		"keywords":       it.Topic + " " + strings.Repeat(keys+" ", 12),
		"keywords, and":  strings.Repeat("The "+strings.Join(it.Keywords, " and the ")+". ", 8),
		"one sentence":   strings.Repeat(first+". ", 10),
		"keywords + ex.": "For example, you should, because so: " + strings.Repeat(keys+", 3 ", 6) + "?",
	}
}

func rounded(c map[string]float64) map[string]int {
	out := map[string]int{}
	for k, v := range c {
		out[k[:4]] = int(v + 0.5)
	}
	return out
}
