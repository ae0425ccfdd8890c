package plan

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/plan/key"
)

func read(t *testing.T, yaml string, env []string, set ...Setting) (Plan, key.Provenance, error) {
	t.Helper()
	return Read(Sources{Name: "plan.yaml", YAML: []byte(yaml), Env: env, Set: set})
}

func TestPrecedence(t *testing.T) {
	yaml := "candidate:\n  url: http://file\nlatency:\n  iterations: 11\nseed: 5\ncost:\n  samples: 12\n"
	env := []string{"INFEROMETER_ITERATIONS=22", "INFEROMETER_SAMPLES=23", "PATH=/bin"}
	p, prov, err := read(t, yaml, env, Setting{"latency.iterations", "33", key.Flag("iterations")})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{p.Candidate.URL, p.Latency.Iterations, p.Cost.Samples, p.Seed, p.Workload.InputTokens}
	if diff := cmp.Diff([]any{"http://file", 33, 23, uint64(5), 256}, got); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{
		"candidate.url": "plan.yaml:2:3", "latency.iterations": "--iterations", "cost.samples": "INFEROMETER_SAMPLES",
		"seed": "plan.yaml:5:1", "workload.input_tokens": "default",
	}
	for path, from := range want {
		if prov.From(path) != from {
			t.Errorf("%s comes from %q, want %q", path, prov.From(path), from)
		}
	}
}

func TestTargetsKeepTheirDefaults(t *testing.T) {
	p, _, err := read(t, "candidate: {url: http://a}\nbaseline:\n  url: http://b\n  stream: false\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Candidate.Stream || p.Candidate.API != "chat" || p.Baseline.Stream || p.Baseline.API != "chat" || p.Latency.Iterations != 100 {
		t.Errorf("%+v %+v", p.Candidate, p.Baseline)
	}
}

func TestFileErrors(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"unknown key", "candidate:\n  url: x\n  modell: y\n", `plan.yaml:3:3: unknown key "modell" in candidate (did you mean "model"?)`},
		{"key in the wrong place", "iterations: 5\n", "did you mean latency.iterations?"},
		{"unknown top key", "candidat: {}\n", `plan.yaml:1:1: unknown key "candidat" in a plan (did you mean "candidate"?)`},
		{"wrong type", "latency:\n  iterations: many\n", `plan.yaml:2:15: latency.iterations: "many" is not a whole number`},
		{"bad duration", "client:\n  timeout: soon\n", `plan.yaml:2:12: client.timeout: "soon" is not a duration`},
		{"twice", "seed: 1\nseed: 2\n", "plan.yaml:2:1"},
		{"no mapping", "- a\n- b\n", "plan.yaml:1:1: a plan is a mapping"},
		{"syntax", "candidate: [\n", "plan.yaml:"},
		{"a tab", "candidate:\n\turl: http://a\n", "plan.yaml:2:1: the line is indented with a tab; YAML wants spaces"},
		{"UTF-16", "\xff\xfes\x00e\x00", "plan.yaml is UTF-16 or no text; a plan is UTF-8"},
		{"an endpoint as text", "candidate: http://a\n", `plan.yaml:1:12: candidate: must be a mapping of keys to values and is the text "http://a"; write candidate: {url: "http://a"}`},
		{"a number for a section", "latency: 5\n", "plan.yaml:1:10: latency: must be a mapping of keys to values and is the number 5; its keys are iterations, warmup"},
		{"a list for a number", "load:\n  users: [1, 2]\n", "plan.yaml:2:10: load.users: must be a whole number and is a list"},
		{"a mapping for a duration", "load:\n  duration: {s: 1}\n", "plan.yaml:2:13: load.duration: must be a duration like 250ms, 10s or 5m and is a mapping"},
		{"a number for a body", "candidate:\n  body: 5\n", "plan.yaml:2:9: candidate.body: must be a mapping of names to values and is a number"},
		{"a mapping of claims", "claims: {a: b}\n", "plan.yaml:1:9: claims: must be a list and is a mapping"},
		{"a line at the wrong depth", "candidate:\n  url: http://a\n name: x\n", "is the line's indentation that of its neighbours?"},
		{"a text for a plan", "http://a\n", `and this is the text "http://a"`},
		{"two documents", "seed: 1\n---\nseed: 2\n", "one YAML document"},
		{"only a comment", "# nothing\n", "plan.yaml"},
		{"claims with an unknown key", "claims:\n  - limit: a\n    levl: 5\n", `plan.yaml:3:5: unknown key "levl"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, tt.yaml, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
		})
	}
}

// Some editors begin a file with a byte order mark.
func TestByteOrderMarkIsNoKey(t *testing.T) {
	p, prov, err := read(t, "\xef\xbb\xbfname: x\ncandidate:\n  url: http://a\n", nil)
	if err != nil || p.Name != "x" || prov.From("candidate.url") != "plan.yaml:3:3" {
		t.Errorf("%q, %v, %v", p.Name, prov, err)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.yaml")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{empty: "is empty", filepath.Join(dir, "absent.yaml"): "failed to read", dir: "failed to read"} {
		if _, _, err := Read(Sources{File: file}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}

func TestEnvErrors(t *testing.T) {
	for env, want := range map[string]string{
		"INFEROMETER_ITERATION=5": `(did you mean "INFEROMETER_ITERATIONS"?)`,
		"INFEROMETER_LEVELS=1,x":  `INFEROMETER_LEVELS: "x" is not a whole number`,
		"INFEROMETER_QUICK=maybe": "not true or false",
		"INFEROMETER_GRACE=5":     "not a duration",
		"INFEROMETER_SEED=-1":     "not negative",
	} {
		if _, _, err := read(t, "seed: 1", []string{env}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", env, err, want)
		}
	}
}

func TestQuick(t *testing.T) {
	p, prov, err := read(t, "quick: true\ncandidate: {url: x}\nclaims: [{limit: success>=98%, level: 50}]\n", nil, Setting{"cost.samples", "33", key.Flag("samples")})
	if err != nil {
		t.Fatal(err)
	}
	if p.Latency.Iterations != 20 || p.Cost.Samples != 33 || len(p.Throughput.Levels) != 2 || p.Claims[0].Level != 0 {
		t.Errorf("%+v", p)
	}
	if prov.From("latency.iterations") != "quick" || prov.From("cost.samples") != "--samples" {
		t.Errorf("%v", prov)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}

func TestClaimsOfFlagsReplaceThoseOfTheFile(t *testing.T) {
	p, _, err := read(t, "claims: [{limit: success>=98%}]\n", nil,
		Setting{"claims", "ttft.p95<50ms", key.Flag("claim")}, Setting{"claims", "e2e.p90<1s", key.Flag("claim")})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Claims) != 2 || p.Claims[0].Limit != "ttft.p95<50ms" || p.Claims[1].Limit != "e2e.p90<1s" {
		t.Errorf("%+v", p.Claims)
	}
}

func TestRoundTrip(t *testing.T) {
	in := "name: x\ncandidate:\n  url: http://a\n  headers: {X-Token: hush}\n  body: {top_k: 3}\n  key_command: print-hush\nbaseline:\n  url: sim:api\n  price: {input: 1, output: 2, source: me}\nload: {duration: 90s}\nclaims: [{limit: \"ttft.p95<50ms\"}]\nquality:\n  weights: {technical: {coherence: 1}}\n"
	p, _, err := read(t, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "hush") {
		t.Errorf("a secret is in the file:\n%s", b)
	}
	if p.Candidate.Headers["X-Token"] != "hush" {
		t.Error("writing changed the plan")
	}
	q, _, err := Read(Sources{Name: "again", YAML: b})
	if err != nil {
		t.Fatalf("%v in:\n%s", err, b)
	}
	p.Candidate.Headers["X-Token"], p.Candidate.KeyCommand = key.Redacted, key.Redacted
	q.Candidate.Body["top_k"] = p.Candidate.Body["top_k"] // YAML reads uint64 either way
	if diff := cmp.Diff(p, q); diff != "" {
		t.Error(diff)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"no URL", "seed: 1", "candidate.url (--url): the endpoint to measure is missing"},
		{"negative rate", "candidate: {url: x}\nonly: [load]\nload: {rate: -1, requests: 5}", "load.rate (--rate): invalid rate -1"},
		{"two ways", "candidate: {url: x}\nonly: [load]\nload: {rate: 1, users: 1, requests: 5}", "give one of --users"},
		{"no end", "candidate: {url: x}\nonly: [load]\nload: {rate: 1}", "--requests N, --duration D"},
		{"zero iterations", "candidate: {url: x}\nlatency: {iterations: 0}", "latency.iterations (--iterations): 0 is too small"},
		{"level twice", "candidate: {url: x}\nthroughput: {levels: [5, 5]}", "twice"},
		{"profile", "candidate: {url: sim:vlm}", `(did you mean "vllm"?)`},
		{"profile of an engine that batches", "candidate: {url: sim:fitted, sim: {ttft: 20ms}}", "sim:fitted has no fixed latencies"},
		{"claim without statistic", "candidate: {url: x}\nclaims: [{limit: ttft<50ms}]", "name a quantile, such as ttft.p95<"},
		{"claim on max", "candidate: {url: x}\nclaims: [{limit: ttft.max<50ms}]", "cannot be decided"},
		{"claim by no rule", "candidate: {url: x}\nclaims: [{limit: ttft.p95<50ms, decision: guess}]", "unknown rule"},
		{"claim by MLPerf's rule on a share", "candidate: {url: x}\nclaims: [{limit: success>=98%, decision: mlperf}]", "upper limits of a latency's quantile"},
		{"claim by MLPerf's rule at another error", "candidate: {url: x}\nclaims: [{limit: ttft.p99<2s, decision: mlperf, alpha: 0.05}]", "0.01"},
		{"claim on gap", "candidate: {url: x}\nclaims: [{limit: gap.p95<50ms}]", "stall"},
		{"claim on nothing", "candidate: {url: x}\nclaims: [{limit: tfft.p95<50ms}]", `did you mean "ttft"?`},
		{"claim without baseline", "candidate: {url: x}\nclaims: [{limit: savings>=5%}]", "--baseline URL"},
		{"claim at no level", "candidate: {url: x}\nclaims: [{limit: success>=5%, level: 7}]", "unknown level 7"},
		{"two keys", "candidate: {url: x, key_env: A, key_file: b}", "one place"},
		{"price", "candidate: {url: x, price: {input: -1, output: 2}}", "invalid price"},
		{"half a price", "candidate: {url: x, price: {input: 1}}", "input and output"},
		{"machine", "candidate: {url: x, machine: {name: m}}", "usd_per_hour"},
		{"name", "candidate: {url: x}\nname: a/b", "folder's name"},
		{"only", "candidate: {url: x}\nonly: [latencyy]", `(did you mean "latency"?)`},
		{"nan", "candidate: {url: x}\nmax_cost: .nan", "must be a number"},
		{"peak", "candidate: {url: x}\ncost: {peak_to_mean: 0.5}", "at least the mean"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, prov, err := read(t, tt.yaml, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = prov.Locate(p.Validate())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// One mistake is one message.
func TestOneMessageForARate(t *testing.T) {
	p, _, err := read(t, "candidate: {url: x}\nonly: [load]\nload: {rate: -5, requests: 5}", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

func TestLocate(t *testing.T) {
	p, prov, err := read(t, "candidate: {url: x}\nlatency:\n  iterations: 0\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := prov.Locate(p.Validate()); err == nil || !strings.HasPrefix(err.Error(), "plan.yaml:3:3: latency.iterations") {
		t.Errorf("%v", err)
	}
}

func TestDefaultIsValidWithATarget(t *testing.T) {
	p := Default()
	p.Candidate.URL = "http://x"
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}

func TestDurationText(t *testing.T) {
	if got := Duration(90 * time.Second).String(); got != "1m30s" {
		t.Error(got)
	}
	if k := reflect.TypeFor[Duration]().Kind(); k != reflect.Int64 {
		t.Error(k)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("candidate:\n  url: http://a\nclaims: [{limit: ttft.p95<1ms}]\n"))
	f.Add([]byte("a: &x [*x]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, _, err := Read(Sources{Name: "fuzz", YAML: b})
		if err != nil {
			return
		}
		_ = p.Validate() // must not panic
	})
}
