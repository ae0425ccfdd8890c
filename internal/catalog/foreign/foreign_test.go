package foreign

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/tariff"
)

const litellm = `{
 "sample_spec": {"litellm_provider": "one of …", "mode": "chat", "input_cost_per_token": 0.0},
 "gpt-x": {
  "litellm_provider": "openai", "mode": "chat", "source": "https://example.com/pricing", "deprecation_date": "2027-01-01",
  "input_cost_per_token": 1e-06, "output_cost_per_token": 5e-06, "cache_read_input_token_cost": 5e-08, "cache_creation_input_token_cost": 1.25e-06,
  "input_cost_per_token_above_272k_tokens": 2e-06, "output_cost_per_token_above_272k_tokens": 7.5e-06,
  "input_cost_per_token_batches": 5e-07, "output_cost_per_token_batches": 2.5e-06, "cache_read_input_token_cost_batches": 2.5e-08,
  "input_cost_per_token_above_272k_tokens_batches": 1e-06, "output_cost_per_token_above_272k_tokens_batches": 3.75e-06,
  "input_cost_per_token_priority": 2e-06, "output_cost_per_token_priority": 1e-05},
 "claude-x": {
  "litellm_provider": "anthropic", "mode": "chat", "input_cost_per_token": 1e-07, "output_cost_per_token": 5e-07,
  "cache_creation_input_token_cost": 1.25e-07, "cache_creation_input_token_cost_above_1hr": 2e-07},
 "xai/grok-x": {
  "litellm_provider": "xai", "mode": "chat", "input_cost_per_token": 2e-06, "output_cost_per_token": 6e-06, "output_cost_per_reasoning_token": 7e-06,
  "input_cost_per_token_above_200k_tokens": 4e-06, "output_cost_per_token_above_200k_tokens": 1.2e-05, "input_cost_per_image_token": 1.5e-06},
 "fireworks_ai/accounts/fireworks/models/oss": {"litellm_provider": "fireworks_ai", "mode": "chat", "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07, "cache_creation_input_token_cost": 0},
 "tiered": {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": [{"range": [0, 1000]}]},
 "free": {"litellm_provider": "ollama", "mode": "chat"},
 "picture": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04}
}`

func num(f float64) *float64 { return &f }

// Prices per token become those of a million, tiers become data, and what is left out
// is counted.
func TestLiteLLM(t *testing.T) {
	im, err := Import([]byte(litellm), Options{AsOf: "2026-11-20"})
	if err != nil {
		t.Fatal(err)
	}
	fact := catalog.Fact{AsOf: "2026-11-20", Source: "LiteLLM's price list", SourceKind: tariff.FromMirror}
	paged := fact
	paged.Page, paged.Note = "https://example.com/pricing", "retired on 2027-01-01"
	entry := func(p catalog.Price, f catalog.Fact) catalog.Price {
		p.Fact, p.Unit, p.Currency = f, "1M tokens", "USD"
		return p
	}
	want := []catalog.Price{
		entry(catalog.Price{Provider: "anthropic", Model: "claude-x", Rates: tariff.Rates{Input: 0.1, CacheWrite: num(0.125), CacheWrite1h: num(0.2), Output: 0.5}}, fact),
		entry(catalog.Price{Provider: "fireworks", Model: "oss", Rates: tariff.Rates{Input: 0.15, Output: 0.6}}, fact),
		entry(catalog.Price{
			Provider: "openai", Model: "gpt-x", Rates: tariff.Rates{Input: 1, Cached: num(0.05), CacheWrite: num(1.25), Output: 5},
			// What has no price of its own above the threshold keeps that below it.
			LongContext: []tariff.LongContext{{Above: 272000, Rates: tariff.Rates{Input: 2, Cached: num(0.05), CacheWrite: num(1.25), Output: 7.5}}},
			Batch: &tariff.Service{
				Rates:       tariff.Rates{Input: 0.5, Cached: num(0.025), Output: 2.5},
				LongContext: []tariff.LongContext{{Above: 272000, Rates: tariff.Rates{Input: 1, Cached: num(0.025), Output: 3.75}}},
			},
			Priority: &tariff.Service{Rates: tariff.Rates{Input: 2, Output: 10}},
		}, paged),
		entry(catalog.Price{
			Provider: "x-ai", Model: "grok-x", Rates: tariff.Rates{Input: 2, Output: 6, Reasoning: num(7), ImageInput: num(1.5)},
			// xAI's thresholds include the number itself.
			LongContext: []tariff.LongContext{{Above: 199999, Rates: tariff.Rates{Input: 4, Output: 12, Reasoning: num(7), ImageInput: num(1.5)}}},
		}, fact),
	}
	if diff := cmp.Diff(want, im.Prices); diff != "" {
		t.Error(diff)
	}
	if len(im.Skipped) != 3 {
		t.Errorf("left out: %v", im.Skipped)
	}
	var b bytes.Buffer
	if err := catalog.Write(&b, catalog.NewList(im.Prices, nil)); err != nil {
		t.Fatal(err)
	}
	if l, err := catalog.ReadList("written", b.Bytes()); err != nil || len(l.Prices()) != 4 {
		t.Errorf("what is written cannot be read: %v", err)
	}
}

const genai = `[
 {"id": "x-ai", "pricing_urls": ["https://example.com/x"], "models": [
  {"id": "grok-x", "prices_checked": "2026-08-04", "prices": {"input_mtok": {"base": 2, "tiers": [{"start": 200000, "price": 4}]}, "cache_read_mtok": 0.5, "output_mtok": {"base": "6", "tiers": [{"start": 200000, "price": "12"}]}}},
  {"id": "dated", "prices": [{"prices": {"input_mtok": 2, "output_mtok": 10}}, {"constraint": {"start_date": "2026-09-01"}, "prices": {"input_mtok": 3, "output_mtok": 15}}, {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 9, "output_mtok": 9}}]},
  {"id": "nightly", "prices": [{"constraint": {"start_time": "00:30"}, "prices": {"input_mtok": 1, "output_mtok": 1}}]},
  {"id": "claude-like", "prices": {"input_mtok": 1, "cache_write_mtok": 1.25, "cache_write_1h_mtok": 2, "output_mtok": 5, "web_searches_kcount": 10}},
  {"id": "free", "prices": {}}]}]`

func TestGenaiPrices(t *testing.T) {
	im, err := Import([]byte(genai), Options{AsOf: "2026-11-10"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]catalog.Price{}
	for _, p := range im.Prices {
		got[p.Model] = p
	}
	if p := got["grok-x"]; p.AsOf != "2026-08-04" || p.Page != "https://example.com/x" || p.Input != 2 || len(p.LongContext) != 1 || p.LongContext[0].Above != 200000 ||
		p.LongContext[0].Input != 4 || p.LongContext[0].Output != 12 || *p.LongContext[0].Cached != 0.5 {
		t.Errorf("%+v", p)
	}
	if p := got["dated"]; p.Input != 3 || p.AsOf != "2026-11-10" { // what holds on that day, and not what is announced
		t.Errorf("%+v", p)
	}
	if p := got["claude-like"]; *p.CacheWrite != 1.25 || *p.CacheWrite1h != 2 {
		t.Errorf("%+v", p)
	}
	if len(got) != 3 || len(im.Skipped) != 2 {
		t.Errorf("%d models; left out: %v", len(got), im.Skipped)
	}
}

// A list without dates is worth nothing without the day on which it was made, and
// what is no list of prices is refused.
func TestImportRefuses(t *testing.T) {
	for text, want := range map[string]string{
		litellm:           "--as-of",
		genai:             "--as-of",
		`{"a": 1}`:        "neither LiteLLM's",
		`[]`:              "neither LiteLLM's",
		`[{"name": "x"}]`: "neither LiteLLM's",
		`hello`:           "neither LiteLLM's",
		`{"a": `:          "neither LiteLLM's",
		``:                "neither LiteLLM's",
	} {
		if _, err := Import([]byte(text), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := Import([]byte(genai), Options{AsOf: "November"}); err == nil || !strings.Contains(err.Error(), "invalid date") {
		t.Error(err)
	}
}

// Products of floating-point numbers do not become prices.
func TestPricesPerMillionAreExact(t *testing.T) {
	for text, want := range map[string]float64{"2.5e-07": 0.25, "1.25e-07": 0.125, "4.35e-07": 0.435, "3.625e-09": 0.003625, "1.0400000000000001e-06": 1.04, "0.00000015": 0.15, "5e-08": 0.05} {
		if got, ok := exact(json.Number(text), 1_000_000); !ok || got != want {
			t.Errorf("%s a token: %v a million, want %v", text, got, want)
		}
	}
}
