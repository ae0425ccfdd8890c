package judging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/quality/judge"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// model is a judge that answers each question by say.
func model(t *testing.T, say func(system, user string) string) (url string, requests func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			_, _ = fmt.Fprint(w, `{"data":[{"id":"judge-1"}]}`)
			return
		}
		var body struct {
			Messages []struct{ Role, Content string }
			Top      int `json:"top_logprobs"`
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		text := "x"
		if len(body.Messages) == 2 {
			mu.Lock()
			n++
			mu.Unlock()
			text = say(body.Messages[0].Content, body.Messages[1].Content)
		}
		if code, ok := strings.CutPrefix(text, "HTTP "); ok {
			w.WriteHeader(400)
			text = code
		}
		choice := map[string]any{"message": map[string]any{"content": text}, "finish_reason": "stop"}
		if body.Top > 0 {
			choice["logprobs"] = map[string]any{"content": []any{map[string]any{"token": text, "logprob": -0.69, "top_logprobs": []any{
				map[string]any{"token": "4", "logprob": -0.6931471805599453}, map[string]any{"token": "5", "logprob": -0.6931471805599453}}}}}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{choice}, "usage": map[string]any{"prompt_tokens": 50, "completion_tokens": 5}})
	}))
	t.Cleanup(s.Close)
	return s.URL, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// prefers finds the answer with a word better, and two with it or without it alike.
func prefers(word string) func(system, user string) string {
	return func(system, user string) string {
		if strings.HasPrefix(system, "You rate") {
			return "4"
		}
		_, answers, _ := strings.Cut(user, "<answer_1>")
		first, second, _ := strings.Cut(answers, "<answer_2>")
		switch a, b := strings.Contains(first, word), strings.Contains(second, word); {
		case a == b:
			return "They are alike.\nVERDICT: TIE"
		case a:
			return "VERDICT: 1"
		}
		return "VERDICT: 2"
	}
}

func prepared(t *testing.T, url string, more func(*scoring.Judge)) (*Judge, error) {
	t.Helper()
	p := plan.Default()
	p.Quality.Judge = &scoring.Judge{Model: scoring.Model{URL: url}}
	if more != nil {
		more(p.Quality.Judge)
	}
	f := &target.Finder{Plan: p, Clock: exchange.NewClock()}
	t.Cleanup(f.Close)
	return Prepare(t.Context(), f, p, func(name string, _ *result.Price) {
		if name != Name {
			t.Errorf("the price of %q", name)
		}
	})
}

func asked(t *testing.T, j *Judge) (records []runlog.JudgementRecord, notes []string, err error) {
	t.Helper()
	err = j.Ask(t.Context(), func(r runlog.JudgementRecord) error { records = append(records, r); return nil }, func(s string) { notes = append(notes, s) })
	return records, notes, err
}

func TestEveryPairIsJudgedInBothOrders(t *testing.T) {
	url, requests := model(t, prefers("good"))
	j, err := prepared(t, url, func(j *scoring.Judge) { j.Grades = true })
	if err != nil {
		t.Fatal(err)
	}
	j.Add(cells.Candidate, "p1", "technical", "task 1", "a good answer")
	j.Add(cells.Baseline, "p1", "technical", "task 1", "a bad one")
	j.Add(cells.Candidate, "p2", "technical", "task 2", "bad")
	j.Add(cells.Baseline, "p2", "technical", "task 2", "good")
	j.Add(cells.Candidate, "p3", "technical", "task 3", "no baseline has answered")
	records, _, err := asked(t, j)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, r := range records {
		if r.Judge != "judge-1" || r.First == "" || r.CandidateRunes == 0 {
			t.Errorf("%+v", r)
		}
		if r.Canary == "" {
			got[r.Item+" "+r.First+": "+r.Verdict]++
			if r.First == runlog.ForCandidate && (r.CandidateScore == nil || *r.CandidateScore != 4.5) {
				t.Errorf("grade %v: it is weighted by probabilities", r.CandidateScore)
			}
		}
	}
	for _, want := range []string{"p1 candidate: candidate", "p1 baseline: candidate", "p2 candidate: baseline", "p2 baseline: baseline"} {
		if got[want] != 1 {
			t.Errorf("%s is missing: %v", want, got)
		}
	}
	if n, planned := requests(), judge.Requests(2, 0, true); n != planned || len(got) != 4 {
		t.Errorf("%d requests, and %d were said before", n, planned)
	}
}

func TestLabelsAndCanariesAreMarked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "labels.jsonl")
	if err := os.WriteFile(file, []byte(`{"id":"l1","prompt":"t","a":"good","b":"bad","label":"b"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	url, _ := model(t, prefers("good"))
	j, err := prepared(t, url, func(j *scoring.Judge) { j.Labels = file })
	if err != nil {
		t.Fatal(err)
	}
	j.Add(cells.Candidate, "p1", "", "task", "x")
	j.Add(cells.Baseline, "p1", "", "task", "x")
	records, _, err := asked(t, j)
	if err != nil {
		t.Fatal(err)
	}
	labels, canaries := 0, 0
	for _, r := range records {
		switch r.Canary {
		case "":
		case runlog.CanaryLabel:
			labels++
			if r.Want != runlog.ForBaseline || r.Verdict != runlog.ForCandidate {
				t.Errorf("%+v", r)
			}
		default:
			canaries++
			if r.Canary == judge.Identical && (r.Want != runlog.Tie || r.Verdict != runlog.Tie) {
				t.Errorf("%+v", r)
			}
		}
	}
	if labels != 2 || canaries != 2*len(judge.Canaries()) {
		t.Errorf("%d labels, %d canaries", labels, canaries)
	}
	if _, err := prepared(t, url, func(j *scoring.Judge) { j.Labels = file + "x" }); err == nil || !strings.Contains(err.Error(), "--judge-labels") {
		t.Error(err)
	}
}

func TestJudgeWithoutVerdictsIsNotShownTheAnswers(t *testing.T) {
	for text, why := range map[string]string{"I like both.": "no verdict", "HTTP over quota": "over quota"} {
		url, requests := model(t, func(string, string) string { return text })
		j, err := prepared(t, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		j.Add(cells.Candidate, "p1", "", "task", "x")
		j.Add(cells.Baseline, "p1", "", "task", "y")
		records, _, err := asked(t, j)
		if err == nil || !strings.Contains(err.Error(), why) || requests() != 2*len(judge.Canaries()) {
			t.Errorf("%v after %d requests", err, requests())
		}
		for _, r := range records {
			if r.Canary == "" || r.Verdict != "" || r.Why == "" {
				t.Errorf("%+v", r)
			}
		}
	}
}

func TestAJudgeThatCannotBeReachedIsRefusedBeforeTheRun(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	if _, err := prepared(t, s.URL, nil); err == nil || !strings.Contains(err.Error(), "the judge") {
		t.Error(err)
	}
	if j, err := Prepare(t.Context(), nil, plan.Default(), nil); j != nil || err != nil {
		t.Errorf("%v %v: this plan has none", j, err)
	}
}

func TestAFailedLogEndsTheJudging(t *testing.T) {
	url, requests := model(t, prefers("good"))
	j, err := prepared(t, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	j.Add(cells.Candidate, "p1", "", "task", "x")
	j.Add(cells.Baseline, "p1", "", "task", "y")
	full := errors.New("disk full")
	if err := j.Ask(t.Context(), func(runlog.JudgementRecord) error { return full }, func(string) {}); !errors.Is(err, full) {
		t.Error(err)
	}
	if n := requests(); n >= 2*len(judge.Canaries()) {
		t.Errorf("%d requests after the log failed", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Ask(ctx, func(runlog.JudgementRecord) error { return nil }, func(string) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
