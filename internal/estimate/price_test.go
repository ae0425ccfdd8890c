package estimate

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// The bound of a dry run holds at the highest rates that may apply: those of writing to
// a cache, and those of long context where a request may be that long.
func TestDryRunIsABoundAtEveryTier(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prices.yaml")
	err := os.WriteFile(file, []byte(`format: inferometer/prices/v1
unit: 1M tokens
currency: USD
models:
- {provider: us, model: m, input: 1, cached: 0.1, cache_write: 1.25, output: 5, long_context: [{above: 50000, input: 2, cache_write: 2.5, output: 7.5}], as_of: 2026-10-01, source: s}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for tokens, want := range map[int][2]float64{100: {1.25, 5}, 60000: {2.5, 7.5}} {
		p := plan.Default()
		p.Only = []plan.Benchmark{plan.Load}
		p.Prices, p.Candidate.URL, p.Candidate.Price = file, "http://a", &plan.Price{Model: "us/m"}
		p.Workload.InputTokens, p.Load.Users, p.Load.Requests = tokens, 2, 50
		e := Of(p, Load)
		if e.USD == nil || len(e.Most) != 1 {
			t.Fatalf("%d tokens: %q", tokens, e.Unknown)
		}
		m := e.Most[0]
		if usd := (m.InputTokens*want[0] + m.OutputTokens*want[1]) / 1e6; math.Abs(*e.USD-usd) > 1e-9 {
			t.Errorf("%d tokens: at most $%v, want $%v of %v and %v tokens", tokens, *e.USD, usd, m.InputTokens, m.OutputTokens)
		}
	}
}
