package foreign

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/tariff"
)

// threshold is the key of a price for long context.
var threshold = lazy.Regexp(`^input_cost_per_token_above_(\d+)k_tokens$`)

// liteLLM reads a flat map of models to prices per token. A request above a
// threshold is priced by it as a whole; "above" is meant strictly, except for xAI:
// https://github.com/BerriAI/litellm, litellm_core_utils/llm_cost_calc/utils.py.
func liteLLM(b []byte, o Options) (Imported, error) {
	im := Imported{Format: "LiteLLM"}
	var all map[string]json.RawMessage
	if err := decode(b, &all); err != nil {
		return im, errUnknown(err)
	}
	models := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var e object
		if decode(all[name], &e) != nil || name == "sample_spec" {
			continue
		}
		provider, ok := e["litellm_provider"].(string)
		if !ok {
			continue
		}
		models++
		if o.AsOf == "" {
			return im, errUndated(im.Format)
		}
		switch mode, _ := e["mode"].(string); mode {
		case "chat", "responses", "completion", "embedding":
		default:
			im.skip("not a model of text")
			continue
		}
		if e["tiered_pricing"] != nil {
			im.skip("prices by ranges of tokens (tiered_pricing), which are not read")
			continue
		}
		p := catalog.Price{Provider: catalog.ProviderOf(provider), Model: ownName(name, provider)}
		above := e.thresholds()
		var priced bool
		if p.Rates, p.LongContext, priced = e.schedule(above, "", p.Provider == "x-ai"); !priced {
			im.skip("no price by the token")
			continue
		}
		for _, s := range []struct {
			to     **tariff.Service
			suffix string
		}{{&p.Batch, "_batches"}, {&p.Flex, "_flex"}, {&p.Priority, "_priority"}} {
			if rates, long, ok := e.schedule(above, s.suffix, p.Provider == "x-ai"); ok {
				*s.to = &tariff.Service{Rates: rates, LongContext: long}
			}
		}
		p.AsOf, p.Source, p.SourceKind = o.AsOf, "LiteLLM's price list", tariff.FromMirror
		if page, _ := e["source"].(string); strings.HasPrefix(page, "https://") {
			p.Page = page
		}
		p.Note = e.note()
		im.add(p)
	}
	if models == 0 {
		return im, errUnknown(nil)
	}
	return im, nil
}

// ownName is what the provider calls the model.
func ownName(name, provider string) string {
	name = strings.TrimPrefix(name, provider+"/")
	return strings.TrimPrefix(name, "accounts/fireworks/models/")
}

func (e object) note() string {
	var notes []string
	if day, _ := e["deprecation_date"].(string); day != "" {
		notes = append(notes, "retired on "+day)
	}
	if e["off_peak_pricing"] != nil {
		notes = append(notes, "cheaper at off-peak hours, which is not counted")
	}
	return strings.Join(notes, "; ")
}

// thresholds of long context, in thousands of tokens, ascending.
func (e object) thresholds() []int {
	var out []int
	for key := range e {
		if m := threshold().FindStringSubmatch(key); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out
}

// schedule is the rates of one class of service, and those of long context; false if
// there are none.
func (e object) schedule(above []int, service string, inclusive bool) (base tariff.Rates, long []tariff.LongContext, ok bool) {
	in, hasIn := e.perMillion("input_cost_per_token" + service)
	out, hasOut := e.perMillion("output_cost_per_token" + service)
	if !hasIn || !hasOut {
		return base, nil, false
	}
	base = tariff.Rates{Input: in, Output: out}
	e.others(&base, "", service)
	for _, k := range above {
		tier := fmt.Sprintf("_above_%dk_tokens", k)
		l := tariff.LongContext{Above: 1000 * k, Rates: base} // what has no price of its own keeps that of short requests
		if inclusive {
			l.Above--
		}
		in, hasIn := e.perMillion("input_cost_per_token" + tier + service)
		out, hasOut := e.perMillion("output_cost_per_token" + tier + service)
		if !hasIn || !hasOut {
			continue
		}
		l.Input, l.Output = in, out
		e.others(&l.Rates, tier, service)
		long = append(long, l)
	}
	return base, long, true
}

// others sets the rates that not every model has.
func (e object) others(r *tariff.Rates, tier, service string) {
	for _, f := range []struct {
		to  **float64
		key string
	}{
		{&r.Cached, "cache_read_input_token_cost"}, {&r.CacheWrite, "cache_creation_input_token_cost"},
		{&r.CacheWrite1h, "cache_creation_input_token_cost_above_1hr"}, {&r.Reasoning, "output_cost_per_reasoning_token"},
		{&r.AudioInput, "input_cost_per_audio_token"}, {&r.AudioOutput, "output_cost_per_audio_token"},
		{&r.ImageInput, "input_cost_per_image_token"}, {&r.ImageOutput, "output_cost_per_image_token"},
	} {
		// A cache that costs nothing to write is one whose writes are billed as input.
		if v, ok := e.perMillion(f.key + tier + service); ok && v > 0 {
			*f.to = &v
		}
	}
	if r.Reasoning != nil && *r.Reasoning == r.Output {
		r.Reasoning = nil // it says nothing
	}
}

// perMillion is a price per token as that of a million, exactly.
func (e object) perMillion(key string) (float64, bool) {
	n, ok := e[key].(json.Number)
	if !ok {
		return 0, false
	}
	return exact(n, 1_000_000)
}

// exact is a decimal number times a whole one, without the error of a product of
// floating-point numbers: 2.5e-07 a token is 0.25 a million.
func exact(n json.Number, times int64) (float64, bool) {
	r, ok := new(big.Rat).SetString(n.String())
	if !ok || r.Sign() < 0 {
		return 0, false
	}
	v, _ := r.Mul(r, new(big.Rat).SetInt64(times)).Float64()
	// A price that was computed, such as 1.0400000000000001e-06, has more digits than
	// any list.
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	return short, err == nil
}
