package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// moody is a server that answers at once, but for requests of so many tokens.
type moody struct {
	mu      sync.Mutex // protects all following fields
	model   string
	refuses int         // tokens; 0: none
	prompts []string    // of answers of 5 to 15 tokens, which no probe asks for
	lengths map[int]int // how many of them had so many tokens
	resets  int
}

func (s *moody) set(f func(*moody)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/v1/models":
		s.set(func(s *moody) { _, _ = fmt.Fprintf(w, `{"data":[{"id":%q}]}`, s.model) })
		return
	case "/reset_prefix_cache":
		s.set(func(s *moody) { s.resets++ })
		return
	case "/v1/chat/completions":
	default:
		http.NotFound(w, r)
		return
	}
	var q struct {
		MaxTokens int `json:"max_tokens"`
		Messages  []struct{ Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	refused := false
	s.set(func(s *moody) {
		if refused = q.MaxTokens == s.refuses; !refused && q.MaxTokens >= 5 && q.MaxTokens < 16 {
			s.prompts = append(s.prompts, q.Messages[len(q.Messages)-1].Content)
			if s.lengths == nil {
				s.lengths = map[int]int{}
			}
			s.lengths[q.MaxTokens]++
		}
	})
	if refused {
		http.Error(w, `{"error":{"message":"not today"}}`, http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range q.MaxTokens {
		_, _ = fmt.Fprintf(w, `data: {"choices":[{"index":0,"delta":{"content":"w%d "}}]}`+"\n\n", i)
		w.(http.Flusher).Flush()
	}
	_, _ = fmt.Fprintf(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`+"\n\n"+
		`data: {"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":%d}}`+"\n\ndata: [DONE]\n\n", q.MaxTokens)
}

// sweep is a plan of a sweep over output tokens.
func sweep(t *testing.T, url string, values ...string) plan.Plan {
	p := plan.Default()
	p.Candidate.URL, p.Dir = url, t.TempDir()
	p.Only = []plan.Benchmark{plan.Load}
	p.Workload.InputTokens = 30
	p.Client.Calibrate = false
	p.Load.Users, p.Load.Requests, p.Load.Warmup = 10, 24, terms.WarmupRequests(1)
	p.Scan.Keys = plan.ScanKeys{{Key: "output-tokens", Items: values}}
	return p
}

// points lists the points of a sweep, as cell or reason.
func points(s *result.Scan) (out []string) {
	for _, p := range s.Points {
		what := p.Cell
		if p.Why != "" {
			why, _, _ := strings.Cut(p.Why, ":")
			what = strings.TrimSpace(what + " " + why)
		}
		out = append(out, what)
	}
	return out
}

func unique(t *testing.T, prompts []string) {
	t.Helper()
	sorted := slices.Clone(prompts)
	slices.Sort(sorted)
	if n := len(slices.Compact(sorted)); n != len(prompts) {
		t.Errorf("%d of %d prompts were sent before", len(prompts)-n, len(prompts))
	}
}

// A cell in which the server breaks does not end the sweep and is no mistake of
// the measurement. Going on runs that cell alone, with prompts of its own.
func TestSweepSurvivesACellAndGoesOn(t *testing.T) {
	server := &moody{model: "m", refuses: 7}
	s := httptest.NewServer(server)
	defer s.Close()
	p := sweep(t, s.URL, "5", "7", "9")
	p.Scan.ResetCache = true
	out, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	scan := out.Result.Benchmarks.Scan
	want := []string{"scan/001", "scan/002 ended early", "scan/003"}
	if diff := cmp.Diff(want, points(scan)); diff != "" || out.Result.Run.Status != result.Partial || out.Result.Benchmarks.Load != nil {
		t.Errorf("%s %+v", diff, out.Result.Run)
	}
	for _, c := range out.Result.Validity.Checks {
		if c.ID == "errors" && c.Cell == "scan/002" && (c.Status != result.Warn || !strings.Contains(c.Text, "what this point shows")) {
			t.Errorf("%+v", c)
		}
	}
	if scan.Pareto == nil || !strings.Contains(scan.Pareto.Refused, "output-tokens") || len(scan.Pareto.Points) > 0 {
		t.Errorf("a front over requests of different lengths: %+v", scan.Pareto)
	}
	server.set(func(s *moody) {
		if s.resets != 1+3 { // to see that it can, and before each cell
			t.Errorf("the cache was emptied %d times", s.resets)
		}
		s.lengths, s.refuses = nil, 0
	})

	out, err = Resume(t.Context(), out.Folder, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	scan = out.Result.Benchmarks.Scan
	if diff := cmp.Diff([]string{"scan/001", "scan/002-2", "scan/003"}, points(scan)); diff != "" || out.Result.Run.Status != result.Complete {
		t.Errorf("%s %+v", diff, out.Result.Run)
	}
	if len(out.Result.Run.Resumed) != 1 || !strings.Contains(strings.Join(scan.Notes, "\n"), "output-tokens=7 was started twice") || !strings.Contains(strings.Join(scan.Notes, "\n"), "resumed") {
		t.Errorf("%+v %q", out.Result.Run.Resumed, scan.Notes)
	}
	if c := checkOf(t, out.Result, "complete"); !strings.Contains(c.Text, "resumed after an interruption") {
		t.Errorf("%+v", c)
	}
	for i, c := range scan.Cells {
		if c.Counts.OK != 24 || c.Counts.Failed != 0 || len(scan.Cells) != 3 {
			t.Errorf("cell %d: %+v", i, c.Counts)
		}
	}
	server.set(func(s *moody) {
		if len(s.lengths) != 1 || s.lengths[7] < 24 { // and those that keep the load up until the last has ended
			t.Errorf("going on sent requests by length: %v", s.lengths)
		}
		unique(t, s.prompts)
	})
	if _, err := Resume(t.Context(), out.Folder, nil, Options{}); err == nil || !strings.Contains(err.Error(), "complete") {
		t.Errorf("a complete run was resumed: %v", err)
	}
	// The result is the same from the log alone.
	again, err := Recompute(out.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(scan, again.Result.Benchmarks.Scan); diff != "" {
		t.Error(diff)
	}
}

// A stop in the middle of a cell leaves the finished points, and that cell is
// run again. The clock of the log goes on.
func TestStoppedSweepGoesOn(t *testing.T) {
	s := httptest.NewServer(&moody{model: "m"})
	defer s.Close()
	p := sweep(t, s.URL, "5", "6", "8")
	p.Load.ThinkTime = plan.Duration(1e6) // the stop falls into the cell
	p.Candidate.Headers = map[string]string{"X-Tenant": "me"}
	stop, cancel := context.WithCancel(t.Context())
	out, err := Run(t.Context(), p, Options{Stop: stop, Progress: func(e Event) {
		if e.Kind == "cell" && e.Cell == "scan/002" {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := out.Result
	if r.Run.Status != result.Interrupted || !out.Secrets {
		t.Errorf("%+v %v", r.Run, out.Secrets)
	}
	want := []string{"scan/001", "the run was stopped while this was measured; the partial data does not count", "the run ended before this was measured"}
	if diff := cmp.Diff(want, points(r.Benchmarks.Scan)); diff != "" || len(r.Benchmarks.Scan.Cells) != 1 || !strings.Contains(r.Benchmarks.Scan.Text, "1 of 3 points") {
		t.Errorf("%s %+v", diff, r.Benchmarks.Scan)
	}
	// The folder has no header's value, so that the plan is needed again, and it
	// must be the same one.
	if _, err := Resume(t.Context(), out.Folder, nil, Options{}); err == nil || !strings.Contains(err.Error(), "not kept") {
		t.Errorf("%v", err)
	}
	other := p
	other.Load.Requests = 25
	if _, err := Resume(t.Context(), out.Folder, &other, Options{}); err == nil || !strings.Contains(err.Error(), `load.requests is "25" here and was "24"`) {
		t.Errorf("%v", err)
	}
	p.Dir, p.MaxCost, p.Name = t.TempDir(), 0, "another"
	out, err = Resume(t.Context(), out.Folder, &p, Options{Version: "later"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"scan/001", "scan/002-2", "scan/003"}, points(out.Result.Benchmarks.Scan)); diff != "" || out.Result.Run.Status != result.Complete {
		t.Errorf("%s %+v", diff, out.Result.Run)
	}
	if again := out.Result.Run.Resumed; len(again) != 1 || !strings.Contains(again[0].Note, "by version later") {
		t.Errorf("%+v", again)
	}
	var last exchange.Stamp
	run, err := runlog.Read(filepath.Join(out.Folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range run.Cells {
		if c.Window.Began < last {
			t.Errorf("%s began before the end of the window before it", c.ID)
		}
		last = c.Window.End
	}
}

// What was measured of one server is not mixed with what another says.
func TestResumeRefusesAnotherServer(t *testing.T) {
	server := &moody{model: "m", refuses: 7}
	s := httptest.NewServer(server)
	defer s.Close()
	out, err := Run(t.Context(), sweep(t, s.URL, "5", "7"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	server.set(func(s *moody) { s.model = "n" })
	if _, err := Resume(t.Context(), out.Folder, nil, Options{}); err == nil || !strings.Contains(err.Error(), `model "m" then, "n" now`) {
		t.Errorf("%v", err)
	}
	p := sweep(t, s.URL, "5")
	p.Scan = plan.ScanPlan{}
	if out, err = Run(t.Context(), p, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), out.Folder, nil, Options{}); err == nil || !strings.Contains(err.Error(), "nothing to resume") {
		t.Errorf("%v", err)
	}
}

func TestSweepIsRefusedBeforeItBegins(t *testing.T) {
	s := httptest.NewServer(&moody{model: "m"})
	defer s.Close()
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/reset_prefix_cache" {
			http.NotFound(w, r)
			return
		}
		(&moody{model: "m"}).ServeHTTP(w, r)
	}))
	defer bare.Close()
	tests := []struct {
		name string
		edit func(*plan.Plan)
		want string
	}{
		{"no reset", func(p *plan.Plan) { p.Candidate.URL, p.Scan.ResetCache = bare.URL, true }, "--reset-cache: the server has no /reset_prefix_cache"},
		{"a target that is not there", func(p *plan.Plan) {
			p.Scan.Keys = plan.ScanKeys{{Key: "url", Items: []string{s.URL, "http://127.0.0.1:1"}}}
		}, "cell 2 (url=http://127.0.0.1:1): "},
		{"a cell that is not valid", func(p *plan.Plan) { p.Scan.Keys[0].Items = []string{"5", "0"} }, "in cell 2 (output-tokens=0): 0 is too small"},
	}
	for _, tt := range tests {
		p := sweep(t, s.URL, "5")
		tt.edit(&p)
		if out, err := Run(t.Context(), p, Options{}); out != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if left, _ := filepath.Glob(filepath.Join(p.Dir, "*")); len(left) > 0 {
			t.Errorf("%s: left %v", tt.name, left)
		}
	}
}

// Keys of the candidate make targets, one for each different candidate.
func TestSweptTargets(t *testing.T) {
	s := httptest.NewServer(&moody{model: "m"})
	defer s.Close()
	p := sweep(t, s.URL)
	p.Load.Requests, p.Load.Users = 6, 2
	p.Workload.OutputTokens = 5
	p.Scan.Keys = plan.ScanKeys{{Key: "body.top_p", Items: []string{"0.5", "0.9"}}, {Key: "users", Items: []string{"1", "2"}}}
	out, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var of []string
	for _, c := range out.Result.Benchmarks.Scan.Cells {
		of = append(of, c.Target)
	}
	if diff := cmp.Diff([]string{"candidate", "candidate", "candidate-2", "candidate-2"}, of); diff != "" || len(out.Result.Targets) != 2 {
		t.Errorf("%s %+v", diff, out.Result.Targets)
	}
}

func checkOf(t *testing.T, r *result.Result, id string) result.Check {
	t.Helper()
	for _, c := range r.Validity.Checks {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no check %q", id)
	return result.Check{}
}
