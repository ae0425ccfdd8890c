package dataset

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/vocab"
	"github.com/inferometer/inferometer/internal/workload"
)

// users returns what the user says.
func users(c workload.Conversation) []string {
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
			src, err := New(Config{Path: write(t, tt.file, tt.in), OutputTokens: 9, Turns: tt.turns, Count: func(s string) (int, error) { return 10 + len(s), nil }})
			if err != nil {
				t.Fatal(err)
			}
			c, err := src.Conversation(0)
			if err != nil || !reflect.DeepEqual(users(c), tt.want) || c.System != tt.system || c.ID == "" {
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
			again, err := src.Conversation(src.Len())
			if err != nil || !reflect.DeepEqual(c, again) {
				t.Errorf("after the last comes %+v, %v", again, err)
			}
		})
	}
}

// A conversation that cannot be repeated is refused when the file is opened, not in
// the middle of a run.
func TestConversationsThatCannotBeRepeated(t *testing.T) {
	tool := `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","content":"42"},{"role":"user","content":"b"}]}`
	for in, want := range map[string]string{
		tool: "--turns flat",
		`{"messages":[{"role":"assistant","content":"a"},{"role":"user","content":" "}]}`:                                                                         "the user has no turn with text",
		`{"messages":[` + strings.Repeat(`{"role":"user","content":"a"},{"role":"assistant","content":"b"},`, vocab.MaxTurns) + `{"role":"user","content":"a"}]}`: "at most 1000",
	} {
		path := write(t, "x.jsonl", in)
		if _, err := New(Config{Path: path, OutputTokens: 1, Turns: -1}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%.80q: %v, want %q", in, err, want)
		}
	}
	path := write(t, "x.jsonl", tool+"\n"+`{"prompt":"a"}`)
	src, err := New(Config{Path: path, OutputTokens: 1, Turns: -1, SkipBad: true})
	if err != nil || src.Len() != 1 || !strings.Contains(src.Text(), "1 bad rows left out") {
		t.Errorf("%v, %v", src, err)
	}
}

// Whatever a file has in it, a data set of conversations is refused or has turns
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
		src, err := New(Config{Path: path, OutputTokens: 1, Turns: -1, SkipBad: true})
		if err != nil {
			return
		}
		defer src.Close()
		for i := range src.Len() {
			c, err := src.Conversation(i)
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
