package suite

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/quality/judge"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// writer answers every prompt with one text, and counts what is asked while the judge
// is at work.
type writer struct {
	text  string
	court *court
}

func (s *writer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/models" {
		_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
		return
	}
	if s.court != nil && r.Method == http.MethodPost {
		s.court.target()
	}
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", s.text)
	_, _ = io.WriteString(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n")
}

// court is a judge that decides by say, from the two answers.
type court struct {
	say func(first, second string) string

	mu    sync.Mutex // protects all following fields
	asked int
	late  int // requests of targets after the judge was asked about answers
}

func (c *court) target() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked > 0 {
		c.late++
	}
}

func (c *court) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, `{"data":[{"id":"judge-1"}]}`)
		return
	}
	var body struct{ Messages []struct{ Content string } }
	_ = json.NewDecoder(r.Body).Decode(&body)
	text := "x"
	if n := len(body.Messages); n == 2 {
		c.mu.Lock()
		c.asked++
		c.mu.Unlock()
		_, rest, _ := strings.Cut(body.Messages[1].Content, "<answer_1>")
		first, second, _ := strings.Cut(rest, "<answer_2>")
		text = "VERDICT: " + c.say(first, second)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": text}, "finish_reason": "stop"}}, "usage": map[string]any{"prompt_tokens": 100, "completion_tokens": 10}})
}

// honest knows the good answers of the canaries, and finds the candidate's word better.
func honest(first, second string) string {
	good := func(answer string) bool {
		for _, c := range judge.Canaries() {
			if c.Kind == judge.Wrong && strings.Contains(answer, c.Good) {
				return true
			}
		}
		return strings.Contains(answer, "candidate")
	}
	strip := func(s string) string {
		s, _, _ = strings.Cut(s, "</answer")
		return strings.TrimSpace(s)
	}
	switch a, b := good(first), good(second); {
	case strip(first) == strip(second):
		return "TIE"
	case a && !b:
		return "1"
	case b && !a:
		return "2"
	}
	return "TIE" // off topic: both are good answers, to one task or another
}

func judgedRun(t *testing.T, say func(first, second string) string) (*Outcome, *court) {
	t.Helper()
	c := &court{say: say}
	candidate, baseline, judge := httptest.NewServer(&writer{"what the candidate says", c}), httptest.NewServer(&writer{"what the other says", c}), httptest.NewServer(c)
	t.Cleanup(candidate.Close)
	t.Cleanup(baseline.Close)
	t.Cleanup(judge.Close)
	p := plan.Default()
	p.Only, p.Dir = []plan.Benchmark{plan.Quality}, t.TempDir()
	p.Candidate.URL, p.Candidate.Model = candidate.URL, "m"
	p.Baseline = new(plan.DefaultTarget())
	p.Baseline.URL, p.Baseline.Model = baseline.URL, "m"
	p.Latency.Iterations, p.Latency.Warmup = 20, 1
	p.Quality.Items = scoring.NoItems
	p.Quality.Judge = &scoring.Judge{Model: scoring.Model{URL: judge.URL, Price: &plan.Price{Input: new(1.0), Output: new(10.0)}}}
	p.Claims = []plan.Claim{{Limit: "win_rate>=45%"}}
	p.Client.Calibrate = false
	out, err := Run(t.Context(), p, Options{Version: "test", CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return out, c
}

func TestAJudgeDecidesTheWinRateAfterAllIsMeasured(t *testing.T) {
	// One canary in five is off topic, which this judge cannot tell: it is told.
	tasks := map[string]bool{}
	for _, c := range judge.Canaries() {
		if c.Kind == judge.OffTopic {
			tasks[c.Good+c.Bad] = true
		}
	}
	out, c := judgedRun(t, func(first, second string) string {
		if v := honest(first, second); v != "TIE" {
			return v
		}
		for pair := range tasks {
			a, _, _ := strings.Cut(strings.TrimSpace(first), "\n</answer")
			b, _, _ := strings.Cut(strings.TrimSpace(second), "\n</answer")
			switch pair {
			case a + b:
				return "1"
			case b + a:
				return "2"
			}
		}
		return "TIE"
	})
	if c.late != 0 {
		t.Errorf("%d requests to targets after the judge was first asked", c.late)
	}
	q := out.Result.Benchmarks.Quality
	if q == nil || q.Judged == nil {
		t.Fatalf("%+v", q)
	}
	if j := q.Judged; j.Wins != 20 || j.Losses != 0 || len(j.Fitness) != 1 || j.Fitness[0].Unfit != "" {
		t.Errorf("%+v", j)
	}
	if v := out.Result.Claims[0]; v.Verdict != result.Proved {
		t.Errorf("%s: %s", v.Verdict, v.Reason)
	}
	for _, s := range out.Result.Run.Spend.Targets {
		if s.Target == cells.Judge && (s.Requests < judge.Requests(20, 0, false) || s.USD == nil || *s.USD <= 0) {
			t.Errorf("%+v", s)
		}
	}
	run, err := runlog.Read(filepath.Join(out.Folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Judgements) != judge.Requests(20, 0, false) {
		t.Errorf("%d judgements in the log", len(run.Judgements))
	}
	b, err := os.ReadFile(filepath.Join(out.Folder, "result.json"))
	if err != nil || !strings.Contains(string(b), `"fitness"`) {
		t.Errorf("result.json does not say what the judge is worth (%v)", err)
	}
}

func TestAJudgeThatAlwaysSaysFirstMakesTheClaimInvalid(t *testing.T) {
	out, _ := judgedRun(t, func(string, string) string { return "1" })
	if v := out.Result.Claims[0]; v.Verdict != result.Invalid || !strings.Contains(v.Reason, "goes by position") {
		t.Errorf("%s: %s", v.Verdict, v.Reason)
	}
	if code := ExitCode(out.Result, out.Plan); code != ExitInvalid {
		t.Errorf("exit code %d", code)
	}
}

// An embeddings model to which prompts and answers are strangers: only with it is the
// relevance of answers that repeat the words of their prompt nothing.
func TestRelevanceIsByVectorsWhereAnEndpointMakesThem(t *testing.T) {
	relevance := func(embeddings string) float64 {
		candidate := httptest.NewServer(&writer{text: "latency of a cache explains what a server does for its users"})
		defer candidate.Close()
		p := plan.Default()
		p.Only, p.Dir = []plan.Benchmark{plan.Quality}, t.TempDir()
		p.Candidate.URL, p.Candidate.Model = candidate.URL, "m"
		p.Latency.Iterations, p.Latency.Warmup = 6, 1
		p.Quality.Items, p.Client.Calibrate = scoring.NoItems, false
		if embeddings != "" {
			p.Quality.Embeddings = &scoring.Model{URL: embeddings}
		}
		out, err := Run(t.Context(), p, Options{Version: "test", CacheDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		run, err := runlog.Read(filepath.Join(out.Folder, exchange.LogName))
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, s := range run.Scores {
			sum += s.Components["relevance"]
		}
		return sum
	}
	vectors := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var body struct{ Input []string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		data := []any{}
		for i, x := range body.Input {
			v := []float64{1, 0}
			if strings.HasPrefix(x, "latency of a cache") {
				v = []float64{0, 1}
			}
			data = append(data, map[string]any{"index": i, "embedding": v})
		}
		if len(data) == 0 { // a probe
			data = append(data, map[string]any{"index": 0, "embedding": []float64{1}, "id": "e"})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data, "usage": map[string]any{"prompt_tokens": 5}})
	}))
	defer vectors.Close()
	if words, by := relevance(""), relevance(vectors.URL); by != 0 || words <= 0 {
		t.Errorf("relevance %v by words, %v by vectors", words, by)
	}
}
