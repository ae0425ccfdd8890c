package workload

import (
	"reflect"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

func dist(t *testing.T, text string) length.Dist {
	t.Helper()
	d, err := length.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSyntheticConversations(t *testing.T) {
	c := ConversationConfig{
		SyntheticConfig: SyntheticConfig{
			Seed: 3, Salt: "s", Stream: "load", Fixed: true,
			InputTokens: 200, OutputTokens: 20, Output: dist(t, "uniform 10..30"),
			Prefix: Prefix{Tokens: 80, Groups: 2, Share: 1},
		},
		Turns: dist(t, "uniform 1..5"), Follow: dist(t, "uniform 40..60"),
	}
	src := NewConversations(c)
	texts, systems, turns := map[string]bool{}, map[string]bool{}, map[int]bool{}
	for i := range 100 {
		got, err := src.Conversation(i)
		if err != nil {
			t.Fatal(err)
		}
		systems[got.System] = true
		turns[len(got.Turns)] = true
		for k, turn := range got.Turns {
			if texts[turn.User] {
				t.Fatalf("said before: %q", turn.User)
			}
			texts[turn.User] = true
			lo, hi := 40, 60
			if k == 0 {
				lo, hi = 200, 200
			}
			if turn.AskedInput < lo || turn.AskedInput > hi || turn.MaxTokens < 10 || turn.MaxTokens > 30 || !turn.Fixed {
				t.Errorf("turn %d: %+v", k, turn)
			}
		}
		again, err := NewConversations(c).Conversation(i)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatal("the same seed gives another conversation")
		}
	}
	if len(systems) != 2 || systems[""] || len(turns) != 5 {
		t.Errorf("%d system messages, %d numbers of turns", len(systems), len(turns))
	}
	c.Salt = "another"
	other, err := NewConversations(c).Conversation(0)
	if err != nil || systems[other.System] || texts[other.Turns[0].User] {
		t.Errorf("another salt says the same: %v", err)
	}
	if text := src.Text(); !strings.Contains(text, "uniform 1..5 turns") || !strings.Contains(text, "one of 2 shared prefixes of 80 tokens") || !strings.Contains(text, "uniform 40..60 tokens per turn") {
		t.Error(text)
	}
}

// Where a tokenizer counts, each part has exactly the tokens that were asked
// for, the template's included.
func TestSyntheticConversationsAreExact(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	const overhead, system = 9, 5
	src := NewConversations(ConversationConfig{
		SyntheticConfig: SyntheticConfig{
			Salt: "s", Stream: "load", InputTokens: 300, OutputTokens: 20, Overhead: overhead, Fit: textgen.NewFitter(tok),
			Prefix: Prefix{Tokens: 100, Share: 1},
		},
		Turns: dist(t, "4"), Follow: dist(t, "50"), SystemOverhead: system,
	})
	count := func(text string) int {
		n, err := tok.Count(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i := range 50 {
		c, err := src.Conversation(i)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(c.System); n != 100 {
			t.Errorf("a system message of %d tokens", n)
		}
		if n := count(c.System) + count(c.Turns[0].User) + overhead + system; n != 300 {
			t.Errorf("a first request of %d tokens", n)
		}
		for _, turn := range c.Turns[1:] {
			if n := count(turn.User); n != 50 || turn.AskedInput != 50 {
				t.Errorf("a turn of %d tokens", n)
			}
		}
	}
}
