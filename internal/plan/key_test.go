package plan

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/vocab"
)

// sample is a text that a key takes.
func sample(d key.Declaration[Plan]) string {
	switch d.Path {
	case "targets":
		return "b=http://b"
	case "claims", "capacity.slo":
		return "ttft.p95<1ms"
	case "scan.keys":
		return "users=7,8"
	case workloadForm:
		return "in=7,out=8"
	case "load.warmup":
		return "20s"
	}
	switch d.Bind.Kind {
	case key.SwitchKind:
		if p := Default(); d.Bind.Text(&p) == "true" {
			return "false"
		}
		return "true"
	case key.WholeKind:
		return "7"
	case key.DecimalKind:
		return "0.5"
	case key.DurationKind:
		return "7s"
	case key.ListKind:
		return "7,8"
	default:
		return "x"
	}
}

// What a declaration sets, shows and names in a file is one and the same field.
func TestEveryKeySetsItsField(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range declared {
		if d.Flag != "" && seen["--"+d.Flag] || seen[d.Path] {
			t.Errorf("%s is declared twice", d.Path)
		}
		seen["--"+d.Flag], seen[d.Path] = true, true
		if d.Help == "" {
			t.Errorf("%s has no help", d.Path)
		}
		if d.Bind.Set == nil {
			continue
		}
		p := Default()
		if err := d.Set(&p, sample(d)); err != nil {
			t.Errorf("%s: %v", d.Path, err)
			continue
		}
		if cmp.Diff(Default(), p) == "" {
			t.Errorf("%s sets nothing", d.Path)
		}
		b, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if d.Path != workloadForm && d.Path != "targets" { // the file has the name that the declaration says
			q, prov, err := Read(Sources{Name: "again", YAML: b, Resolved: true})
			if _, ok := prov[d.Path]; err != nil || !ok {
				t.Errorf("%s is not in what was written: %v\n%s", d.Path, err, b)
			}
			if strings.HasSuffix(d.Path, "key_command") {
				continue
			}
			if diff := cmp.Diff(p, q); diff != "" && d.Path != "workload.input_tokens" {
				t.Errorf("%s became another plan when it was written and read: %s", d.Path, diff)
			}
			if got, want := d.Show(&q), d.Show(&p); got != want || got == "" {
				t.Errorf("%s shows %q, and %q after it was written", d.Path, want, got)
			}
		}
	}
}

// zeros is how 0 is written for the kinds that have one.
var zeros = map[key.Kind]string{key.WholeKind: "0", key.DecimalKind: "0", key.DurationKind: "0s"}

// A 0 that somebody wrote takes effect or is refused. It takes effect if the
// plan differs from the one in which nobody said anything, or if nothing said
// means the same, which the declaration has to say (Zero) or the default shows.
func TestZeroTakesEffectOrIsRefused(t *testing.T) {
	for _, d := range declared {
		zero, numeric := zeros[d.Bind.Kind]
		if d.Path == "load.warmup" { // a number, or a time
			zero, numeric = "0", true
		}
		if !numeric {
			if d.Zero != "" || d.NoZero != "" {
				t.Errorf("%s says what 0 means and is no number", d.Path)
			}
			continue
		}
		for _, how := range []string{"flag", "file", "variable"} {
			src := Sources{Name: "plan.yaml", YAML: []byte("candidate: {url: http://x}\n")}
			switch {
			case how == "flag":
				src.Set = []Setting{{d.Path, zero, key.Flag(d.Flag)}}
			case how == "file":
				at := strings.Split(d.Path, ".")
				src.YAML = []byte("seed: 1\n" + nested(at, zero))
				if at[0] == "seed" {
					src.YAML = []byte("seed: 0\n")
				}
			case d.Flag == "":
				continue
			default:
				src.Env = []string{d.Env() + "=" + zero}
			}
			unset := src
			unset.Set, unset.Env, unset.YAML = nil, nil, []byte("seed: 1\n")
			without, _, err := Read(unset)
			if err != nil {
				t.Fatal(err)
			}
			if how != "file" {
				without.Candidate.URL = "http://x"
			}
			with, _, err := Read(src)
			if err != nil {
				if d.NoZero == "" || !strings.Contains(err.Error(), d.NoZero) {
					t.Errorf("%s by a %s: %v", d.Path, how, err)
				}
				continue
			}
			if d.NoZero != "" {
				t.Errorf("%s by a %s: 0 was not refused", d.Path, how)
			}
			if err := with.Validate(); err != nil && strings.Contains(err.Error(), d.Path) {
				continue
			}
			same := cmp.Diff(without, with) == ""
			switch {
			case same && d.Unset != "":
				t.Errorf("%s by a %s: 0 is the same as not set, which means %s", d.Path, how, d.Unset)
			case same && d.Zero == "" && d.Path != "load.replay.from":
				t.Errorf("%s by a %s: the declaration does not say what 0 means", d.Path, how)
			}
		}
	}
	for _, d := range claimRows {
		if d.Bind.Zero != nil && d.NoZero == "" {
			t.Errorf("claims[].%s does not say what 0 means", d.Path)
		}
	}
}

// nested writes a key of a file.
func nested(at []string, value string) string {
	var b strings.Builder
	for i, name := range at {
		fmt.Fprintf(&b, "%s%s:", strings.Repeat("  ", i), name)
		if i == len(at)-1 {
			b.WriteString(" " + value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The same words work in a file, a variable, a flag and a sweep.
func TestWorkloadByName(t *testing.T) {
	var want Plan
	for i, s := range []Sources{
		{Set: []Setting{{"workload", "rag", key.Flag("workload")}}},
		{Env: []string{"INFEROMETER_WORKLOAD=rag"}},
		{Name: "plan.yaml", YAML: []byte("workload: rag\n")},
	} {
		p, prov, err := Read(s)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = p
			if p.Workload.InputLengths == "" || p.Workload.Prefix.Tokens != 256 {
				t.Fatalf("%+v", p.Workload)
			}
		}
		if d := cmp.Diff(want, p); d != "" {
			t.Errorf("%d: %s", i, d)
		}
		for _, v := range p.Values(prov) {
			if v.Path == "workload.input_lengths" && v.From == "default" {
				t.Errorf("%d: %+v", i, v)
			}
		}
	}
	p, _ := scanPlan(t, scanBase, Setting{"scan.keys", "workload=chat;rag;in=5,out=6", key.Flag("scan")}, Setting{"load.users", "1", key.Flag("users")})
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	cells, err := p.ScanCells()
	if err != nil || len(cells) != 3 || cells[1].Plan.Workload.InputLengths != want.Workload.InputLengths || cells[2].Plan.Workload.InputTokens != 5 {
		t.Errorf("%v %+v", err, cells)
	}
	for _, bad := range []string{"workload: chatt\n", "workload: [chat]\n", "workload: 5\n"} {
		if _, _, err := Read(Sources{Name: "plan.yaml", YAML: []byte(bad)}); err == nil || !strings.HasPrefix(err.Error(), "plan.yaml:1:11: workload: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// A number that is typed wins over a distribution that a file has.
func TestNumberOverDistribution(t *testing.T) {
	p, _, err := read(t, "workload: {input_lengths: uniform 10..90}", nil, Setting{"workload.input_tokens", "7", key.Flag("input-tokens")})
	if err != nil || p.Workload.InputTokens != 7 || p.Workload.InputLengths != "" {
		t.Errorf("%+v %v", p.Workload, err)
	}
}

// Where a value came from does not depend on how a file is called.
func TestFileWithTheNameOfAFlag(t *testing.T) {
	for _, name := range []string{"the plan.yaml", "--plan.yaml", "INFEROMETER_.yaml"} {
		p, _, err := Read(Sources{Name: name, YAML: []byte("latency: {iterations: 50}\n"), Set: []Setting{{"quick", "true", key.Flag("quick")}}})
		if err != nil || p.Latency.Iterations != 20 {
			t.Errorf("%s: %d iterations, %v", name, p.Latency.Iterations, err)
		}
	}
}

// A plan of an earlier version, as a run's folder has it.
func TestPlanOfAnEarlierVersion(t *testing.T) {
	file := "testdata/plan-2026-11.yaml"
	p, _, err := Read(Sources{File: file, Resolved: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	if p.Load.Warmup == nil || p.Load.Warmup.Requests != 8 || *p.Workload.Prefix.Share != 0.5 || p.Cost.Samples != 33 || p.Cost.MonthlyRequests != 1e6 || p.Claims[0].Level != 4 || p.Candidate.Body["max_tokens"] != uint64(5) {
		t.Errorf("%+v", p)
	}
	b, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// The mean of a distribution was that of random draws then.
	want := strings.Replace(string(old), "input_tokens: 493", "input_tokens: 500", 1)
	// No items with checks were asked then; a run that is resumed asks none either.
	want = strings.Replace(want, "      relevance: 0.5\n", "      relevance: 0.5\n  items: none\n  levels:\n  - all\n  level_items: 64\n  repeat: 1\n  margin: 2.0\n", 1)
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Error(d)
	}
}

func TestSecretsOfTheBody(t *testing.T) {
	yaml := "candidate:\n  url: http://a\n  body: {api_key: hush, max_tokens: 5, prompt_cache_key: mine, extra: {access-token: hush, top_k: 3}, providers: [{name: x, secret: hush}, 5]}\n"
	p, prov, err := read(t, yaml, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprint(p.Values(prov))
	for _, text := range []string{string(b), shown} {
		if strings.Contains(text, "hush") || !strings.Contains(text, "mine") || !strings.Contains(text, "top_k") {
			t.Errorf("%s", text)
		}
	}
	if p.Candidate.Body["api_key"] != "hush" || !p.Secret() {
		t.Error("the plan itself keeps the value, and says that a file lacks it")
	}
	p, _ = scanPlan(t, scanBase+"scan: {keys: {body.api_key: [a, b]}}")
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "kept out of every file") {
		t.Error(err)
	}
}

func TestCheckFiles(t *testing.T) {
	p := Default()
	p.Candidate.URL, p.Workload.Dataset, p.Workload.Tokenizer = "http://x", "no/such/rows.jsonl", "no/such/tokenizer.json"
	err := p.CheckFiles(os.Stat)
	if err == nil || !strings.Contains(err.Error(), "(--dataset): the file cannot be read") || !strings.Contains(err.Error(), "(--tokenizer): the file cannot be read") {
		t.Error(err)
	}
	p = Default()
	p.Load.Trace = "/nowhere/at/all"
	if err := p.CheckFiles(os.Stat); err == nil || !strings.Contains(err.Error(), "(--trace)") {
		t.Error(err)
	}
	q, _ := scanPlan(t, scanBase+"scan: {keys: {trace: [plan.go, /nowhere]}}")
	if err := q.CheckFiles(os.Stat); err == nil || strings.Contains(err.Error(), "plan.go") || !strings.Contains(err.Error(), "/nowhere") {
		t.Error(err)
	}
}

// An endpoint can be looked at whatever a run there would measure.
func TestValidateTargets(t *testing.T) {
	p := Default()
	p.Candidate.URL, p.Candidate.API = "http://x", vocab.Embeddings
	if err := p.ValidateTargets(); err != nil {
		t.Error(err)
	}
	if p.Validate() == nil {
		t.Error("embeddings have no quality")
	}
	q := Default()
	q.Candidate.URL = "http://x"
	q.Targets = []Target{{Name: "e", URL: "http://y", API: vocab.Embeddings}}
	if err := q.Validate(); err == nil || !strings.Contains(err.Error(), "embeddings have no text") {
		t.Error(err)
	}
}

func TestAnchors(t *testing.T) {
	p, _, err := read(t, "candidate: {url: &u http://a}\nbaseline: {url: *u, price: &p {input: 1, output: 2}}\nload: {rate: !!float 2}\n", nil)
	if err != nil || p.Baseline.URL != "http://a" || p.Load.Rate != 2 || *p.Baseline.Price.Output != 2 {
		t.Errorf("%+v %v", p, err)
	}
}
