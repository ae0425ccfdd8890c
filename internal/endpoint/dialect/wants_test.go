package dialect

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is wanted, in the words of each dialect.
func TestWants(t *testing.T) {
	tools := &Wants{Tools: []Tool{{"find_order", "Find an order.", json.RawMessage(`{"type":"object"}`)}}, Choice: "required"}
	schema := &Wants{Name: "answer", Schema: json.RawMessage(`{"type":"object"}`)}
	effort := &Wants{Effort: "low"}
	for _, tt := range []struct {
		api   string
		wants *Wants
		want  string // members of the body, or a part of the error
	}{
		{"chat", tools, `"tool_choice":"required","tools":[{"function":{"description":"Find an order.","name":"find_order","parameters":{"type":"object"}},"type":"function"}]`},
		{"responses", tools, `"tools":[{"description":"Find an order.","name":"find_order","parameters":{"type":"object"},"strict":false,"type":"function"}]`},
		{"messages", tools, `"tool_choice":{"type":"any"},"tools":[{"description":"Find an order.","input_schema":{"type":"object"},"name":"find_order"}]`},
		{"chat", schema, `"response_format":{"json_schema":{"name":"answer","schema":{"type":"object"},"strict":true},"type":"json_schema"}`},
		{"responses", schema, `"text":{"format":{"name":"answer","schema":{"type":"object"},"strict":true,"type":"json_schema"}}`},
		{"chat", effort, `"reasoning_effort":"low"`},
		{"responses", effort, `"reasoning":{"effort":"low"}`},
		{"messages", effort, `"thinking":{"budget_tokens":1024,"type":"enabled"}`},
		{"messages", schema, "no schema for answers"},
		{"completions", tools, "takes neither tools"},
		{"completions", nil, `"prompt":"hi"`},
	} {
		d, err := ByName(tt.api)
		if err != nil {
			t.Fatal(err)
		}
		body, err := d.Body("m", d.Fields, false, Prompt{User: "hi", MaxTokens: 2000, Wants: tt.wants})
		got := fmt.Sprint(err)
		if err == nil {
			b, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			got = string(b)
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s\nhas not %s", tt.api, got, tt.want)
		}
		if tt.api == "messages" && tt.wants == effort && strings.Contains(got, "temperature") {
			t.Error("thinking with a temperature")
		}
	}
	d := messages()
	if _, err := d.Body("m", d.Fields, false, Prompt{User: "hi", MaxTokens: 1000, Wants: effort}); err == nil || !strings.Contains(err.Error(), "raise --output-tokens above 1024") {
		t.Errorf("%v", err)
	}
}

func framesOf(texts ...string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, s := range texts {
			if !yield([]byte(s)) {
				return
			}
		}
	}
}

// Calls are put together from the frames of every dialect, streamed and whole.
func TestToolCalls(t *testing.T) {
	one := []ToolCall{{"f", `{"a":1}`}}
	for name, tt := range map[string]struct {
		d      Dialect
		frames []string
		want   []ToolCall
	}{
		"chat": {chat(), []string{
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":""}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"name":"g","arguments":"{}"}},{"index":0,"function":{"arguments":":1}"}}]}}]}`,
		}, []ToolCall{{"f", `{"a":1}`}, {"g", "{}"}}},
		"chat, parallel calls without an index": {chat(), []string{
			`{"choices":[{"delta":{"tool_calls":[{"id":"x","function":{"name":"f","arguments":"{\"a\""}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":":1}"}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"id":"y","function":{"name":"g","arguments":"{}"}}]}}]}`,
		}, []ToolCall{{"f", `{"a":1}`}, {"g", "{}"}}},
		"chat, one call with an index and one without": {chat(), []string{
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{\"a\":1}"}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"id":"y","function":{"name":"g","arguments":"{}"}}]}}]}`,
		}, []ToolCall{{"f", `{"a":1}`}, {"g", "{}"}}},
		"chat, two calls at one index": {chat(), []string{
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{\"a\":1}"}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"y","function":{"name":"g","arguments":"{"}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}}]}`,
		}, []ToolCall{{"f", `{"a":1}`}, {"g", "{}"}}},
		"chat, arguments as an object": {chat(), []string{`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":{"a":1}}}]}}]}`}, one},
		"a whole chat":                 {chat(), []string{`{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{\"a\":1}"}}]}}]}`}, one},
		"responses": {responses(), []string{
			`{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","name":"f"}}`,
			`{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{\"a\":1}"}`,
		}, one},
		"a whole response": {responses(), []string{`{"object":"response","output":[{"type":"reasoning"},{"type":"function_call","name":"f","arguments":"{\"a\":1}"}]}`}, one},
		"messages": {messages(), []string{
			`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","name":"f"}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}`,
		}, one},
		"a whole message": {messages(), []string{`{"type":"message","content":[{"type":"text","text":"x"},{"type":"tool_use","name":"f","input":{"a":1}}]}`}, one},
		"none":            {chat(), []string{`{"choices":[{"delta":{"content":"x"}}]}`, "no json"}, nil},
	} {
		if diff := cmp.Diff(tt.want, tt.d.ToolCalls(framesOf(tt.frames...))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzToolCalls(f *testing.F) {
	f.Add([]byte(`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]}}]}`))
	f.Add([]byte(`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","name":"f"}}`))
	f.Add([]byte(`{"output":[{"type":"function_call"}],"content":[{"type":"tool_use"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, d := range All() {
			for _, c := range d.ToolCalls(framesOf(string(b), string(b))) {
				if len(c.Name)+len(c.Arguments) > 16*len(b)+64 {
					t.Errorf("%s: %d bytes of calls from %d", d.Name, len(c.Name)+len(c.Arguments), len(b))
				}
			}
		}
	})
}
