package embedding

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/result"
)

// subjects is an embeddings model that knows three words, and of each text how often
// they occur.
func subjects(t *testing.T, seen func(texts []string) bool) *Model {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			_, _ = fmt.Fprint(w, `{"data":[{"id":"e"}]}`)
			return
		}
		var body struct{ Input any }
		_ = json.NewDecoder(r.Body).Decode(&body)
		var texts []string
		list, many := body.Input.([]any)
		for _, x := range list {
			texts = append(texts, x.(string))
		}
		if one, ok := body.Input.(string); ok {
			texts = []string{one}
		}
		if many && !seen(texts) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, `{"error":{"message":"closed"}}`)
			return
		}
		var data []map[string]any
		for i, x := range texts {
			v := []float64{0.1}
			for _, word := range []string{"cache", "river", "bread"} {
				v = append(v, 3*float64(strings.Count(x, word)))
			}
			data = append(data, map[string]any{"index": i, "embedding": v})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data, "usage": map[string]any{"prompt_tokens": 5}})
	}))
	t.Cleanup(s.Close)
	p := plan.Default()
	p.Quality.Embeddings = &scoring.Model{URL: s.URL}
	f := &target.Finder{Plan: p, Clock: exchange.NewClock()}
	t.Cleanup(f.Close)
	m, err := Prepare(t.Context(), f, p, func(string, *result.Price) {})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAnswersOnTheirSubjectAreCloserThanChance(t *testing.T) {
	var mu sync.Mutex // the server sees texts, the test reads what it saw
	longest, most := 0, 0
	m := subjects(t, func(texts []string) bool {
		mu.Lock()
		defer mu.Unlock()
		most = max(most, len(texts))
		for _, x := range texts {
			longest = max(longest, len([]rune(x)))
		}
		return true
	})
	prompts := []string{"what is a cache", "name a river", "how to bake bread", "what is a cache for"}
	answers := []string{strings.Repeat("a cache keeps blocks. ", 400), "the river Nile", "the river again", ""}
	s, err := m.Similarities(t.Context(), answers, prompts)
	if err != nil {
		t.Fatal(err)
	}
	if s[0] == nil || s[0].Value() < 0.9 || s[1] == nil || s[1].Value() < 0.9 {
		t.Errorf("on their subject: %+v %+v", s[0], s[1])
	}
	if s[2] == nil || s[2].Value() > 0.1 {
		t.Errorf("off its subject: %+v", s[2])
	}
	if s[3] != nil {
		t.Errorf("an empty answer: %+v", s[3])
	}
	mu.Lock()
	defer mu.Unlock()
	if longest > chunk || most > batch {
		t.Errorf("texts of %d runes, %d at once", longest, most)
	}
}

func TestAnEndpointThatFailsIsNoSimilarity(t *testing.T) {
	m := subjects(t, func([]string) bool { return false })
	if _, err := m.Similarities(t.Context(), []string{"a"}, []string{"b"}); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
	if m, err := Prepare(t.Context(), nil, plan.Default(), nil); m != nil || err != nil {
		t.Errorf("%v %v: this plan has none", m, err)
	}
}
