// Package metrics counts what a simulated server does, under the names of vLLM
// V1, from the same events that make its answers. It takes events and serves a
// page for Prometheus; it reads nothing but the load of the engines.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/inferometer/inferometer/internal/sim/engine"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// The bucket edges of vLLM V1 (vllm/v1/metrics/loggers.py, 2025-08), in
// seconds. The edges of latency below 10 ms are too coarse for a client's
// percentiles, in the real server as here.
var (
	firstTokenBuckets = []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}
	interTokenBuckets = []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
	requestBuckets    = []float64{0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	iterationBuckets  = []float64{1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}
	choicesBuckets    = []float64{1, 2, 5, 10, 20}
	latenessBuckets   = []float64{0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5}
)

// tokenBuckets are 1, 2, 5, 10 … up to the most tokens of a request, as vLLM's
// build_1_2_5_buckets.
func tokenBuckets(most int) []float64 {
	var edges []float64
	for power := 1; ; power *= 10 {
		for _, m := range []int{1, 2, 5} {
			if m*power > most {
				return edges
			}
			edges = append(edges, float64(m*power))
		}
	}
}

// Metrics are the counters of one server, in its own registry. What the server
// does not model (multi-modal and external caches, LoRA, sleep) has none.
type Metrics struct {
	Handler http.Handler
	Engines []*Engine // of each instance; the fixed latencies count as the first

	lateness prometheus.Observer
}

// Config says what there is to count.
type Config struct {
	Model       string
	MaxModelLen int // tokens of a request at most
	// Live are the engines that batch, Instances of them, each set up as
	// Scheduler says. If it is nil, requests have slots with fixed latencies,
	// and Slots returns how many requests have one and how many wait.
	Live      *engine.Live
	Instances int
	Scheduler scheduler.Config
	Slots     func() (running, waiting int)
}

// Engine has the metrics with the label of one engine.
type Engine struct {
	promptTokens, cachedTokens, generationTokens prometheus.Counter
	computed, hit                                prometheus.Counter // prompt tokens by source
	fixedQueries                                 prometheus.Counter // nil where there is a scheduler
	success                                      map[string]prometheus.Counter

	ttft, itl, tpot                prometheus.Observer
	e2e, queue                     prometheus.Observer
	prefill, decode, inference     prometheus.Observer
	prompt, generation, prefillKV  prometheus.Observer
	limit, mostGeneration, choices prometheus.Observer
	iteration                      prometheus.Observer // nil without a scheduler
}

// registry registers what is made with it, under the labels of one engine.
type registry struct {
	*prometheus.Registry
	labels prometheus.Labels
}

func (r registry) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: r.labels})
	r.MustRegister(c)
	return c
}

func (r registry) counters(name, help, label string, values ...string) map[string]prometheus.Counter {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: r.labels}, []string{label})
	r.MustRegister(v)
	all := map[string]prometheus.Counter{}
	for _, value := range values {
		all[value] = v.WithLabelValues(value)
	}
	return all
}

func (r registry) histogram(name, help string, buckets []float64) prometheus.Observer {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, ConstLabels: r.labels, Buckets: buckets})
	r.MustRegister(h)
	return h
}

func (r registry) gauge(name, help string, f func() float64) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: r.labels}, f))
}

func (r registry) count(name, help string, f func() float64) {
	r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: r.labels}, f))
}

// with adds a label.
func (r registry) with(name, value string) registry {
	labels := prometheus.Labels{name: value}
	for n, v := range r.labels {
		labels[n] = v
	}
	return registry{r.Registry, labels}
}

// New registers the metrics of a server.
func New(c Config) *Metrics {
	reg := prometheus.NewRegistry()
	m := &Metrics{Handler: promhttp.HandlerFor(reg, promhttp.HandlerOpts{})}
	n := 1
	if c.Live != nil {
		n = c.Instances
	}
	for i := range n {
		r := registry{reg, prometheus.Labels{"model_name": c.Model, "engine": strconv.Itoa(i)}}
		e := newEngine(r, c.MaxModelLen)
		if c.Live != nil {
			e.addScheduler(r, &c, i)
		} else {
			e.addSlots(r, c.Slots)
		}
		m.Engines = append(m.Engines, e)
	}
	r := registry{reg, prometheus.Labels{"model_name": c.Model, "engine": "0"}}
	m.lateness = r.histogram("inferometer_sim_write_lateness_seconds", "How late the simulator began to write a token.", latenessBuckets)
	return m
}

// newEngine registers what every engine has.
func newEngine(r registry, most int) *Engine {
	tokens := tokenBuckets(most)
	sources := r.counters("vllm:prompt_tokens_by_source_total", "Prompt tokens by where their keys and values came from.", "source",
		"local_compute", "local_cache_hit", "external_kv_transfer")
	return &Engine{
		promptTokens:     r.counter("vllm:prompt_tokens_total", "Prompt tokens processed."),
		cachedTokens:     r.counter("vllm:prompt_tokens_cached_total", "Prompt tokens that a cache had."),
		generationTokens: r.counter("vllm:generation_tokens_total", "Tokens generated."),
		computed:         sources["local_compute"],
		hit:              sources["local_cache_hit"],
		success: r.counters("vllm:request_success_total", "Finished requests by reason.", "finished_reason",
			generation.ReasonStop, generation.ReasonLength, reasonAbort, "error", "repetition"),

		ttft:           r.histogram("vllm:time_to_first_token_seconds", "From the arrival of a request to its first token.", firstTokenBuckets),
		itl:            r.histogram("vllm:inter_token_latency_seconds", "Between the tokens of a request, once a step.", interTokenBuckets),
		tpot:           r.histogram("vllm:request_time_per_output_token_seconds", "Decode time of a request over its tokens but the first; 0 where there is only one.", interTokenBuckets),
		e2e:            r.histogram("vllm:e2e_request_latency_seconds", "From the arrival of a request to its last token.", requestBuckets),
		queue:          r.histogram("vllm:request_queue_time_seconds", "From the moment that the scheduler sees a request to its slot.", requestBuckets),
		prefill:        r.histogram("vllm:request_prefill_time_seconds", "From the slot of a request to its first token.", requestBuckets),
		decode:         r.histogram("vllm:request_decode_time_seconds", "From the first token of a request to its last.", requestBuckets),
		inference:      r.histogram("vllm:request_inference_time_seconds", "From the slot of a request to its last token.", requestBuckets),
		prompt:         r.histogram("vllm:request_prompt_tokens", "Prompt tokens of a request.", tokens),
		generation:     r.histogram("vllm:request_generation_tokens", "Generated tokens of a request.", tokens),
		prefillKV:      r.histogram("vllm:request_prefill_kv_computed_tokens", "Prompt tokens of a request that no cache had.", tokens),
		limit:          r.histogram("vllm:request_params_max_tokens", "The max_tokens of a request.", tokens),
		mostGeneration: r.histogram("vllm:request_max_num_generation_tokens", "The most tokens that a choice of a request had.", tokens),
		choices:        r.histogram("vllm:request_params_n", "The n of a request.", choicesBuckets),
	}
}

// addSlots adds what an engine of fixed latencies has. It has no cache: it finds
// nothing there, and says nothing of its use.
func (e *Engine) addSlots(r registry, load func() (running, waiting int)) {
	r.gauge("vllm:num_requests_running", "Requests that have a slot.", func() float64 { n, _ := load(); return float64(n) })
	r.gauge("vllm:num_requests_waiting", "Requests that wait for a slot.", func() float64 { _, n := load(); return float64(n) })
	e.fixedQueries = r.counter("vllm:prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache.")
	r.counter("vllm:prefix_cache_hits_total", "Prompt tokens found in the prefix cache.")
}

// addScheduler adds what an engine with a scheduler has.
func (e *Engine) addScheduler(r registry, all *Config, i int) {
	live := all.Live
	look := func(f func(*scheduler.Scheduler) float64) func() float64 {
		return func() (v float64) {
			live.Look(func(engines []*scheduler.Scheduler) { v = f(engines[i]) })
			return v
		}
	}
	stat := func(f func(scheduler.Stats) uint64) func() float64 {
		return look(func(s *scheduler.Scheduler) float64 { return float64(f(s.Stats())) })
	}
	waiting := look(func(s *scheduler.Scheduler) float64 { _, n := s.Load(); return float64(n) })
	r.gauge("vllm:num_requests_running", "Requests in the batch.", look(func(s *scheduler.Scheduler) float64 { n, _ := s.Load(); return float64(n) }))
	r.gauge("vllm:num_requests_waiting", "Requests that wait for a place in the batch.", waiting)
	const byReason = "vllm:num_requests_waiting_by_reason"
	r.with("reason", "capacity").gauge(byReason, "Requests that wait, by reason.", waiting)
	r.with("reason", "deferred").gauge(byReason, "Requests that wait, by reason.", func() float64 { return 0 })
	r.gauge("vllm:kv_cache_usage_perc", "Share of the key-value cache that is held, 0 to 1.", look((*scheduler.Scheduler).Usage))
	r.count("vllm:num_preemptions_total", "Requests that lost their place for lack of memory.", stat(func(s scheduler.Stats) uint64 { return s.Preemptions }))
	// Once a request, when it is admitted; some versions of vLLM count a
	// request again in every step in which it is looked at and does not fit.
	r.count("vllm:prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache.", stat(func(s scheduler.Stats) uint64 { return s.CacheQueries }))
	r.count("vllm:prefix_cache_hits_total", "Prompt tokens found in the prefix cache.", stat(func(s scheduler.Stats) uint64 { return s.CacheHits }))
	e.iteration = r.histogram("vllm:iteration_tokens_total", "Tokens of a step: prompts that it ended, and generated ones.", iterationBuckets)

	c := &all.Scheduler
	if c.Speculation.Tokens > 0 {
		r.count("vllm:spec_decode_num_drafts_total", "Decodes with drafts.", stat(func(s scheduler.Stats) uint64 { return s.Drafts }))
		r.count("vllm:spec_decode_num_draft_tokens_total", "Drafts.", stat(func(s scheduler.Stats) uint64 { return s.DraftTokens }))
		r.count("vllm:spec_decode_num_accepted_tokens_total", "Drafts that were right.", stat(func(s scheduler.Stats) uint64 { return s.AcceptedTokens }))
		for k := range c.Speculation.Tokens {
			r.with("position", strconv.Itoa(k)).count("vllm:spec_decode_num_accepted_tokens_per_pos_total", "Drafts that were right, by position.",
				stat(func(s scheduler.Stats) uint64 { return s.AcceptedAt[k] }))
		}
	}
	// vLLM's info has no model_name, and its labels are strings of Python.
	python := map[bool]string{true: "True", false: "False"}
	info := registry{r.Registry, prometheus.Labels{
		"engine": r.labels["engine"], "block_size": strconv.Itoa(c.BlockSize), "num_gpu_blocks": strconv.Itoa(c.Blocks),
		"enable_prefix_caching": python[!c.NoPrefixCaching], "cache_dtype": "auto",
	}}
	info.gauge("vllm:cache_config_info", "How the key-value cache is set up.", func() float64 { return 1 })
}

// reasonAbort is the finish reason of a request whose client went away.
const reasonAbort = "abort"

// Late observes how late a token was written.
func (m *Metrics) Late(d time.Duration) { m.lateness.Observe(d.Seconds()) }

// Looked counts a prompt that was looked up in the cache that fixed latencies
// do not have.
func (e *Engine) Looked(prompt int) {
	if e.fixedQueries != nil {
		e.fixedQueries.Add(float64(prompt))
	}
}

// FirstToken counts a prompt that has been processed.
func (e *Engine) FirstToken(prompt, cached int, ttft time.Duration) {
	e.promptTokens.Add(float64(prompt))
	e.cachedTokens.Add(float64(cached))
	e.hit.Add(float64(cached))
	e.computed.Add(float64(prompt - cached))
	e.ttft.Observe(ttft.Seconds())
}

// NextToken observes the time between two tokens of a request.
func (e *Engine) NextToken(itl time.Duration) { e.itl.Observe(itl.Seconds()) }

// Generated counts generated tokens.
func (e *Engine) Generated(tokens int) { e.generationTokens.Add(float64(tokens)) }

// Step observes the tokens of a step. Only an engine with a scheduler has steps.
func (e *Engine) Step(tokens int) { e.iteration.Observe(float64(tokens)) }

// Aborted counts a request whose client went away.
func (e *Engine) Aborted() { e.success[reasonAbort].Inc() }

// Phases are the parts of a request's time: in the front end, for which vLLM
// has no metric, in the queue, and up to its first and its last token.
type Phases struct{ Front, Queue, Prefill, Decode time.Duration }

// Finished counts a request that has all its tokens, cached of those of its
// prompt from the prefix cache.
func (e *Engine) Finished(q *generation.Request, reply *generation.Reply, cached int, p Phases) {
	reason := reply.Reason
	if reason == generation.ReasonTool {
		reason = generation.ReasonStop // as vLLM counts it
	}
	generated := reply.Total()
	e.success[reason].Inc()
	e.queue.Observe(p.Queue.Seconds())
	e.prefill.Observe(p.Prefill.Seconds())
	e.decode.Observe(p.Decode.Seconds())
	e.inference.Observe((p.Prefill + p.Decode).Seconds())
	e.e2e.Observe((p.Front + p.Queue + p.Prefill + p.Decode).Seconds())
	e.tpot.Observe(p.Decode.Seconds() / float64(max(generated-1, 1))) // of one token, 0 over 1
	e.prompt.Observe(float64(q.PromptTokens))
	e.prefillKV.Observe(float64(q.PromptTokens - cached))
	e.generation.Observe(float64(generated))
	e.mostGeneration.Observe(float64(reply.Length))
	e.limit.Observe(float64(q.Limit))
	e.choices.Observe(float64(reply.Choices()))
}
