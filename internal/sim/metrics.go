package sim

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

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

// metrics are the counters of one server, in its own registry, fed by the same
// events as the answers. They have the names of vLLM V1. What the server does
// not model (multi-modal and external caches, LoRA, sleep) has none.
type metrics struct {
	handler  http.Handler
	engines  []*engineMetrics // of each instance; the fixed latencies count as the first
	lateness prometheus.Observer
}

// engineMetrics are those with the label of one engine.
type engineMetrics struct {
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

func newMetrics(s *Server) *metrics {
	reg := prometheus.NewRegistry()
	m := &metrics{handler: promhttp.HandlerFor(reg, promhttp.HandlerOpts{})}
	n := 1
	if s.live != nil {
		n = s.profile.Batch.instances()
	}
	for i := range n {
		r := registry{reg, prometheus.Labels{"model_name": s.profile.Model, "engine": strconv.Itoa(i)}}
		e := newEngineMetrics(r, s.profile.MaxModelLen)
		if s.live != nil {
			e.ofScheduler(r, s, i)
		} else {
			e.ofSlots(r, s)
		}
		m.engines = append(m.engines, e)
	}
	r := registry{reg, prometheus.Labels{"model_name": s.profile.Model, "engine": "0"}}
	m.lateness = r.histogram("inferometer_sim_write_lateness_seconds", "How late the simulator began to write a token.", latenessBuckets)
	return m
}

// newEngineMetrics makes what every engine has.
func newEngineMetrics(r registry, most int) *engineMetrics {
	tokens := tokenBuckets(most)
	sources := r.counters("vllm:prompt_tokens_by_source_total", "Prompt tokens by where their keys and values came from.", "source",
		"local_compute", "local_cache_hit", "external_kv_transfer")
	return &engineMetrics{
		promptTokens:     r.counter("vllm:prompt_tokens_total", "Prompt tokens processed."),
		cachedTokens:     r.counter("vllm:prompt_tokens_cached_total", "Prompt tokens that a cache had."),
		generationTokens: r.counter("vllm:generation_tokens_total", "Tokens generated."),
		computed:         sources["local_compute"],
		hit:              sources["local_cache_hit"],
		success: r.counters("vllm:request_success_total", "Finished requests by reason.", "finished_reason",
			reasonStop, reasonLength, reasonAbort, "error", "repetition"),

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

// ofSlots adds what an engine of fixed latencies has. It has no cache: it finds
// nothing there, and says nothing of its use.
func (e *engineMetrics) ofSlots(r registry, s *Server) {
	r.gauge("vllm:num_requests_running", "Requests that have a slot.", func() float64 { n, _ := s.engine.Load(); return float64(n) })
	r.gauge("vllm:num_requests_waiting", "Requests that wait for a slot.", func() float64 { _, n := s.engine.Load(); return float64(n) })
	e.fixedQueries = r.counter("vllm:prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache.")
	r.counter("vllm:prefix_cache_hits_total", "Prompt tokens found in the prefix cache.")
}

// ofScheduler adds what an engine with a scheduler has.
func (e *engineMetrics) ofScheduler(r registry, s *Server, i int) {
	look := func(f func(*scheduler.Scheduler) float64) func() float64 {
		return func() (v float64) {
			s.live.Look(func(all []*scheduler.Scheduler) { v = f(all[i]) })
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
	r.count("vllm:num_preemptions_total", "Requests that lost their place for want of memory.", stat(func(s scheduler.Stats) uint64 { return s.Preemptions }))
	// Once a request, when it is admitted; some versions of vLLM count a
	// request anew in every step in which it is looked at and does not fit.
	r.count("vllm:prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache.", stat(func(s scheduler.Stats) uint64 { return s.CacheQueries }))
	r.count("vllm:prefix_cache_hits_total", "Prompt tokens found in the prefix cache.", stat(func(s scheduler.Stats) uint64 { return s.CacheHits }))
	e.iteration = r.histogram("vllm:iteration_tokens_total", "Tokens of a step: prompts that it ended, and generated ones.", iterationBuckets)

	c := s.profile.Batch.Config
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

// firstToken counts a prompt that has been processed.
func (e *engineMetrics) firstToken(prompt, cached int, ttft time.Duration) {
	e.promptTokens.Add(float64(prompt))
	e.cachedTokens.Add(float64(cached))
	e.hit.Add(float64(cached))
	e.computed.Add(float64(prompt - cached))
	e.ttft.Observe(ttft.Seconds())
}

// phases are the parts of a request's time: in the front end, which vLLM has no
// metric of, in the queue, and up to its first and its last token.
type phases struct{ front, queue, prefill, decode time.Duration }

// finished counts a request that has all its tokens.
func (e *engineMetrics) finished(x *exchange, cached, generated int, p phases) {
	reason := x.reply.reason
	if reason == reasonTool {
		reason = reasonStop
	}
	e.success[reason].Inc()
	e.queue.Observe(p.queue.Seconds())
	e.prefill.Observe(p.prefill.Seconds())
	e.decode.Observe(p.decode.Seconds())
	e.inference.Observe((p.prefill + p.decode).Seconds())
	e.e2e.Observe((p.front + p.queue + p.prefill + p.decode).Seconds())
	e.tpot.Observe(p.decode.Seconds() / float64(max(generated-1, 1))) // of one token, 0 over 1
	e.prompt.Observe(float64(x.q.promptTokens))
	e.prefillKV.Observe(float64(x.q.promptTokens - cached))
	e.generation.Observe(float64(generated))
	e.mostGeneration.Observe(float64(x.reply.length))
	e.limit.Observe(float64(x.q.limit))
	e.choices.Observe(float64(1 + len(x.reply.rest)))
}

// The finish reasons of the metrics; the first two are those of the answers too.
const (
	reasonStop   = "stop"
	reasonLength = "length"
	reasonTool   = "tool_calls" // of answers only; the metrics have it as a stop
	reasonAbort  = "abort"
)
