package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/tariff"
)

// What the built-in list has is told by its form and not by its figures, so that no
// test breaks when a price changes or a year begins.
func TestBuiltinListIsWhole(t *testing.T) {
	if _, err := builtin(); err != nil {
		t.Fatal(err)
	}
	l := Builtin()
	providers := map[string]bool{}
	fact := func(name string, f Fact) {
		t.Helper()
		// No figure was read tomorrow. Which are too old is said where they are used.
		if d, err := tariff.Day(f.AsOf); err != nil || d.After(time.Now().AddDate(0, 0, 1)) || f.Source == "" || f.SourceKind == "" {
			t.Errorf("%s: %+v", name, f)
		}
		if f.Page != "" && !strings.HasPrefix(f.Page, "https://") {
			t.Errorf("%s: the page %q is no address", name, f.Page)
		}
	}
	for _, p := range l.Prices() {
		providers[p.Provider] = true
		fact(p.Name(), p.Fact)
		for _, r := range p.List() {
			if r.Value != nil && *r.Value <= 0 {
				t.Errorf("%s: %s is %v", p.Name(), r.Key, *r.Value)
			}
		}
	}
	for _, o := range l.Offers() {
		fact(o.Name(), o.Fact)
		if o.USDPerHour <= 0 || o.MemoryGB <= 0 {
			t.Errorf("%+v", o)
		}
	}
	if n, k, m := len(l.Prices()), len(providers), len(l.Offers()); n < 40 || k < 10 || m < 30 {
		t.Errorf("%d prices of %d providers and %d offers, want at least 40, 10 and 30", n, k, m)
	}
	if odd := l.Check(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)); slices.ContainsFunc(odd, func(f Finding) bool { return f.Kind == Contradiction }) {
		t.Errorf("the built-in list contradicts itself: %v", odd)
	}
}

// Whatever is listed is found by the names that the list shows.
func TestEveryRowIsFound(t *testing.T) {
	l := Builtin()
	for _, p := range l.Prices() {
		if got, note, err := l.Price(p.Name()); err != nil || note != "" || got.Name() != p.Name() {
			t.Errorf("%s: %s, %q, %v", p.Name(), got.Name(), note, err)
		}
	}
	for _, o := range l.Offers() {
		got, err := l.Offer(Want{Name: o.Name(), Rent: o.Rent})
		if err != nil || got.Accelerator != o.Accelerator || got.Rent != o.Rent || got.Provider != o.Provider {
			t.Errorf("%s: %v, %v", o, got, err)
		}
	}
}

func someModels() List {
	return NewList([]Price{
		{Provider: "openai", Model: "gpt-5-mini", Aliases: []string{"mini"}, Rates: tariff.Rates{Input: 0.25, Output: 2}},
		{Provider: "openai", Model: "gpt-4o", Rates: tariff.Rates{Input: 2.5, Output: 10}},
		{Provider: "openai", Model: "gpt-4o-2024-05-13", Rates: tariff.Rates{Input: 5, Output: 15}},
		{Provider: "anthropic", Model: "claude-haiku-4-5", Rates: tariff.Rates{Input: 1, Output: 5}},
		{Provider: "google", Model: "gemini-2.5-pro", Rates: tariff.Rates{Input: 1.25, Output: 10}},
		{Provider: "groq", Model: "openai/gpt-oss-120b", Rates: tariff.Rates{Input: 0.15, Output: 0.6}},
		{Provider: "together", Model: "openai/gpt-oss-120b", Rates: tariff.Rates{Input: 0.35, Output: 0.75}},
		{Provider: "cerebras", Model: "gpt-oss-120b", Rates: tariff.Rates{Input: 0.4, Output: 0.8}},
	}, nil)
}

// Names that providers and other tools use resolve, and what was assumed is told. An
// unknown model has no price, which is not 0.
func TestNamesResolve(t *testing.T) {
	for name, want := range map[string]struct{ entry, note string }{
		"gpt-5-mini":                      {"openai/gpt-5-mini", ""},
		" OpenAI/GPT-5-Mini":              {"openai/gpt-5-mini", ""},
		"mini":                            {"openai/gpt-5-mini", ""},
		"gpt-5-mini-2025-08-07":           {"openai/gpt-5-mini", "gpt-5-mini-2025-08-07 is taken for openai/gpt-5-mini"},
		"gpt-4o-2024-05-13":               {"openai/gpt-4o-2024-05-13", ""}, // has a price of its own
		"gpt-4o-2024-08-06":               {"openai/gpt-4o", "a dated version may have a price of its own"},
		"claude-haiku-4.5":                {"anthropic/claude-haiku-4-5", ""},
		"anthropic/claude-haiku-4-5":      {"anthropic/claude-haiku-4-5", ""},
		"claude-haiku-4-5-20251001":       {"anthropic/claude-haiku-4-5", "is taken for"},
		"gemini/gemini-2.5-pro":           {"google/gemini-2.5-pro", ""},
		"models/gemini-2.5-pro":           {"google/gemini-2.5-pro", ""},
		"together_ai/openai/gpt-oss-120b": {"together/openai/gpt-oss-120b", ""},
		"together/gpt-oss-120b":           {"together/openai/gpt-oss-120b", ""},
		"groq/openai/gpt-oss-120b":        {"groq/openai/gpt-oss-120b", ""},
	} {
		p, note, err := someModels().Price(name)
		if err != nil || p.Name() != want.entry || !strings.Contains(note, want.note) || (want.note == "") != (note == "") {
			t.Errorf("%q: %s, %q, %v; want %+v", name, p.Name(), note, err, want)
		}
	}
	for name, want := range map[string]string{
		"gpt-5-minni":         `did you mean "gpt-5-mini"`,
		"gpt-oss-120b":        "choose one of groq/openai/gpt-oss-120b, together/openai/gpt-oss-120b, cerebras/gpt-oss-120b", // and not that of cerebras alone
		"openai/gpt-oss-120b": "choose one of groq/openai/gpt-oss-120b, together/openai/gpt-oss-120b",
		"":                    "needs the name of a model",
		"llama-9":             `no price is listed for model "llama-9", so what it costs is unknown`,
		"gpt-5":               "similar", // and not the price of gpt-5-mini
	} {
		if p, _, err := someModels().Price(name); err == nil || !strings.Contains(err.Error(), want) && want != "similar" || p.Model != "" {
			t.Errorf("%q: %+v, %v, want %q", name, p, err, want)
		}
	}
}

// A price file over the built-in list wins, and where it does not know a name the
// list below is asked.
func TestPriceFileWins(t *testing.T) {
	over := NewList([]Price{{Provider: "us", Model: "gpt-4o", Rates: tariff.Rates{Input: 1, Output: 1}}}, nil)
	l := someModels().Under(over)
	if p, _, err := l.Price("gpt-4o"); err != nil || p.Provider != "us" {
		t.Errorf("%v, %v", p, err)
	}
	if p, _, err := l.Price("openai/gpt-4o"); err != nil || p.Provider != "openai" {
		t.Errorf("%v, %v", p, err)
	}
	if p, _, err := l.Price("mini"); err != nil || p.Model != "gpt-5-mini" {
		t.Errorf("%v, %v", p, err)
	}
	if n := len(l.Prices()); n != 9 {
		t.Errorf("%d entries", n)
	}
}

func rented() List {
	h := func(provider, product string, rent tariff.Rent, node, upTo int, usd float64, unit string) Offer {
		return Offer{Accelerator: "H100-SXM", Provider: provider, Product: product, Rent: rent, Node: node, UpTo: upTo, USDPerHour: usd, Unit: unit}
	}
	return NewList(nil, []Offer{
		h("runpod", "community cloud", tariff.Marketplace, 1, 0, 2.69, AcceleratorHour), h("runpod", "secure cloud", tariff.OnDemand, 1, 0, 3.99, AcceleratorHour),
		h("lambda", "8x", tariff.OnDemand, 8, 0, 3.99, AcceleratorHour), h("lambda", "1x", tariff.OnDemand, 1, 1, 4.29, AcceleratorHour),
		h("gcp", "a3-highgpu-1g", tariff.Spot, 1, 1, 6.571, AcceleratorHour), h("gcp", "a3-highgpu-1g", tariff.OnDemand, 1, 1, 10.9791, AcceleratorHour),
		h("aws", "p5.48xlarge", tariff.OnDemand, 8, 0, 55.04, NodeHour),
		{Accelerator: "L40S", Provider: "verda", Product: "1x", Rent: tariff.Spot, Node: 1, USDPerHour: 0.94, Unit: AcceleratorHour},
		{Accelerator: "A100-SXM-80", Provider: "runpod", Rent: tariff.OnDemand, Node: 1, USDPerHour: 1.8, Unit: AcceleratorHour},
		{Accelerator: "A100-PCIe-80", Provider: "azure", Rent: tariff.OnDemand, Node: 1, USDPerHour: 3.7, Unit: AcceleratorHour},
	})
}

// Naming a provider picks what lasts, in the unit in which it is sold, and never a
// machine that can be taken back or one of another size in silence.
func TestOfferOfAProvider(t *testing.T) {
	for _, tt := range []struct {
		want   Want
		each   float64
		billed int
		node   float64
	}{
		{Want{Name: "gcp/H100"}, 10.9791, 1, 10.9791},
		{Want{Name: "runpod/H100"}, 3.99, 1, 3.99},
		{Want{Name: "runpod/H100", Count: 8}, 3.99, 8, 3.99},
		{Want{Name: "lambda/H100", Count: 1}, 4.29, 1, 4.29},
		{Want{Name: "lambda/H100", Count: 8}, 3.99, 8, 31.92},
		{Want{Name: "lambda/H100", Count: 2}, 3.99, 8, 31.92}, // a machine of one has no second
		{Want{Name: "aws/H100", Count: 1}, 6.88, 8, 55.04},
		{Want{Name: "aws/h100", Count: 9}, 6.88, 16, 55.04},
		{Want{Name: "aws/nvidia h100"}, 6.88, 8, 55.04},
		{Want{Name: "gcp/H100", Rent: tariff.Spot}, 6.571, 1, 6.571},
		{Want{Name: "verda/L40S", Rent: tariff.Spot}, 0.94, 1, 0.94},
		{Want{Name: "lambda 8x/H100", Count: 1}, 3.99, 8, 31.92}, // it was asked for
		// Without a provider the middle of what is on demand, by what is paid: 3.99 (RunPod), 4.29, 10.98, 31.92 and 55.04.
		{Want{Name: "H100", Count: 1}, 10.9791, 1, 10.9791},
	} {
		o, err := rented().Offer(tt.want)
		if err != nil || o.Each() != tt.each || o.Billed(tt.want.Count) != tt.billed || o.NodeUSDPerHour() != tt.node {
			t.Errorf("%+v: %v, billed %d at %v, %v", tt.want, o, o.Billed(tt.want.Count), o.NodeUSDPerHour(), err)
		}
	}
	for _, tt := range []struct {
		want Want
		text []string
	}{
		{Want{Name: "verda/L40S"}, []string{"on demand", "verda 1x/L40S, spot, $0.94 per accelerator hour", "--rent spot"}},
		{Want{Name: "L40S"}, []string{"on demand", "spot"}},
		{Want{Name: "gcp/H100", Count: 2}, []string{"2 accelerators in one machine", "a3-highgpu-1g"}},
		{Want{Name: "lambda/H100", Rent: tariff.Spot}, []string{"lambda 8x/H100-SXM, on demand", "lambda 1x"}},
		{Want{Name: "azure/H100"}, []string{"there are", "gcp a3-highgpu-1g/H100-SXM, spot"}},
		{Want{Name: "A100"}, []string{"A100-SXM-80, A100-PCIe-80"}},
		{Want{Name: "L40X"}, []string{`did you mean "l40s"`}},
		{Want{Name: "nvidia"}, []string{"usd_per_hour"}},
		{Want{Name: "Cerebras WSE3"}, []string{"--usd-per-hour"}},
	} {
		o, err := rented().Offer(tt.want)
		if err == nil {
			t.Errorf("%+v: %v, want an error", tt.want, o)
			continue
		}
		for _, text := range tt.text {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%+v: %v lacks %q", tt.want, err, text)
			}
		}
	}
}

// The review's cases hold in the built-in list: what is named lasts.
func TestBuiltinOffersLast(t *testing.T) {
	l := Builtin()
	for _, name := range []string{"gcp/H100", "runpod/H100", "lambda/H100", "aws/H100"} {
		o, err := l.Offer(Want{Name: name, Count: 1})
		if err != nil || o.Rent != tariff.OnDemand {
			t.Errorf("%s: %v, %v", name, o, err)
		}
	}
	if o, err := l.Offer(Want{Name: "lambda/H100", Count: 1}); err != nil || o.Node != 1 {
		t.Errorf("one accelerator of lambda: %v, %v", o, err)
	}
	if o, err := l.Offer(Want{Name: "aws/H100", Count: 1}); err != nil || o.Billed(1) != 8 {
		t.Errorf("one accelerator of AWS is sold by eight: %v, %v", o, err)
	}
	if o, err := l.Offer(Want{Name: "verda/L40S"}); err == nil || !strings.Contains(err.Error(), "spot") {
		t.Errorf("a spot machine in silence: %v, %v", o, err)
	}
}

const good = `{"format": "inferometer/prices/v1", "unit": "1M tokens", "currency": "USD",
 "models": [
  {"provider": "us", "model": "m", "input": 1, "output": 2, "as_of": "2026-10-01", "source": "contract"}
 ]}`

// What is wrong with a price file is refused, with file, line, column and key.
func TestBadPriceFilesAreRefused(t *testing.T) {
	if _, err := ReadList("p.json", []byte(good)); err != nil {
		t.Fatal(err)
	}
	line := `{"provider": "us", "model": "m", "input": 1, "output": 2, "as_of": "2026-10-01", "source": "contract"}`
	entry := func(with string) string { return strings.Replace(good, line, with, 1) }
	change := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	for name, tt := range map[string]struct {
		file string
		want []string
	}{
		"negative price":    {change(`"input": 1`, `"input": -1`), []string{"p.json:3:45: models[0].input", "must not be negative"}},
		"not a number":      {change(`"input": 1`, `"input": "free"`), []string{"models[0].input", "must be a number"}},
		"infinite":          {change(`"input": 1`, `"input": .inf`), []string{"models[0].input: invalid number"}},
		"missing price":     {change(`"output": 2, `, ``), []string{"p.json:3:", "models[0]: output is missing"}},
		"unknown field":     {change(`"input": 1`, `"input": 1, "inputt": 2`), []string{"p.json:3:", "models[0].inputt: unknown key", `did you mean "input"`}},
		"unknown at top":    {change(`"unit"`, `"units"`), []string{"p.json:1:", "units: unknown key"}},
		"missing unit":      {change(`"unit": "1M tokens", `, ``), []string{"p.json:3:", "models[0]: unit is missing"}},
		"another unit":      {change(`1M tokens`, `1K tokens`), []string{`"1K tokens" is not a unit`}},
		"missing currency":  {change(`, "currency": "USD"`, ``), []string{"currency is missing"}},
		"mixed currencies":  {change(`"input": 1`, `"currency": "EUR", "input": 1`), []string{"p.json:3:", "models[0].currency", `"EUR"`, "USD"}},
		"no date":           {change(`"as_of": "2026-10-01", `, ``), []string{"models[0]: as_of is missing"}},
		"a year for a date": {change(`2026-10-01`, `2026`), []string{"models[0].as_of: invalid date"}},
		"no source":         {change(`, "source": "contract"`, ``), []string{"source is missing"}},
		"twice":             {entry(line + ",\n" + line), []string{"p.json:4:", "us/m is listed twice", "p.json:3:"}},
		"long context":      {change(`"input": 1`, `"long_context": [{"above": 0, "input": 1}], "input": 1`), []string{"models[0].long_context[0]: output is missing", "above: thresholds"}},
		"no list":           {`{"gpt-4o": {"input_cost_per_token": 1}}`, []string{"unknown key"}},
		"no format":         {`{"unit": "1M tokens"}`, []string{"prices import"}},
		"no JSON":           {`{"format": `, []string{"p.json"}},
		"empty":             {``, []string{"no price list"}},
		"offer":             {`{"format": "inferometer/prices/v1", "offers": [{"accelerator": "X", "provider": "us", "rent": "lent", "node": 0, "usd_per_hour": 1, "as_of": "2026-10", "source": "s"}]}`, []string{"offers[0].rent", "offers[0].node", "offers[0]: unit is missing", "currency is missing"}},
	} {
		_, err := ReadList("p.json", []byte(tt.file))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v lacks %q", name, err, want)
			}
		}
	}
	if _, err := ReadList("p.yaml", []byte("format: inferometer/prices/v1\nunit: 1M tokens\ncurrency: USD\nmodels:\n- provider: us\n  model: m\n  input: 1\n  output: -2\n  as_of: 2026-10\n  source: s\n")); err == nil || !strings.Contains(err.Error(), "p.yaml:8:11: models[0].output") {
		t.Errorf("YAML: %v", err)
	}
}

// What is written is read back as it was.
func TestListsSurviveWriting(t *testing.T) {
	l := Builtin()
	var b bytes.Buffer
	if err := Write(&b, l); err != nil {
		t.Fatal(err)
	}
	got, err := ReadList("data", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	text := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	if diff := cmp.Diff(text(l.Prices()), text(got.Prices())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(text(l.Offers()), text(got.Offers())); diff != "" {
		t.Error(diff)
	}
}

// Stale and contradictory entries are named with file, line and key.
func TestCheckNamesWhatIsWrong(t *testing.T) {
	l, err := ReadList("p.yaml", []byte(`format: inferometer/prices/v1
unit: 1M tokens
currency: USD
models:
- {provider: us, model: new, input: 1, output: 2, as_of: 2026-10-01, source: s}
- {provider: us, model: stale, input: 1, output: 2, as_of: 2026-08, source: s}
- {provider: us, model: old, input: 1, output: 2, as_of: 2025-11-01, source: s}
- {provider: us, model: cached, input: 1, cached: 1.5, output: 2, as_of: 2026-10-01, source: s}
- {provider: us, model: batch, input: 1, output: 2, batch: {input: 2, output: 1}, as_of: 2026-10-01, source: s}
- {provider: us, model: tomorrow, input: 1, output: 2, as_of: 2027-01-01, source: s}
- {provider: us, model: new-1, aliases: [new], input: 3, output: 2, as_of: 2026-10-01, source: s}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range l.Check(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)) {
		got = append(got, f.String())
	}
	for _, want := range []string{"p.yaml:6", "us/stale: as_of: 121 days old", "p.yaml:7", "us/old: as_of: 394 days old", "us/cached: cached: ", "us/batch: batch.input: ", "us/tomorrow: as_of: ", "us/new-1: aliases: "} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%v lacks %q", got, want)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d findings:\n%s", len(got), strings.Join(got, "\n"))
	}
}

func TestCallersOwnTheSlices(t *testing.T) {
	l := Builtin()
	l.Prices()[0].Model = "changed"
	l.Offers()[0].Accelerator = "changed"
	if l.Prices()[0].Model == "changed" || l.Offers()[0].Accelerator == "changed" {
		t.Error("a caller changed the catalog")
	}
}
