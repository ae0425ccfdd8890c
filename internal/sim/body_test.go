package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/sim/wire"
)

// bodyPaths take bodies.
var bodyPaths = []string{
	"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/tokenize", "/detokenize",
}

// Every dialect is in the tests of bodies and in the manual.
func TestEveryDialectIsTriedAndDocumented(t *testing.T) {
	manual, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(slices.Clone(wire.Dialects), wire.Embeddings) {
		if !slices.Contains(bodyPaths, d.Path) || wellFormed[d.Path] == "" {
			t.Errorf("%s is not in bodyPaths and wellFormed", d.Path)
		}
		if !bytes.Contains(manual, []byte("`"+d.Path+"`")) {
			t.Errorf("%s is not in docs/simulator.md", d.Path)
		}
	}
}

// forBodies is a server for bodies that nobody has thought of.
func forBodies(t testing.TB) *Server {
	p := instant()
	p.MaxModelLen, p.ReasoningTokens, p.ToolCalls = 512, 5, 0.5
	s := New(Config{Profile: p, PlainTimer: true})
	t.Cleanup(func() { _ = s.Close() })
	return s
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
	for _, body := range wellFormed {
		f.Add([]byte(body))
	}
	s := forBodies(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range bodyPaths {
			answered(t, s, path, body)
		}
		if running, waiting := s.engine.Load(); running != 0 || waiting != 0 {
			t.Fatalf("%d run and %d wait after %q", running, waiting, body)
		}
	})
}

// answered holds that a body gets 200 and JSON, or a 4xx in the right shape.
func answered(t *testing.T, s *Server, path string, body []byte) (status int) {
	t.Helper()
	w := ask(s, http.MethodPost, path, string(body))
	if w.Code != http.StatusOK {
		if path == "/v1/messages" {
			var e struct {
				Type  string
				Error struct{ Type, Message string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Type != "error" || e.Error.Type == "" || e.Error.Message == "" {
				t.Fatalf("status %d with %s for %q", w.Code, w.Body, body)
			}
		} else {
			refusal(t, w)
		}
		if w.Code < 400 || w.Code > 499 {
			t.Fatalf("POST %s: status %d for %q", path, w.Code, body)
		}
		return w.Code
	}
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("POST %s: the answer is not JSON: %q", path, w.Body)
		}
		return w.Code
	}
	for line := range strings.Lines(w.Body.String()) {
		data, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "data: ")
		if ok && data != "[DONE]" && !json.Valid([]byte(data)) {
			t.Fatalf("POST %s: a frame is not JSON: %q", path, data)
		}
	}
	return w.Code
}

// wellFormed is a body for each path that uses most fields.
var wellFormed = map[string]string{
	"/v1/chat/completions": `{"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"b"}]}],"max_tokens":9,"n":2,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true},"logprobs":true,"top_logprobs":3,"stop":["x"],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"}}}}}],"tool_choice":"auto","response_format":{"type":"json_object"},"reasoning_effort":"low","return_token_ids":true,"seed":1}`,
	"/v1/completions":      `{"model":"m","prompt":"Explain caching","max_tokens":5,"logprobs":2,"min_tokens":1,"n":3,"stream_interval":2,"return_token_ids":true,"temperature":0.5}`,
	"/v1/responses":        `{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"x"}]}],"instructions":"y","max_output_tokens":6,"stream":true,"tools":[{"type":"function","name":"f","parameters":{}}],"reasoning":{"effort":"high"},"text":{"format":{"type":"json_schema","schema":{"type":"array"}}}}`,
	"/v1/messages":         `{"model":"m","max_tokens":7,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","input":{}}]}],"stop_sequences":["q"],"stream":true,"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"any"},"thinking":{"type":"disabled"}}`,
	"/v1/embeddings":       `{"model":"m","input":["a","b"],"dimensions":8,"encoding_format":"base64"}`,
	"/tokenize":            `{"model":"m","prompt":"x","add_special_tokens":false,"return_token_strs":true}`,
	"/detokenize":          `{"model":"m","tokens":[1,706]}`,
}

// spoil makes a body that no server takes: it is cut, it is followed by
// something, or one of its values is of another type.
func spoil(rng *rand.Rand, path string) []byte {
	body := []byte(wellFormed[path])
	switch rng.IntN(4) {
	case 0: // no JSON any more, since the last brace is gone
		return body[:rng.IntN(len(body))]
	case 1:
		return append(body, []string{"{}", "]", "x", "\x00"}[rng.IntN(4)]...)
	case 2: // a control character in a string, or between values
		i := rng.IntN(len(body)-1) + 1
		return append(append(bytes.Clone(body[:i]), 1), body[i:]...)
	}
	wrong := map[string][]string{
		"/v1/chat/completions": {`"messages":7`, `"messages":[]`, `"messages":[7]`, `"max_tokens":"x"`, `"n":-1`, `"stream":"yes"`, `"stop":7`, `"tools":{}`, `"logprobs":[]`, `"model":"other"`},
		"/v1/completions":      {`"prompt":{}`, `"prompt":[]`, `"max_tokens":0`, `"logprobs":"x"`, `"temperature":"hot"`, `"best_of":2`, `"echo":true`},
		"/v1/responses":        {`"input":7`, `"input":[]`, `"input":[{"type":"x"}]`, `"max_output_tokens":-3`, `"tools":7`, `"text":7`},
		"/v1/messages":         {`"messages":[]`, `"messages":"x"`, `"max_tokens":null`, `"tools":[7]`, `"tool_choice":"any"`, `"stop_sequences":{}`},
		"/v1/embeddings":       {`"input":null`, `"input":{}`, `"input":[[]]`, `"dimensions":-1`, `"encoding_format":7`},
		"/tokenize":            {`"prompt":7`, `"add_special_tokens":"no"`, `"model":"other"`},
		"/detokenize":          {`"tokens":"x"`, `"tokens":null`, `"tokens":[-1]`, `"tokens":[1.5]`, `"tokens":[9007199254740991]`},
	}[path]
	// Of two members with one name the last counts.
	return fmt.Appendf(body[:len(body)-1], ",%s}", wrong[rng.IntN(len(wrong))])
}

func TestTenThousandBodiesThatAreWrong(t *testing.T) {
	s := forBodies(t)
	for _, path := range bodyPaths {
		if status := answered(t, s, path, []byte(wellFormed[path])); status != http.StatusOK {
			t.Errorf("POST %s: status %d for the body before it is spoilt", path, status)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		path := bodyPaths[rng.IntN(len(bodyPaths))]
		body := spoil(rng, path)
		if status := answered(t, s, path, body); status == http.StatusOK {
			t.Fatalf("POST %s takes %q", path, body)
		}
	}
	if running, waiting := s.engine.Load(); running != 0 || waiting != 0 || s.load.Load() != 0 {
		t.Errorf("%d run, %d wait and %d are being answered afterwards", running, waiting, s.load.Load())
	}
}
