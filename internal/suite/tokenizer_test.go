package suite

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tokens"
)

// counting is a server whose usage comes from a tokenizer and a template of 11
// tokens, and which may have a /tokenize.
type counting struct {
	tok      tokens.Tokenizer
	model    string
	tokenize bool
	unseen   int // input tokens that are in no text, such as those of an image

	mu      sync.Mutex // protects all following fields
	prompts []string
	asked   int // of /tokenize
}

const template = 11

func (s *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Prompt    string
		MaxTokens int `json:"max_tokens"`
		Messages  []struct{ Content string }
	}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	switch r.URL.Path {
	case "/v1/models":
		_, _ = fmt.Fprintf(w, `{"data":[{"id":%q}]}`, s.model)
	case "/tokenize":
		if !s.tokenize {
			http.NotFound(w, r)
			return
		}
		s.mu.Lock()
		s.asked++
		s.mu.Unlock()
		ids, err := s.tok.Encode(q.Prompt)
		if err != nil {
			panic(err)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"count": len(ids), "tokens": ids})
	case "/v1/chat/completions":
		text := ""
		for _, m := range q.Messages {
			text += m.Content
		}
		n, err := s.tok.Count(text)
		if err != nil {
			panic(err)
		}
		s.mu.Lock()
		s.prompts = append(s.prompts, text)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "text/event-stream")
		for range q.MaxTokens {
			_, _ = fmt.Fprint(w, `data: {"choices":[{"index":0,"delta":{"content":"a "}}]}`+"\n\n")
		}
		_, _ = fmt.Fprintf(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`+"\n\n"+
			`data: {"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d}}`+"\n\ndata: [DONE]\n\n", n+template+s.unseen, q.MaxTokens)
	default:
		http.NotFound(w, r)
	}
}

func (s *counting) load(t *testing.T, change func(*plan.Plan)) (*result.Result, error) {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	p := plan.Default()
	p.Candidate.URL, p.Dir, p.Only = server.URL, t.TempDir(), []plan.Benchmark{plan.Load}
	p.Client.Calibrate = false
	p.Workload.InputTokens, p.Workload.OutputTokens = 300, 3
	p.Load.Users, p.Load.Requests, p.Load.Warmup = 2, 20, terms.WarmupRequests(4)
	change(&p)
	out, err := Run(t.Context(), p, Options{})
	if err != nil {
		return nil, err
	}
	return out.Result, nil
}

// What was asked for is what usage says, with each kind of tokenizer.
func TestTokenizersOfARun(t *testing.T) {
	o200k, err := tokens.Open(tokens.O200k)
	if err != nil {
		t.Fatal(err)
	}
	llama, err := tokens.Open("../tokens/testdata/llama3.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, tokenizer string
		server          *counting
		text            string
		most            float64 // of the input error
	}{
		{"the server's", "", &counting{tok: llama, model: "m", tokenize: true}, "/tokenize", 0},
		{"by the model's name", plan.TokenizerAuto, &counting{tok: o200k, model: "gpt-4o-mini"}, "o200k_base, by the model's name", 0},
		{"a file", "../tokens/testdata/llama3.json", &counting{tok: llama, model: "m"}, "testdata/llama3.json", 0},
		{"a vocabulary", tokens.O200k, &counting{tok: o200k, model: "m"}, "o200k_base", 0},
		{"a model's name that misleads", "", &counting{tok: llama, model: "gpt-4o"}, "estimated from the server's usage", 0.1},
		{"none", plan.TokenizerNone, &counting{tok: o200k, model: "gpt-4o", tokenize: true}, "estimated from the server's usage", 0.1},
		{"a wrong one that was asked for", tokens.Cl100k, &counting{tok: llama, model: "m"}, "the server counts differently", 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := tt.server.load(t, func(p *plan.Plan) { p.Workload.Tokenizer = tt.tokenizer })
			if err != nil {
				t.Fatal(err)
			}
			cell := res.Benchmarks.Load.Cells[0]
			if got := res.Targets[0].Tokenizer; !strings.Contains(got, tt.text) {
				t.Errorf("the tokenizer is %q, want %q", got, tt.text)
			}
			p := cell.Prompts
			if p == nil || p.InputError == nil || p.InputN != 20 || float64(*p.InputError) > tt.most || p.Repeated != 0 {
				t.Errorf("%+v %v", p, p.InputError)
			}
			if tt.server.asked > 150 {
				t.Errorf("/tokenize was asked %d times", tt.server.asked)
			}
			// Warm-up prompts are none of the measured ones, and share no first line.
			heads := map[string]bool{}
			for _, s := range tt.server.prompts {
				head, _, _ := strings.Cut(s, "\n")
				if heads[head] && len(s) > 200 {
					t.Errorf("two prompts begin with %q", head)
				}
				heads[head] = true
			}
		})
	}
}

// Input tokens are those of the server's usage, also where neither the length
// that was asked for nor a count on this side comes near it (vllm#38654: tokens of
// images were in no count of the client).
func TestInputIsWhatTheServerCounts(t *testing.T) {
	o200k, err := tokens.Open(tokens.O200k)
	if err != nil {
		t.Fatal(err)
	}
	s := &counting{tok: o200k, model: "m", unseen: 1000}
	res, err := s.load(t, func(p *plan.Plan) { p.Workload.Tokenizer = tokens.O200k })
	if err != nil {
		t.Fatal(err)
	}
	said := map[result.Number]bool{}
	for _, text := range s.prompts {
		n, err := o200k.Count(text)
		if err != nil {
			t.Fatal(err)
		}
		said[result.Number(n+template+s.unseen)] = true
	}
	// The prompts have become short, since the lengths that are asked for
	// include what a server puts around them.
	got := res.Benchmarks.Load.Cells[0].Metrics.Stats["input_tokens"]
	if got.NOK != 20 || got.Min == nil || *got.Min <= 1000 || !said[*got.Min] || !said[*got.Max] {
		t.Errorf("%+v, and the server counted one of %v", got, said)
	}
}

func TestTokenizerRefused(t *testing.T) {
	o200k, err := tokens.Open(tokens.O200k)
	if err != nil {
		t.Fatal(err)
	}
	s := &counting{tok: o200k, model: "m"}
	if _, err := s.load(t, func(p *plan.Plan) { p.Workload.Tokenizer = plan.TokenizerServer }); err == nil || !strings.Contains(err.Error(), "--tokenizer server: the server has no /tokenize") {
		t.Errorf("%v", err)
	}
	if _, err := s.load(t, func(p *plan.Plan) { p.Workload.Tokenizer = "../tokens/testdata/vectors.jsonl" }); err == nil || !strings.Contains(err.Error(), "not a tokenizer.json") {
		t.Errorf("%v", err)
	}
}

// With a salt of one's own two runs send the same prompts.
func TestCacheSaltPinsPrompts(t *testing.T) {
	o200k, err := tokens.Open(tokens.O200k)
	if err != nil {
		t.Fatal(err)
	}
	sent := func(salt string) string {
		s := &counting{tok: o200k, model: "gpt-4o"}
		if _, err := s.load(t, func(p *plan.Plan) { p.Workload.CacheSalt, p.Load.Users, p.Load.Requests = salt, 1, 5 }); err != nil {
			t.Fatal(err)
		}
		// What goes on after the measured ones is a matter of time.
		first := s.prompts[:10]
		slices.Sort(first) // two probes are sent at once
		return strings.Join(first, "\x00")
	}
	if sent("a") != sent("a") {
		t.Error("the same salt and seed gave other prompts")
	}
	if sent("a") == sent("b") || sent("") == sent("") {
		t.Error("another salt gave the same prompts")
	}
}

// The ideal share of prefix hits stands beside the workload.
func TestSharedBeginningsOfARun(t *testing.T) {
	o200k, err := tokens.Open(tokens.O200k)
	if err != nil {
		t.Fatal(err)
	}
	s := &counting{tok: o200k, model: "gpt-4o"}
	res, err := s.load(t, func(p *plan.Plan) { p.Workload.Prefix = plan.PrefixPlan{Tokens: 150, Groups: 2} })
	if err != nil {
		t.Fatal(err)
	}
	cell := res.Benchmarks.Load.Cells[0]
	// 18 of 20 prompts have 150 of their 300 tokens from before.
	if p := cell.Prompts; p.IdealHits == nil || *p.IdealHits != 0.45 || p.ObservedHits != nil || *p.InputError != 0 {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(cell.Workload.Text, "2 shared prefixes of 150 tokens") {
		t.Errorf("%s", cell.Workload.Text)
	}
}

// Prompts of a data set are counted too, and what repeats is said.
func TestDatasetOfARun(t *testing.T) {
	o200k, err := tokens.Open(tokens.O200k)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "questions.csv")
	if err := os.WriteFile(path, []byte("question\nWhat is a prefix cache?\nWhy?\nWhat is a prefix cache?\n\"How does a tokenizer split \"\"naïve\"\" words?\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &counting{tok: o200k, model: "gpt-4o"}
	res, err := s.load(t, func(p *plan.Plan) {
		p.Workload.Dataset, p.Workload.Rows = path, plan.RowsPlan{Columns: "prompt=question"}
		p.Load.Requests = 8
	})
	if err != nil {
		t.Fatal(err)
	}
	cell := res.Benchmarks.Load.Cells[0]
	if p := cell.Prompts; p.InputN != 8 || p.InputError == nil || *p.InputError != 0 || p.Repeated != 5 || *p.RepeatedShare != 0.625 {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(cell.Workload.Text, "4 prompts of questions.csv, 1 (25.0 %) the same as an earlier one") {
		t.Errorf("%s", cell.Workload.Text)
	}
	if _, err := s.load(t, func(p *plan.Plan) { p.Workload.Dataset = path }); err == nil || !strings.Contains(err.Error(), "--dataset-columns") {
		t.Errorf("%v", err)
	}
}
