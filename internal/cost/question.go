package cost

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

// Question is a scenario that is put together from what a run found and from what
// somebody states in its place, by the flags of `inferometer cost whatif` or the
// sliders of the report's page. Its JSON form is what the page computes from
// (web/src/whatif); web/testdata/whatif.json holds both equal.
type Question struct {
	Run      string              `json:"run"` // its id, for the command line that asks the same
	Scenario result.CostScenario `json:"scenario"`
	// From says where each field of the scenario comes from, by its name there
	// ("own.usd_per_hour"). A field without an entry is not known.
	From map[string]string `json:"from"`
	// Why says why the run does not know a field, where it has a reason.
	Why map[string]string `json:"why,omitempty"`
	// Price is the run's price of the API for requests of any length; nil: unknown.
	Price *QuestionPrice `json:"price,omitempty"`
}

// QuestionPrice is what a price says about requests of other lengths and in batches.
type QuestionPrice struct {
	Tiers []PriceTier `json:"tiers"`           // the usual service; the first is Above 0
	Batch []PriceTier `json:"batch,omitempty"` // answers within a day; absent: not sold, or unknown
	// LongContextFrom and BatchFrom are the sources of those rates.
	LongContextFrom string `json:"long_context_from"`
	BatchFrom       string `json:"batch_from"`
}

// PriceTier is what requests with more than Above input tokens cost, in USD per
// million tokens.
type PriceTier struct {
	Above  int      `json:"above"`
	Input  float64  `json:"input"`
	Cached *float64 `json:"cached,omitempty"` // absent: as Input
	Output float64  `json:"output"`
}

// Stated are the numbers that somebody states, by their flags without dashes, as in
// "usd-per-hour".
type Stated map[string]float64

// QuestionOf is what a run found out. Where its result has no scenario, because it is
// of an older version or has nothing to compare, it is put together from what it has.
func QuestionOf(r *result.Result) *Question {
	own, api := paid(r)
	c := r.Benchmarks.Cost
	q := &Question{Run: r.Run.ID, From: map[string]string{}, Why: map[string]string{}}
	if api != nil {
		q.Price = priceOf(api.Price, "the run")
	}
	if c != nil && c.Scenario != nil {
		q.Scenario = *c.Scenario
		for _, x := range questionFields {
			q.set("the run", x.name)
		}
	} else {
		q.compose(c, own, api)
	}
	if own != nil {
		q.set(origin("the run", own.Machine.Source, own.Machine.AsOf), "own.usd_per_hour", "own.node")
	}
	if api != nil {
		for key, of := range map[string][]string{"input": {"api.input", "api.surcharge"}, "cached": {"api.cached"}, "output": {"api.output"}, "batch": {"api.batch_factor"}} {
			o := api.Price.Origin(key)
			q.set(origin("the run", o.Source, o.AsOf), of...)
		}
	}
	if c == nil {
		return q
	}
	for _, t := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if t == nil {
			continue
		}
		side := "api"
		if t.Kind == "machine" {
			side = "own"
			switch {
			case t.CapacityFrom != "":
				q.set("the run: "+t.CapacityFrom, "own.requests_per_second")
			case q.Scenario.Own.RequestsPerSecond == 0 && t.PerRequest.Withheld != "":
				q.Why["own.requests_per_second"] = t.PerRequest.Withheld
			}
		}
		if t.InputTokens != nil {
			q.set(fmt.Sprintf("the run: mean of %s requests", amount.Count(float64(t.Samples))), side+".input_tokens", side+".output_tokens")
		}
	}
	return q
}

// Priced reports whether the run says what any target costs: without that, there is
// nothing to ask about.
func (q *Question) Priced() bool {
	return q.From["own.usd_per_hour"] != "" || q.From["api.input"] != ""
}

// paid are the target that is paid by the hour and the one that is paid by the token,
// of the candidate and the baseline; nil where there is none.
func paid(r *result.Result) (own, api *result.Target) {
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

// set takes note of where fields come from. Names of prices may be anybody's text.
func (q *Question) set(from string, fields ...string) {
	for _, f := range fields {
		q.From[f] = plaintext.Line(from)
	}
}

func origin(what, source, asOf string) string {
	for _, s := range []string{source, asOf} {
		if s != "" {
			what += ", " + s
		}
	}
	return what
}

// compose puts a scenario together from the parts of a result.
func (q *Question) compose(c *result.Cost, own, api *result.Target) {
	s := &q.Scenario
	s.Own.MinReplicas, s.Own.Accelerators = 1, 1
	q.set("assumed", "own.min_replicas", "own.accelerators")
	if own != nil {
		m := own.Machine
		s.Own.USDPerHour, s.Own.Accelerators, s.Own.Node, s.Own.MinReplicas = m.USDPerHour, max(1, m.Count), m.Node, max(1, m.MinReplicas)
		s.Own.SpareReplicas, s.Own.Scaling, s.Own.StartHours, s.Own.FixedMonth = m.SpareReplicas, m.Scaling, m.StartHours, m.StaffMonth
		q.set("the run", "own.accelerators", "own.min_replicas", "own.spare_replicas", "own.fixed_month")
	}
	if c != nil {
		q.measured(c)
	}
	if api != nil {
		q.price(q.Price, "", "")
	}
}

// measured takes the volume, the lengths and the throughput.
func (q *Question) measured(c *result.Cost) {
	s := &q.Scenario
	if len(c.Volumes) > 0 {
		s.MonthlyRequests = c.Volumes[0].MonthlyRequests
		q.set("the run", "monthly_requests")
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
		q.set("the run", "api.cached_share")
	}
}

// priceOf is what a price says, with its sources after what.
func priceOf(p *result.Price, what string) *QuestionPrice {
	tiers := func(p result.Price) []PriceTier {
		out := []PriceTier{{Input: p.Input, Cached: p.Cached, Output: p.Output}}
		for _, l := range p.LongContext {
			out = append(out, PriceTier{Above: l.Above, Input: l.Input, Cached: l.Cached, Output: l.Output})
		}
		return out
	}
	long, batch := p.Origin("long_context"), p.Origin("batch")
	out := &QuestionPrice{
		Tiers:           tiers(*p),
		LongContextFrom: plaintext.Line(origin(what, long.Source, long.AsOf)),
		BatchFrom:       plaintext.Line(origin(what, batch.Source, batch.AsOf)),
	}
	if b, ok := pricing.For(*p, pricing.Batch); ok {
		out.Batch = tiers(b)
	}
	return out
}

// tier is the number of the tier of requests with so many input tokens.
func tier(tiers []PriceTier, input float64) int {
	at := 0
	for i, t := range tiers {
		if float64(int(input)) > float64(t.Above) {
			at = max(at, i)
		}
	}
	return at
}

// price takes the rates of a price for requests of the mean length.
func (q *Question) price(p *QuestionPrice, from, batchFrom string) {
	s := &q.Scenario
	at := p.Tiers[tier(p.Tiers, s.API.InputTokens)]
	s.API.Input, s.API.Cached, s.API.Output, s.API.Surcharge, s.API.BatchFactor = at.Input, at.Cached, at.Output, 0, 0
	q.set(from, "api.input", "api.cached", "api.output")
	q.batch(p, batchFrom)
}

// batch takes what a batched request of the mean length costs over another.
func (q *Question) batch(p *QuestionPrice, from string) {
	s := &q.Scenario
	usual := p.request(p.Tiers, s.API)
	if len(p.Batch) > 0 && usual > 0 {
		s.API.BatchFactor = p.request(p.Batch, s.API) / usual
		q.set(from, "api.batch_factor")
	}
}

// request is what one request of the mean length costs, in USD, in whole tokens.
func (p *QuestionPrice) request(tiers []PriceTier, api result.CostAPI) float64 {
	at := tiers[tier(tiers, api.InputTokens)]
	in, cached, out := int(api.InputTokens), int(api.InputTokens*api.CachedShare), int(api.OutputTokens)
	return float64(in-cached)*at.Input/1e6 + float64(cached)**cmp.Or(at.Cached, &at.Input)/1e6 + float64(out)*at.Output/1e6
}

// Lengths takes the length of a request from what is stated. A replica carries fewer
// requests that are longer, in proportion; shorter ones, which were not measured, are
// not taken to be more (docs/cost.md). The price of the run is that of the new length,
// since long context reprices the whole request.
func (q *Question) Lengths(of Stated) {
	s := &q.Scenario
	longer, before := 1.0, s.API.InputTokens
	for _, x := range []struct {
		flag     string
		own, api *float64
	}{{"input-tokens", &s.Own.InputTokens, &s.API.InputTokens}, {"output-tokens", &s.Own.OutputTokens, &s.API.OutputTokens}} {
		n, stated := of[x.flag]
		if !stated {
			continue
		}
		if *x.own > 0 {
			longer = max(longer, n / *x.own)
		}
		*x.own, *x.api = n, n
	}
	if s.Own.RequestsPerSecond > 0 && longer > 1 {
		s.Own.RequestsPerSecond /= longer
		q.set(fmt.Sprintf("%s, scaled down by %s for the length of the requests", q.From["own.requests_per_second"], plain(longer)), "own.requests_per_second")
	}
	_, input := of["input-tokens"]
	_, output := of["output-tokens"]
	if p := q.Price; (input || output) && p != nil && q.From["api.input"] != "" &&
		(tier(p.Tiers, s.API.InputTokens) > 0 || tier(p.Tiers, before) > 0) {
		q.price(p, p.LongContextFrom, p.LongContextFrom)
	}
}

// Listed takes a price of a list in the place of the run's.
func (q *Question) Listed(p *result.Price, what string) {
	q.Price = priceOf(p, what)
	from := origin(what, p.Source, p.AsOf)
	q.price(q.Price, from, from)
}

// Rented takes an hourly price of a list, with its origin.
func (q *Question) Rented(usdPerHour float64, node int, from string) {
	q.Scenario.Own.USDPerHour, q.Scenario.Own.Node = usdPerHour, node
	q.set(from, "own.usd_per_hour", "own.node")
}

// State replaces what is stated, and fills what one side knows and the other lacks.
// listed says that the API's price is one of a list (Listed). The error names the flags
// that make no sense or are missing.
func (q *Question) State(of Stated, listed bool) error {
	for _, x := range questionFields {
		v, stated := of[x.flag]
		if x.flag == "" || !stated {
			continue
		}
		if x.whole != nil {
			if v != float64(int(v)) {
				return fmt.Errorf("--%s %v: must be a whole number", x.flag, v)
			}
			*x.whole(&q.Scenario) = int(v)
		} else {
			*x.at(&q.Scenario) = v
		}
		q.set("--"+x.flag, x.name)
		if other := instead[x.name]; other != "" {
			i := slices.IndexFunc(questionFields, func(y questionField) bool { return y.name == other })
			*questionFields[i].at(&q.Scenario) = 0
			delete(q.From, other)
		}
	}
	_, input := of["input-price"]
	_, output := of["output-price"]
	if api := &q.Scenario.API; input && output { // a price of one's own has no tiers
		api.Surcharge, api.BatchFactor = 0, 0
		if _, cached := of["cached-price"]; !cached && !listed {
			api.Cached = nil
		}
	}
	if of["batch-share"] != 0 && q.Scenario.API.BatchFactor == 0 {
		if q.Price != nil && !listed && !input && !output {
			q.batch(q.Price, q.Price.BatchFrom)
		}
		if q.Scenario.API.BatchFactor == 0 {
			return errors.New("--batch-share: what the API charges for a batch is unknown: name a model that has a price for it (--price, inferometer prices show), or set cost.batch_factor in the plan")
		}
	}
	return q.complete()
}

// complete fills what one side has and the other lacks, and says what is missing.
func (q *Question) complete() error {
	s := &q.Scenario
	same := func(to, from *float64, field, of string) {
		if *to == 0 && *from > 0 {
			*to = *from
			q.set("as "+of, field)
		}
	}
	same(&s.Own.InputTokens, &s.API.InputTokens, "own.input_tokens", "at the API")
	same(&s.Own.OutputTokens, &s.API.OutputTokens, "own.output_tokens", "at the API")
	same(&s.API.InputTokens, &s.Own.InputTokens, "api.input_tokens", "on own machines")
	same(&s.API.OutputTokens, &s.Own.OutputTokens, "api.output_tokens", "on own machines")
	if q.From["api.cached_share"] == "" {
		q.set("assumed", "api.cached_share")
	}
	var missing, example []string
	lacks := func(yes bool, flags, such string) {
		if yes {
			missing, example = append(missing, flags), append(example, such)
		}
	}
	unknown := func(field string) bool { return q.From[field] == "" }
	lacks(s.MonthlyRequests == 0 && unknown("monthly_requests"), "--monthly-requests", "--monthly-requests 3M")
	lacks(s.Utilization == 0 && s.PeakToMean == 0 && unknown("utilization") && unknown("peak_to_mean"), "--utilization or --peak-to-mean", "--utilization 0.4")
	lacks(unknown("own.usd_per_hour"), "--accelerator or --usd-per-hour", "--accelerator h100")
	lacks(s.Own.RequestsPerSecond == 0 && s.Own.TokensPerSecond == 0, "--tokens-per-second or --requests-per-second", "--tokens-per-second 2500")
	lacks(unknown("api.input") || unknown("api.output"), "--price, or --input-price and --output-price", "--price gpt-5-mini")
	lacks(s.API.InputTokens+s.API.OutputTokens == 0, "--input-tokens and --output-tokens", "--input-tokens 256 --output-tokens 64")
	if len(missing) > 0 {
		return fmt.Errorf("the run does not say all that the answer needs; add %s; for example: inferometer cost whatif RUN %s", strings.Join(missing, ", "), strings.Join(example, " "))
	}
	return nil
}

// Answer answers the question. The error names flags in the place of fields.
func (q *Question) Answer() (result.CostAnswer, error) {
	a, err := WhatIf(q.Scenario)
	if err == nil {
		return a, nil
	}
	if name, text, ok := strings.Cut(err.Error(), ": "); ok {
		for _, x := range questionFields {
			if x.name == name && x.flag != "" {
				return a, errors.New("--" + x.flag + ": " + text)
			}
		}
	}
	return a, err
}
