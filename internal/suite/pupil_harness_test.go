package suite

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// pupil answers items as its sheet says, and everything else with a few words.
type pupil struct {
	sheet map[string]string // answer by the end of a prompt
	// spoil changes an answer, given how many requests are under way; "": the request
	// fails.
	spoil func(prompt, answer string, busy int) string
	hold  time.Duration // that an answer takes

	mu     sync.Mutex // protects all following fields
	busy   int
	asked  []string // user messages with an item, in the order in which they came
	bodies []map[string]any
}

func (s *pupil) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/models" {
		_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
		return
	}
	var body map[string]any
	if r.URL.Path != "/v1/chat/completions" || json.NewDecoder(r.Body).Decode(&body) != nil {
		http.NotFound(w, r)
		return
	}
	messages, _ := body["messages"].([]any)
	last, _ := messages[len(messages)-1].(map[string]any)
	user, _ := last["content"].(string)
	answer, prompt := "some words", ""
	for p, a := range s.sheet {
		if strings.HasSuffix(user, p) && len(p) > len(prompt) {
			prompt, answer = p, a
		}
	}
	s.mu.Lock()
	s.busy++
	busy := s.busy
	if prompt != "" {
		s.asked, s.bodies = append(s.asked, user), append(s.bodies, body)
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.busy--
		s.mu.Unlock()
	}()
	if prompt != "" && s.spoil != nil {
		if answer = s.spoil(prompt, answer, busy); answer == "" {
			http.Error(w, `{"error":{"message":"boom"}}`, http.StatusInternalServerError)
			return
		}
	}
	time.Sleep(s.hold)
	w.Header().Set("Content-Type", "text/event-stream")
	for _, v := range []any{
		map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": answer}}}},
		map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": "stop"}}},
		map[string]any{"choices": []any{}, "usage": map[string]any{"prompt_tokens": len(strings.Fields(user)), "completion_tokens": 2}},
	} {
		b, _ := json.Marshal(v)
		_, _ = fmt.Fprintf(w, "data: %s\n\n", b)
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

// take returns the user messages with items since the last call.
func (s *pupil) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked, s.bodies = nil, nil
	return out
}
