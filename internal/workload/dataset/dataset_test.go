package dataset

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/workload"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDataset(t *testing.T) {
	tests := []struct {
		name, in  string
		users     []string
		system    string
		maxTokens int
	}{
		{"plain text", "first\r\n\nsecond", []string{"first", "second"}, "", 9},
		{"prompts", "\xef\xbb\xbf" + `{"prompt":"a","id":7,"max_tokens":3}` + "\n" + `{"prompt":"b","system":"s"}`, []string{"a", "b"}, "", 3},
		{"messages", `{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"hi"}]}]}`, []string{"hi"}, "s", 9},
		{"an answer of the data set", `{"id":"q1","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"source":"x"}`, []string{"a"}, "", 9},
		{"an array", ` [ {"prompt":"a","max_tokens":3} ,` + "\n" + `{"prompt":"b"}]`, []string{"a", "b"}, "", 3},
		{"ShareGPT", `[{"id":"x","conversations":[{"from":"system","value":"s"},{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}]`, []string{"a"}, "s", 9},
		{"OpenAI's batch", `{"custom_id":"r1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}],"max_completion_tokens":4}}`, []string{"a"}, "s", 4},
		{"turns", `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`, []string{"user: a\n\nassistant: b\n\nuser: c"}, "", 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, err := New(Config{Path: write(t, "data", tt.in), OutputTokens: 9})
			if err != nil {
				t.Fatal(err)
			}
			if src.Len() != len(tt.users) {
				t.Fatalf("%d items", src.Len())
			}
			for i, want := range tt.users {
				if it, _ := src.Item(i); it.User != want || it.ID == "" || it.Hash == 0 {
					t.Errorf("item %d: %+v", i, it)
				}
			}
			it, _ := src.Item(0)
			if it.System != tt.system || it.MaxTokens != tt.maxTokens {
				t.Errorf("%+v", it)
			}
		})
	}
}

// Prompts may be bare texts: of a JSON array, and of JSON lines by the file's name.
// Sent as they stand in the file, they would be brackets and quotation marks.
func TestBareTextsAreUnquoted(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"prompts.json", `["Hello","World"]`, []string{"Hello", "World"}},
		{"prompts", "[\n  \"Hello\",\n  \"World\"\n]\n", []string{"Hello", "World"}},
		{"one", `["Hello"]`, []string{"Hello"}},
		{"mixed", `["Hello", {"prompt": "World"}]`, []string{"Hello", "World"}},
		{"long.json", `["` + strings.Repeat("x", 5000) + `", "World"]`, []string{strings.Repeat("x", 5000), "World"}},
		{"prompts.jsonl", "\"Hello\"\n\"Wor\\nld\"\n", []string{"Hello", "Wor\nld"}},
		{"quotes.txt", "\"Hello\"\n\"World\"\n", []string{`"Hello"`, `"World"`}},
		{"text.txt", "[\"Hello\"] she said", []string{`["Hello"] she said`}},
	} {
		src, err := New(Config{Path: write(t, tt.name, tt.in), OutputTokens: 9, Turns: -1})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for i := range src.Len() {
			it, err := src.Item(i)
			if err != nil {
				t.Fatal(err)
			}
			c, err := src.Conversation(i)
			if err != nil || len(c.Turns) != 1 || c.Turns[0].User != it.User {
				t.Errorf("%s: %+v, %v", tt.name, c, err)
			}
			got = append(got, it.User)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %.80q, want %.80q", tt.name, got, tt.want)
		}
	}
	if _, err := New(Config{Path: write(t, "broken.jsonl", "hello\n"), OutputTokens: 9}); err == nil || !strings.Contains(err.Error(), "line 1: not a JSON object") {
		t.Errorf("what is no JSON is not sent from a file of JSON lines: %v", err)
	}
}

// ShareGPT's conversations come in several shapes; all are the same conversation.
func TestShapesOfShareGPT(t *testing.T) {
	for name, in := range map[string]string{
		"from and value":      `{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"},{"from":"human","value":"c"}]}`,
		"role and content":    `{"conversations":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`,
		"conversation":        `{"conversation":[{"from":"Human","value":"a"},{"from":"GPT","value":"b"},{"from":"human","value":"c"}]}`,
		"in messages":         `{"messages":[{"from":"human","value":"a"},{"from":"gpt","value":"b"},{"from":"human","value":"c"}]}`,
		"starts with gpt":     `{"conversations":[{"from":"gpt","value":"hello"},{"from":"human","value":"a"},{"from":"gpt","value":"b"},{"from":"human","value":"c"}]}`,
		"an empty answer":     `{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"},{"from":"gpt","value":null},{"from":"human","value":"c"}]}`,
		"both names, one set": `{"conversations":null,"conversation":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`,
	} {
		src, err := New(Config{Path: write(t, "data", in), OutputTokens: 9, Turns: -1})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, err := src.Conversation(0)
		if err != nil || len(c.Turns) != 2 || c.Turns[0].User != "a" || c.Turns[1].User != "c" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	// Other things by the same name do no harm to a row that has a prompt.
	if _, err := New(Config{Path: write(t, "data", `{"prompt":"a","conversation":"the first"}`), OutputTokens: 9}); err != nil {
		t.Error(err)
	}
}

func TestDatasetErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "no prompts",
		"\n \n":                          "no prompts",
		`{"prompt":"a"}` + "\n{oops":     "line 2: not a JSON",
		`{"text":"a"}`:                   `neither a "prompt" nor`,
		`{"prompt":" "}`:                 `neither a "prompt" nor`,
		`{"prompt":["a"]}`:               `line 1: "prompt" has the wrong type (array)`,
		`{"prompt":"a","max_tokens":-1}`: "negative",
		"\n" + `{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`: `line 2: unsupported part of type "image_url"`,
		`{"messages":[{"role":"user","content":7}]}`:                             "must be text or",
		`{"messages":[{"role":"system","content":"s"}]}`:                         "a user's turn",
		"[\n{}]":             `line 1: there is neither`,
		`[{"prompt":"a"}`:    "does not end",
		`[{"prompt":"a"},`:   "failed to read element 2 of the JSON array",
		`[{"prompt":"a"} 5]`: "failed to read element 2",
		`[]`:                 "no prompts",
		`{"conversations":[{"from":"nobody","value":"x"}]}`:                              `from "nobody"`,
		"{\"prompt\":\"a\"}\n" + `{"conversations":[{"from":"human","value":"a"},null]}`: "line 2: \"conversations\" is not a list of turns: a turn is null",
		`{"conversation":[{"from":"human","value":null},{"from":"gpt","value":"b"}]}`:    "line 1: \"conversation\" is not a list of turns: a turn of the user has no text",
		`{"conversation":"human: hello"}`:                                                `line 1: "conversation" is not a list of turns`,
		`["a", 5]`:                                                                       "line 2: not a JSON object of a prompt",
		`["a", ""]`:                                                                      "line 2: there is neither",
		"a\x00b":                                                                         "line 1: not UTF-8 text",
		"a\n\xff":                                                                        "line 2: not UTF-8 text",
		strings.Repeat("x", maxRow+2):                                                    "longer than 16 MiB",
	} {
		if _, err := New(Config{Path: write(t, "data", in), OutputTokens: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", in, err, want)
		}
	}
	if _, err := New(Config{Path: "/nowhere/at/all"}); err == nil || !strings.Contains(err.Error(), "--dataset") {
		t.Errorf("%v", err)
	}
}

// A file can be anything; what comes out is a prompt each, the same when it is
// read again.
func FuzzDataset(f *testing.F) {
	f.Add(`{"prompt":"a"}`, "x.jsonl")
	f.Add("a\nb", "x.txt")
	f.Add(`{"id":1e3,"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"text":"t"}]},{"role":"x"}]}`, "x")
	f.Add("\xef\xbb\xbf\r\n{\"prompt\":\"\\ud800\"}", "x")
	f.Add("\xef\xbb\xbfid,prompt\r\n1,\"a\nb\"\n\n2,c", "x.csv")
	f.Add(`[ {"conversations":[{"from":"human","value":"a"}]} , {"prompt":"b"}]`, "x.json")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, in, name string) {
		path := filepath.Join(dir, "x"+filepath.Ext(filepath.Base(filepath.Clean("/"+name))))
		if os.WriteFile(path, []byte(in), 0o600) != nil {
			return
		}
		for _, skip := range []bool{false, true} {
			src, err := New(Config{Path: path, OutputTokens: 1, SkipBad: skip})
			if err != nil {
				continue
			}
			for i := range src.Len() {
				it, err := src.Item(i)
				if err != nil || strings.TrimSpace(it.User) == "" || it.ID == "" || it.MaxTokens < 1 {
					t.Fatalf("%+v (%v) from %q", it, err, in)
				}
			}
			_ = src.Close()
		}
	})
}

func TestCSV(t *testing.T) {
	in := "key,question,n,who\n7,\"two\nlines, and a comma\",12,s\n\n8,plain,,\n"
	c := Config{Path: write(t, "data.csv", in), OutputTokens: 9, Columns: Columns{"prompt": "question", "id": "key", "max_tokens": "n", "system": "who"}}
	src, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []workload.Item{{ID: "7", User: "two\nlines, and a comma", System: "s", MaxTokens: 12}, {ID: "8", User: "plain", MaxTokens: 9}} {
		want.Kind, want.Hash = "dataset", workload.Hash(want.System, want.User)
		if it, err := src.Item(i); err != nil || it != want {
			t.Errorf("row %d: %+v (%v), want %+v", i, it, err, want)
		}
	}
	tsv, err := New(Config{Path: write(t, "data.tsv", "prompt\tx\na, b\tc\n")})
	if err != nil {
		t.Fatal(err)
	}
	if it, err := tsv.Item(0); err != nil || it.User != "a, b" {
		t.Errorf("%+v %v", it, err)
	}
}

func TestCSVErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "no prompts",
		"a,b\n1,2\n":                `no column "prompt", only a, b: name the column of prompts with --dataset-columns`,
		"prompt,b\n1\n":             "line 2: the row has 1 fields, but the header has 2",
		"prompt,b\nx,y\n,2\n":       `line 3: column "prompt" is empty`,
		"prompt,max_tokens\n1,x\n":  `line 2: column "max_tokens": invalid number of tokens "x"`,
		"prompt,max_tokens\n1,-2\n": "invalid number of tokens",
		"prompt\n\"open\n":          "line 2",
		"prompt\na\x00b\n":          `line 2: column "prompt" is not UTF-8`,
	} {
		if _, err := New(Config{Path: write(t, "x.csv", in)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
	if _, err := New(Config{Path: write(t, "x.csv", "prompt\na\n"), Columns: Columns{"id": "key"}}); err == nil || !strings.Contains(err.Error(), `no column "key"`) {
		t.Errorf("%v", err)
	}
	if _, err := New(Config{Path: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%v", err)
	}
}

func TestColumns(t *testing.T) {
	c, err := ParseColumns("prompt=question, max_tokens=n")
	if err != nil {
		t.Fatal(err)
	}
	src, err := New(Config{Path: write(t, "d.jsonl", `{"question":"a","n":3,"prompt":"not this","id":"x"}`), Columns: c})
	if err != nil {
		t.Fatal(err)
	}
	if it, err := src.Item(0); err != nil || it.User != "a" || it.MaxTokens != 3 || it.ID != "x" {
		t.Errorf("%+v %v", it, err)
	}
	if _, err := New(Config{Path: write(t, "d.jsonl", `{"prompt":"a"}`), Columns: c}); err == nil || !strings.Contains(err.Error(), "no key") {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"prompt", "prompt=", "question=prompt", ","} {
		if _, err := ParseColumns(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	if c, err := ParseColumns(" "); c != nil || err != nil {
		t.Errorf("%v %v", c, err)
	}
}

func TestRowsThatAreTaken(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "{\"prompt\":\"%s\",\"id\":%d}\n", strings.Repeat("w ", i%100+1), i)
		if i%100 == 50 {
			b.WriteString("{oops\n")
		}
	}
	path := write(t, "d.jsonl", b.String())
	words := func(s string) (int, error) { return len(strings.Fields(s)), nil }
	ids := func(c Config) (out []string, src *Dataset) {
		t.Helper()
		c.Path = path
		c.SkipBad = true
		src, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		for i := range src.Len() {
			it, err := src.Item(i)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, it.ID)
		}
		return out, src
	}
	all, src := ids(Config{})
	if len(all) != 1000 || all[3] != "3" || !strings.Contains(src.Text(), "10 bad rows left out") || !strings.Contains(src.Text(), "900 (90.0 %) the same as an earlier one") {
		t.Errorf("%d rows; %s", len(all), src.Text())
	}
	some, src := ids(Config{MinTokens: 11, MaxTokens: 20, Count: words})
	if len(some) != 100 || some[0] != "10" || !strings.Contains(src.Text(), "900 outside the length limits left out") {
		t.Errorf("%v; %s", some, src.Text())
	}
	if it, err := src.Item(0); err != nil || it.AskedInput != 11 {
		t.Errorf("%+v %v", it, err)
	}
	mixed, _ := ids(Config{Shuffle: true, Seed: 1})
	again, _ := ids(Config{Shuffle: true, Seed: 1})
	other, _ := ids(Config{Shuffle: true, Seed: 2})
	if slices.Equal(mixed, all) || !slices.Equal(mixed, again) || slices.Equal(mixed, other) || mixed[0] != "72" {
		t.Errorf("shuffled: %v", mixed[:10])
	}
	slices.Sort(mixed)
	sorted := slices.Sorted(slices.Values(all))
	if !slices.Equal(mixed, sorted) {
		t.Error("shuffling lost or doubled rows")
	}
	// Each row has the same chance to be drawn.
	hits := map[string]int{}
	const draws, sample = 60, 100
	for seed := range uint64(draws) {
		drawn, src := ids(Config{Sample: sample, Seed: seed})
		if len(drawn) != sample || len(slices.Compact(slices.Sorted(slices.Values(drawn)))) != sample || !strings.Contains(src.Text(), "drawn from 1000") {
			t.Fatalf("%d rows; %s", len(drawn), src.Text())
		}
		for _, id := range drawn {
			hits[id]++
		}
	}
	early, late := 0, 0
	for i, id := range all {
		if i < 500 {
			early += hits[id]
		} else {
			late += hits[id]
		}
	}
	// Five standard deviations of draws·sample trials with p = 1/2.
	if d := math.Abs(float64(early - late)); d > 5*math.Sqrt(draws*sample) {
		t.Errorf("%d draws of the first half, %d of the second", early, late)
	}
	if _, err := New(Config{Path: path}); err == nil || !strings.Contains(err.Error(), "line 52") {
		t.Errorf("%v", err)
	}
	if _, err := New(Config{Path: path, SkipBad: true, MinTokens: 1000}); err == nil || !strings.Contains(err.Error(), "10 rows are bad, 1000 outside") {
		t.Errorf("%v", err)
	}
}

// A file is read as a stream: what is kept does not grow with its texts.
func TestDatasetMemory(t *testing.T) {
	var b strings.Builder
	row := strings.Repeat("long text ", 2000)
	const rows = 2000
	for i := range rows {
		fmt.Fprintf(&b, "%d %s\n", i, row)
	}
	path := write(t, "big.txt", b.String())
	b.Reset()
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	src, err := New(Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if after := held(); after > before+2<<20 {
		t.Errorf("%d bytes for %d rows of %d bytes", after-before, rows, len(row))
	}
	if it, err := src.Item(rows - 1); err != nil || !strings.HasPrefix(it.User, "1999 ") {
		t.Errorf("%v", err)
	}
}

// What a row asks for in addition to text is not sent, and the text says so.
func TestRowsThatAskForMore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "batch.jsonl")
	rows := `{"custom_id":"a","body":{"messages":[{"role":"user","content":"one"}],"tools":[{"type":"function"}]}}
{"prompt":"two","response_format":{"type":"json_schema"}}
{"prompt":"three","response_format":{"type":"text"},"tools":[]}
{"prompt":"four","tools":null}
`
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := New(Config{Path: path, OutputTokens: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	if want := "2 of them with tools or a response format of their own, which are not sent"; !strings.Contains(src.Text(), want) {
		t.Errorf("%q does not say %q", src.Text(), want)
	}
}
