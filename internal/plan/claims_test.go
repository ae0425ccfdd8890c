package plan

import (
	"fmt"
	"strings"
	"testing"
)

// The claims of a file are decided by each command that reads it; one whose
// benchmark was not asked for stays, and the result says that it is undecided.
func TestClaimsOfAFileStay(t *testing.T) {
	file := "candidate: {url: http://x}\nload: {users: 2, requests: 5}\nclaims: [{limit: ttft.p50<1s}, {limit: success>=90%}]\n"
	for _, only := range []string{"load", "latency", "throughput"} {
		p, _, err := Read(Sources{Name: "plan.yaml", YAML: []byte(file), Set: []Setting{{Path: "only", Value: only}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Claims) != 2 {
			t.Errorf("%s has %d claims, want both of the file", only, len(p.Claims))
		}
		for _, c := range p.Claims {
			if only == "load" && c.Benchmark != Load {
				t.Errorf("a claim of a load is about %q", c.Benchmark)
			}
		}
	}
}

// What no run could decide is refused before any, with the flag or the place in
// the file.
func TestLimitsThatNothingCouldDecideAreRefused(t *testing.T) {
	const load = "candidate: {url: http://x%s}\nload: {users: 2, requests: 5}\nclaims:\n  - limit: success>=90%%\n  - limit: %s\n"
	const search = "candidate: {url: http://x%s}\ncapacity: {slo: [%s]}\n"
	for _, tt := range []struct{ target, limit, want string }{
		{"", "e2e.p95<10", "write e2e.p95<10ms or e2e.p95<10s"},
		{"", "ttft.p95<500ms", ""},
		{", stream: false", "ttft.p95<500ms", "so that there is no ttft"},
		{", stream: false", "tpot.p95<50ms", "so that there is no tpot"},
		{", stream: false", "e2e.p95<5s", ""},
		{", api: embeddings", "ttft.p95<500ms", "so that there is no ttft"},
		{", api: embeddings", "e2e.p95<5s", ""},
	} {
		for only, form := range map[string]string{"load": load, "capacity": search} {
			p, prov, err := Read(Sources{Name: "plan.yaml", YAML: fmt.Appendf(nil, form, tt.target, tt.limit), Set: []Setting{{Path: "only", Value: only}}})
			if err != nil {
				t.Fatal(err)
			}
			err = prov.Locate(p.Validate())
			if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s, %s: %v, want %q", only, tt.limit, err, tt.want)
			}
			if err == nil {
				continue
			}
			place, flag := "plan.yaml:5:5: claims[1].limit", "--claim"
			if only == "capacity" {
				place, flag = "plan.yaml:2:", "--slo"
			}
			if text := err.Error(); !strings.HasPrefix(text, place) || !strings.Contains(text, flag) {
				t.Errorf("%s: %v has no place or flag", only, err)
			}
		}
	}
}

// A claim of quality takes items with checks: heuristic scores have drift.
func TestClaimsOfQualityTakeChecks(t *testing.T) {
	const suite = "candidate: {url: http://x}\nbaseline: {url: http://y}\nquality: {items: %s, levels: [%s]}\nclaims: [{limit: %s}]\n"
	for _, tt := range []struct{ items, levels, limit, want string }{
		{"canary", "all", "quality_delta>=-2pp", ""},
		{"canary", "all", "load_delta>=-5pp", ""},
		{"canary", "none", "accuracy>=80%", ""},
		{"none", "all", "drift<=5", ""},
		{"none", "all", "quality_delta>=-2pp", "drift<=5 is the claim on heuristic scores"},
		{"none", "all", "accuracy>=80%", "--items is none"},
		{"canary", "none", "load_delta>=-5pp", "--quality-levels"},
		{"canary", "all", "quality>=70", "claim drift<=5"},
		{"canary", "all", "quality_delta.p95>=-5", "takes no p95"},
		{"canary", "all", "drift>=-5", "write drift<="},
		{"canary", "all", "win_rate>=45%", "it takes a judge; give --judge URL"},
		{"canary, judge: {url: http://j}", "all", "win_rate>=45%", ""},
	} {
		p, _, err := Read(Sources{Name: "plan.yaml", YAML: fmt.Appendf(nil, suite, tt.items, tt.levels, tt.limit)})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Validate(); (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with items %s at %s: %v, want %q", tt.limit, tt.items, tt.levels, err, tt.want)
		}
	}
	// A load reads the same plan; what it cannot decide stays undecided, and what is on answers is
	// decided by answers.
	p, _, err := Read(Sources{Name: "plan.yaml", YAML: []byte("candidate: {url: http://x}\nload: {users: 2, requests: 5}\nquality: {items: none}\nclaims: [{limit: load_delta>=-2pp}]\n"), Set: []Setting{{Path: "only", Value: "load"}}})
	if err != nil || p.Validate() != nil || p.Claims[0].Benchmark == Load {
		t.Errorf("%v, %v, %+v", err, p.Validate(), p.Claims)
	}
}
