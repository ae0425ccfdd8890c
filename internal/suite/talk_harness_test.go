package suite

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

type said struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// talkative is a server whose answer is a function of what it was asked last.
// A word is a token, and its template has 3 of a message and 3 of its own.
type talkative struct {
	cached   func(history int) *int     // what usage says of it; nil: nothing
	fail     func(messages []said) bool // with 500
	noText   func(messages []said) bool // the answer is a call of a tool
	thinking string                     // before each answer
	mu       sync.Mutex                 // protects all following fields
	seen     [][]said                   // requests with their messages
	input    int                        // tokens of the requests that were answered
}

func words(messages []said) int {
	n := 3
	for _, m := range messages {
		n += 3 + len(strings.Fields(m.Content))
	}
	return n
}

// answerText finds what answerTo makes.
var answerText = regexp.MustCompile("answer [0-9]+")

func answerTo(text string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, text)
	return fmt.Sprintf(" answer %d <b>\"é\"</b>\n", h.Sum32())
}

func (s *talkative) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/models" {
		_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
		return
	}
	var q struct{ Messages []said }
	if r.URL.Path != "/v1/chat/completions" || json.NewDecoder(r.Body).Decode(&q) != nil {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	s.seen = append(s.seen, q.Messages)
	s.mu.Unlock()
	if s.fail != nil && s.fail(q.Messages) {
		http.Error(w, `{"error":{"message":"boom"}}`, http.StatusInternalServerError)
		return
	}
	last := q.Messages[len(q.Messages)-1].Content
	text := answerTo(last)
	usage := map[string]any{"prompt_tokens": words(q.Messages), "completion_tokens": len(strings.Fields(text))}
	if s.cached != nil {
		if n := s.cached(words(q.Messages[:len(q.Messages)-1])); n != nil {
			usage["prompt_tokens_details"] = map[string]any{"cached_tokens": *n}
		}
	}
	s.mu.Lock()
	s.input += words(q.Messages)
	s.mu.Unlock()
	send := func(v any) {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		_, _ = fmt.Fprintf(w, "data: %s\n\n", b)
	}
	delta := func(d map[string]any) {
		send(map[string]any{"choices": []any{map[string]any{"index": 0, "delta": d}}})
	}
	w.Header().Set("Content-Type", "text/event-stream")
	finish := "stop"
	if s.thinking != "" {
		delta(map[string]any{"reasoning_content": s.thinking})
		usage["completion_tokens"] = len(strings.Fields(text)) + 2
		usage["completion_tokens_details"] = map[string]any{"reasoning_tokens": 2}
	}
	if s.noText != nil && s.noText(q.Messages) {
		finish = "tool_calls"
		delta(map[string]any{"tool_calls": []any{map[string]any{"index": 0, "function": map[string]any{"name": "f", "arguments": "{}"}}}})
	} else {
		delta(map[string]any{"content": text[:9]})
		delta(map[string]any{"content": text[9:]})
	}
	send(map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": finish}}})
	send(map[string]any{"choices": []any{}, "usage": usage})
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}
