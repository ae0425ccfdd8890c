package suite

import (
	"bytes"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// shop is a paid server that keeps what it was asked.
type shop struct {
	meter meter

	mu     sync.Mutex // protects bodies
	bodies [][]byte   // of the pass: of prompts with a background note
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // a broken one is no JSON either
	if bytes.Contains(body, []byte("Background, not part of the task")) {
		s.mu.Lock()
		s.bodies = append(s.bodies, body)
		s.mu.Unlock()
		time.Sleep(30 * time.Millisecond) // else a busy client takes longer than the server
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.meter.ServeHTTP(w, r)
}

// take returns how many prompts of the pass came since the last call.
func (s *shop) take() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.bodies)
	s.bodies = nil
	return n
}

// reusing is a plan that scores and prices an own server against a paid one.
func reusing(t *testing.T) (p plan.Plan, own, paid *shop) {
	t.Helper()
	own, paid = &shop{}, &shop{}
	a, b := httptest.NewServer(own), httptest.NewServer(paid)
	t.Cleanup(a.Close)
	t.Cleanup(b.Close)
	p = plan.Default()
	p.Candidate.URL, p.Candidate.MetricsURL = a.URL, plan.MetricsOff
	p.Candidate.Price = &plan.Price{Input: new(1.0), Output: new(2.0)}
	p.Baseline = &plan.Target{URL: b.URL, API: p.Candidate.API, Stream: true, MetricsURL: plan.MetricsOff,
		Price: &plan.Price{Input: new(3.0), Output: new(15.0)}, KeyEnv: "INFEROMETER_TEST_REUSE_KEY", Headers: map[string]string{"X-Team": "secret-team"}}
	t.Setenv("INFEROMETER_TEST_REUSE_KEY", "secret-key")
	p.Only, p.Dir, p.Client.Calibrate = []plan.Benchmark{plan.Latency, plan.Quality, plan.Cost}, t.TempDir(), false
	p.Latency.Iterations, p.Latency.Warmup, p.Cost.Samples, p.Quality.OutputTokens = 6, 1, 10, 8
	p.Quality.ReuseBaseline, p.Quality.Items = time.Hour, "none" // items have a test of their own
	p.Claims = []plan.Claim{{Limit: "savings>=10%"}, {Limit: "drift<=5"}, {Limit: "ttft.p50<10s"}}
	return p, own, paid
}

// notes carries out a run, and returns what it told.
func notes(t *testing.T, p plan.Plan, o Options) (*result.Result, string) {
	t.Helper()
	var told []string
	o.Progress = func(e Event) {
		if e.Kind == "note" {
			told = append(told, e.Text)
		}
	}
	out, err := Run(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return out.Result, strings.Join(told, "\n") // which is recomputed from the log
}

// A second run scores and prices the answers of the first, sends the baseline no
// prompt, and has no latency of it.
func TestReusedAnswersAreNotAskedForAgain(t *testing.T) {
	p, own, paid := reusing(t)
	o := Options{CacheDir: t.TempDir()}
	first, _ := notes(t, p, o)
	if n := paid.take(); n < 10 || own.take() < 10 {
		t.Fatalf("the first run sent the baseline %d prompts", n)
	}
	if first.Run.Reused != nil || len(first.Benchmarks.Latency.Cells) != 2 {
		t.Fatalf("%+v", first.Run.Reused)
	}
	second, told := notes(t, p, o)
	if n := paid.take(); n != 0 {
		t.Errorf("the second run sent the baseline %d prompts", n)
	}
	if own.take() < 10 {
		t.Error("the candidate was not asked again")
	}
	if !strings.Contains(told, "10 answers of the baseline are reused") {
		t.Errorf("nothing is said of it: %q", told)
	}
	u := second.Run.Reused
	if len(u) != 1 || u[0].Target != cells.Baseline || u[0].Answers != 10 || u[0].Sent != 0 || u[0].Oldest.After(second.Run.Started) {
		t.Errorf("%+v", u)
	}
	l := second.Benchmarks.Latency
	if len(l.Cells) != 1 || l.Cells[0].Target != cells.Candidate || len(l.Versus) != 0 {
		t.Errorf("a latency of answers that were recorded: %d cells, %+v", len(l.Cells), l.Versus)
	}
	q := second.Benchmarks.Quality
	if q.Delta == nil || q.Delta.Pairs != 6 || *q.Delta.Estimate.Value != *first.Benchmarks.Quality.Delta.Estimate.Value {
		t.Errorf("%+v", q.Delta)
	}
	was, is := first.Benchmarks.Cost.Baseline, second.Benchmarks.Cost.Baseline
	if is.Samples != was.Samples || math.Abs(float64(*is.PerRequest.Value/(*was.PerRequest.Value)-1)) > 1e-9 { // sums in another order
		t.Errorf("the baseline cost %v of %d, and now %v of %d", *was.PerRequest.Value, was.Samples, *is.PerRequest.Value, is.Samples)
	}
	spent := second.Run.Spend.Targets[1]
	if spent.Reused != 10 || spent.Requests > 6 || *spent.USD > *first.Run.Spend.Targets[1].USD/2 {
		t.Errorf("reused answers cost something: %+v", spent)
	}
	for _, c := range second.Claims[:2] {
		if !strings.Contains(c.Text, "10 answers of the baseline were recorded up to") {
			t.Errorf("%s: %s", c.Text, c.Reason)
		}
	}
	if c := second.Claims[2]; c.N != 6 || strings.Contains(c.Text, "recorded") {
		t.Errorf("%+v", c)
	}
	for _, c := range second.Validity.Checks {
		if c.ID == "repeated_prompts" && c.Cell == cells.PassID(cells.Candidate) && c.Status != result.Warn {
			t.Errorf("nothing warns that the candidate may know the prompts: %+v", c)
		}
	}
}

// Only what no earlier run has asked is asked, and the figures of the baseline's
// latency are of that.
func TestNewPromptsAreAsked(t *testing.T) {
	p, _, paid := reusing(t)
	o := Options{CacheDir: t.TempDir()}
	notes(t, p, o)
	paid.take()
	p.Latency.Iterations, p.Cost.Samples, p.Quality.Kinds = 9, 9, []string{"technical"}
	other, _ := notes(t, p, o)
	asked := paid.take()
	if asked < 9 || other.Run.Reused != nil {
		t.Errorf("%d prompts of another kind were sent: %+v", asked, other.Run.Reused)
	}
	p.Latency.Iterations, p.Cost.Samples = 12, 12
	more, _ := notes(t, p, o)
	if n := paid.take(); n == 0 || n > 9 {
		t.Errorf("%d prompts were sent, and three are new", n)
	}
	u := more.Run.Reused
	if len(u) != 1 || u[0].Answers != 9 || u[0].Sent != 3 {
		t.Errorf("%+v", u)
	}
	c := more.Benchmarks.Latency.Cells
	if len(c) != 2 || c[0].Counts.Scheduled != 12 || c[1].Counts.Scheduled != 3 || more.Benchmarks.Latency.Versus[0].Pairs != 3 {
		t.Errorf("%d cells", len(c))
	}
	p.Workload.Temperature = 0.5
	if notes(t, p, o); paid.take() < 12 {
		t.Error("answers at another temperature are reused")
	}
}

// A damaged entry is said, and asked for again; nothing secret is in any.
func TestDamagedEntriesAreAskedForAgain(t *testing.T) {
	p, _, paid := reusing(t)
	o := Options{CacheDir: t.TempDir()}
	notes(t, p, o)
	paid.take()
	var files []string
	err := filepath.WalkDir(o.CacheDir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) != 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"secret-key", "secret-team", "127.0.0.1"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s has %q", f, secret)
			}
		}
	}
	if err := os.WriteFile(files[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	res, told := notes(t, p, o)
	if n := paid.take(); n == 0 || res.Run.Reused[0].Answers != 9 || !strings.Contains(told, "1 recorded answers of the baseline are left out") || !strings.Contains(told, "damaged") {
		t.Errorf("%d sent, %+v: %q", n, res.Run.Reused, told)
	}
	if res, _ = notes(t, p, o); res.Run.Reused[0].Answers != 10 {
		t.Errorf("the damaged entry was not replaced: %+v", res.Run.Reused)
	}
}

// A run that reuses answers and is stopped resumes with those that it began with.
func TestReuseIsResumed(t *testing.T) {
	p, _, paid := reusing(t)
	cache := t.TempDir()
	notes(t, p, Options{CacheDir: cache})
	paid.take()
	p.Latency.Iterations, p.Cost.Samples = 60, 60
	out := stopping(t, 1, func(o Options) (*Outcome, error) {
		o.CacheDir = cache
		return Run(t.Context(), p, o)
	})
	paid.take()
	out, err := Resume(t.Context(), out.Folder, &p, Options{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	res := out.Result
	u := res.Run.Reused
	if res.Run.Status != result.Complete || len(u) != 1 || u[0].Answers+u[0].Sent != 60 || u[0].Answers < 6 {
		t.Errorf("%+v %+v", res.Run.Status, u)
	}
	q := res.Benchmarks.Quality
	if i := slices.IndexFunc(q.Targets, func(s result.QualityScore) bool { return s.Target == cells.Baseline }); q.Targets[i].N != 60 || q.Delta.Pairs != 60 {
		t.Errorf("%+v", q.Targets[i])
	}
}
