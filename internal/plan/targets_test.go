package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/plan/key"
)

const threeTargets = `only: [load]
candidate: {url: http://a}
baseline: {url: http://b}
load: {users: 4, requests: 100, blocks: 8}
targets:
  - name: fp8
    url: http://c
    key_env: FP8_KEY
    headers: {X-Secret: hush}
    price: {input: 1, output: 2}
  - {name: int4.v2, url: http://d, stream: false}
`

func TestFurtherTargets(t *testing.T) {
	p, prov, err := read(t, threeTargets, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range p.Endpoints() {
		got = append(got, e.Name+" "+e.URL+" "+e.API)
	}
	if d := cmp.Diff([]string{"candidate http://a chat", "baseline http://b chat", "fp8 http://c chat", "int4.v2 http://d chat"}, got); d != "" {
		t.Error(d)
	}
	if !p.Targets[0].Stream || p.Targets[1].Stream {
		t.Error("a further target has the defaults of one, unless the file says otherwise")
	}
	if e, ok := p.Endpoint("fp8"); !ok || e.KeyEnv != "FP8_KEY" {
		t.Errorf("fp8 is %+v", e)
	}
	if _, ok := p.Endpoint("fp9"); ok {
		t.Error("there is no fp9")
	}
	if p.PriceKey("fp8") != "targets[0].price" || p.PriceKey("baseline") != "baseline.price" {
		t.Errorf("keys %q and %q", p.PriceKey("fp8"), p.PriceKey("baseline"))
	}
	values := map[string]Value{}
	for _, v := range p.Values(prov) {
		values[v.Path] = v
		if strings.Contains(v.Text, "hush") {
			t.Errorf("%s shows the value of a header", v.Path)
		}
	}
	if v := values["targets[0].url"]; v.Text != "http://c" || !strings.HasPrefix(v.From, "plan.yaml:") {
		t.Errorf("%+v", v)
	}
	b, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "hush") {
		t.Errorf("the written plan holds the value of a header:\n%s", b)
	}
	again, _, err := read(t, string(b), nil)
	if err != nil {
		t.Fatal(err)
	}
	if again.Targets[0].Name != "fp8" || again.Load.Blocks != 8 || p.Targets[0].Headers["X-Secret"] != "hush" {
		t.Errorf("%+v, and the plan itself %+v", again.Targets, p.Targets[0])
	}
}

func TestTargetFlags(t *testing.T) {
	p, prov, err := read(t, threeTargets, nil, Setting{"targets", "x=http://x", key.Flag("target")}, Setting{"targets", "y=sim:vllm", key.Flag("target")})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Targets) != 2 || p.Targets[0].Name != "x" || p.Targets[1].URL != "sim:vllm" || p.Targets[1].API != "chat" {
		t.Errorf("flags replace the file's, then add up: %+v", p.Targets)
	}
	for _, v := range p.Values(prov) {
		if v.Path == "targets[1].url" && v.From != "--target" {
			t.Errorf("%+v", v)
		}
	}
	for _, bad := range []string{"http://x", "http://x/?a=b", "x"} {
		if _, _, err := read(t, threeTargets, nil, Setting{"targets", bad, key.Flag("target")}); err == nil || !strings.Contains(err.Error(), "NAME=URL") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestTargetProblems(t *testing.T) {
	for _, tt := range []struct{ name, from, to, want string }{
		{"no name", "name: fp8", "model: m", "targets[0].name: a further target needs a name"},
		{"taken", "name: fp8", "name: Baseline", `targets[0].name: the name "Baseline" is taken`},
		{"twice", "name: fp8", "name: INT4.v2", `targets[1].name: the name "int4.v2" is used twice`},
		{"a path", "name: fp8", "name: ../fp8", "invalid name "},
		{"a space", "name: fp8", `name: "f 8"`, "invalid name "},
		{"no URL", "    url: http://c\n", "", "targets[0].url: the target fp8 has no URL"},
		{"two keys", "key_env: FP8_KEY", "key_env: A\n    key_file: b", "targets[0].key_env: a target takes its key from one place"},
		{"its price", "input: 1", "input: -1", "targets[0].price.input: invalid price -1"},
		{"candidate with a name", "{url: http://a}", "{url: http://a, name: x}", "candidate.name: the candidate's name is candidate"},
		{"baseline with a name", "{url: http://b}", "{url: http://b, name: x}", "baseline.name: the baseline's name is baseline"},
		{"negative blocks", "blocks: 8", "blocks: -8", "load.blocks (--blocks): -8 is out of range"},
		{"more blocks than requests", "blocks: 8", "blocks: 101", "101 blocks need at least that many requests"},
		{"blocks of a curve", "users: 4, requests: 100,", `rate_curve: "step:1,5/10s",`, "a rate that changes is not cut into blocks"},
	} {
		yaml := strings.Replace(threeTargets, tt.from, tt.to, 1)
		if yaml == threeTargets {
			t.Fatalf("%s: %q is not in the plan", tt.name, tt.from)
		}
		p, _, err := read(t, yaml, nil)
		if err == nil {
			err = p.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	p := Default()
	p.Candidate.URL, p.Only = "http://a", []Benchmark{Load}
	p.Load.Users, p.Load.Requests, p.Load.Blocks = 1, 10, 5
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "only several targets take turns") {
		t.Errorf("blocks of one target: %v", err)
	}
	for range maxTargets + 1 {
		p.Targets = append(p.Targets, Target{})
	}
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "17 further targets are too many") {
		t.Errorf("%v", err)
	}
}
