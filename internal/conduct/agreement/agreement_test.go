package agreement

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/item"
)

// server answers prompts that begin with "item" by say, told how many of them came
// before; whatever else a probe asks, it answers.
func server(t *testing.T, say func(n int, prompt string, body map[string]any) (status int, answer string)) plan.Target {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			_, _ = fmt.Fprint(w, `{"data":[{"id":"m"}]}`)
			return
		}
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		prompt := ""
		if m, _ := body["messages"].([]any); len(m) > 0 {
			prompt, _ = m[len(m)-1].(map[string]any)["content"].(string)
		}
		if !strings.HasPrefix(prompt, "item") {
			_, _ = fmt.Fprint(w, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1}}`)
			return
		}
		mu.Lock()
		at := n
		n++
		mu.Unlock()
		status, answer := say(at, prompt, body)
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, answer)
	}))
	t.Cleanup(s.Close)
	p := plan.DefaultTarget()
	p.URL, p.Model, p.Stream = s.URL, "m", false
	return p
}

func text(s string) string {
	b, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": s}, "finish_reason": "stop"}}})
	return string(b)
}

// likely is an answer of one token, with its probabilities.
func likely(token string, logprob, other float64) string {
	return fmt.Sprintf(`{"choices":[{"message":{"content":%q},"finish_reason":"stop","logprobs":{"content":[{"token":%q,"logprob":%v,"top_logprobs":[{"token":"a","logprob":%v},{"token":"b","logprob":%v}]}]}}]}`,
		token, token, logprob, logprob, other)
}

func items(n int) (out []item.Item) {
	for i := range n {
		out = append(out, item.Item{ID: fmt.Sprint(i), Prompt: fmt.Sprint("item ", i)})
	}
	return out
}

func planOf(candidate plan.Target, baseline ...plan.Target) plan.Plan {
	p := plan.Default()
	p.Candidate = candidate
	for _, b := range baseline {
		p.Baseline = &b
	}
	return p
}

// Requests of two users are answered in twos, so that both are in flight.
func TestAnswersThatOnlyLoadChangesAreSeen(t *testing.T) {
	const prompts, repeats = 4, 2
	meet := make(chan bool)
	target := server(t, func(n int, prompt string, _ map[string]any) (int, string) {
		if n < prompts*repeats {
			return 200, text(prompt + " is answered in one way")
		}
		select {
		case meet <- true:
		case <-meet:
		}
		return 200, text(fmt.Sprintf("%s is answered in way %d", prompt, n))
	})
	r, err := Run(t.Context(), planOf(target), Options{Items: items(prompts), Users: []int{2}, Repeats: repeats, Output: 10})
	if err != nil {
		t.Fatal(err)
	}
	levels := r.Endpoints[0].Levels
	if l := levels[0]; l.Users != 1 || l.Self.Stable != prompts || l.Alone.Same != prompts || l.Failed != 0 {
		t.Errorf("alone: %+v", l)
	}
	if l := levels[1]; l.Users != 2 || l.Self.Stable != 0 || l.Self.Distinct != 2 || l.Alone.Same != 0 || *l.Alone.Median < 20 {
		t.Errorf("two at once: %+v", l)
	}
	if r.Between != nil || r.Distance != nil {
		t.Errorf("one endpoint is compared with another: %+v", r)
	}
}

func TestTwoEndpointsAreComparedByTextAndProbabilities(t *testing.T) {
	a := server(t, func(_ int, _ string, body map[string]any) (int, string) {
		if body["top_logprobs"] != 5.0 || body["temperature"] != 0.0 {
			t.Errorf("body %v", body)
		}
		return 200, likely("a", -0.1, -2.4)
	})
	b := server(t, func(_ int, prompt string, _ map[string]any) (int, string) {
		if prompt == "item 0" {
			return 200, likely("b", -0.9, -0.5)
		}
		return 200, likely("a", -0.2, -1.7)
	})
	r, err := Run(t.Context(), planOf(a, b), Options{Items: items(4), Repeats: 2, Output: 10, Top: 5})
	if err != nil {
		t.Fatal(err)
	}
	if r.Between == nil || r.Between.Pairs != 4 || r.Between.Same != 3 || *r.Between.TokenShare != 75 {
		t.Errorf("%+v", r.Between)
	}
	if d := r.Distance; d == nil || d.Places != 4 || d.SameTop != 75 || d.Mean <= 0 {
		t.Errorf("%+v (%s)", d, r.NoDistance)
	}
}

func TestServerWithoutProbabilitiesIsComparedByText(t *testing.T) {
	a := server(t, func(_ int, _ string, body map[string]any) (int, string) {
		if body["logprobs"] != nil {
			return 400, `{"error":{"message":"logprobs are not supported"}}`
		}
		return 200, text("a")
	})
	r, err := Run(t.Context(), planOf(a, a), Options{Items: items(3), Repeats: 2, Output: 10, Top: 5})
	if err != nil {
		t.Fatal(err)
	}
	if r.Between.Same != 3 || r.Distance != nil || !strings.Contains(r.NoDistance, "logprobs are not supported") {
		t.Errorf("%+v %q", r.Between, r.NoDistance)
	}
}

func TestFailedRequestsAreCountedAndCompareNothing(t *testing.T) {
	a := server(t, func(n int, prompt string, _ map[string]any) (int, string) {
		if prompt == "item 1" {
			return 400, `{"error":{"message":"no such thing"}}`
		}
		return 200, text(prompt)
	})
	r, err := Run(t.Context(), planOf(a), Options{Items: items(3), Repeats: 2, Output: 10})
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Endpoints[0].Levels[0]; l.Failed != 2 || !strings.Contains(l.Why, "no such thing") || l.Self.Prompts != 2 || l.Alone.Pairs != 2 {
		t.Errorf("%+v", l)
	}
	b := server(t, func(int, string, map[string]any) (int, string) { return 400, `{"error":{"message":"closed"}}` })
	if _, err := Run(t.Context(), planOf(b), Options{Items: items(3), Repeats: 2, Output: 10}); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
}
