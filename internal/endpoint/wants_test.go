package endpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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
		c, err := New(Config{URL: "http://127.0.0.1:1", Model: "m", API: tt.api})
		if err != nil {
			t.Fatal(err)
		}
		call, err := c.Encode(Prompt{User: "hi", MaxTokens: 2000, Wants: tt.wants})
		got := fmt.Sprint(err)
		if err == nil {
			got = string(call.Body())
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s\nhas not %s", tt.api, got, tt.want)
		}
		if tt.api == "messages" && tt.wants == effort && strings.Contains(got, "temperature") {
			t.Error("thinking with a temperature")
		}
		c.Close()
	}
	c, err := New(Config{URL: "http://127.0.0.1:1", Model: "m", API: "messages"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Encode(Prompt{User: "hi", MaxTokens: 1000, Wants: effort}); err == nil || !strings.Contains(err.Error(), "raise --output-tokens above 1024") {
		t.Errorf("%v", err)
	}
}

// A server that refuses tools is found out with what it said; one that takes
// them shows what they cost.
func TestTry(t *testing.T) {
	var refuse atomic.Bool
	refuse.Store(true)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		n := 10
		if strings.Contains(string(body), `"tools"`) {
			if refuse.Load() {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"error":{"message":"tool choice requires --enable-auto-tool-choice"}}`)
				return
			}
			n = 57
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":%d,"completion_tokens":1}}`, n)
	}))
	defer server.Close()
	c, err := New(Config{URL: server.URL, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := Prompt{User: "hi", MaxTokens: 5, Wants: &Wants{Tools: []Tool{{"f", "d", json.RawMessage(`{}`)}}, Choice: "auto"}}
	if _, err := c.Try(t.Context(), p); err == nil || !strings.Contains(err.Error(), "refuses [tool_choice tools] (http_4xx): HTTP 400: tool choice requires") {
		t.Errorf("%v", err)
	}
	refuse.Store(false)
	extra, err := c.Try(t.Context(), p)
	if err != nil || extra == nil || *extra != 47 {
		t.Errorf("%v %v", extra, err)
	}
}

// Calls are put together from the frames of every dialect, streamed and whole.
func TestToolCalls(t *testing.T) {
	one := []ToolCall{{"f", `{"a":1}`}}
	for name, tt := range map[string]struct {
		frames []string
		want   []ToolCall
	}{
		"chat": {[]string{
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":""}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"name":"g","arguments":"{}"}},{"index":0,"function":{"arguments":":1}"}}]}}]}`,
		}, []ToolCall{{"f", `{"a":1}`}, {"g", "{}"}}},
		"a whole chat": {[]string{`{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{\"a\":1}"}}]}}]}`}, one},
		"responses": {[]string{
			`{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","name":"f"}}`,
			`{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{\"a\":1}"}`,
		}, one},
		"a whole response": {[]string{`{"object":"response","output":[{"type":"reasoning"},{"type":"function_call","name":"f","arguments":"{\"a\":1}"}]}`}, one},
		"messages": {[]string{
			`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","name":"f"}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}`,
		}, one},
		"a whole message": {[]string{`{"type":"message","content":[{"type":"text","text":"x"},{"type":"tool_use","name":"f","input":{"a":1}}]}`}, one},
		"none":            {[]string{`{"choices":[{"delta":{"content":"x"}}]}`, "no json"}, nil},
	} {
		call := &Call{collect: true}
		for _, f := range tt.frames {
			call.keep([]byte(f))
		}
		if diff := cmp.Diff(tt.want, (&Client{}).ToolCalls(call)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzToolCalls(f *testing.F) {
	f.Add([]byte(`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]}}]}`))
	f.Add([]byte(`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","name":"f"}}`))
	f.Add([]byte(`{"output":[{"type":"function_call"}],"content":[{"type":"tool_use"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		call := &Call{collect: true}
		call.keep(b)
		call.keep(b)
		for _, c := range (&Client{}).ToolCalls(call) {
			if len(c.Name)+len(c.Arguments) > 16*len(b)+64 {
				t.Errorf("%d bytes of calls from %d", len(c.Name)+len(c.Arguments), len(b))
			}
		}
	})
}
