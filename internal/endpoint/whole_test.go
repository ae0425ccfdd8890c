package endpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

// answering is a client of a server that gives each request's answer by its body.
func answering(t *testing.T, api string, answer func(body map[string]any) string) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		var body map[string]any
		if err := json.Unmarshal(b, &body); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		text := answer(body)
		if strings.HasPrefix(text, "HTTP 429") {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	c, err := New(Config{URL: server.URL, Model: "m", API: api, Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestAskReadsProbabilitiesOfBothForms(t *testing.T) {
	for api, answer := range map[string]string{
		"chat": `{"choices":[{"index":0,"message":{"content":"caf\u00e9"},"finish_reason":"length","logprobs":{"content":[
			{"token":"caf","logprob":-0.5,"bytes":[99,97,102],"top_logprobs":[{"token":"caf","logprob":-0.5,"bytes":[99,97,102]},{"token":"tea","logprob":-1.5}]},
			{"token":"\ufffd","logprob":-0.1,"bytes":[195],"top_logprobs":[]},{"token":"\ufffd","logprob":-0.1,"bytes":[169],"top_logprobs":[{"token":"x","logprob":null}]}]}}]}`,
		"completions": `{"choices":[{"index":0,"text":"caf\u00e9","finish_reason":"length","logprobs":{"tokens":["caf","Ã","é"],"token_logprobs":[-0.5,-0.1,-0.1],
			"top_logprobs":[{"caf":-0.5,"tea":-1.5},null,{}]}}]}`,
	} {
		c := answering(t, api, func(body map[string]any) string {
			if body["stream"] != nil || body["logprobs"] == nil || body["max_tokens"] != 3.0 {
				t.Errorf("%s: body %v", api, body)
			}
			if api == "chat" && body["top_logprobs"] != 5.0 {
				t.Errorf("body %v", body)
			}
			return answer
		})
		x := &exchange.Exchange{}
		r, err := c.Ask(t.Context(), Prompt{User: "Say café.", MaxTokens: 3}, 5, x)
		if err != nil || r.Text != "café" || len(r.Tokens) != 3 || x.Finish != "length" {
			t.Fatalf("%s: %+v %v", api, r, err)
		}
		if top := r.Tokens[0].Top; top["caf"] != -0.5 || top["tea"] != -1.5 || r.Tokens[0].Logprob != -0.5 {
			t.Errorf("%s: %+v", api, r.Tokens[0])
		}
		if api == "chat" && (r.Tokens[1].Text != "\xc3" || r.Tokens[2].Text != "\xa9" || len(r.Tokens[2].Top) != 0) {
			t.Errorf("parts of a character: %+v", r.Tokens)
		}
	}
}

func TestAskSaysWhatFailed(t *testing.T) {
	c := answering(t, "chat", func(map[string]any) string { return "HTTP 429" })
	x := &exchange.Exchange{}
	if _, err := c.Ask(t.Context(), Prompt{User: "x"}, 0, x); err == nil || x.Class != exchange.HTTP429 || !strings.Contains(err.Error(), "429") {
		t.Errorf("%v (%s)", err, x.Class)
	}
	c = answering(t, "messages", func(map[string]any) string { return "{}" })
	if _, err := c.Ask(t.Context(), Prompt{User: "x"}, 5, &exchange.Exchange{}); !errors.Is(err, ErrNoProbabilities) {
		t.Error(err)
	}
}

func TestEmbedTakesVectorsByTheirIndex(t *testing.T) {
	var answer atomic.Value // what the server says
	answer.Store(`{"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":4}}`)
	c := answering(t, "embeddings", func(body map[string]any) string {
		if in, _ := body["input"].([]any); len(in) != 2 || in[0] != "a" {
			t.Errorf("body %v", body)
		}
		return answer.Load().(string)
	})
	x := &exchange.Exchange{}
	v, err := c.Embed(t.Context(), []string{"a", "b"}, x)
	if err != nil || v[0][0] != 1 || v[1][1] != 1 || x.InputTokens == nil || *x.InputTokens != 4 {
		t.Fatalf("%v %v", v, err)
	}
	for _, wrong := range []string{
		`{"data":[{"index":0,"embedding":[1]}]}`, `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`,
		`{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}`, `{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}`,
	} {
		answer.Store(wrong)
		if v, err := c.Embed(t.Context(), []string{"a", "b"}, &exchange.Exchange{}); err == nil {
			t.Errorf("%s: %v", wrong, v)
		}
	}
}
