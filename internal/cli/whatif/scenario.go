package whatif

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

// Input is one number of the answer and where it comes from.
type Input struct {
	Name  string `json:"name"`
	Value string `json:"value"` // in words, with its unit
	From  string `json:"from"`
}

// scenario is a question in numbers, with their origins by the names of the fields.
type scenario struct {
	result.CostScenario
	from   map[string]string
	inputs []Input
}

// set takes note of where a field comes from.
func (s *scenario) set(from string, fields ...string) {
	for _, f := range fields {
		s.from[f] = from
	}
}

// fields are those that a flag sets, with how they are read and written. The names
// are those of the scenario's JSON.
type field struct {
	name, label, flag string
	at                func(*result.CostScenario) *float64
	whole             *func(*result.CostScenario) *int
	text              func(float64) string
	always            bool // shown also where it is 0
}

// usdPerHour rounds what was worked out from a purchase: no list has so many decimals.
func usdPerHour(v float64) string {
	text := amount.Price(v)
	if len(text) > len("$1,000.123456") {
		text = amount.USD(v)
	}
	return text + " per accelerator hour"
}

func perMTok(v float64) string { return amount.Price(v) + " per 1M tokens" }
func tokens(v float64) string  { return amount.Significant(v, 6) }
func plain(v float64) string   { return amount.Significant(v, 4) }
func percent(v float64) string { return amount.Significant(100*v, 3) + " %" }

func whole(at func(*result.CostScenario) *int) *func(*result.CostScenario) *int { return &at }

var fields = []field{
	{name: "monthly_requests", label: "requests per month", flag: "monthly-requests", text: amount.Count, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.MonthlyRequests }},
	{name: "utilization", label: "highest mean utilization", flag: "utilization", text: percent,
		at: func(s *result.CostScenario) *float64 { return &s.Utilization }},
	{name: "peak_to_mean", label: "peak rate over mean rate", flag: "peak-to-mean", text: plain,
		at: func(s *result.CostScenario) *float64 { return &s.PeakToMean }},
	{name: "growth", label: "growth per month", flag: "growth", text: percent,
		at: func(s *result.CostScenario) *float64 { return &s.Growth }},
	{name: "batch_share", label: "requests that can wait", flag: "batch-share", text: percent,
		at: func(s *result.CostScenario) *float64 { return &s.BatchShare }},
	{name: "fallback_share", label: "requests that the API answers again", flag: "fallback-share", text: percent,
		at: func(s *result.CostScenario) *float64 { return &s.FallbackShare }},
	{name: "own.input_tokens", label: "own machines: input tokens of a request", flag: "input-tokens", text: tokens, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.Own.InputTokens }},
	{name: "own.output_tokens", label: "own machines: output tokens of a request", flag: "output-tokens", text: tokens, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.Own.OutputTokens }},
	{name: "own.usd_per_hour", label: "own machines: price", flag: "usd-per-hour", text: usdPerHour, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.Own.USDPerHour }},
	{name: "own.accelerators", label: "own machines: accelerators of a replica", flag: "accelerators", text: plain, always: true,
		whole: whole(func(s *result.CostScenario) *int { return &s.Own.Accelerators })},
	{name: "own.node", label: "own machines: accelerators of a node", flag: "node", text: plain,
		whole: whole(func(s *result.CostScenario) *int { return &s.Own.Node })},
	{name: "own.tokens_per_second", label: "own machines: a replica carries", flag: "tokens-per-second", text: func(v float64) string { return plain(v) + " token/s" },
		at: func(s *result.CostScenario) *float64 { return &s.Own.TokensPerSecond }},
	{name: "own.requests_per_second", label: "own machines: a replica carries", flag: "requests-per-second", text: func(v float64) string { return plain(v) + " requests/s" },
		at: func(s *result.CostScenario) *float64 { return &s.Own.RequestsPerSecond }},
	{name: "own.min_replicas", label: "own machines: least number of replicas", flag: "min-replicas", text: plain,
		whole: whole(func(s *result.CostScenario) *int { return &s.Own.MinReplicas })},
	{name: "own.spare_replicas", label: "own machines: spare replicas", flag: "spare-replicas", text: plain,
		whole: whole(func(s *result.CostScenario) *int { return &s.Own.SpareReplicas })},
	{name: "own.fixed_month", label: "own machines: fixed cost of a month", flag: "fixed-month", text: amount.USD,
		at: func(s *result.CostScenario) *float64 { return &s.Own.FixedMonth }},
	{name: "api.input_tokens", label: "API: input tokens of a request", flag: "input-tokens", text: tokens, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.InputTokens }},
	{name: "api.output_tokens", label: "API: output tokens of a request", flag: "output-tokens", text: tokens, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.OutputTokens }},
	{name: "api.cached_share", label: "API: input tokens from its cache", flag: "cached-share", text: percent, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.CachedShare }},
	{name: "api.input", label: "API: price of input", flag: "input-price", text: perMTok, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.Input }},
	{name: "api.cached", label: "API: price of cached input", flag: "cached-price", text: perMTok,
		at: func(s *result.CostScenario) *float64 {
			if s.API.Cached == nil {
				s.API.Cached = new(s.API.Input)
			}
			return s.API.Cached
		}},
	{name: "api.output", label: "API: price of output", flag: "output-price", text: perMTok, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.Output }},
	{name: "api.batch_factor", label: "API: price of a batched request over another", text: plain,
		at: func(s *result.CostScenario) *float64 { return &s.API.BatchFactor }},
	{name: "api.surcharge", label: "API: surcharge of price tiers", text: plain,
		at: func(s *result.CostScenario) *float64 { return &s.API.Surcharge }},
}

// instead are fields of which one replaces the other.
var instead = map[string]string{
	"utilization": "peak_to_mean", "peak_to_mean": "utilization",
	"own.tokens_per_second": "own.requests_per_second", "own.requests_per_second": "own.tokens_per_second",
}

func (f field) get(s *result.CostScenario) float64 {
	if f.whole != nil {
		return float64(*(*f.whole)(s))
	}
	if f.name == "api.cached" && s.API.Cached == nil {
		return 0
	}
	return *f.at(s)
}

// scenario is what the run found out, with what the flags replace.
func (f *flags) scenario(r *result.Result) (*scenario, error) {
	s := &scenario{from: map[string]string{}}
	s.ofRun(r)
	for _, pair := range [][2]string{{"utilization", "peak-to-mean"}, {"tokens-per-second", "requests-per-second"}} {
		if f.of[pair[0]].set && f.of[pair[1]].set {
			return nil, fmt.Errorf("--%s and --%s say the same thing in two ways: give one of them", pair[0], pair[1])
		}
	}
	if n := f.of["utilization"]; n.set && !(n.v > 0 && n.v <= 1) {
		return nil, fmt.Errorf("--utilization %v: must be greater than 0 and at most 1, as in 0.4 for 40 %%", n.v)
	}
	_, api := sides(r)
	f.lengths(s, api)
	if err := f.listed(s); err != nil {
		return nil, err
	}
	for _, x := range fields {
		n := f.of[x.flag]
		if x.flag == "" || !n.set {
			continue
		}
		if x.whole != nil {
			if n.v != float64(int(n.v)) {
				return nil, fmt.Errorf("--%s %v: must be a whole number", x.flag, n.v)
			}
			*(*x.whole)(&s.CostScenario) = int(n.v)
		} else {
			*x.at(&s.CostScenario) = n.v
		}
		s.set("--"+x.flag, x.name)
		if other := instead[x.name]; other != "" {
			i := slices.IndexFunc(fields, func(y field) bool { return y.name == other })
			*fields[i].at(&s.CostScenario) = 0
			delete(s.from, other)
		}
	}
	if f.of["input-price"].set && f.of["output-price"].set { // a price of one's own has no tiers
		s.API.Surcharge, s.API.BatchFactor = 0, 0
		if !f.of["cached-price"].set && f.model == "" {
			s.API.Cached = nil
		}
	}
	if err := f.batches(s, api); err != nil {
		return nil, err
	}
	if err := s.complete(); err != nil {
		return nil, err
	}
	for _, x := range fields {
		if v := x.get(&s.CostScenario); (v != 0 || x.always) && (x.name != "api.cached" || s.API.Cached != nil) {
			s.inputs = append(s.inputs, Input{Name: x.label, Value: x.text(v), From: s.from[x.name]})
		}
	}
	return s, nil
}

// lengths takes the length of a request from flags. A replica carries fewer requests
// that are longer, in proportion; shorter ones, which were not measured, are not taken
// to be more (docs/cost.md). The price of the run is that of the new length, since
// long context reprices the whole request.
func (f *flags) lengths(s *scenario, api *result.Target) {
	longer, changed := 1.0, false
	for _, x := range []struct {
		flag     string
		own, api *float64
	}{{"input-tokens", &s.Own.InputTokens, &s.API.InputTokens}, {"output-tokens", &s.Own.OutputTokens, &s.API.OutputTokens}} {
		n := f.of[x.flag]
		if !n.set {
			continue
		}
		if *x.own > 0 {
			longer = max(longer, n.v / *x.own)
		}
		*x.own, *x.api, changed = n.v, n.v, true
	}
	if s.Own.RequestsPerSecond > 0 && longer > 1 {
		s.Own.RequestsPerSecond /= longer
		s.set(fmt.Sprintf("%s, scaled down by %s for the length of the requests", s.from["own.requests_per_second"], plain(longer)), "own.requests_per_second")
	}
	if changed && api != nil && api.Price != nil && s.from["api.input"] != "" && pricing.At(*api.Price, int(s.API.InputTokens)) != api.Price.Rates {
		o := api.Price.Origin("long_context")
		s.price(api.Price, sourced("the run", o.Source, o.AsOf))
	}
}

// batches takes the price of batched requests from the price of the run, where a flag
// says that there are some and the run had none.
func (f *flags) batches(s *scenario, api *result.Target) error {
	if !f.of["batch-share"].set || s.BatchShare == 0 || s.API.BatchFactor > 0 {
		return nil
	}
	if f.model == "" && api != nil && api.Price != nil && !f.of["input-price"].set && !f.of["output-price"].set {
		o := api.Price.Origin("batch")
		if s.batch(api.Price, sourced("the run", o.Source, o.AsOf)); s.API.BatchFactor > 0 {
			return nil
		}
	}
	return errors.New("--batch-share: what the API charges for a batch is unknown: name a model that has a price for it (--price, inferometer prices show), or set cost.batch_factor in the plan")
}

// listed takes the prices of the price list that flags name.
func (f *flags) listed(s *scenario) error {
	var err error
	if f.list, err = catalog.Open(f.prices); err != nil {
		return fmt.Errorf("--prices: %w", err)
	}
	if f.accelerator != "" {
		m := &plan.Machine{Accelerator: f.accelerator, Rent: f.rent, USDPerHour: f.of["usd-per-hour"].v, Count: max(1, s.Own.Accelerators)}
		if f.of["accelerators"].set {
			m.Count = int(f.of["accelerators"].v)
		}
		found, err := pricing.Machine(f.list, m)
		if err != nil {
			return fmt.Errorf("--accelerator: %w", err)
		}
		s.Own.USDPerHour, s.Own.Node = found.USDPerHour, found.Node
		from := "--accelerator " + f.accelerator
		if found.Offer != "" {
			from += " (" + found.Offer + ", " + catalog.Words(found.Rent) + ")"
		}
		s.set(sourced(from, found.Source, found.AsOf), "own.usd_per_hour", "own.node")
	}
	if f.model == "" {
		return nil
	}
	p, err := pricing.Price(f.list, &plan.Price{Model: f.model})
	if err != nil {
		return fmt.Errorf("--price: %w", err)
	}
	s.price(p, sourced("--price "+f.model, p.Source, p.AsOf))
	return nil
}

// price takes the rates of a price for requests of the mean length.
func (s *scenario) price(p *result.Price, from string) {
	at := pricing.At(*p, int(s.API.InputTokens))
	s.API.Input, s.API.Cached, s.API.Output, s.API.Surcharge, s.API.BatchFactor = at.Input, at.Cached, at.Output, 0, 0
	s.set(from, "api.input", "api.cached", "api.output")
	s.batch(p, from)
}

// batch takes what a batched request of the mean length costs over another.
func (s *scenario) batch(p *result.Price, from string) {
	use := pricing.Use{Input: int(s.API.InputTokens), Cached: int(s.API.InputTokens * s.API.CachedShare), Output: int(s.API.OutputTokens)}
	if b, ok := pricing.For(*p, pricing.Batch); ok && pricing.Cost(*p, use) > 0 {
		s.API.BatchFactor = pricing.Cost(b, use) / pricing.Cost(*p, use)
		s.set(from, "api.batch_factor")
	}
}

func sourced(what, source, asOf string) string {
	for _, s := range []string{source, asOf} {
		if s != "" {
			what += ", " + s
		}
	}
	return what
}

// ofRun takes what the run found out. Where its result has no scenario, because it
// is of an older version or has nothing to compare, it is put together from what it
// has.
func (s *scenario) ofRun(r *result.Result) {
	own, api := sides(r)
	c := r.Benchmarks.Cost
	if c != nil && c.Scenario != nil {
		s.CostScenario = *c.Scenario
		for _, x := range fields {
			s.set("the run", x.name)
		}
	} else {
		s.compose(c, own, api)
	}
	if own != nil && own.Machine != nil {
		s.set(sourced("the run", own.Machine.Source, own.Machine.AsOf), "own.usd_per_hour", "own.node")
	}
	if api != nil && api.Price != nil {
		for key, of := range map[string][]string{"input": {"api.input", "api.surcharge"}, "cached": {"api.cached"}, "output": {"api.output"}, "batch": {"api.batch_factor"}} {
			o := api.Price.Origin(key)
			s.set(sourced("the run", o.Source, o.AsOf), of...)
		}
	}
	if c == nil {
		return
	}
	for _, t := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if t == nil {
			continue
		}
		side := "api"
		if t.Kind == "machine" {
			side = "own"
			if t.CapacityFrom != "" {
				s.set("the run: "+t.CapacityFrom, "own.requests_per_second")
			}
		}
		if t.InputTokens != nil {
			s.set(fmt.Sprintf("the run: mean of %s requests", amount.Count(float64(t.Samples))), side+".input_tokens", side+".output_tokens")
		}
	}
}

// sides are the target that is paid by the hour and the one that is paid by the
// token, of the first two; nil where there is none.
func sides(r *result.Result) (own, api *result.Target) {
	for i := range r.Targets {
		t := &r.Targets[i]
		switch {
		case t.Name != "candidate" && t.Name != "baseline":
		case t.Machine != nil && own == nil:
			own = t
		case t.Price != nil && api == nil:
			api = t
		}
	}
	return own, api
}

// compose puts a scenario together from the parts of a result.
func (s *scenario) compose(c *result.Cost, own, api *result.Target) {
	s.Own.MinReplicas, s.Own.Accelerators = 1, 1
	s.set("assumed", "own.min_replicas", "own.accelerators")
	if own != nil {
		m := own.Machine
		s.Own.USDPerHour, s.Own.Accelerators, s.Own.Node, s.Own.MinReplicas = m.USDPerHour, max(1, m.Count), m.Node, max(1, m.MinReplicas)
		s.Own.SpareReplicas, s.Own.Scaling, s.Own.StartHours, s.Own.FixedMonth = m.SpareReplicas, m.Scaling, m.StartHours, m.StaffMonth
		s.set("the run", "own.accelerators", "own.min_replicas", "own.spare_replicas", "own.fixed_month")
	}
	if c == nil {
		if api != nil {
			s.price(api.Price, "")
		}
		return
	}
	if len(c.Volumes) > 0 {
		s.MonthlyRequests = c.Volumes[0].MonthlyRequests
		s.set("the run", "monthly_requests")
	}
	for _, t := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if t == nil || t.InputTokens == nil || t.OutputTokens == nil {
			continue
		}
		in, out := float64(*t.InputTokens), float64(*t.OutputTokens)
		if t.Kind == "machine" {
			s.Own.InputTokens, s.Own.OutputTokens = in, out
			if t.CapacityRPS != nil {
				s.Own.RequestsPerSecond = float64(*t.CapacityRPS)
			}
			continue
		}
		s.API.InputTokens, s.API.OutputTokens = in, out
		if t.CachedTokens != nil && in > 0 {
			s.API.CachedShare = float64(*t.CachedTokens) / in
		}
		s.set("the run", "api.cached_share")
	}
	if api != nil {
		s.price(api.Price, "")
	}
}

// complete fills what one side has and the other lacks, and says what is missing.
func (s *scenario) complete() error {
	same := func(to, from *float64, field, of string) {
		if *to == 0 && *from > 0 {
			*to = *from
			s.set("as "+of, field)
		}
	}
	same(&s.Own.InputTokens, &s.API.InputTokens, "own.input_tokens", "at the API")
	same(&s.Own.OutputTokens, &s.API.OutputTokens, "own.output_tokens", "at the API")
	same(&s.API.InputTokens, &s.Own.InputTokens, "api.input_tokens", "on own machines")
	same(&s.API.OutputTokens, &s.Own.OutputTokens, "api.output_tokens", "on own machines")
	if s.from["api.cached_share"] == "" {
		s.set("assumed", "api.cached_share")
	}
	var missing, example []string
	lacks := func(yes bool, flags, such string) {
		if yes {
			missing, example = append(missing, flags), append(example, such)
		}
	}
	lacks(s.MonthlyRequests == 0 && s.from["monthly_requests"] == "", "--monthly-requests", "--monthly-requests 3M")
	lacks(s.Utilization == 0 && s.PeakToMean == 0 && s.from["utilization"] == "" && s.from["peak_to_mean"] == "", "--utilization or --peak-to-mean", "--utilization 0.4")
	lacks(s.from["own.usd_per_hour"] == "", "--accelerator or --usd-per-hour", "--accelerator h100")
	lacks(s.Own.RequestsPerSecond == 0 && s.Own.TokensPerSecond == 0, "--tokens-per-second or --requests-per-second", "--tokens-per-second 2500")
	lacks(s.from["api.input"] == "" || s.from["api.output"] == "", "--price, or --input-price and --output-price", "--price gpt-5-mini")
	lacks(s.API.InputTokens+s.API.OutputTokens == 0, "--input-tokens and --output-tokens", "--input-tokens 256 --output-tokens 64")
	if len(missing) > 0 {
		return fmt.Errorf("the run does not say all that the answer needs; add %s; for example: inferometer cost whatif RUN %s", strings.Join(missing, ", "), strings.Join(example, " "))
	}
	return nil
}

// explain names the flag in the place of the field that an error is about.
func (s *scenario) explain(err error) error {
	name, text, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		return err
	}
	for _, x := range fields {
		if x.name == name && x.flag != "" {
			return errors.New("--" + x.flag + ": " + text)
		}
	}
	return err
}
