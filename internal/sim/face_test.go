package sim

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/generation"
)

const weather = `"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":7}},"required":["city","days"]}}}]`

// The shapes of what is more than one choice of text, byte for byte.
func TestRichWireFormat(t *testing.T) {
	thinking := exact()
	thinking.ReasoningTokens = 3
	timed := exact()
	timed.RequestMetrics, timed.ReasoningField, timed.ReasoningTokens = true, "reasoning_content", 2
	user := `"messages":[{"role":"user","content":"Explain caching"}]`
	for _, tc := range []struct {
		golden, path, body string
		profile            Profile
	}{
		{"rich_chat_stream.golden", "/v1/chat/completions", `{` + user + `,"max_tokens":3,"n":2,"logprobs":true,"top_logprobs":2,"return_token_ids":true,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`, exact()},
		{"rich_chat.golden", "/v1/chat/completions", `{` + user + `,"max_tokens":5,"n":2,"return_token_ids":true}`, thinking},
		{"rich_completion_stream.golden", "/v1/completions", `{"prompt":"Explain caching","max_tokens":5,"logprobs":1,"return_token_ids":true,"stream":true,"stream_interval":2}`, exact()},
		{"rich_completion.golden", "/v1/completions", `{"prompt":"Explain caching","max_tokens":3,"logprobs":2}`, exact()},
		{"reasoning_stream.golden", "/v1/chat/completions", `{` + user + `,"max_tokens":4,"stream":true,"stream_options":{"include_usage":true}}`, timed},
		{"tool_stream.golden", "/v1/chat/completions", `{` + user + `,` + weather + `,"tool_choice":"required","stream":true}`, exact()},
		{"tool.golden", "/v1/chat/completions", `{` + user + `,` + weather + `,"tool_choice":{"type":"function","function":{"name":"weather"}}}`, exact()},
		{"responses_stream.golden", "/v1/responses", `{"input":"Explain caching","instructions":"Be brief.","max_output_tokens":5,"stream":true}`, thinking},
		{"responses_tool_stream.golden", "/v1/responses", `{"input":[{"role":"user","content":[{"type":"input_text","text":"Weather?"}]}],"tools":[{"type":"function","name":"now","parameters":{"type":"object","properties":{"n":{"type":"integer"}}}}],"tool_choice":"required","stream":true}`, exact()},
		{"responses.golden", "/v1/responses", `{"input":"Explain caching","max_output_tokens":6}`, thinking},
		{"messages_stream.golden", "/v1/messages", `{"model":"m","max_tokens":6,"system":"Be brief.","messages":[{"role":"user","content":"Explain caching"}],"stream":true}`, thinking},
		{"messages_tool_stream.golden", "/v1/messages", `{"max_tokens":50,"messages":[{"role":"user","content":"Weather?"}],"tools":[{"name":"now","input_schema":{"type":"object","properties":{"n":{"type":"integer"}}}}],"tool_choice":{"type":"tool","name":"now"},"stream":true}`, exact()},
		{"messages.golden", "/v1/messages", `{"max_tokens":6,"messages":[{"role":"user","content":"Explain caching"}]}`, thinking},
		{"messages_error.golden", "/v1/messages", `{"max_tokens":0,"messages":[{"role":"user","content":"x"}]}`, exact()},
		{"embeddings.golden", "/v1/embeddings", `{"input":["a","b c"],"dimensions":4}`, exact()},
	} {
		t.Run(tc.golden, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, stop := start(t, Config{Profile: tc.profile, Seed: 1})
				defer stop()
				checkGolden(t, tc.golden, dump(t, post(t.Context(), t, client, tc.path, tc.body)))
			})
		})
	}
}

// whole decodes an answer in one piece.
func wholeAnswer(t *testing.T, s *Server, path, body string, v any) {
	t.Helper()
	w := ask(s, http.MethodPost, path, body)
	if w.Code != http.StatusOK {
		t.Fatalf("POST %s %s: %d %s", path, body, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		t.Fatal(err)
	}
}

func TestTokensGiveTheTextBack(t *testing.T) {
	s := New(Config{Profile: instant()})
	defer func() { _ = s.Close() }()
	for _, text := range []string{"", "Hello, world!", "  a\n\tb ", "naïve Привет 缓存 😀😀", "\u0000\u2028", strings.Repeat("word ", 300)} {
		for _, special := range []bool{true, false} {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			var tokens struct {
				Count   int      `json:"count"`
				Tokens  []uint64 `json:"tokens"`
				Strings []string `json:"token_strs"`
			}
			wholeAnswer(t, s, "/tokenize", fmt.Sprintf(`{"prompt":%s,"add_special_tokens":%v,"return_token_strs":true}`, quoted, special), &tokens)
			if tokens.Count != len(tokens.Tokens) || strings.Join(tokens.Strings, "") != text {
				t.Errorf("%q: %d tokens %v", text, tokens.Count, tokens.Strings)
			}
			list, err := json.Marshal(tokens.Tokens)
			if err != nil {
				t.Fatal(err)
			}
			var back struct{ Prompt string }
			wholeAnswer(t, s, "/detokenize", `{"tokens":`+string(list)+`}`, &back)
			if back.Prompt != text {
				t.Errorf("%q comes back as %q", text, back.Prompt)
			}
			if !special || text == "" || tokens.Count > 4000 {
				continue
			}
			// A completion counts its prompt in the same way, and says the same to
			// the tokens as to the text.
			var one, other chunk
			wholeAnswer(t, s, "/v1/completions", `{"prompt":`+string(quoted)+`,"max_tokens":9}`, &one)
			wholeAnswer(t, s, "/v1/completions", `{"prompt":`+string(list)+`,"max_tokens":9}`, &other)
			if one.Usage.PromptTokens != tokens.Count || !cmp.Equal(one.Usage, other.Usage) || *one.Choices[0].Text != *other.Choices[0].Text {
				t.Errorf("%q: %+v and %+v", text, one, other)
			}
		}
	}
	// A chat is tokenized as it is counted.
	messages := `"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Explain caching"}]`
	var tokens struct{ Count int }
	wholeAnswer(t, s, "/tokenize", `{`+messages+`}`, &tokens)
	var chat chunk
	wholeAnswer(t, s, "/v1/chat/completions", `{`+messages+`}`, &chat)
	if tokens.Count != chat.Usage.PromptTokens {
		t.Errorf("a chat has %d tokens, and its usage says %d", tokens.Count, chat.Usage.PromptTokens)
	}
}

// What a chat says by token ids is what it says by text, in both engines.
func TestTokenIDsAreThoseOfTheText(t *testing.T) {
	for _, p := range []Profile{instant(), fitted()} {
		s := New(Config{Profile: p, PlainTimer: true})
		var got struct {
			PromptIDs []uint64 `json:"prompt_token_ids"`
			Choices   []struct {
				Message struct{ Content string }
				IDs     []uint64 `json:"token_ids"`
			}
			Usage usageOf
		}
		wholeAnswer(t, s, "/v1/chat/completions", `{"messages":[{"role":"user","content":"Explain caching"}],"n":3,"return_token_ids":true}`, &got)
		sum := 0
		texts := map[string]bool{}
		for _, c := range got.Choices {
			text, ok := generation.Detokenize(c.IDs)
			if !ok || text != c.Message.Content {
				t.Errorf("the ids say %q, the text %q", text, c.Message.Content)
			}
			sum += len(c.IDs)
			texts[text] = true
		}
		if len(got.Choices) != 3 || len(texts) != 3 || got.Usage.CompletionTokens != sum || got.Usage.PromptTokens != len(got.PromptIDs) {
			t.Errorf("%d choices, %d of them different, %d ids and %d of the prompt; usage %+v", len(got.Choices), len(texts), sum, len(got.PromptIDs), got.Usage)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNoTokenizer(t *testing.T) {
	p, err := LookupProfile("fixed")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{Profile: p})
	defer func() { _ = s.Close() }()
	for _, path := range []string{"/tokenize", "/detokenize"} {
		if e := refusal(t, ask(s, http.MethodPost, path, `{"prompt":"x","tokens":[1]}`)); e.Code != http.StatusNotFound {
			t.Errorf("POST %s: %+v", path, e)
		}
	}
}

func fitted() Profile {
	p, err := LookupProfile("fitted")
	if err != nil {
		panic(err)
	}
	return p
}

func TestStructuredOutputFollowsItsSchema(t *testing.T) {
	s := New(Config{Profile: instant()})
	defer func() { _ = s.Close() }()
	schema := `{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":3,"maximum":9}},"required":["name","age"]}`
	for _, tc := range []struct{ path, body string }{
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"p","schema":` + schema + `}}`},
		{"/v1/completions", `{"prompt":"x","max_tokens":100,"response_format":{"type":"json_schema","json_schema":{"name":"p","schema":` + schema + `}}`},
		// An answer that must be long stays JSON.
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}],"max_tokens":200,"ignore_eos":true,"response_format":{"type":"json_schema","json_schema":{"name":"p","schema":` + schema + `}}`},
	} {
		for seed := range 20 {
			var got struct {
				Choices []struct {
					Message struct{ Content string }
					Text    string
				}
			}
			wholeAnswer(t, s, tc.path, fmt.Sprintf("%s,\"seed\":%d}", tc.body, seed), &got)
			var person struct {
				Name *string
				Age  *int
			}
			text := got.Choices[0].Message.Content + got.Choices[0].Text
			if err := json.Unmarshal([]byte(text), &person); err != nil || person.Name == nil || person.Age == nil || *person.Age < 3 || *person.Age > 9 {
				t.Errorf("seed %d: %q, %v", seed, text, err)
			}
		}
	}
}

// How often tools are called without being asked for is the profile's choice.
func TestShareOfToolCalls(t *testing.T) {
	p := instant()
	p.ToolCalls = 0.3
	s := New(Config{Profile: p})
	defer func() { _ = s.Close() }()
	called := 0
	const n = 400
	for i := range n {
		var got struct {
			Choices []struct {
				Reason  string `json:"finish_reason"`
				Message struct {
					Content *string
					Calls   []struct {
						Function struct{ Name, Arguments string }
					} `json:"tool_calls"`
				}
			}
		}
		wholeAnswer(t, s, "/v1/chat/completions", fmt.Sprintf(`{"messages":[{"role":"user","content":"x %d"}],%s}`, i, weather), &got)
		c := got.Choices[0]
		if len(c.Message.Calls) == 0 {
			if c.Reason != "stop" || c.Message.Content == nil {
				t.Fatalf("no call: %+v", c)
			}
			continue
		}
		called++
		var args struct{ City string }
		if c.Reason != "tool_calls" || c.Message.Content != nil || c.Message.Calls[0].Function.Name != "weather" || json.Unmarshal([]byte(c.Message.Calls[0].Function.Arguments), &args) != nil || args.City == "" {
			t.Fatalf("a call: %+v", c)
		}
	}
	if d := math.Abs(float64(called) - n*p.ToolCalls); d > 5*math.Sqrt(n*0.3*0.7) {
		t.Errorf("%d of %d are calls, want %v of them", called, n, p.ToolCalls)
	}
}

func TestReasoningIsHiddenOrShortened(t *testing.T) {
	p := instant()
	p.ReasoningTokens = 8
	s := New(Config{Profile: p})
	defer func() { _ = s.Close() }()
	for _, tc := range []struct {
		field string
		want  int
		shown bool
	}{
		{`"seed":1`, 8, true}, {`"reasoning_effort":"low"`, 4, true}, {`"reasoning_effort":"high"`, 16, true}, {`"reasoning_effort":"none"`, 0, false},
		{`"chat_template_kwargs":{"enable_thinking":false}`, 0, false}, {`"include_reasoning":false`, 8, false}, {`"max_tokens":5`, 5, true},
	} {
		var got struct {
			Choices []struct {
				Message struct{ Content, Reasoning string }
			}
			Usage struct {
				Details *struct {
					Reasoning int `json:"reasoning_tokens"`
				} `json:"completion_tokens_details"`
			}
		}
		wholeAnswer(t, s, "/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}],`+tc.field+`}`, &got)
		counted := 0
		if got.Usage.Details != nil {
			counted = got.Usage.Details.Reasoning
		}
		m := got.Choices[0].Message
		if counted != tc.want || (m.Reasoning != "") != tc.shown || tc.shown && answer.Count(m.Reasoning) < tc.want-1 {
			t.Errorf("%s: %d tokens of reasoning, %q; want %d, shown %v", tc.field, counted, m.Reasoning, tc.want, tc.shown)
		}
	}
}

func TestEmbeddingsAreUnitVectorsThatFollowTheWords(t *testing.T) {
	for _, p := range []Profile{instant(), fitted()} {
		s := New(Config{Profile: p, PlainTimer: true})
		type list struct {
			Data []struct {
				Index     int
				Embedding []float64
			}
			Usage struct {
				PromptTokens int `json:"prompt_tokens"`
				TotalTokens  int `json:"total_tokens"`
			}
		}
		texts := []string{"the cat sat on the mat", "a cat sat on a mat", "quarterly revenue of shipping companies"}
		quoted, err := json.Marshal(texts)
		if err != nil {
			t.Fatal(err)
		}
		var got, again list
		wholeAnswer(t, s, "/v1/embeddings", `{"input":`+string(quoted)+`}`, &got)
		wholeAnswer(t, s, "/v1/embeddings", `{"input":`+string(quoted)+`}`, &again)
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("the same texts have other vectors: %s", diff)
		}
		dot := func(a, b []float64) (v float64) {
			for i := range a {
				v += a[i] * b[i]
			}
			return v
		}
		tokens := 0
		for i, d := range got.Data {
			tokens += 1 + answer.Count(texts[i])
			if n := dot(d.Embedding, d.Embedding); d.Index != i || len(d.Embedding) != 384 || math.Abs(n-1) > 1e-6 {
				t.Errorf("vector %d has %d dimensions and the square %v", d.Index, len(d.Embedding), n)
			}
		}
		if near, far := dot(got.Data[0].Embedding, got.Data[1].Embedding), dot(got.Data[0].Embedding, got.Data[2].Embedding); near < far+0.2 {
			t.Errorf("similar texts: %v, others: %v", near, far)
		}
		if got.Usage.PromptTokens != tokens || got.Usage.TotalTokens != tokens {
			t.Errorf("usage %+v, want %d", got.Usage, tokens)
		}
		var packed struct{ Data []struct{ Embedding string } }
		wholeAnswer(t, s, "/v1/embeddings", `{"encoding_format":"base64","input":`+string(quoted)+`}`, &packed)
		raw, err := base64.StdEncoding.DecodeString(packed.Data[1].Embedding)
		if err != nil || len(raw) != 4*384 {
			t.Fatalf("%d bytes, %v", len(raw), err)
		}
		for i, want := range got.Data[1].Embedding {
			if v := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])); math.Abs(float64(v)-want) > 1e-7 {
				t.Fatalf("dimension %d is %v in base64 and %v as a number", i, v, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A stream of several tokens a frame keeps the times of their last ones.
func TestStreamInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: exact()})
		defer stop()
		_, at := content(t, streamed(t, client, "/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}],"max_tokens":10,"stream":true,"stream_interval":4}`))
		want := []time.Duration{50, 90, 130, 140}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
	})
	p := fitted()
	p.Jitter = 0
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: p})
		defer stop()
		body := `{"messages":[{"role":"user","content":"Explain caching"}],"max_tokens":10,"ignore_eos":true,"stream":true,"stream_interval":%d}`
		whole, every := content(t, streamed(t, client, "/v1/chat/completions", fmt.Sprintf(body, 1)))
		text, fourth := content(t, streamed(t, client, "/v1/chat/completions", fmt.Sprintf(body, 4)))
		if text != whole || len(every) != 10 || len(fourth) != 4 {
			t.Errorf("%d and %d frames say %q and %q", len(every), len(fourth), whole, text)
		}
	})
}

func TestLoadAndResetOfTheCache(t *testing.T) {
	p := fitted()
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: p})
		defer stop()
		reset := func() string {
			res := post(t.Context(), t, client, "/reset_prefix_cache", "")
			defer func() { _ = res.Body.Close() }()
			var b strings.Builder
			if _, err := fmt.Fprint(&b, res.StatusCode); err != nil {
				t.Fatal(err)
			}
			raw := make([]byte, 64)
			n, _ := res.Body.Read(raw)
			return b.String() + string(raw[:n])
		}
		body := `{"prompt":"` + strings.Repeat("caching ", 40) + `","max_tokens":3}`
		cached := func() int {
			res := post(t.Context(), t, client, "/v1/completions", body)
			defer func() { _ = res.Body.Close() }()
			var c chunk
			if err := json.NewDecoder(res.Body).Decode(&c); err != nil {
				t.Fatal(err)
			}
			return *c.Usage.PromptTokensDetails.CachedTokens
		}
		first, second := cached(), cached()
		if first != 0 || second == 0 {
			t.Errorf("%d and %d tokens are in the cache", first, second)
		}
		if got := reset(); got != `200{"success":true}` {
			t.Errorf("reset: %s", got)
		}
		if third := cached(); third != 0 {
			t.Errorf("%d tokens are in the cache after it was reset", third)
		}
		if got := get(t, client, "/load"); got != `{"server_load":0}` {
			t.Errorf("load: %s", got)
		}
		// While a request holds blocks, nothing is reset, as in vLLM.
		res := post(t.Context(), t, client, "/v1/completions", `{"prompt":"x","max_tokens":500,"ignore_eos":true,"stream":true}`)
		time.Sleep(100 * time.Millisecond)
		if got := reset(); got != `200{"success":false}` {
			t.Errorf("reset within a request: %s", got)
		}
		if got := get(t, client, "/load"); got != `{"server_load":1}` {
			t.Errorf("load within a request: %s", got)
		}
		_ = res.Body.Close()
	})
}

// The times of a request that a server gives are those that a client sees, in
// both engines.
func TestTimesOfARequest(t *testing.T) {
	for _, p := range []Profile{exact(), fitted()} {
		p.RequestMetrics = true
		for _, stream := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				client, stop := start(t, Config{Profile: p})
				defer stop()
				begun := time.Now()
				res := post(t.Context(), t, client, "/v1/chat/completions", fmt.Sprintf(
					`{"messages":[{"role":"user","content":"Explain caching"}],"max_tokens":9,"ignore_eos":true,"stream":%v%s}`, stream, map[bool]string{true: `,"stream_options":{"include_usage":true}`}[stream]))
				raw, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				took := float64(time.Since(begun)) / float64(time.Millisecond)
				if err != nil {
					t.Fatal(err)
				}
				text := string(raw)
				if stream {
					frames := strings.Split(strings.TrimSpace(text), "\n\n")
					text = strings.TrimPrefix(frames[len(frames)-2], "data: ")
				}
				var got struct {
					Metrics *struct {
						First float64 `json:"time_to_first_token_ms"`
						Rest  float64 `json:"generation_time_ms"`
						Queue float64 `json:"queue_time_ms"`
						ITL   float64 `json:"mean_itl_ms"`
						Rate  float64 `json:"tokens_per_second"`
					}
				}
				if err := json.Unmarshal([]byte(text), &got); err != nil || got.Metrics == nil {
					t.Fatalf("%s: %v", text, err)
				}
				m := got.Metrics
				front := 0.0
				if p.Batch != nil {
					front = float64(p.Batch.FrontEnd) / float64(time.Millisecond)
				}
				if math.Abs(front+m.Queue+m.First+m.Rest-took) > 0.01 || math.Abs(8*m.ITL-m.Rest) > 0.01 || math.Abs(m.Rate*(m.First+m.Rest)-9000) > 1 {
					t.Errorf("%s, streamed %v: %+v of %v ms", p.Name, stream, *m, took)
				}
			})
		}
	}
}
