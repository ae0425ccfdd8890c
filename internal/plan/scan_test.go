package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/plan/key"
)

func scanPlan(t *testing.T, yaml string, set ...Setting) (Plan, key.Provenance) {
	t.Helper()
	set = append([]Setting{{"only", "load", key.Origin{Kind: key.FromCommand, Name: "the command"}}}, set...)
	p, prov, err := Read(Sources{Name: "p.yaml", YAML: []byte(yaml), Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return p, prov
}

const scanBase = "candidate: {url: 'http://a:1'}\nload: {requests: 10}\n"

func words(t *testing.T, p Plan) []string {
	t.Helper()
	keys, err := p.ScanKeys()
	if err != nil {
		t.Fatal(err)
	}
	cells, err := p.ScanCells()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, c := range cells {
		if c.Index != i+1 || c.Plan.Scan.On() {
			t.Errorf("cell %d is %+v", i, c)
		}
		out = append(out, c.Words(keys))
	}
	return out
}

func TestScanCells(t *testing.T) {
	p, _ := scanPlan(t, scanBase+"scan: {keys: {load.users: 1..4x2, input-tokens: [128, 256]}}")
	want := []string{"users=1 input-tokens=128", "users=1 input-tokens=256", "users=2 input-tokens=128", "users=2 input-tokens=256", "users=4 input-tokens=128", "users=4 input-tokens=256"}
	if diff := cmp.Diff(want, words(t, p)); diff != "" {
		t.Error(diff)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	p.Scan.Mode = ScanZip
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "users has 3, input-tokens 2") {
		t.Errorf("zip of unequal lengths: %v", err)
	}
	p, _ = scanPlan(t, scanBase+"scan: {mode: zip, keys: {rate: '0.5,1', think-time: '1s;2s'}}")
	if diff := cmp.Diff([]string{"rate=0.5 think-time=1s", "rate=1 think-time=2s"}, words(t, p)); diff != "" {
		t.Error(diff)
	}
	keys, _ := p.ScanKeys()
	if diff := cmp.Diff([]float64{1, 2}, keys[1].Numbers); diff != "" || keys[1].Unit != "s" || keys[0].Unit != "requests/s" || keys[0].Path != "load.rate" {
		t.Errorf("%+v %s", keys, diff)
	}
}

// Flags take the place of the file's scan, add values to a key that they have
// named before, and take values with commas.
func TestScanFlags(t *testing.T) {
	p, prov := scanPlan(t, scanBase+"scan: {keys: {users: [7]}}",
		Setting{"scan.keys", "model=a", key.Flag("scan")}, Setting{"scan.keys", "input-lengths=uniform 10..90,x;normal mean=5", key.Flag("scan")}, Setting{"scan.keys", "model=b", key.Flag("scan")})
	want := ScanKeys{{"model", []string{"a", "b"}}, {"input-lengths", []string{"uniform 10..90,x", "normal mean=5"}}}
	if diff := cmp.Diff(want, p.Scan.Keys); diff != "" || prov.From("scan.keys") != "--scan" {
		t.Error(diff)
	}
	for _, text := range []string{"users", "=1", "users=1,,2", "users="} {
		var k ScanKeys
		if err := k.add(text); err == nil {
			t.Errorf("%q is taken as %v", text, k)
		}
	}
}

// A swept value reaches the plan of its cell, and none of another.
func TestSweptValues(t *testing.T) {
	p, _ := scanPlan(t, `
workload: {input_lengths: uniform 10..90}
candidate:
  url: http://a:1
  body: {top_p: 0.5, deep: {a: 1}}
load: {users: 3, requests: 10}
scan:
  keys:
    input-tokens: [100, 200]
    body.deep.b: [true, '{"x": [1]}']
    candidate.body.top_k: 20,40
    seed: [5]
    client.max_inflight: [2]
    model: [m]
`)
	cells, err := p.ScanCells()
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) != 8 {
		t.Fatalf("%d cells", len(cells))
	}
	c := cells[7].Plan
	if c.Workload.InputTokens != 200 || c.Workload.InputLengths != "" || c.Seed != 5 || c.Client.MaxInflight != 2 || c.Candidate.Model != "m" || c.Load.Users != 3 {
		t.Errorf("%+v", c)
	}
	if got := fmt.Sprint(c.Candidate.Body, cells[0].Plan.Candidate.Body, p.Candidate.Body); got != "map[deep:map[a:1 b:map[x:[1]]] top_k:40 top_p:0.5] map[deep:map[a:1 b:true] top_k:20 top_p:0.5] map[deep:map[a:1] top_p:0.5]" {
		t.Error(got)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}

func TestScanIsRefused(t *testing.T) {
	tests := []struct{ yaml, want string }{
		{"scan: {keys: {user: [1]}}", `did you mean "users"`},
		{"scan: {keys: {nonsense: [1]}}", "unknown key; name it by"},
		{"scan: {keys: {body.: [1]}}", "unknown key"},
		{"scan: {keys: {name: [a]}}", "one run"},
		{"scan: {keys: {dir: [a]}}", "one folder"},
		{"scan: {keys: {claim: [ttft.p95<1s]}}", "decides no claims"},
		{"scan: {keys: {max-cost: [1]}}", "the whole sweep"},
		{"scan: {keys: {keep-text: [none]}}", "no answers"},
		{"scan: {keys: {only: [load]}}", "nothing else"},
		{"scan: {keys: {timeout: [1s]}}", "connections' settings"},
		{"scan: {keys: {candidate.headers: [1]}}", "kept out of every file"},
		{"scan: {keys: {levels: [1]}}", "belongs to the suite"},
		{"scan: {keys: {scan-mode: [zip]}}", "does not sweep itself"},
		{"scan: {keys: {users: [1, 1.0]}}", "listed twice"},
		{"scan: {mode: zip, keys: {users: [1, 2, 1], requests: [5, 5, 5]}}", "1, 5 are listed twice together"},
		{"scan: {keys: {users: [1], load.users: [2]}}", "swept twice, also as users"},
		{"scan: {keys: {users: [1], workload: [in=5], input-tokens: [2]}}", "swept twice, also as workload"},
		{"scan: {keys: {users: [1.5]}}", `"1.5" is not a whole number`},
		{"scan: {keys: {users: []}}", "no value is given"},
		{"scan: {keys: {users: [a]}}", `"a" is not a whole number`},
		{"scan: {keys: {users: [0, 1]}}", "in cell 1 (users=0): give one of --users"},
		{"scan: {keys: {users: [1, -5, -6]}}", "scan.keys.users (--scan): in cell 2 (users=-5): -5 is out of range"},
		{"scan: {keys: {users: 1..1000x1.01, input-tokens: 1..100x1.1}}", "at most 1000 cells"},
		{"scan: {keys: {users: [1]}, mode: cross}", `unknown value "cross"`},
		{"scan: {keys: {users: [1]}, order: randm}", `did you mean "random"`},
		{"scan: {keys: {users: [1]}, cool_down: -1s}", "negative"},
		{"scan: {mode: zip}", "needs keys"},
		{"scan: {keys: {users: [1]}}\nclaims: [{limit: ttft.p95<1s, benchmark: load}]", "decides no claims"},
		{"scan: {keys: {users: [1]}}\nbaseline: {url: 'http://b:1'}", "sweep url"},
		{"scan: {keys: {users: [1], url: ['http://a:1', 'http://b:1']}}\ncandidate: {key_env: K}", "a key goes only to the endpoint that names it"},
		{"scan: {keys: {users: [1], url: ['http://a:1', 'http://b:1']}}\ncandidate: {headers: {X: y}}", "may hold secrets"},
	}
	for _, tt := range tests {
		base := "load: {requests: 10}\n"
		if !strings.Contains(tt.yaml, "\ncandidate:") {
			base = scanBase
		}
		p, prov := scanPlan(t, base+tt.yaml)
		if err := p.Validate(); err == nil || !strings.Contains(prov.Locate(err).Error(), tt.want) {
			t.Errorf("%s: %v\nwant %q", tt.yaml, err, tt.want)
		}
	}
	p, prov := scanPlan(t, scanBase+"scan:\n  keys:\n    users: [-1]")
	if err := prov.Locate(p.Validate()); err == nil || !strings.HasPrefix(err.Error(), "p.yaml:5:5: scan.keys.users") {
		t.Errorf("without the place: %v", err)
	}
	p.Only = nil
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "only the load command sweeps") {
		t.Error(err)
	}
	// A key may go to each endpoint that names it.
	p, _ = scanPlan(t, "load: {requests: 10, users: 1}\nscan: {mode: zip, keys: {url: ['http://a:1', 'http://b:1'], key-env: [A, B]}}")
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}

// A problem that every cell has and no swept key is said once, as without a
// scan.
func TestProblemsOfAllCellsAreSaidOnce(t *testing.T) {
	p, _ := scanPlan(t, "candidate: {url: 'http://a:1', api: chatt}\nload: {requests: 10}\nscan: {keys: {users: 1..16x2}}")
	if err := p.Validate(); err == nil || strings.Count(err.Error(), "chatt") != 1 || strings.Contains(err.Error(), "cell") {
		t.Error(err)
	}
}

// The plan in a run's folder gives the same cells.
func TestScanRoundTrip(t *testing.T) {
	p, _ := scanPlan(t, scanBase+"scan: {cool_down: 2s, order: random, keys: {users: '1..8x2,10', model: ['a,b', c], temperature: [0.5, 1], body.x: [null, true]}}")
	b, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	q, _, err := Read(Sources{Name: "q", YAML: b})
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if diff := cmp.Diff(p.Scan, q.Scan); diff != "" || !slices.Equal(words(t, p), words(t, q)) {
		t.Errorf("%s\n%s", diff, b)
	}
	for _, v := range p.Values(key.Provenance{}) {
		if v.Path == "scan.keys" && v.Text != "users=1..8x2,10 model=a,b,c temperature=0.5,1 body.x=null,true" {
			t.Error(v.Text)
		}
	}
}
