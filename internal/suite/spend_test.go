package suite

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

// meter is a server that bills: it counts what it has reported as used, and answers
// as long as it is allowed to.
type meter struct {
	mu       sync.Mutex // protects all following fields
	requests int
	in, out  int
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/models" {
		_, _ = fmt.Fprint(w, `{"data":[{"id":"m"}]}`)
		return
	}
	if r.URL.Path != "/v1/chat/completions" {
		http.NotFound(w, r)
		return
	}
	var q struct {
		MaxTokens int `json:"max_tokens"`
		Messages  []struct{ Content string }
		Tools     json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	// Words of English have 1.35 tokens or so, and its vocabulary is of that kind.
	in := 12 + len(q.Tools)/3
	for _, msg := range q.Messages {
		in += 4 + int(math.Ceil(1.4*float64(len(strings.Fields(msg.Content)))))
	}
	m.mu.Lock()
	m.requests++
	m.in, m.out = m.in+in, m.out+q.MaxTokens
	m.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range q.MaxTokens {
		_, _ = fmt.Fprintf(w, `data: {"choices":[{"index":0,"delta":{"content":"w%d "}}]}`+"\n\n", i)
	}
	_, _ = fmt.Fprintf(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`+"\n\n"+
		`data: {"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d}}`+"\n\ndata: [DONE]\n\n", in, q.MaxTokens)
}

// functions are tools that a plan adds to each request, of some thousand tokens.
func functions() []any {
	var out []any
	for i := range 20 {
		out = append(out, map[string]any{"type": "function", "function": map[string]any{
			"name": fmt.Sprintf("f%d", i), "description": strings.Repeat("does this and that; ", 20), "parameters": map[string]any{"type": "object", "properties": map[string]any{}},
		}})
	}
	return out
}

// The cap reserves for all of a body, and not for the prompt's length alone: tools
// that the plan adds, and those beside the lengths of a trace.
func TestCapReservesForToolsBesideThePrompt(t *testing.T) {
	rows := []string{"time,input_tokens,output_tokens"}
	for range 40 {
		rows = append(rows, "0,100,6")
	}
	trace := filepath.Join(t.TempDir(), "trace.csv")
	if err := os.WriteFile(trace, []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(p *plan.Plan){
		"of the plan": func(p *plan.Plan) { p.Candidate.Body = map[string]any{"tools": functions()} },
		"of a trace": func(p *plan.Plan) {
			p.Load.Users, p.Load.Requests, p.Load.Trace, p.Workload.Answer, p.Workload.Tools = 0, 0, trace, plan.AnswerTools, 60
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &meter{}
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/chat/completions" {
					time.Sleep(50 * time.Millisecond) // so that requests are in flight together
				}
				m.ServeHTTP(w, r)
			}))
			defer s.Close()
			p := plan.Default()
			p.Only, p.Dir, p.Client.Calibrate = []plan.Benchmark{plan.Load}, t.TempDir(), false
			p.Candidate.URL, p.Candidate.MetricsURL = s.URL, plan.MetricsOff
			p.Candidate.Price = &plan.Price{Input: new(3.0), Output: new(15.0)}
			p.Workload.InputTokens, p.Workload.OutputTokens, p.Load.Users, p.Load.Requests = 100, 6, 40, 200
			p.Load.Warmup = terms.WarmupRequests(0)
			edit(&p)
			p.MaxCost = 0.6
			out, err := Run(t.Context(), p, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if billed := (3*float64(m.in) + 15*float64(m.out)) / 1e6; billed > p.MaxCost || billed == 0 {
				t.Errorf("the server has billed $%v of %d requests, and the cap is $%v: %s", billed, m.requests, p.MaxCost, out.Result.Run.Reason)
			}
		})
	}
}

// What a run has spent is what its server has billed, probes, warm-up and the
// requests after the measured part included; and no run spends more than its
// dry run says at most.
func TestSpendIsWhatIsBilledAndUnderTheBound(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, rows ...string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	long := file("long.jsonl",
		`{"prompt":"`+strings.Repeat("word ", 3000)+`","max_tokens":20}`,
		`{"messages":[{"role":"system","content":"`+strings.Repeat("be brief ", 100)+`"},{"role":"user","content":"hi"}]}`,
		`{"prompt":"short"}`)
	talk := file("talk.jsonl",
		`{"messages":[{"role":"user","content":"one `+strings.Repeat("more ", 200)+`"},{"role":"assistant","content":"a"},{"role":"user","content":"two"}]}`,
		`{"messages":[{"role":"user","content":"alone"}]}`)
	trace := file("trace.csv", "time,input_tokens,output_tokens", "0,50,3", "0.01,2000,4", "0.02,70,8", "0.05,900,2")
	for name, edit := range map[string]func(p *plan.Plan){
		"synthetic": func(*plan.Plan) {},
		"tiny":      func(p *plan.Plan) { p.Workload.InputTokens = 1 },
		"lengths":   func(p *plan.Plan) { p.Workload.InputLengths = "lognormal mean=200 cv=2" },
		"open": func(p *plan.Plan) {
			p.Load.Users, p.Load.Rate, p.Load.Arrival = 0, 200, "poisson"
		},
		"open by time": func(p *plan.Plan) {
			p.Load.Users, p.Load.Rate, p.Load.Arrival, p.Load.Requests, p.Load.Duration = 0, 100, "poisson", 0, plan.Duration(300*time.Millisecond)
		},
		"data set":          func(p *plan.Plan) { p.Workload.Dataset = long },
		"counted rows":      func(p *plan.Plan) { p.Workload.Dataset, p.Workload.Tokenizer = long, "cl100k_base" },
		"chosen rows":       func(p *plan.Plan) { p.Workload.Dataset, p.Workload.Rows.MaxTokens = long, 100 },
		"trace":             func(p *plan.Plan) { p.Load.Users, p.Load.Requests, p.Load.Trace = 0, 0, trace },
		"shared prefix":     func(p *plan.Plan) { p.Workload.Prefix.Tokens = 60 },
		"tools":             func(p *plan.Plan) { p.Workload.Answer, p.Workload.ToolChoice = plan.AnswerTools, "auto" },
		"tools of the plan": func(p *plan.Plan) { p.Candidate.Body = map[string]any{"tools": functions()} },
		"trace of tools": func(p *plan.Plan) {
			p.Load.Users, p.Load.Requests, p.Load.Trace, p.Workload.Answer = 0, 0, trace, plan.AnswerTools
		},
		"conversations":  func(p *plan.Plan) { p.Workload.Turns, p.Load.Requests, p.Load.Conversations = "3", 0, 4 },
		"turns":          func(p *plan.Plan) { p.Workload.Turns = "uniform 1..4" },
		"data set turns": func(p *plan.Plan) { p.Workload.Turns, p.Workload.Dataset = plan.TurnsWhole, talk },
		"sweep": func(p *plan.Plan) {
			p.Load.Users = 0
			p.Scan.Keys = plan.ScanKeys{{Key: "users", Items: []string{"1", "3"}}, {Key: "input-tokens", Items: []string{"20", "300"}}}
		},
		"targets": func(p *plan.Plan) { p.Baseline, p.Load.Requests = &p.Candidate, 25 },
		"data set turns of targets": func(p *plan.Plan) {
			p.Baseline, p.Load.Requests, p.Workload.Dataset = &p.Candidate, 25, long
		},
		"suite": func(p *plan.Plan) {
			p.Only = []plan.Benchmark{plan.Latency, plan.Throughput, plan.Quality, plan.Cost}
			p.Latency.Iterations, p.Latency.Warmup, p.Cost.Samples = 5, 2, 12
			p.Throughput.Levels, p.Throughput.Requests, p.Quality.OutputTokens = []int{3}, 10, 8
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &meter{}
			s := httptest.NewServer(m)
			defer s.Close()
			p := plan.Default()
			p.Only, p.Dir, p.Client.Calibrate = []plan.Benchmark{plan.Load}, t.TempDir(), false
			p.Candidate.URL, p.Candidate.MetricsURL = s.URL, plan.MetricsOff
			p.Candidate.Price = &plan.Price{Input: new(3.0), Output: new(15.0)}
			p.Workload.InputTokens, p.Workload.OutputTokens, p.Load.Users, p.Load.Requests = 100, 6, 3, 12
			edit(&p)
			if p.Baseline != nil {
				b := *p.Baseline
				p.Baseline = &b
			}
			e := Estimate(p)
			if e.USD == nil {
				t.Fatalf("the spend is unknown: %q", e.Unknown)
			}
			out, err := Run(t.Context(), p, Options{})
			if err != nil {
				t.Fatal(err)
			}
			billed := (3*float64(m.in) + 15*float64(m.out)) / 1e6
			spend := out.Result.Run.Spend
			requests, open := 0, 0
			for _, t := range spend.Targets {
				requests, open = requests+t.Requests, open+t.AtMostRequests
			}
			// The last requests are cut when the measured ones have ended. Of those the
			// server has not said what they used.
			usd, cut := float64(*spend.USD), 0.0
			if spend.AtMostUSD != nil {
				cut = float64(*spend.AtMostUSD)
			}
			// One that was cut as it was written may never have reached it.
			if requests < m.requests || requests-open > m.requests || usd < billed-1e-9 || usd-cut > billed+1e-9 || cut == 0 && math.Abs(usd-billed) > 1e-9 {
				t.Errorf("$%v of %d requests are spent, $%v of it at most; the server has billed $%v for %d", usd, requests, cut, billed, m.requests)
			}
			if spend.Simulated || spend.Note != "" {
				t.Errorf("%+v", spend)
			}
			if *e.USD < usd {
				t.Errorf("the dry run says at most $%v, and the run has spent $%v", *e.USD, usd)
			}
			if *e.USD > 20*billed {
				t.Errorf("the dry run says at most $%v, which says little: the server has billed $%v (%+v)", *e.USD, billed, e.Most)
			}
		})
	}
}
