package endpoint

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/inferometer/inferometer/internal/exchange"
)

// chunks gives one byte slice a read.
type chunks [][]byte

func (c *chunks) Read(p []byte) (int, error) {
	if len(*c) == 0 {
		return 0, io.EOF
	}
	n := copy(p, (*c)[0])
	if (*c)[0] = (*c)[0][n:]; len((*c)[0]) == 0 {
		*c = (*c)[1:]
	}
	return n, nil
}

func linesOf(t *testing.T, r io.Reader) []string {
	t.Helper()
	e := eventReader{src: r}
	var out []string
	for {
		l, err := e.line()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(l))
	}
}

// slowLines is the obvious reader: all bytes first, then the three line ends.
func slowLines(b []byte) []string {
	s := strings.TrimPrefix(string(b), "\xef\xbb\xbf")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	if s == "" {
		if len(b) > 0 {
			return []string{""} // a lone byte order mark is a line without text
		}
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func TestLinesAtEverySplit(t *testing.T) {
	text := []byte("\xef\xbb\xbfdata: a\r\n\r\ndata:ü€😀\rdata: c\n\n\r: ping\n\r\nevent: x\ndata: last")
	want := slowLines(text)
	for i := 0; i <= len(text); i++ {
		for j := i; j <= len(text); j++ {
			parts := chunks{text[:i], text[i:j], text[j:]}
			parts = chunksWithoutEmpty(parts)
			if got := linesOf(t, &parts); strings.Join(got, "|") != strings.Join(want, "|") {
				t.Fatalf("split at %d and %d:\n got %q\nwant %q", i, j, got, want)
			}
		}
	}
	if got := linesOf(t, iotest.OneByteReader(bytes.NewReader(text))); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("byte by byte: got %q, want %q", got, want)
	}
}

func chunksWithoutEmpty(c chunks) chunks {
	var out chunks
	for _, b := range c {
		if len(b) > 0 {
			out = append(out, b)
		}
	}
	return out
}

func TestLongLine(t *testing.T) {
	long := "data: " + strings.Repeat("x", 8<<20)
	got := linesOf(t, strings.NewReader(long+"\nend"))
	if len(got) != 2 || len(got[0]) != len(long) || got[1] != "end" {
		t.Fatalf("got %d lines", len(got))
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("data: a\r\n\rdata: b\n\n"), uint8(3))
	f.Add([]byte("\xef\xbb\xbf"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		var parts chunks
		for rest := b; len(rest) > 0; {
			n := min(len(rest), int(size)+1)
			parts = append(parts, rest[:n])
			rest = rest[n:]
		}
		got, want := linesOf(t, &parts), slowLines(b)
		if len(got) != len(want) || strings.Join(got, "\x00") != strings.Join(want, "\x00") {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestClassify(t *testing.T) {
	tests := []struct {
		name, in string
		ok       bool
		content  bool
		kind     exchange.Kind
		text     string
		finish   string
		err      bool
		output   int
	}{
		{"role only", `{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`, true, false, 0, "", "", false, -1},
		{"null content", `{"choices":[{"delta":{"role":"assistant","content":null},"finish_reason":null}]}`, true, false, 0, "", "", false, -1},
		{"text", `{"choices":[{"delta":{"content":" a\"b"}}]}`, true, true, exchange.Text, ` a\"b`, "", false, -1},
		{"spaces", "{ \"choices\" : [ { \"delta\" : { \"content\" : \"x\" } , \"finish_reason\" : \"stop\" } ] }\t", true, true, exchange.Text, "x", "stop", false, -1},
		{"completion", `{"choices":[{"text":"x","index":0,"finish_reason":"length"}],"usage":{"completion_tokens":6}}`, true, true, exchange.Text, "x", "length", false, 6},
		{"reasoning_content", `{"choices":[{"delta":{"reasoning_content":"hm"}}]}`, true, true, exchange.Reasoning, "", "", false, -1},
		{"reasoning", `{"choices":[{"delta":{"reasoning":"hm","content":""}}]}`, true, true, exchange.Reasoning, "", "", false, -1},
		{"both", `{"choices":[{"delta":{"content":"x","reasoning":"hm"}}]}`, true, true, exchange.Text, "x", "", false, -1},
		{"tool name", `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}}]}`, true, true, exchange.ToolCall, "", "", false, -1},
		{"tool arguments", `{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{"}}]}}]}`, true, true, exchange.ToolCall, "", "", false, -1},
		{"tool id only", `{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function"}]}}]}`, true, false, 0, "", "", false, -1},
		{"usage", `{"choices":[],"usage":{"prompt_tokens":56,"completion_tokens":24,"prompt_tokens_details":{"cached_tokens":3}}}`, true, false, 0, "", "", false, 24},
		{"usage null", `{"choices":[{"delta":{"content":"x"}}],"usage":null}`, true, true, exchange.Text, "x", "", false, -1},
		{"error object", `{"error":{"message":"no","code":500}}`, true, false, 0, "", "", true, -1},
		{"error null", `{"error":null,"choices":[]}`, true, false, 0, "", "", false, -1},
		{"error true", `{"error":true}`, true, false, 0, "", "", true, -1},
		{"error text", `{"error":"no"}`, true, false, 0, "", "", true, -1},
		{"error code", `{"error":500}`, true, false, 0, "", "", true, -1},
		{"error false", `{"error":false,"choices":[{"delta":{"content":"x"}}]}`, true, true, exchange.Text, "x", "", false, -1},
		{"error zero", `{"error":0}`, true, false, 0, "", "", false, -1},
		{"error empty text", `{"error":""}`, true, false, 0, "", "", false, -1},
		{"error empty object", `{"error":{ }}`, true, false, 0, "", "", false, -1},
		{"error empty list", `{"error":[]}`, true, false, 0, "", "", false, -1},
		{"no delta", `{"choices":[{}]}`, true, false, 0, "", "", false, -1},
		{"content inside a string", `{"choices":[{"delta":{"role":"{\"content\":\"x\"}"}}]}`, true, false, 0, "", "", false, -1},
		{"content parts", `{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}`, true, true, exchange.Text, "ab", "", false, -1},
		{"two objects", `{}{}`, false, false, 0, "", "", false, -1},
		{"cut", `{"choices":[{"delta":{"content":"x`, false, false, 0, "", "", false, -1},
		{"no object", `[1]`, false, false, 0, "", "", false, -1},
		{"trailing comma", `{"a":1,}`, false, false, 0, "", "", false, -1},
		{"deep", strings.Repeat("[", 1e4), false, false, 0, "", "", false, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f frame
			ok := classify([]byte(tt.in), &f)
			if ok != tt.ok {
				t.Fatalf("classify = %v, want %v", ok, tt.ok)
			}
			if !ok {
				return
			}
			if f.content != tt.content || f.kind != tt.kind || string(f.text) != tt.text || string(f.finish) != tt.finish || (f.err != nil) != tt.err || f.usage.output != tt.output {
				t.Errorf("got %+v text %q finish %q err %q", f, f.text, f.finish, f.err)
			}
			if s, valid := parseChoices([]byte(tt.in)); !valid || s.differs(f.asSeen()) != "" {
				t.Errorf("the full parser sees %+v", s)
			}
		})
	}
}

// The recorded streams of a real llama-server, through the classifier and the
// full parser, frame by frame.
func TestRecordedFrames(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "fixtures", "llama-server")
	files, _ := filepath.Glob(filepath.Join(dir, "*.sse"))
	if len(files) == 0 {
		t.Skipf("skipped: no recorded streams at %s", dir)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		frames := 0
		for _, l := range linesOf(t, iotest.HalfReader(bytes.NewReader(b))) {
			key, value := field([]byte(l))
			if string(key) != "data" || string(value) == "[DONE]" {
				continue
			}
			frames++
			var f frame
			if !classify(value, &f) {
				t.Fatalf("%s: refused %s", name, value)
			}
			s, ok := parseChoices(value)
			if what := s.differs(f.asSeen()); !ok || what != "" {
				t.Errorf("%s: %s\n%s: got %+v, want %+v", filepath.Base(name), value, what, f.asSeen(), s)
			}
		}
		if frames == 0 {
			t.Errorf("%s: no frames", name)
		}
	}
}

func TestClassifyAllocatesNothing(t *testing.T) {
	line := []byte(`{"choices":[{"finish_reason":null,"index":0,"delta":{"content":" quiet"}}],"created":1795423056,"id":"chatcmpl-x","model":"tiny","object":"chat.completion.chunk"}`)
	var f frame
	if n := testing.AllocsPerRun(100, func() { classify(line, &f) }); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}

func BenchmarkClassify(b *testing.B) {
	line := []byte(`{"choices":[{"finish_reason":null,"index":0,"delta":{"content":" quiet"}}],"created":1795423056,"id":"chatcmpl-BjF4eHe1jC2i5Ekv3RdELzPKcjvHBvyn","model":"tiny","system_fingerprint":"b0-unknown","object":"chat.completion.chunk"}`)
	b.ReportAllocs()
	var f frame
	for b.Loop() {
		classify(line, &f)
	}
}

// A line of 64 MiB takes the buffers that it grew through, which are as much
// again, and no copy beside them; that holds for one that is no JSON as well,
// which is kept until the event ends.
func TestMemoryOfALongLine(t *testing.T) {
	const size = maxLine - 4096
	line := append(append([]byte("data: "), bytes.Repeat([]byte("x"), size)...), "\n\n"...)
	c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(line)
		_, _ = io.WriteString(w, finishFrame+doneFrame)
	}), nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	x, _ := do(t, c)
	runtime.ReadMemStats(&after)
	if x.Class != exchange.BadFrame || x.Finish != "stop" {
		t.Errorf("class %q (%s), finish %q", x.Class, x.Error, x.Finish)
	}
	if got := float64(after.TotalAlloc-before.TotalAlloc) / size; got > 2.2 {
		t.Errorf("a line took %.2f times its size", got)
	}
}

// What is kept of a line stays as it is while the reader goes on.
func TestKeep(t *testing.T) {
	for _, size := range []int{10, longLine - 1, longLine, longLine + 1} {
		long := strings.Repeat("a", size)
		e := eventReader{src: iotest.HalfReader(strings.NewReader(long + "\nb\r\n" + strings.Repeat("c", 3*longLine) + "\nd"))}
		line, err := e.line()
		if err != nil {
			t.Fatal(err)
		}
		kept := e.keep(nil, line)
		for _, want := range []string{"b", strings.Repeat("c", 3*longLine), "d"} {
			line, err := e.line()
			if err != nil || string(line) != want {
				t.Fatalf("%d: a line of %d bytes, want %d: %v", size, len(line), len(want), err)
			}
			if want == "b" {
				kept = e.keep(kept, line)
			}
		}
		if string(kept) != long+"b" {
			t.Errorf("%d: what was kept has changed", size)
		}
	}
}

// An event may not grow over any number of lines.
func TestEventOfManyLinesHasALimit(t *testing.T) {
	part := "data: {" + strings.Repeat("x", maxLine/4) + "\n"
	c := testClient(t, streamOf(part, part, part, part, part, finishFrame, doneFrame), nil)
	if x, _ := do(t, c); x.Class != exchange.Protocol || !strings.Contains(x.Error, "64 MiB") {
		t.Errorf("class %q: %s", x.Class, x.Error)
	}
}
