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
)

// instant is a profile without latency, for tests that ask what is answered.
func instant() Profile {
	p := exact()
	p.TTFT, p.ITL = 0, 0
	return p
}

func ask(s *Server, method, path string, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
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
		{"two objects", "chat", `{"messages":[{"role":"user","content":"x"}]}{}`, 400, "BadRequestError", "", "goes on"},
		{"a list", "chat", `[]`, 400, "BadRequestError", "", "not valid"},
		{"no messages", "chat", `{}`, 400, "BadRequestError", "messages", "at least one"},
		{"no role", "chat", `{"messages":[{"content":"x"}]}`, 400, "BadRequestError", "messages", "no role"},
		{"content of a wrong type", "chat", `{"messages":[{"role":"user","content":7}]}`, 400, "BadRequestError", "messages", "neither"},
		{"an image", "chat", `{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, 400, "BadRequestError", "messages", "neither"},
		{"unknown model", "chat", chat(`"model":"gpt-9"`), 404, "NotFoundError", "model", `"gpt-9" does not exist`},
		{"n", "chat", chat(`"n":2`), 400, "BadRequestError", "n", "must be 1"},
		{"n zero", "chat", chat(`"n":0`), 400, "BadRequestError", "n", "must be 1"},
		{"best_of", "completions", `{"prompt":"x","best_of":3}`, 400, "BadRequestError", "best_of", "must be 1"},
		{"logprobs", "chat", chat(`"logprobs":true`), 400, "BadRequestError", "logprobs", "not offered"},
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
			path := "/v1/completions"
			if tc.path == "chat" {
				path = "/v1/chat/completions"
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
func refusal(t *testing.T, w *httptest.ResponseRecorder) apiError {
	t.Helper()
	var got struct{ Error *apiError }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Error == nil {
		t.Fatalf("status %d with a body that is no error object: %s", w.Code, w.Body)
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
	for _, path := range []string{"/", "/v1", "/v1/responses", "/v1/models/other"} {
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
	huge := bytes.Repeat([]byte("a"), maxBody+1)
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

// FuzzBody: whatever the body, the server answers 200 or a 4xx in the right
// shape, and is empty afterwards.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		fixedEight, `{}`, `[]`, `null`, `"x"`, `{"messages":null}`, "\x00\xff", `{"messages":[{"role":"user"}]}`,
		`{"messages":[{"role":"user","content":"\ud800 <b>"}],"max_tokens":3,"stop":["a","e"],"min_tokens":2}`,
		`{"prompt":[[1,2]],"max_tokens":1e9}`, `{"prompt":"Write a Go function","stream":true,"stream_options":{"include_usage":true}}`,
		`{"prompt":"x","seed":-9223372036854775808,"max_tokens":40,"ignore_eos":true}`, `{"MODEL":"m","Prompt":"x"}`,
		`{"messages":[{"role":"user","content":"` + "\u202e缓存" + `"}],"n":1.0}`,
	} {
		f.Add([]byte(seed))
	}
	p := instant()
	p.MaxModelLen = 512
	s := New(Config{Profile: p, PlainTimer: true})
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range []string{"/v1/chat/completions", "/v1/completions"} {
			w := ask(s, http.MethodPost, path, string(body))
			if w.Code != http.StatusOK {
				if e := refusal(t, w); e.Code < 400 || e.Code > 499 {
					t.Fatalf("status %d for %q", e.Code, body)
				}
				continue
			}
			if strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
				for line := range strings.Lines(w.Body.String()) {
					data, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "data: ")
					if ok && data != "[DONE]" && !json.Valid([]byte(data)) {
						t.Fatalf("a frame is not JSON: %q", data)
					}
				}
			} else if !json.Valid(w.Body.Bytes()) {
				t.Fatalf("the answer is not JSON: %q", w.Body)
			}
		}
		if running, waiting := s.engine.Load(); running != 0 || waiting != 0 {
			t.Fatalf("%d run and %d wait after %q", running, waiting, body)
		}
	})
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
