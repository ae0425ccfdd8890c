package inferometer_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inferometer/inferometer"
	"github.com/inferometer/inferometer/examples"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/suite"
)

// small shrinks a plan so that it runs in seconds, and points it at the
// built-in endpoints.
func small(p *inferometer.Plan, dir string) {
	p.Dir = dir
	if !strings.HasPrefix(p.Candidate.URL, "sim:") {
		p.Candidate.URL, p.Candidate.Model = "sim:vllm", ""
	}
	if b := p.Baseline; b != nil && !strings.HasPrefix(b.URL, "sim:") {
		b.URL, b.Model, b.KeyEnv = "sim:api", "", ""
	}
	if b := p.Baseline; b != nil {
		b.Sim = &plan.SimPlan{TTFT: inferometer.Duration(80e6), ITL: inferometer.Duration(4e6)}
	}
	p.Latency.Iterations, p.Latency.Warmup = 6, 1
	p.Cost.Samples = 8
	p.Throughput.Levels, p.Throughput.Requests = []int{4}, 60
	p.Workload.OutputLengths, p.Workload.OutputTokens, p.Quality.OutputTokens = "", 8, 40
	p.Load.Requests = min(p.Load.Requests, 30)
	p.Load.Conversations = min(p.Load.Conversations, 8)
	p.Load.ThinkTime = min(p.Load.ThinkTime, inferometer.Duration(20e6))
	for i := range p.Claims {
		if p.Claims[i].Level > 0 {
			p.Claims[i].Level = 4
		}
	}
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("docs/result.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every example plan runs, and leaves a folder whose result.json follows the
// schema and can be recomputed from the log, byte for byte.
func TestExamplePlansRun(t *testing.T) {
	s := schema(t)
	names, err := fs.Glob(examples.Plans, "*.yaml")
	if err != nil || len(names) < 4 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p, err := inferometer.ReadPlan(filepath.Join("examples", name))
			if err != nil {
				t.Fatal(err)
			}
			small(&p, dir)
			r, err := inferometer.Run(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if r.Run.Status != "complete" || r.Evidence != "simulated" {
				t.Errorf("%s, %s", r.Run.Status, r.Evidence)
			}
			folder := filepath.Join(dir, r.Run.ID)
			before, err := os.ReadFile(filepath.Join(folder, "result.json"))
			if err != nil {
				t.Fatal(err)
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(before))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(doc); err != nil {
				t.Errorf("result.json does not follow the schema: %v", err)
			}
			if _, err := suite.Recompute(folder); err != nil {
				t.Fatal(err)
			}
			after, err := os.ReadFile(filepath.Join(folder, "result.json"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(before), string(after)); diff != "" {
				t.Errorf("recomputed from the log, the result is another:\n%s", diff)
			}
			for _, c := range r.Claims {
				if c.Verdict == "" || c.Reason == "" || c.Text == "" || c.Evidence == "" {
					t.Errorf("a claim without verdict, reason, text or evidence: %+v", c)
				}
			}
			everyFigureSaysSimulated(t, folder)
		})
	}
}

// everyFigureSaysSimulated: what was measured from the simulator is marked on
// every page and in every figure.
func everyFigureSaysSimulated(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "figures", "*.svg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d figures, %v", len(files), err)
	}
	files = append(files, filepath.Join(folder, "report.md"), filepath.Join(folder, "report.html"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(bytes.ToLower(b), []byte("simulated")) {
			t.Errorf("%s does not say that it is simulated", filepath.Base(f))
		}
		if strings.HasSuffix(f, ".html") && !bytes.Contains(b, []byte(`content="default-src &#39;none&#39;; `)) {
			t.Error("the page may load something: its policy does not begin with default-src 'none'")
		}
	}
}

// A server whose every request fails is never a success.
func TestAllRequestsFail(t *testing.T) {
	p := inferometer.DefaultPlan("sim:vllm")
	p.Dir = t.TempDir()
	p.Only = []inferometer.Benchmark{"load"}
	p.Load.Users, p.Load.Requests = 2, 12
	p.Candidate.Body = map[string]any{"max_tokens": 100_000_000} // more than any context
	r, err := inferometer.Run(t.Context(), p)
	if err != nil {
		return // refused before anything was measured: as good
	}
	if suite.ExitCode(r, p) == 0 {
		b, _ := json.MarshalIndent(r.Validity, "", " ")
		t.Errorf("exit code 0, validity %s", b)
	}
}
