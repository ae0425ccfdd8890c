package sim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/sim/wire"
)

// instant is a profile without latency, for tests that ask what is answered.
func instant() Profile {
	p := exact()
	p.TTFT, p.ITL = 0, 0
	return p
}

func ask(s *Server, method, path string, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:5000"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestRefusals(t *testing.T) {
	s := New(Config{Profile: instant()})
	defer func() { _ = s.Close() }()
	chat := func(fields string) string { return `{"messages":[{"role":"user","content":"x"}],` + fields + `}` }
	for _, tc := range []struct {
		name, path, body string
		status           int
		typ, param       string
		says             string
	}{
		{"empty body", "chat", ``, 400, "BadRequestError", "", "not valid"},
		{"no JSON", "chat", `hello`, 400, "BadRequestError", "", "not valid"},
		{"half an object", "chat", `{"messages":[`, 400, "BadRequestError", "", "not valid"},
		{"two objects", "chat", `{"messages":[{"role":"user","content":"x"}]}{}`, 400, "BadRequestError", "", "continues after"},
		{"a list", "chat", `[]`, 400, "BadRequestError", "", "not valid"},
		{"no messages", "chat", `{}`, 400, "BadRequestError", "messages", "at least one"},
		{"no role", "chat", `{"messages":[{"content":"x"}]}`, 400, "BadRequestError", "messages", "no role"},
		{"content of a wrong type", "chat", `{"messages":[{"role":"user","content":7}]}`, 400, "BadRequestError", "messages", "neither"},
		{"an image", "chat", `{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, 400, "BadRequestError", "messages", "neither"},
		{"unknown model", "chat", chat(`"model":"gpt-9"`), 404, "NotFoundError", "model", `"gpt-9" does not exist`},
		{"n", "chat", chat(`"n":17`), 400, "BadRequestError", "n", "between 1 and 16"},
		{"n zero", "chat", chat(`"n":0`), 400, "BadRequestError", "n", "between 1 and 16"},
		{"best_of", "completions", `{"prompt":"x","best_of":3}`, 400, "BadRequestError", "best_of", "must be 1"},
		{"logprobs", "chat", chat(`"logprobs":3`), 400, "BadRequestError", "logprobs", "true or false"},
		{"top_logprobs", "chat", chat(`"logprobs":true,"top_logprobs":21`), 400, "BadRequestError", "top_logprobs", "between 0 and 20"},
		{"top_logprobs alone", "chat", chat(`"top_logprobs":2`), 400, "BadRequestError", "top_logprobs", "needs logprobs"},
		{"logprobs of a completion", "completions", `{"prompt":"x","logprobs":true}`, 400, "BadRequestError", "logprobs", "a number"},
		{"stream_interval", "chat", chat(`"stream_interval":0`), 400, "BadRequestError", "stream_interval", "at least 1"},
		{"reasoning_effort", "chat", chat(`"reasoning_effort":"much"`), 400, "BadRequestError", "reasoning_effort", `got "much"`},
		{"a tool without a name", "chat", chat(`"tools":[{"type":"function"}]`), 400, "BadRequestError", "tools", "tool 0"},
		{"a tool that cannot be called", "chat", chat(`"tools":[{"type":"function","function":{"name":"f","parameters":{"not":{}}}}]`), 400, "BadRequestError", "tools", `"not" is not offered`},
		{"tool_choice without tools", "chat", chat(`"tool_choice":"required"`), 400, "BadRequestError", "tool_choice", "needs tools"},
		{"tool_choice of another", "chat", chat(`"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}}`), 400, "BadRequestError", "tool_choice", `names "g"`},
		{"tool_choice of no kind", "chat", chat(`"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"perhaps"`), 400, "BadRequestError", "tool_choice", "perhaps"},
		{"response_format", "chat", chat(`"response_format":{"type":"xml"}`), 400, "BadRequestError", "response_format", "xml"},
		{"response_format without a schema", "chat", chat(`"response_format":{"type":"json_schema"}`), 400, "BadRequestError", "response_format", "needs json_schema"},
		{"a schema that is too much", "chat", chat(`"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"string","pattern":"a"}}}`), 400, "BadRequestError", "response_format", `"pattern" is not offered`},
		{"guided_regex", "chat", chat(`"guided_regex":"a"`), 400, "BadRequestError", "structured_outputs", "response_format"},
		{"too much to hold", "chat", chat(`"n":16,"max_tokens":4000,"logprobs":true,"top_logprobs":20`), 400, "BadRequestError", "n", "come to"},
		{"results within results", "chat", `{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"tool_result","content":"x"}]}]}]}`, 400, "BadRequestError", "messages", "neither"},
		{"many vectors", "embeddings", `{"dimensions":8192,"input":["x"` + strings.Repeat(`,"x"`, 600) + `]}`, 400, "BadRequestError", "dimensions", "601 texts"},
		{"no input", "responses", `{}`, 400, "BadRequestError", "input", "missing"},
		{"an item of another type", "responses", `{"input":[{"type":"computer_call"}]}`, 400, "BadRequestError", "input", "computer_call"},
		{"background", "responses", `{"input":"x","background":true}`, 400, "BadRequestError", "background", "not offered"},
		{"previous response", "responses", `{"input":"x","previous_response_id":"r"}`, 400, "BadRequestError", "previous_response_id", "keeps no"},
		{"no text to embed", "embeddings", `{"input":[]}`, 400, "BadRequestError", "input", "1 to 2048"},
		{"a number to embed", "embeddings", `{"input":7}`, 400, "BadRequestError", "input", "must be a string"},
		{"dimensions", "embeddings", `{"input":"x","dimensions":0}`, 400, "BadRequestError", "dimensions", "between 1"},
		{"encoding_format", "embeddings", `{"input":"x","encoding_format":"hex"}`, 400, "BadRequestError", "encoding_format", "base64"},
		{"tokens of another vocabulary", "/detokenize", `{"tokens":[4503599627370496]}`, 400, "BadRequestError", "tokens", "has returned"},
		{"nothing to tokenize", "/tokenize", `{}`, 400, "BadRequestError", "messages", "at least one"},
		{"echo", "completions", `{"prompt":"x","echo":true}`, 400, "BadRequestError", "echo", "not offered"},
		{"max_tokens zero", "chat", chat(`"max_tokens":0`), 400, "BadRequestError", "max_tokens", "at least 1"},
		{"max_tokens a string", "chat", chat(`"max_tokens":"many"`), 400, "BadRequestError", "max_tokens", "not valid"},
		{"max_tokens a fraction", "chat", chat(`"max_tokens":1.5`), 400, "BadRequestError", "max_tokens", "not valid"},
		{"max_tokens too many", "chat", chat(`"max_tokens":5000`), 400, "BadRequestError", "max_tokens", "4096"},
		{"max_completion_tokens", "chat", chat(`"max_completion_tokens":-1`), 400, "BadRequestError", "max_completion_tokens", "at least 1"},
		{"min over max", "chat", chat(`"max_tokens":5,"min_tokens":6`), 400, "BadRequestError", "min_tokens", "between 0"},
		{"min negative", "chat", chat(`"min_tokens":-1`), 400, "BadRequestError", "min_tokens", "between 0"},
		{"temperature", "chat", chat(`"temperature":-1`), 400, "BadRequestError", "temperature", "negative"},
		{"stop of a wrong type", "chat", chat(`"stop":{}`), 400, "BadRequestError", "stop", "string"},
		{"empty stop", "chat", chat(`"stop":[""]`), 400, "BadRequestError", "stop", "empty"},
		{"many stops", "chat", chat(`"stop":["a"` + strings.Repeat(`,"a"`, 16) + `]`), 400, "BadRequestError", "stop", "17"},
		{"stream_options alone", "chat", chat(`"stream_options":{"include_usage":true}`), 400, "BadRequestError", "stream_options", "stream"},
		{"no prompt", "completions", `{}`, 400, "BadRequestError", "prompt", "missing"},
		{"two prompts", "completions", `{"prompt":["a","b"]}`, 400, "BadRequestError", "prompt", "one prompt"},
		{"prompt of a wrong type", "completions", `{"prompt":{"a":1}}`, 400, "BadRequestError", "prompt", "string"},
		{"empty list", "completions", `{"prompt":[]}`, 400, "BadRequestError", "prompt", "string"},
		{"negative token id", "completions", `{"prompt":[-1]}`, 400, "BadRequestError", "prompt", "string"},
		{"prompt too long", "completions", `{"prompt":"` + strings.Repeat("a ", 5000) + `"}`, 400, "BadRequestError", "", "4096"},
		{"deep nesting", "chat", strings.Repeat("[", 100_000), 400, "BadRequestError", "", "not valid"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := "/v1/" + tc.path
			if tc.path == "chat" {
				path = "/v1/chat/completions"
			} else if strings.HasPrefix(tc.path, "/") {
				path = tc.path
			}
			e := refusal(t, ask(s, http.MethodPost, path, tc.body))
			if e.Code != tc.status || e.Type != tc.typ || !strings.Contains(e.Message, tc.says) {
				t.Errorf("got %+v, want %d %s that says %q", e, tc.status, tc.typ, tc.says)
			}
			if param := value(e.Param); param != tc.param {
				t.Errorf("param %q, want %q", param, tc.param)
			}
		})
	}
}

// refusal reads an error answer and checks its shape.
func refusal(t *testing.T, w *httptest.ResponseRecorder) wire.Error {
	t.Helper()
	var got struct{ Error *wire.Error }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Error == nil {
		t.Fatalf("status %d with a body that is not an error object: %s", w.Code, w.Body)
	}
	if got.Error.Code != w.Code || got.Error.Message == "" || got.Error.Type == "" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("status %d and error %+v do not fit", w.Code, *got.Error)
	}
	if w.Header().Get(evidenceHeader) != "simulated" {
		t.Error("the refusal is not marked as simulated")
	}
	return *got.Error
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestPromptsThatAreTaken(t *testing.T) {
	s := New(Config{Profile: instant()})
	defer func() { _ = s.Close() }()
	for _, prompt := range []string{`"x"`, `""`, `["x"]`, `[1,2,3]`, `[[1,2,3]]`, `"\ud800"`} {
		if w := ask(s, http.MethodPost, "/v1/completions", `{"prompt":`+prompt+`}`); w.Code != http.StatusOK {
			t.Errorf("prompt %s: %d %s", prompt, w.Code, w.Body)
		}
	}
}

func TestWrongMethodAndPath(t *testing.T) {
	s := New(Config{Profile: instant()})
	defer func() { _ = s.Close() }()
	w := ask(s, http.MethodGet, "/v1/chat/completions", "")
	if e := refusal(t, w); e.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET of chat: %+v, Allow %q", e, w.Header().Get("Allow"))
	}
	if e := refusal(t, ask(s, http.MethodPost, "/health", "")); e.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST of health: %+v", e)
	}
	for _, path := range []string{"/", "/v1", "/v1/images", "/v1/models/other"} {
		if e := refusal(t, ask(s, http.MethodGet, path, "")); e.Code != http.StatusNotFound {
			t.Errorf("GET %s: %+v", path, e)
		}
	}
}

func TestKeyIsAskedForUnderV1Only(t *testing.T) {
	s := New(Config{Profile: instant(), APIKey: "sesame"})
	defer func() { _ = s.Close() }()
	for _, tc := range []struct {
		path, auth string
		want       int
	}{
		{"/v1/models", "", 401},
		{"/v1/models", "Bearer wrong", 401},
		{"/v1/models", "Basic sesame", 401},
		{"/v1/models", "sesame", 401},
		{"/v1/models", "Bearer sesame", 200},
		{"/v1/models", "bearer sesame", 200},
		{"/health", "", 200},
		{"/metrics", "", 200},
	} {
		w := ask(s, http.MethodGet, tc.path, "", "Authorization", tc.auth)
		if w.Code != tc.want || strings.Contains(w.Body.String(), "sesame") {
			t.Errorf("GET %s with %q: %d %s, want %d", tc.path, tc.auth, w.Code, w.Body, tc.want)
		}
		if tc.want == 401 && w.Body.String() != `{"error":"Unauthorized"}` {
			t.Errorf("401 with the body %s", w.Body)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	s := New(Config{Profile: instant()})
	defer func() { _ = s.Close() }()
	huge := bytes.Repeat([]byte("a"), 16<<20+1)
	for _, known := range []bool{true, false} {
		r := httptest.NewRequest(http.MethodPost, "/v1/completions", bytes.NewReader(huge))
		if !known {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if e := refusal(t, w); e.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("a body of %d bytes (length known: %v): %+v", len(huge), known, e)
		}
	}
}

func TestProfilesAreSound(t *testing.T) {
	for _, p := range Profiles() {
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
		if got, err := LookupProfile(p.Name); err != nil || !cmp.Equal(got, p) {
			t.Errorf("LookupProfile(%q) = %+v, %v", p.Name, got, err)
		}
	}
	if _, err := LookupProfile("vlm"); err == nil || !strings.Contains(err.Error(), `"vlm"`) || !strings.Contains(err.Error(), "vllm, api") {
		t.Errorf("an unknown profile gives %v", err)
	}
	for flag, spoil := range map[string]func(*Profile){
		"--ttft":  func(p *Profile) { p.TTFT = -1 },
		"--itl":   func(p *Profile) { p.ITL = time.Hour },
		"--slots": func(p *Profile) { p.Slots = 0 },
		"jitter":  func(p *Profile) { p.Jitter = 2 },
		"quality": func(p *Profile) { p.Quality = -1 },
		"model":   func(p *Profile) { p.Model = "" },
		"MaxMode": func(p *Profile) { p.MaxModelLen = 0 },
	} {
		p := Profiles()[0]
		spoil(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: error %v does not name it", flag, err)
		}
	}
}
