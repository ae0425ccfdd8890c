package pricing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// A price or machine that is listed nowhere is a fault of what was typed, named with
// its key and flag.
func TestUnlistedPricesAreNamed(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL, p.Candidate.Price = "http://a", &plan.Price{Model: "nope"}
	p.Baseline = &plan.Target{URL: "http://b", Machine: &plan.Machine{Accelerator: "H1000"}}
	p.Targets = []plan.Target{{Name: "x", URL: "http://c", Price: &plan.Price{Model: "nope"}}}
	err := Check(p)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`candidate.price.model (--price): no price is listed for model "nope"`, `baseline.machine.accelerator: no hourly price`, `targets[0].price.model: no price`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	file := filepath.Join(t.TempDir(), "prices.yaml")
	if err := os.WriteFile(file, []byte("format: inferometer/prices/v1\nunit: 1M tokens\ncurrency: USD\nmodels:\n- {provider: us, model: m, input: -1, output: 2, as_of: 2026-10-01, source: s}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := plan.Default()
	bad.Prices = file
	if err := Check(bad); err == nil || !strings.Contains(err.Error(), "prices (--prices): ") || !strings.Contains(err.Error(), "prices.yaml:5:") || !strings.Contains(err.Error(), "models[0].input") {
		t.Errorf("a bad price file: %v", err)
	}
	p.Candidate.Price, p.Baseline, p.Targets = &plan.Price{Model: "gpt-5-mini"}, nil, nil
	if err := Check(p); err != nil {
		t.Error(err)
	}
}
