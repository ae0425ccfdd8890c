package script

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// line is a write as a test wants it: when, its parts, the kinds of its frames.
type line struct {
	After time.Duration
	Parts []string
	Kinds []string
	End   End
}

func linesOf(t *testing.T, reply string) []line {
	t.Helper()
	r, err := ParseReply([]byte(reply))
	if err != nil {
		t.Fatal(err)
	}
	var lines []line
	for _, w := range r.Writes("m") {
		l := line{After: w.After, Kinds: w.Kinds, End: w.End}
		for _, p := range w.Parts {
			l.Parts = append(l.Parts, string(p))
		}
		lines = append(lines, l)
	}
	return lines
}

func chunk(delta, finish string) string {
	return `data: {"choices":[{"delta":` + delta + `,"finish_reason":` + finish + `,"index":0}],"created":0,"id":"script","model":"m","object":"chat.completion.chunk"}` + "\n\n"
}

func TestWrites(t *testing.T) {
	const ms = time.Millisecond
	text := func(s string) string { return chunk(`{"content":"`+s+`"}`, "null") }
	for _, tc := range []struct {
		name, reply string
		want        []line
	}{
		{
			"steps without after join the write before", `{"steps":[{"after":"50ms","role":true},{"text":"a"},{"after":"10ms","text":"b"},{"finish":"stop"},{"done":true}]}`,
			[]line{
				{After: 50 * ms, Parts: []string{chunk(`{"content":"","role":"assistant"}`, "null") + text("a")}, Kinds: []string{"role", "token"}},
				{After: 60 * ms, Parts: []string{text("b") + chunk(`{}`, `"stop"`) + "data: [DONE]\n\n"}, Kinds: []string{"token", "finish", "done"}},
			},
		},
		{
			"repeat takes its time each time", `{"steps":[{"after":"10ms","text":"x","repeat":3}]}`,
			[]line{
				{After: 10 * ms, Parts: []string{text("x")}, Kinds: []string{"token"}},
				{After: 20 * ms, Parts: []string{text("x")}, Kinds: []string{"token"}},
				{After: 30 * ms, Parts: []string{text("x")}, Kinds: []string{"token"}},
			},
		},
		{
			"split cuts a frame into writes", `{"steps":[{"raw":"abcdefgh","split":3}]}`,
			[]line{{Parts: []string{"abc", "def", "gh"}, Kinds: []string{"raw"}}},
		},
		{
			"an end ends it", `{"steps":[{"text":"cut"},{"after":"1s","end":"reset"},{"text":"never"}]}`,
			[]line{
				{Parts: []string{text("cut")}, Kinds: []string{"token"}},
				{After: time.Second, Parts: []string{""}, Kinds: []string{"reset"}, End: Reset},
			},
		},
		{"data and bytes", `{"steps":[{"data":"{}"},{"bytes":4}]}`, []line{{Parts: []string{"data: {}\n\n" + text("xxxx")}, Kinds: []string{"data", "token"}}}},
		{"empty data is a frame too", `{"steps":[{"data":""}]}`, []line{{Parts: []string{"data: \n\n"}, Kinds: []string{"data"}}}},
		{"reasoning", `{"steps":[{"reasoning":"r"}]}`, []line{{Parts: []string{chunk(`{"reasoning_content":"r"}`, "null")}, Kinds: []string{"token"}}}},
		{
			"a tool call", `{"steps":[{"tool":{"name":"f","arguments":"{"}}]}`,
			[]line{{Parts: []string{chunk(`{"tool_calls":[{"function":{"arguments":"{","name":"f"},"index":0}]}`, "null")}, Kinds: []string{"token"}}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, linesOf(t, tc.reply)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCountsAndErrors(t *testing.T) {
	lines := linesOf(t, `{"steps":[
		{"after":"1ms","text":"x","repeat":2,"tokens":3},
		{"after":"1ms","usage":{"prompt":5,"completion":4,"cached":2,"reasoning":1}},
		{"after":"1ms","error":"out of memory"}]}`)
	type usage struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Total      int `json:"total_tokens"`
		Details    struct {
			Cached int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		Output struct {
			Reasoning int `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	}
	var got []usage
	for _, l := range lines {
		var v struct {
			Usage usage
			Error struct{ Message string }
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(l.Parts[0], "data: ")), &v); err != nil {
			t.Fatalf("%q: %v", l.Parts[0], err)
		}
		if l.Kinds[0] == "error" {
			if v.Error.Message != "out of memory" {
				t.Errorf("the error says %q", v.Error.Message)
			}
			continue
		}
		got = append(got, v.Usage)
	}
	want := []usage{{Completion: 3, Total: 3}, {Completion: 6, Total: 6}, {Prompt: 5, Completion: 4, Total: 9}}
	want[2].Details.Cached, want[2].Output.Reasoning = 2, 1
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestScriptsThatAreWrong(t *testing.T) {
	for _, tc := range []struct{ script, says string }{
		{`{}`, "must have replies"},
		{`{"replys": []}`, "replys"},
		{`{"freeze": [{"at": "1s"}]}`, "freeze[0]"},
		{`{"freeze": [{"at": "-1s", "for": "1s"}]}`, "freeze[0]"},
		{`{"faults": ["no-such"]}`, "no-such"},
		{`{"replies": [{}]}`, "replies[0]"},
		{`{"replies": [{"status": 99}]}`, "99"},
		{`{"replies": [{"status": 200, "after": "-1s"}]}`, "negative"},
		{`{"replies": [{"status": 200, "headers_after": "soon"}]}`, "soon"},
		{`{"replies": [{"body": "x", "steps": [{"done": true}]}]}`, "not both"},
		{`{"replies": [{"steps": [{"after": "1s"}]}]}`, "exactly one"},
		{`{"replies": [{"steps": [{"text": "x", "done": true}]}]}`, "exactly one"},
		{`{"replies": [{"steps": [{"done": true}, {"text": "x", "repeat": -1}]}]}`, "steps[1]"},
		{`{"replies": [{"steps": [{"bytes": 67108865}]}]}`, "67108864"},
		{`{"replies": [{"steps": [{"end": "explode"}]}]}`, "close, reset or hang"},
		{`{"replies": [{"steps": [{"text": "x", "repeat": 1048577}]}]}`, "are too many"},
	} {
		if _, err := Parse([]byte(tc.script)); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v; want an error that says %q", tc.script, err, tc.says)
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "script.yaml")
	if err := os.WriteFile(path, []byte("freeze:\n  - {at: 10s, for: 500ms}\nfaults: [\"stall@12=2s@5%\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil || len(s.Freeze) != 1 || s.Freeze[0] != (Freeze{Duration(10 * time.Second), Duration(500 * time.Millisecond)}) || len(s.Faults) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Load(path + "x"); err == nil || !strings.Contains(err.Error(), "failed to read the script") {
		t.Errorf("a file that does not exist: %v", err)
	}
	if err := os.WriteFile(path, []byte("replies: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file that is wrong: %v; want its name", err)
	}
}

// A reply that a request brings has a bound, all steps together.
func TestARepliesSizeIsBounded(t *testing.T) {
	for _, reply := range []string{
		`{"steps":[{"bytes":1000000,"repeat":1000}]}`,
		`{"steps":[{"bytes":40000000},{"bytes":40000000}]}`,
		`{"steps":[{"text":"a","repeat":1000000}]}`,
		`{"steps":[{"bytes":60000000,"split":1}]}`,
		`{"steps":[{"text":"a","repeat":9223372036854775807}]}`,
	} {
		if _, err := ParseReply([]byte(reply)); err == nil {
			t.Errorf("%s was taken", reply)
		}
	}
	if _, err := ParseReply([]byte(`{"steps":[{"bytes":8000000},{"text":"a","repeat":100000}]}`)); err != nil {
		t.Error(err)
	}
}
