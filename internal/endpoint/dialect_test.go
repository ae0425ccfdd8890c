package endpoint

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("dialect", "testdata", "streams", name+".sse"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// events writes a stream of named events; each JSON object tells its type.
func events(objects ...string) string {
	var b strings.Builder
	for _, o := range objects {
		var v struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal([]byte(o), &v); err != nil {
			panic(err)
		}
		b.WriteString("event: " + v.Type + "\ndata: " + o + "\n\n")
	}
	return b.String()
}

func TestDialectStreams(t *testing.T) {
	const (
		created   = `{"type":"response.created","response":{"status":"in_progress","usage":null,"error":null,"output":[]}}`
		text      = `{"content_index":0,"delta":"a","item_id":"i","logprobs":[],"output_index":0,"type":"response.output_text.delta"}`
		reasoning = `{"type":"response.reasoning_text.delta","delta":"hm"}`
		summary   = `{"type":"response.reasoning_summary_text.delta","delta":"hm"}`
		textDone  = `{"type":"response.output_text.done","text":"a"}`
		completed = `{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":2}}}}`
		incompl   = `{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":9,"output_tokens":3}}}`
		failed    = `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"boom"}}}`
		callAdded = `{"type":"response.output_item.added","item":{"type":"function_call","name":"f","arguments":""}}`
		callArgs  = `{"type":"response.function_call_arguments.delta","delta":"{}"}`

		start    = `{"type":"message_start","message":{"content":[],"stop_reason":null,"usage":{"input_tokens":5,"cache_read_input_tokens":4,"cache_creation_input_tokens":0,"output_tokens":1}}}`
		ping     = `{"type":"ping"}`
		block    = `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`
		tool     = `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}`
		delta    = `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`
		thinking = `{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`
		sign     = `{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}`
		partial  = `{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}`
		stop     = `{"type":"content_block_stop","index":0}`
		end      = `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}}`
		endTool  = `{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"input_tokens":0,"output_tokens":3}}`
		last     = `{"type":"message_stop"}`
		overload = `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`
	)
	tests := []struct {
		name, api, in string
		want          outcome
	}{
		{"recorded", "chat", string(recorded(t, "chat")), outcome{text: " quiet come read been less worker play summer write fall such cut learn been less worker play summer write fall such cut learn been", finish: "length", input: 56, output: 24, cached: 55, frames: 24}},
		{"recorded", "completions", string(recorded(t, "completions")), outcome{text: " if follow morning many over hear", finish: "length", input: 8, output: 6, cached: 7, frames: 6}},
		{"recorded", "responses", string(recorded(t, "responses")), outcome{text: " record rate distant less trace trace", finish: "stop", input: 25, output: 6, cached: 24, frames: 6}},
		{"recorded", "messages", string(recorded(t, "messages")), outcome{text: " quiet signal seem. context violet", finish: "length", input: 25, output: 6, cached: 2, frames: 6}},
		{"reasoning and text", "responses", events(created, reasoning, summary, text, textDone, completed), outcome{text: "a", frames: 3, reasoning: 2, finish: "stop", input: 9, output: 3, cached: 4}},
		{"limit", "responses", events(created, text, incompl), outcome{text: "a", frames: 1, finish: "length", input: 9, output: 3, cached: -1}},
		{"call", "responses", events(created, callAdded, callArgs, completed), outcome{frames: 2, tools: 2, finish: "tool_calls", input: 9, output: 3, cached: 4}},
		{"failed", "responses", events(created, text, failed), outcome{class: exchange.StreamError, text: "a", frames: 1, finish: "error", input: -1, output: -1, cached: -1}},
		{"error", "responses", events(created, `{"type":"error","code":"x","message":"boom"}`), outcome{class: exchange.StreamError, input: -1, output: -1, cached: -1}},
		{"error without an event line", "responses", "data: {\"type\":\"error\",\"code\":\"x\",\"message\":\"boom\"}\n\n", outcome{class: exchange.StreamError, input: -1, output: -1, cached: -1}},
		{"cut short", "responses", events(created, text, textDone), outcome{class: exchange.Truncated, text: "a", frames: 1, input: -1, output: -1, cached: -1}},
		{"text", "messages", events(start, ping, block, delta, delta, stop, end, last), outcome{text: "aa", frames: 2, finish: "stop", input: 9, output: 3, cached: 4}},
		{"thinking", "messages", events(start, thinking, sign, delta, end, last), outcome{text: "a", frames: 2, reasoning: 1, finish: "stop", input: 9, output: 3, cached: 4}},
		{"tool", "messages", events(start, tool, partial, stop, endTool, last), outcome{frames: 2, tools: 2, finish: "tool_calls", input: 9, output: 3, cached: 4}},
		{"error", "messages", events(start, delta, overload), outcome{class: exchange.StreamError, text: "a", frames: 1, input: 9, output: -1, cached: 4}},
		{"no last event", "messages", events(start, delta, end), outcome{class: exchange.Truncated, text: "a", frames: 1, finish: "stop", input: 9, output: 3, cached: 4}},
		{"nothing", "messages", events(start, end, last), outcome{class: exchange.Empty, finish: "stop", input: 9, output: 3, cached: 4}},
		{"refusal", "messages", events(start, `{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":0}}`, last), outcome{finish: "content_filter", input: 9, output: 0, cached: 4}},
	}
	for _, tt := range tests {
		t.Run(tt.api+"/"+tt.name, func(t *testing.T) {
			everySplit(t, offline(t, tt.api), []byte(tt.in), tt.want)
		})
	}
}

func TestDialectWhole(t *testing.T) {
	tests := []struct {
		name, api, body string
		want            outcome
	}{
		{"text", "responses", `{"object":"response","status":"completed","error":null,"incomplete_details":null,"output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"message","content":[{"type":"output_text","text":"hel"},{"type":"output_text","text":"lo"}]}],"usage":{"input_tokens":3,"output_tokens":2,"input_tokens_details":{"cached_tokens":1}}}`, outcome{text: "hello", finish: "stop", input: 3, output: 2, cached: 1}},
		{"limit", "responses", `{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","content":[{"type":"output_text","text":"hel"}]}]}`, outcome{text: "hel", finish: "length", input: -1, output: -1, cached: -1}},
		{"call", "responses", `{"object":"response","status":"completed","output":[{"type":"function_call","name":"f","arguments":"{}"}]}`, outcome{finish: "tool_calls", input: -1, output: -1, cached: -1}},
		{"failed", "responses", `{"object":"response","status":"failed","error":{"code":"server_error","message":"boom"},"output":[]}`, outcome{class: exchange.StreamError, input: -1, output: -1, cached: -1}},
		{"text", "messages", `{"type":"message","role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"hello"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2,"cache_read_input_tokens":1,"cache_creation_input_tokens":2}}`, outcome{text: "hello", finish: "stop", input: 6, output: 2, cached: 1}},
		{"tool", "messages", `{"type":"message","content":[{"type":"tool_use","name":"f","input":{"a":1}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":2}}`, outcome{finish: "tool_calls", input: 3, output: 2, cached: -1}},
		{"error", "messages", `{"type":"error","error":{"type":"x","message":"boom"}}`, outcome{class: exchange.StreamError, input: -1, output: -1, cached: -1}},
		{"vectors", "embeddings", `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2e-3]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8,"completion_tokens":0}}`, outcome{input: 8, output: -1, cached: -1}},
		{"base64", "embeddings", `{"data":[{"embedding":"AAAA"}],"usage":{"prompt_tokens":8}}`, outcome{input: 8, output: -1, cached: -1}},
		{"no vector", "embeddings", `{"data":[{"embedding":[]}],"usage":{"prompt_tokens":8}}`, outcome{class: exchange.Empty, input: 8, output: -1, cached: -1}},
		{"error", "embeddings", `{"error":{"message":"boom"}}`, outcome{class: exchange.StreamError, input: -1, output: -1, cached: -1}},
		{"two answers", "chat", `{"choices":[{"index":0,"message":{"content":"a"}},{"index":1,"message":{"content":"b"}}]}`, outcome{class: exchange.Protocol, text: "ab", input: -1, output: -1, cached: -1}},
	}
	for _, tt := range tests {
		t.Run(tt.api+"/"+tt.name, func(t *testing.T) {
			c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, tt.body)
			}), func(cfg *Config) { cfg.API, cfg.Stream = tt.api, tt.api == "embeddings" })
			x, text := do(t, c)
			if got := outcomeOf(x, text); got != tt.want {
				t.Fatalf("got %+v (%s), want %+v", got, x.Error, tt.want)
			}
			if tt.want.class == exchange.StreamError && !strings.Contains(x.Error, "boom") {
				t.Errorf("error %q", x.Error)
			}
			if x.Streamed || x.FirstToken != 0 || tt.want.class == "" && x.LastToken == 0 {
				t.Errorf("streamed %v, first token %v, last token %v", x.Streamed, x.FirstToken, x.LastToken)
			}
		})
	}
}

func TestDialectRequests(t *testing.T) {
	tests := []struct {
		api, path, body string
		headers         map[string]string
	}{
		{"chat", "/v1/chat/completions", `{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}],"max_tokens":3,"temperature":0,"stream":true,"stream_options":{"include_usage":true}}`, map[string]string{"Authorization": "Bearer sk-1", "X-Api-Key": ""}},
		{"completions", "/v1/completions", `{"model":"m","prompt":"S\n\nU","max_tokens":3,"temperature":0,"stream":true,"stream_options":{"include_usage":true}}`, map[string]string{"Authorization": "Bearer sk-1"}},
		{"responses", "/v1/responses", `{"model":"m","instructions":"S","input":"U","max_output_tokens":3,"temperature":0,"stream":true}`, map[string]string{"Authorization": "Bearer sk-1"}},
		{"messages", "/v1/messages", `{"model":"m","system":"S","messages":[{"role":"user","content":"U"}],"max_tokens":3,"temperature":0,"stream":true}`, map[string]string{"Authorization": "", "X-Api-Key": "sk-1", "Anthropic-Version": "2023-06-01"}},
		{"embeddings", "/v1/embeddings", `{"model":"m","input":"S\n\nU"}`, map[string]string{"Authorization": "Bearer sk-1", "Accept": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.api, func(t *testing.T) {
			type request struct {
				path   string
				header http.Header
				body   []byte
			}
			sent := make(chan request, 1)
			c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				sent <- request{r.URL.Path, r.Header, b}
				_, _ = io.WriteString(w, `{}`)
			}), func(cfg *Config) { cfg.API, cfg.Key = tt.api, "sk-1" })
			call, err := c.Encode(Prompt{System: "S", User: "U", MaxTokens: 3})
			if err != nil {
				t.Fatal(err)
			}
			c.Do(t.Context(), call, &exchange.Exchange{})
			got := <-sent
			if got.path != tt.path || got.header.Get("Accept-Encoding") != "identity" {
				t.Errorf("path %q, encoding %q", got.path, got.header.Get("Accept-Encoding"))
			}
			for name, want := range tt.headers {
				if v := got.header.Get(name); v != want {
					t.Errorf("header %s is %q, want %q", name, v, want)
				}
			}
			var have, want any
			if json.Unmarshal(got.body, &have) != nil || json.Unmarshal([]byte(tt.body), &want) != nil {
				t.Fatalf("body %s", got.body)
			}
			if h, w := mustJSON(have), mustJSON(want); h != w {
				t.Errorf("body\n got %s\nwant %s", h, w)
			}
		})
	}
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestUnknownDialect(t *testing.T) {
	if _, err := New(Config{URL: "http://h", API: "chta"}); err == nil || !strings.Contains(err.Error(), "--api") {
		t.Errorf("error %v", err)
	}
}

func TestCompressedAnswerIsRefused(t *testing.T) {
	c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "\x1f\x8b")
	}), nil)
	if x, _ := do(t, c); x.Class != exchange.Protocol || !strings.Contains(x.Error, "gzip") {
		t.Errorf("class %q (%s)", x.Class, x.Error)
	}
}
