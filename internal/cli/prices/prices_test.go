package prices

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/catalog"
)

var (
	errFailed = errors.New("failed")
	errUsage  = errors.New("usage")
)

// run runs a command on 30 November 2026.
func run(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	c := New(Env{
		Stdout: &out, Stderr: &errOut, Now: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), Failed: errFailed,
		Usage: func(err error) error { return errors.Join(errUsage, err) },
	})
	c.SetArgs(args)
	c.SetOut(&errOut)
	c.SetErr(&errOut)
	c.SilenceErrors, c.SilenceUsage = true, true
	err = c.Execute()
	return out.String(), errOut.String(), err
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "prices.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const own = `format: inferometer/prices/v1
unit: 1M tokens
currency: USD
models:
- {provider: us, model: ours-1, input: 0.125, cached: 0.0125, output: 6.155, long_context: [{above: 200000, input: 0.25, output: 12}], as_of: 2025-08, source: contract, source_kind: plan, note: per seat}
offers:
- {accelerator: H900, provider: us, rent: spot, node: 8, usd_per_hour: 40, unit: node hour, as_of: 2026-11-01, source: invoice}
`

// ls has age, terms, notes and prices with all of their digits, and takes filters.
func TestLs(t *testing.T) {
	name := file(t, own)
	out, _, err := run(t, "ls", "--provider", "us", "--prices", name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"us/ours-1", "$0.125", "$0.0125", "$6.155", "above 200,000", "486 d, OLD", "contract (plan)", "per seat", "H900", "spot", "$5.00", "8, $40.00", "29 d"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	for _, tt := range []struct {
		args      []string
		has, lack string
	}{
		{[]string{"--model", "ours"}, "us/ours-1", "H900"},
		{[]string{"--accelerator", "h900"}, "H900", "ours-1"},
		{[]string{"--kind", "spot"}, "H900", "ours-1"},
		{[]string{"--kind", "on-demand", "--accelerator", "h100"}, "on demand", "marketplace"},
	} {
		out, _, err := run(t, append([]string{"ls", "--prices", name}, tt.args...)...)
		if err != nil || !strings.Contains(out, tt.has) || strings.Contains(out, tt.lack) {
			t.Errorf("%v: %v\n%s", tt.args, err, out)
		}
	}
	out, _, err = run(t, "ls", "--json", "--prices", name)
	var all struct {
		Models []catalog.Price
		Offers []catalog.Offer
	}
	if err != nil || json.Unmarshal([]byte(out), &all) != nil || len(all.Models) < 41 || len(all.Offers) < 31 {
		t.Errorf("%v: %d models, %d offers", err, len(all.Models), len(all.Offers))
	}
	if _, _, err := run(t, "ls", "--kind", "borrowed"); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "on_demand, committed, spot") {
		t.Error(err)
	}
	if _, _, err := run(t, "ls", "--model", "no such model"); err == nil {
		t.Error("an empty list says nothing")
	}
}

func TestShow(t *testing.T) {
	name := file(t, own)
	out, _, err := run(t, "show", "ours-1-2026-01-01", "--prices", name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"us/ours-1", "is taken for us/ours-1", "2025-08 (486 d, OLD)", "usual above 200,000 input tokens", "$12.00", "charged by it for all of its tokens"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if out, _, err := run(t, "show", "us/H900", "--prices", name); err != nil || !strings.Contains(out, "8, $40.00") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, err := run(t, "show", "ours-11", "--prices", name); err == nil || !strings.Contains(err.Error(), `did you mean "ours-1"`) {
		t.Error(err)
	}
}

// check names stale and contradictory entries; only the latter make it fail.
func TestCheck(t *testing.T) {
	out, _, err := run(t, "check", file(t, own))
	if err != nil || !strings.Contains(out, "prices.yaml:5:") || !strings.Contains(out, "us/ours-1: as_of: 486 days old") || !strings.Contains(out, "1 model and 1 offer, 1 of them with findings") {
		t.Errorf("%v\n%s", err, out)
	}
	out, _, err = run(t, "check", file(t, strings.Replace(own, "cached: 0.0125", "cached: 0.5", 1)))
	if !errors.Is(err, errFailed) || !strings.Contains(out, "us/ours-1: cached: $0.50 is more than input, $0.125") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, err := run(t, "check", file(t, strings.Replace(own, "0.125", "-1", 1))); err == nil || !strings.Contains(err.Error(), "prices.yaml:5:40: models[0].input: invalid price -1") {
		t.Error(err)
	}
	if out, _, err := run(t, "check", "--json"); err != nil || !json.Valid([]byte(out)) {
		t.Errorf("%v\n%s", err, out)
	}
}

// What import writes is a price file for --prices.
func TestImport(t *testing.T) {
	list := file(t, `{"gpt-x": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.25e-07, "output_cost_per_token": 1e-06}, "dall-x": {"litellm_provider": "openai", "mode": "image_generation"}}`)
	out, told, err := run(t, "import", list, "--as-of", "2026-11-20")
	if err != nil || !strings.Contains(told, "LiteLLM, 1 model") || !strings.Contains(told, "left out: 1, not a model of text") {
		t.Fatalf("%v\n%s", err, told)
	}
	if out, _, err := run(t, "show", "openai/gpt-x", "--prices", file(t, out)); err != nil || !strings.Contains(out, "$0.125") || !strings.Contains(out, "10 d") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, err := run(t, "import", list); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "--as-of") {
		t.Error(err)
	}
	if _, _, err := run(t, "import", file(t, own), "--as-of", "2026-11-20"); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "neither LiteLLM's") {
		t.Error(err)
	}
}

// Whoever types a name after ls means the model or the accelerator of that name.
func TestLsTakesAName(t *testing.T) {
	for _, tt := range []struct{ name, want, not string }{
		{"gpt-5-mini", "gpt-5-mini", "h100"},
		{"openai/gpt-5-mini", "gpt-5-mini", "h100"},
		{"H100", "h100", "gpt-5-mini"},
	} {
		out, _, err := run(t, "ls", tt.name)
		if out = strings.ToLower(out); err != nil || !strings.Contains(out, tt.want) || strings.Contains(out, tt.not) {
			t.Errorf("ls %s: %v: %s", tt.name, err, out)
		}
	}
	if _, _, err := run(t, "ls", "no-such-model"); err == nil || !strings.Contains(err.Error(), "no price is listed that fits") {
		t.Errorf("%v", err)
	}
}
