package plan

import "testing"

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
