package dialect

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

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
			var f Frame
			ok := classifyChoices([]byte(tt.in), &f)
			if ok != tt.ok {
				t.Fatalf("classify = %v, want %v", ok, tt.ok)
			}
			if !ok {
				return
			}
			if f.Content != tt.content || f.Kind != tt.kind || string(f.Text) != tt.text || string(f.Finish) != tt.finish || (f.Err != nil) != tt.err || f.Usage.Output != tt.output {
				t.Errorf("got %+v text %q finish %q err %q", f, f.Text, f.Finish, f.Err)
			}
			d := chat()
			if what := d.Check([]byte(tt.in), &f, ok); what != "" {
				t.Errorf("the full parser sees another %s", what)
			}
		})
	}
}

// The recorded streams of a real llama-server, through the classifier and the
// full parser, frame by frame.
func TestRecordedFrames(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "fixtures", "llama-server")
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
		for l := range bytes.Lines(b) {
			value, ok := bytes.CutPrefix(bytes.TrimSpace(l), []byte("data: "))
			if !ok || string(value) == "[DONE]" {
				continue
			}
			frames++
			var f Frame
			if !classifyChoices(value, &f) {
				t.Fatalf("%s: refused %s", name, value)
			}
			d := chat()
			if what := d.Check(value, &f, true); what != "" {
				t.Errorf("%s: %s\n%s: %+v", filepath.Base(name), value, what, f)
			}
		}
		if frames == 0 {
			t.Errorf("%s: no frames", name)
		}
	}
}

func TestClassifyAllocatesNothing(t *testing.T) {
	line := []byte(`{"choices":[{"finish_reason":null,"index":0,"delta":{"content":" quiet"}}],"created":1795423056,"id":"chatcmpl-x","model":"tiny","object":"chat.completion.chunk"}`)
	var f Frame
	if n := testing.AllocsPerRun(100, func() { classifyChoices(line, &f) }); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}

func BenchmarkClassify(b *testing.B) {
	line := []byte(`{"choices":[{"finish_reason":null,"index":0,"delta":{"content":" quiet"}}],"created":1795423056,"id":"chatcmpl-BjF4eHe1jC2i5Ekv3RdELzPKcjvHBvyn","model":"tiny","system_fingerprint":"b0-unknown","object":"chat.completion.chunk"}`)
	b.ReportAllocs()
	var f Frame
	for b.Loop() {
		classifyChoices(line, &f)
	}
}

func TestClassifiersAllocateNothing(t *testing.T) {
	tests := []struct{ api, in string }{
		{"chat", `{"choices":[{"index":0,"delta":{"content":" a"},"token_ids":[1,2],"logprobs":{"content":[{"token":"a","logprob":-0.1}]}}],"usage":{"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":2}}}`},
		{"responses", `{"type":"response.output_text.delta","item_id":"i","delta":" a","logprobs":[{"token":"a"}]}`},
		{"responses", `{"type":"response.completed","response":{"status":"completed","output":[{"content":[{"text":"a"}]}],"usage":{"input_tokens":1}}}`},
		{"messages", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" a"}}`},
		{"messages", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}`},
		{"embeddings", `{"data":[{"embedding":[0.1,0.2]}],"usage":{"prompt_tokens":2}}`},
	}
	for _, tt := range tests {
		d, err := ByName(tt.api)
		if err != nil {
			t.Fatal(err)
		}
		var f Frame
		in := []byte(tt.in)
		if n := testing.AllocsPerRun(100, func() { d.Classify(in, &f) }); n != 0 {
			t.Errorf("%s: %v allocations a frame, want 0: %s", tt.api, n, tt.in)
		}
	}
}
