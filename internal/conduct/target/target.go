// Package target finds the endpoints of a run before anything is measured: what
// each is, what it takes, what it costs and how it counts tokens.
package target

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/endpoint/framecheck"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/vocab"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// Target is one endpoint of a run. After Prepare it can be asked, and after Probe
// it is known.
type Target struct {
	Name   string
	Plan   plan.Target
	Client *endpoint.Client
	Found  result.Target
	// Limit paces what the target is sent; nil: nothing does.
	Limit *loadgen.Limit
	// Fixed says that the server takes a fixed output length.
	Fixed bool
	// TokensPerWord and Overhead describe the target's tokenizer, as far as
	// two small requests show it; 0 if it does not report usage.
	TokensPerWord float64
	Overhead      float64
	// SystemOverhead is what the template adds for a system message, in tokens.
	SystemOverhead int
	// TokensPerRune is what TokensPerWord is, for texts that are not words.
	TokensPerRune map[string]float64
	// Extra is the input tokens that the target counts for the tools or the
	// schema that requests carry.
	Extra int
	TPOT  time.Duration // of one small request; 0 if unknown
	// first and each are the times that E2E adds up; 0 where unknown.
	first, each time.Duration
	// Fit sizes prompts by a tokenizer; nil: lengths are estimated.
	Fit *textgen.Fitter
	// Count counts any text on this machine; nil where nothing does.
	Count tokens.Counter

	embedded bool          // a sim: target that this run started
	samples  []countedText // what usage said of small texts
	// disagrees is how far, as a share, usage counts otherwise than the tokenizer
	// that the plan names.
	disagrees float64
}

// Embedded reports whether this run started the target itself.
func (t *Target) Embedded() bool { return t.embedded }

// ShowsMetrics reports whether the server's own metrics are read: where it was
// seen to have some, or where the plan says that they are.
func (t *Target) ShowsMetrics() bool {
	if t.Plan.MetricsURL != "" {
		return t.Plan.MetricsURL != plan.MetricsOff
	}
	return slices.ContainsFunc(t.Found.Abilities, func(a result.Ability) bool { return a.Name == "metrics" && a.State == "yes" })
}

// String says what was found, for a person.
func (t *Target) String() string {
	return fmt.Sprintf("%s at %s (%s, %s)", t.Found.Model, t.Found.URL, t.Found.Server, t.Found.Evidence)
}

// Finder finds the targets of a run: it starts those that are embedded, asks
// each what it is and what it can do, and learns how it counts tokens. None of
// its requests is part of any statistic.
type Finder struct {
	Plan    plan.Plan
	Version string // of this tool, for the user agent
	Clock   *exchange.Clock
	Salt    string           // of the run's prompts
	Text    textgen.Language // what its synthetic prompts are written in
	Wants   *endpoint.Wants  // what requests ask for besides text
	// Tokenizer is the one that the plan names; nil where it names none.
	Tokenizer tokens.Tokenizer
	// StartSim starts an embedded endpoint and returns its URL; nil refuses them.
	StartSim func(ctx context.Context, profile string, t plan.Target) (url string, err error)
	// Watch makes what watches the requests that are sent to a target; nil: nobody
	// does.
	Watch func(t *Target) endpoint.Unmeasured
	// Tell receives progress; nil for silence.
	Tell func(target, text string)

	limits  map[string]*loadgen.Limit // of targets that share one, by what they are
	closers []func()
}

// limitOf is the limit of a target. Targets of a sweep that are one model at one URL
// share it, since its provider counts what they are sent together.
func (f *Finder) limitOf(t plan.Target) *loadgen.Limit {
	id := fmt.Sprint(t.URL, " ", t.Model, t.Limits)
	if l, ok := f.limits[id]; ok && t.Limits.Any() {
		return l
	}
	if f.limits == nil {
		f.limits = map[string]*loadgen.Limit{}
	}
	f.limits[id] = loadgen.NewLimit(t.RPM, t.TPM)
	return f.limits[id]
}

// Close releases what Prepare has opened.
func (f *Finder) Close() {
	for i := len(f.closers) - 1; i >= 0; i-- {
		f.closers[i]()
	}
	f.closers = nil
}

func (f *Finder) tell(t *Target, text string) {
	if f.Tell != nil {
		f.Tell(t.Name, text)
	}
}

// Prepare finds out what a target lacks that no server has to be asked for: its
// key, price, machine and certificates. All targets of a run are prepared before
// the first request is sent to any.
func (f *Finder) Prepare(ctx context.Context, t *Target) error {
	profile, embedded := strings.CutPrefix(t.Plan.URL, "sim:")
	t.embedded, t.Limit = embedded, f.limitOf(t.Plan)
	if t.embedded && f.StartSim == nil {
		return fmt.Errorf("this program cannot start the embedded endpoint %q; give a URL", t.Plan.URL)
	}
	list, err := pricing.List(f.Plan)
	if err != nil {
		return err
	}
	if t.Found.Price, err = pricing.Price(list, t.Plan.Price); err != nil {
		return err
	}
	if t.Found.Machine, err = pricing.Machine(list, t.Plan.Machine); err != nil {
		return err
	}
	key, err := endpoint.LoadKey(ctx, t.Plan.KeyEnv, t.Plan.KeyFile, t.Plan.KeyCommand)
	if err != nil {
		return t.advise(err, os.LookupEnv)
	}
	url := t.Plan.URL
	if t.embedded {
		if url, err = f.StartSim(ctx, profile, t.Plan); err != nil {
			return fmt.Errorf("failed to start the embedded endpoint %q: %w", t.Plan.URL, err)
		}
	}
	c := f.Plan.Client
	check := framecheck.New("", f.Plan.Seed)
	f.closers = append(f.closers, func() { _ = check.Close() }) // a scratch file: the run's outcome does not hang on it
	var watch endpoint.Unmeasured
	if f.Watch != nil {
		watch = f.Watch(t)
	}
	t.Client, err = endpoint.New(endpoint.Config{
		URL: url, Model: t.Plan.Model, ModelUnlisted: t.Plan.ModelUnlisted, API: t.Plan.API, Stream: t.Plan.Stream, Key: key,
		Headers: t.Plan.Headers, Body: t.Plan.Body,
		ConnectTimeout: c.ConnectTimeout.Std(), Timeout: c.Timeout.Std(), IdleTimeout: c.IdleTimeout.Std(),
		Insecure: c.Insecure, CACert: c.CACert, ClientCert: c.ClientCert, ClientKey: c.ClientKey, Proxy: c.Proxy, HTTP2: c.HTTP == plan.HTTP2,
		Logprobs: t.Plan.Logprobs, CacheSalt: f.cacheSalt(t.Name), Check: check, Unmeasured: watch, MetricsURL: t.Plan.MetricsURL,
		UserAgent: "inferometer/" + f.Version, Clock: f.Clock,
		Tell: func(text string) { f.tell(t, text) },
	})
	if err != nil {
		return err
	}
	f.closers = append(f.closers, t.Client.Close)
	return nil
}

// Probe asks a prepared target what it is and what it can do.
func (f *Finder) Probe(ctx context.Context, t *Target) error {
	found, err := t.Client.Probe(ctx)
	if err != nil {
		return t.advise(err, os.LookupEnv)
	}
	t.Fixed = found.FixedOutput
	t.Found = result.Target{
		Name: t.Name, URL: t.Client.URL(), Model: found.Model, Evidence: result.Evidence(found.Evidence), Server: found.Server,
		API: t.Plan.API, Streaming: t.Plan.Stream && t.Plan.API != vocab.Embeddings, Fields: found.Fields, Proxy: found.Proxy, Abilities: abilities(found.Abilities),
		Price: t.Found.Price, Machine: t.Found.Machine,
	}
	if t.embedded {
		t.Found.URL = t.Plan.URL // the port of the day says nothing
		t.Found.Evidence = result.Simulated
	}
	if err := f.learn(ctx, t); err != nil {
		return err
	}
	if err := f.tryAnswer(ctx, t); err != nil {
		return err
	}
	if t.Name != cells.Candidate {
		return nil // all targets get the candidate's bytes
	}
	return f.FindTokenizer(ctx, t)
}

// abilities writes what a probe found as the result has it.
func abilities(found []endpoint.Ability) []result.Ability {
	var out []result.Ability
	for _, a := range found {
		out = append(out, result.Ability(a))
	}
	return out
}

// learn finds out how many tokens the target counts for a word, and about how
// fast it generates, from two small requests that are part of no statistic. A
// target without usage keeps the default, and the length check says what came
// of it.
func (f *Finder) learn(ctx context.Context, t *Target) error {
	const short, long = 20, 220 // words
	send := func(text string, tokens int) (*exchange.Exchange, error) {
		call, err := t.Client.Encode(endpoint.Prompt{User: text, MaxTokens: tokens, Fixed: t.Fixed})
		if err != nil {
			return nil, err
		}
		x := &exchange.Exchange{Phase: exchange.Warmup, AskedOutput: tokens, Due: f.Clock.Now()}
		return x, t.Client.DoUnmeasured(ctx, call, x)
	}
	note := func(text string, x *exchange.Exchange) {
		if x.InputTokens != nil {
			t.samples = append(t.samples, countedText{text, *x.InputTokens})
		}
	}
	ask := func(text string, tokens int) (*exchange.Exchange, error) {
		x, err := send(text, tokens)
		if err == nil {
			note(text, x)
		}
		return x, err
	}
	// Neither needs the other's answer. Where a server takes one request at a
	// time, what it refused is asked again.
	texts, limits := [2]string{sampleWords(f.Plan.Seed, t.Name, short), sampleWords(f.Plan.Seed, t.Name, long)}, [2]int{1, 16}
	var xs [2]*exchange.Exchange
	var errs [2]error
	var wait sync.WaitGroup
	for i := range xs {
		wait.Go(func() { xs[i], errs[i] = send(texts[i], limits[i]) })
	}
	wait.Wait()
	for i, x := range xs {
		if errs[i] == nil && x.Failed() && ctx.Err() == nil {
			xs[i], errs[i] = send(texts[i], limits[i])
		}
		if errs[i] != nil {
			return errs[i]
		}
		note(texts[i], xs[i])
	}
	a, b := xs[0], xs[1]
	if err := f.streams(t, b); err != nil {
		return err
	}
	if v, ok := measure.Value("tpot", b); ok && v > 0 && !math.IsInf(v, 0) {
		t.TPOT = time.Duration(v * float64(time.Millisecond))
	}
	t.learnSpeed(a, b, limits[1]-limits[0])
	if a.InputTokens == nil || b.InputTokens == nil {
		return nil
	}
	if per := float64(*b.InputTokens-*a.InputTokens) / (long - short); per > 0.2 && per < 10 {
		t.TokensPerWord = per
		t.Overhead = max(0, float64(*a.InputTokens)-per*short)
	}
	return f.learnVoices(t, ask)
}

// tryAnswer sees, before anything is measured, whether a target takes what the
// plan asks for, and how many input tokens it counts for that.
func (f *Finder) tryAnswer(ctx context.Context, t *Target) error {
	if !f.Wants.Any() {
		return nil
	}
	extra, err := t.Client.Try(ctx, endpoint.Prompt{
		User: sampleWords(f.Plan.Seed, t.Name+"/answer", 40), MaxTokens: f.Plan.Workload.OutputTokens,
		Temperature: f.Plan.Workload.Temperature, Wants: f.Wants,
	})
	if err != nil {
		hint := ""
		if f.Plan.Workload.Answer == plan.AnswerTools && f.Wants.Choice == "required" {
			hint = "; --tool-choice auto leaves the call to the model"
		}
		return fmt.Errorf("--answer %s: %w%s", f.Plan.Workload.Answer, err, hint)
	}
	if extra != nil {
		t.Extra = max(0, *extra)
	}
	return nil
}

// sampleWords is a text of about that many words, for calibration.
func sampleWords(seed uint64, name string, words int) string {
	src := workload.NewSynthetic(workload.SyntheticConfig{Seed: seed, Salt: "calibration " + name, Stream: fmt.Sprint("calibration/", words), InputTokens: 2 * words, TokensPerWord: 1})
	it, err := src.Item(0)
	if err != nil {
		return strings.Repeat("word ", words)
	}
	f := strings.Fields(it.User)
	return strings.Join(f[:min(words, len(f))], " ")
}

// cacheSalt keeps what a target leaves in a server's prefix cache to itself: two
// targets on one server are sent the same prompts, and the second would find
// those of the first.
func (f *Finder) cacheSalt(target string) string {
	if target == cells.Candidate {
		return f.Salt
	}
	return f.Salt + " " + target
}
