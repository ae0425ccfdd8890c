package workload

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/vocab"
)

func dist(t *testing.T, text string) length.Dist {
	t.Helper()
	d, err := length.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func said(c Conversation) []string {
	var out []string
	for _, t := range c.Turns {
		out = append(out, t.User)
	}
	return out
}

func TestConversationsOfADataset(t *testing.T) {
	const (
		shareGPT = `[{"id":"x","conversations":[{"from":"gpt","value":"Hello!"},{"from":"human","value":"a"},{"from":"gpt","value":"b"},{"from":"human","value":"c"},{"from":"gpt","value":"d"}]}]`
		messages = `{"id":"y","max_tokens":7,"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"user","content":"d"},{"role":"assistant","content":"e"},{"role":"user","content":"f"}]}`
		columns  = "id,prompt\n1,a\n"
	)
	tests := []struct {
		name, file, in, system string
		turns, most            int
		want                   []string
	}{
		{"ShareGPT", "x.json", shareGPT, "", -1, 9, []string{"a", "c"}},
		{"messages", "x.jsonl", messages, "s", -1, 7, []string{"a", "c\n\nd", "f"}},
		{"the first turns", "x.jsonl", messages, "s", 2, 7, []string{"a", "c\n\nd"}},
		{"a prompt", "x.jsonl", `{"prompt":"a","system":"s"}`, "s", -1, 9, []string{"a"}},
		{"a table", "x.csv", columns, "", -1, 9, []string{"a"}},
		{"plain text", "x.txt", "a\nb", "", -1, 9, []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, err := NewDataset(DatasetConfig{Path: write(t, tt.file, tt.in), OutputTokens: 9, Turns: tt.turns, Count: func(s string) (int, error) { return 10 + len(s), nil }})
			if err != nil {
				t.Fatal(err)
			}
			c, err := src.(Conversations).Conversation(0)
			if err != nil || !reflect.DeepEqual(said(c), tt.want) || c.System != tt.system || c.ID == "" {
				t.Fatalf("%+v, %v", c, err)
			}
			for k, turn := range c.Turns {
				asked := 10 + len(turn.User)
				if k == 0 && tt.system != "" {
					asked = 0 // what the template makes of it is not known
				}
				if turn.MaxTokens != tt.most || turn.AskedInput != asked || turn.Fixed {
					t.Errorf("turn %d: %+v", k, turn)
				}
			}
			again, err := src.(Conversations).Conversation(src.Len())
			if err != nil || !reflect.DeepEqual(c, again) {
				t.Errorf("behind the last comes %+v, %v", again, err)
			}
		})
	}
}

// A conversation that cannot be had again is said when the file is read, not in
// the middle of a run.
func TestConversationsThatCannotBeHad(t *testing.T) {
	tool := `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","content":"42"},{"role":"user","content":"b"}]}`
	for in, want := range map[string]string{
		tool: "--turns flat",
		`{"messages":[{"role":"assistant","content":"a"},{"role":"user","content":" "}]}`:                                                                         "no turn of the user has text",
		`{"messages":[` + strings.Repeat(`{"role":"user","content":"a"},{"role":"assistant","content":"b"},`, vocab.MaxTurns) + `{"role":"user","content":"a"}]}`: "of at most 1000",
	} {
		path := write(t, "x.jsonl", in)
		if _, err := NewDataset(DatasetConfig{Path: path, OutputTokens: 1, Turns: -1}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%.80q: %v, want %q", in, err, want)
		}
	}
	path := write(t, "x.jsonl", tool+"\n"+`{"prompt":"a"}`)
	src, err := NewDataset(DatasetConfig{Path: path, OutputTokens: 1, Turns: -1, SkipBad: true})
	if err != nil || src.Len() != 1 || !strings.Contains(src.Text(), "1 bad rows left out") {
		t.Errorf("%v, %v", src, err)
	}
}

func TestSyntheticConversations(t *testing.T) {
	c := TalkConfig{
		SyntheticConfig: SyntheticConfig{
			Seed: 3, Salt: "s", Stream: "load", Fixed: true,
			InputTokens: 200, OutputTokens: 20, Output: dist(t, "uniform 10..30"),
			Prefix: Prefix{Tokens: 80, Groups: 2},
		},
		Turns: dist(t, "uniform 1..5"), Follow: dist(t, "uniform 40..60"),
	}
	src := NewTalks(c)
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
		again, err := NewTalks(c).Conversation(i)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatal("the same seed gives another conversation")
		}
	}
	if len(systems) != 2 || systems[""] || len(turns) != 5 {
		t.Errorf("%d system messages, %d numbers of turns", len(systems), len(turns))
	}
	c.Salt = "another"
	other, err := NewTalks(c).Conversation(0)
	if err != nil || systems[other.System] || texts[other.Turns[0].User] {
		t.Errorf("another salt says the same: %v", err)
	}
	if text := src.Text(); !strings.Contains(text, "uniform 1..5 turns") || !strings.Contains(text, "one of 2 shared beginnings of 80 tokens") || !strings.Contains(text, "uniform 40..60 tokens a turn") {
		t.Error(text)
	}
}

// Where a tokenizer counts, each part has exactly the tokens that were asked
// for, the template's included.
func TestSyntheticConversationsAreExact(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	const overhead, system = 9, 5
	src := NewTalks(TalkConfig{
		SyntheticConfig: SyntheticConfig{
			Salt: "s", Stream: "load", InputTokens: 300, OutputTokens: 20, Overhead: overhead, Fit: NewFitter(tok),
			Prefix: Prefix{Tokens: 100},
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

// Whatever a file holds, a data set of conversations is refused or has turns
// with text, and the same ones again.
func FuzzConversation(f *testing.F) {
	f.Add(`{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"text":"t"}]},{"role":"assistant","content":"x"},{"role":"user","content":"u"}]}`)
	f.Add(`[{"conversations":[{"from":"gpt","value":"a"},{"from":"human","value":"b"},{"from":"tool","value":"c"}]}]`)
	f.Add(`{"prompt":" a","messages":[]}`)
	path := filepath.Join(f.TempDir(), "x.jsonl")
	f.Fuzz(func(t *testing.T, in string) {
		if os.WriteFile(path, []byte(in), 0o600) != nil {
			return
		}
		src, err := NewDataset(DatasetConfig{Path: path, OutputTokens: 1, Turns: -1, SkipBad: true})
		if err != nil {
			return
		}
		defer src.(*dataset).Close()
		for i := range src.Len() {
			c, err := src.(Conversations).Conversation(i)
			if err != nil || len(c.Turns) == 0 || c.ID == "" {
				t.Fatalf("%+v, %v", c, err)
			}
			for _, turn := range c.Turns {
				if strings.TrimSpace(turn.User) == "" {
					t.Fatalf("a turn without text: %+v", c)
				}
			}
		}
	})
}
