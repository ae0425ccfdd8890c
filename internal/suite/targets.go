package suite

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Names of the two targets that need none; further ones have their own.
const (
	candidate = "candidate"
	baseline  = "baseline"
)

// target is one endpoint of a run, found and ready.
type target struct {
	name     string
	plan     plan.Target
	client   *endpoint.Client
	found    result.Target
	fixed    bool // the server takes a fixed output length
	embedded bool // a sim: target that this run started
	// tokensPerWord and overhead describe the target's tokenizer, as far as
	// two small requests show it; 0 if it does not report usage.
	tokensPerWord float64
	overhead      float64
	// systemOverhead is what the template adds for a system message.
	systemOverhead int
	// tokensPerRune is what tokensPerWord is, for voices that are not words.
	tokensPerRune map[string]float64
	samples       []sample // what usage said of small texts
	// disagrees is how far, as a share, usage counts otherwise than the tokenizer
	// that the plan names.
	disagrees float64
	tpot      time.Duration // of one small request; 0 if unknown
	medianE2E float64       // ms, of the last cell; spreads the users of the next
}

// findTargets starts embedded endpoints, and asks every target what it is and
// what it can do. What can be refused without asking is refused first.
func (r *run) findTargets(ctx context.Context) error {
	if len(r.plan.Only) == 1 && r.selected(plan.Hardware) {
		return nil // nothing is sent
	}
	if r.scanning != nil {
		return r.findScan(ctx)
	}
	for _, p := range r.plan.Endpoints() {
		r.targets = append(r.targets, &target{name: p.Name, plan: p})
	}
	for _, t := range r.targets {
		if err := r.prepare(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	for _, t := range r.targets {
		if err := r.probe(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		r.tellTarget(t)
	}
	return r.learnSystem(ctx, r.targets[0]) // conversations have the candidate only
}

func (r *run) tellTarget(t *target) {
	r.tell(Event{Kind: "target", Target: t.name, Text: fmt.Sprintf("%s at %s (%s, %s)", t.found.Model, t.found.URL, t.found.Server, t.found.Evidence)})
}

// prepare finds out what a target lacks that no server has to be asked for: its
// key, price, machine and certificates. All targets of a run are prepared before
// the first request is sent to any.
func (r *run) prepare(ctx context.Context, t *target) error {
	profile, embedded := strings.CutPrefix(t.plan.URL, "sim:")
	t.embedded = embedded
	if t.embedded && r.StartSim == nil {
		return fmt.Errorf("this program cannot start the embedded endpoint %q; give a URL", t.plan.URL)
	}
	var err error
	if t.found.Price, err = priceOf(t.plan.Price); err != nil {
		return err
	}
	if t.found.Machine, err = machineOf(t.plan.Machine); err != nil {
		return err
	}
	key, err := endpoint.LoadKey(ctx, t.plan.KeyEnv, t.plan.KeyFile, t.plan.KeyCommand)
	if err != nil {
		return err
	}
	url := t.plan.URL
	if t.embedded {
		if url, err = r.startSim(ctx, profile, t.plan); err != nil {
			return fmt.Errorf("failed to start the embedded endpoint %q: %w", t.plan.URL, err)
		}
	}
	c := r.plan.Client
	check := endpoint.NewCheck("", r.plan.Seed)
	r.closers = append(r.closers, func() { _ = check.Close() }) // a scratch file: the run's outcome does not hang on it
	t.client, err = endpoint.New(endpoint.Config{
		URL: url, Model: t.plan.Model, API: t.plan.API, Stream: t.plan.Stream, Key: key,
		Headers: t.plan.Headers, Body: t.plan.Body,
		ConnectTimeout: c.ConnectTimeout.Std(), Timeout: c.Timeout.Std(), IdleTimeout: c.IdleTimeout.Std(),
		Insecure: c.Insecure, CACert: c.CACert, ClientCert: c.ClientCert, ClientKey: c.ClientKey, Proxy: c.Proxy,
		Logprobs: t.plan.Logprobs, CacheSalt: r.cacheSalt(t.name), Check: check, MetricsURL: t.plan.MetricsURL,
		UserAgent: "inferometer/" + r.Version, Clock: r.clock,
	})
	if err != nil {
		return err
	}
	r.closers = append(r.closers, t.client.Close)
	return nil
}

// probe asks a prepared target what it is and what it can do.
func (r *run) probe(ctx context.Context, t *target) error {
	found, err := t.client.Probe(ctx)
	if err != nil {
		return err
	}
	t.fixed = found.FixedOutput
	t.found = result.Target{
		Name: t.name, URL: t.client.URL(), Model: found.Model, Evidence: result.Evidence(found.Evidence), Server: found.Server,
		API: t.plan.API, Streaming: t.plan.Stream && t.plan.API != vocab.Embeddings, Fields: found.Fields, Proxy: found.Proxy, Abilities: found.Abilities,
		Price: t.found.Price, Machine: t.found.Machine,
	}
	if t.embedded {
		t.found.URL = t.plan.URL // the port of the day says nothing
		t.found.Evidence = result.Simulated
	}
	r.spend.price(t.name, t.found.Price)
	if err := r.learn(ctx, t); err != nil {
		return err
	}
	if err := r.tryAnswer(ctx, t); err != nil {
		return err
	}
	if t.name != candidate {
		return nil // all targets get the candidate's bytes
	}
	return r.findTokenizer(ctx, t)
}

// priceOf resolves a price: explicit figures win over the catalog's.
func priceOf(p *plan.Price) (*result.Price, error) {
	if p == nil {
		return nil, nil
	}
	out := &result.Price{Model: p.Model, Source: p.Source, AsOf: p.AsOf, Cached: p.Cached}
	if p.Input != nil && p.Output != nil {
		out.Input, out.Output = *p.Input, *p.Output
		if out.Source == "" {
			out.Source = "the plan"
		}
		return out, nil
	}
	if p.Model == "" {
		return nil, fmt.Errorf("a price needs input and output in USD per million tokens, or a model of the catalog (inferometer prices ls)")
	}
	listed, err := catalog.LookupPrice(p.Model)
	if err != nil {
		return nil, err
	}
	out.Input, out.Output, out.Source, out.AsOf = listed.Input, listed.Output, listed.Source, listed.AsOf
	if out.Cached == nil {
		out.Cached = listed.Cached
	}
	if p.Input != nil {
		out.Input = *p.Input
	}
	if p.Output != nil {
		out.Output = *p.Output
	}
	return out, nil
}

func machineOf(m *plan.Machine) (*result.Machine, error) {
	if m == nil {
		return nil, nil
	}
	out := &result.Machine{
		Name: m.Name, Accelerator: m.Accelerator, Count: max(1, m.Count), USDPerHour: m.USDPerHour,
		Source: m.Source, AsOf: m.AsOf, MinReplicas: max(1, m.MinReplicas),
	}
	if out.USDPerHour > 0 {
		if out.Source == "" {
			out.Source = "the plan"
		}
		return out, nil
	}
	listed, err := catalog.LookupAccelerator(m.Accelerator)
	if err != nil {
		return nil, err
	}
	out.USDPerHour, out.Source, out.AsOf = listed.USDPerHour, listed.Provider+", "+listed.Source, listed.AsOf
	return out, nil
}

// learn finds out how many tokens the target counts for a word, and about how
// fast it generates, from two small requests that are part of no statistic. A
// target without usage keeps the default, and the length check says what came
// of it.
func (r *run) learn(ctx context.Context, t *target) error {
	const short, long = 20, 220 // words
	ask := func(text string, tokens int) (*exchange.Exchange, error) {
		call, err := t.client.Encode(endpoint.Prompt{User: text, MaxTokens: tokens, Fixed: t.fixed})
		if err != nil {
			return nil, err
		}
		x := &exchange.Exchange{Phase: exchange.Warmup, Due: r.clock.Now()}
		t.client.Do(ctx, call, x)
		if x.InputTokens != nil {
			t.samples = append(t.samples, sample{text, *x.InputTokens})
		}
		return x, nil
	}
	a, err := ask(syntheticWords(r.plan.Seed, t.name, short), 1)
	if err != nil {
		return err
	}
	b, err := ask(syntheticWords(r.plan.Seed, t.name, long), 16)
	if err != nil {
		return err
	}
	if v, ok := measure.Value("tpot", b); ok && v > 0 && !math.IsInf(v, 0) {
		t.tpot = time.Duration(v * float64(time.Millisecond))
	}
	if a.InputTokens == nil || b.InputTokens == nil {
		return nil
	}
	if per := float64(*b.InputTokens-*a.InputTokens) / (long - short); per > 0.2 && per < 10 {
		t.tokensPerWord = per
		t.overhead = max(0, float64(*a.InputTokens)-per*short)
	}
	return r.learnVoices(t, ask)
}
