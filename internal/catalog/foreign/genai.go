package foreign

import (
	"encoding/json"
	"slices"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/tariff"
)

// genaiPrices reads a list of providers with their models, priced per million
// tokens: https://github.com/pydantic/genai-prices, prices/data.json and the later
// versions of it. A price may have a base and tiers; the number of input tokens
// decides which one all tokens of a request have.
func genaiPrices(b []byte, o Options) (Imported, error) {
	im := Imported{Format: "genai-prices"}
	var providers []struct {
		ID     string   `json:"id"`
		Pages  []string `json:"pricing_urls"`
		Models []struct {
			ID      string          `json:"id"`
			Checked string          `json:"prices_checked"`
			Prices  json.RawMessage `json:"prices"`
		} `json:"models"`
	}
	if err := decode(b, &providers); err != nil || len(providers) == 0 || providers[0].ID == "" {
		return im, errUnknown(err)
	}
	for _, v := range providers {
		for _, m := range v.Models {
			p := catalog.Price{Provider: catalog.ProviderOf(v.ID), Model: m.ID}
			p.AsOf = m.Checked
			if p.AsOf == "" {
				p.AsOf = o.AsOf
			}
			if p.AsOf == "" {
				return im, errUndated(im.Format)
			}
			on := o.AsOf
			if on == "" {
				on = p.AsOf
			}
			prices, ok := onDay(m.Prices, on)
			if !ok {
				im.skip("prices by the time of day")
				continue
			}
			if p.Rates, p.LongContext, ok = prices.schedule(); !ok {
				im.skip("no price by the token")
				continue
			}
			p.Source, p.SourceKind = "genai-prices", tariff.FromMirror
			if len(v.Pages) > 0 {
				p.Page = v.Pages[0]
			}
			im.add(p)
		}
	}
	return im, nil
}

// mtok are the prices of a model by their keys.
type mtok map[string]any

// onDay is the prices that hold on a day: the last of the list that had begun.
func onDay(raw json.RawMessage, day string) (mtok, bool) {
	var one mtok
	if decode(raw, &one) == nil {
		return one, true
	}
	var list []struct {
		Constraint object `json:"constraint"`
		Prices     mtok   `json:"prices"`
	}
	if decode(raw, &list) != nil {
		return nil, false
	}
	var found mtok
	for _, c := range list {
		start, dated := c.Constraint["start_date"].(string)
		switch {
		case len(c.Constraint) > 0 && !dated:
			return nil, false
		case start <= day:
			found = c.Prices
		}
	}
	return found, found != nil
}

// schedule is the rates for short requests, and those of long context; false if
// there are none.
func (m mtok) schedule() (base tariff.Rates, long []tariff.LongContext, ok bool) {
	var starts []int
	for _, v := range m {
		for _, t := range tiersOf(v) {
			if !slices.Contains(starts, t.start) && t.start > 0 {
				starts = append(starts, t.start)
			}
		}
	}
	slices.Sort(starts)
	if base, ok = m.rates(0); !ok {
		return base, nil, false
	}
	for _, start := range starts {
		if r, ok := m.rates(start); ok {
			long = append(long, tariff.LongContext{Above: start, Rates: r})
		}
	}
	return base, long, true
}

type tier struct {
	start int
	price float64
}

// tiersOf is the base price, as that of a tier from 0 on, and the tiers of a value.
func tiersOf(v any) []tier {
	number := func(v any) (float64, bool) {
		switch n := v.(type) {
		case json.Number:
			return exact(n, 1)
		case string: // later versions write decimals as text
			return exact(json.Number(n), 1)
		}
		return 0, false
	}
	if p, ok := number(v); ok {
		return []tier{{0, p}}
	}
	o, _ := v.(map[string]any)
	base, ok := number(o["base"])
	if !ok {
		return nil
	}
	out := []tier{{0, base}}
	tiers, _ := o["tiers"].([]any)
	for _, t := range tiers {
		t, _ := t.(map[string]any)
		start, ok1 := number(t["start"])
		price, ok2 := number(t["price"])
		if ok1 && ok2 {
			out = append(out, tier{int(start), price})
		}
	}
	return out
}

// at is a price in the tier that begins at start.
func (m mtok) at(start int, keys ...string) *float64 {
	for _, key := range keys {
		var found *float64
		for _, t := range tiersOf(m[key]) {
			if t.start <= start {
				found = &t.price
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

func (m mtok) rates(start int) (tariff.Rates, bool) {
	in, out := m.at(start, "input_mtok"), m.at(start, "output_mtok")
	if in == nil || out == nil {
		return tariff.Rates{}, false
	}
	return tariff.Rates{
		Input: *in, Output: *out, Cached: m.at(start, "cache_read_mtok"), CacheWrite: m.at(start, "cache_write_5m_mtok", "cache_write_mtok"),
		CacheWrite1h: m.at(start, "cache_write_1h_mtok"), Reasoning: m.at(start, "output_reasoning_mtok"),
		AudioInput: m.at(start, "input_audio_mtok"), AudioOutput: m.at(start, "output_audio_mtok"),
		ImageInput: m.at(start, "input_image_mtok"), ImageOutput: m.at(start, "output_image_mtok"),
	}, true
}
