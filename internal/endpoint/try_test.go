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
)

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
	p := Prompt{User: "hi", MaxTokens: 5, Wants: &Wants{Tools: []Tool{{Name: "f", Description: "d", Parameters: json.RawMessage(`{}`)}}, Choice: "auto"}}
	if _, err := c.Try(t.Context(), p); err == nil || !strings.Contains(err.Error(), "refuses [tool_choice tools] (http_4xx): HTTP 400: tool choice requires") {
		t.Errorf("%v", err)
	}
	refuse.Store(false)
	extra, err := c.Try(t.Context(), p)
	if err != nil || extra == nil || *extra != 47 {
		t.Errorf("%v %v", extra, err)
	}
}
