package sim

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/inferometer/inferometer/internal/sim/engine"
)

// The bucket edges of vLLM V1 (vllm/v1/metrics/loggers.py), in seconds. The
// edges of latency below 10 ms are too coarse for a client's percentiles, in
// the real server as here.
var (
	firstTokenBuckets = []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}
	interTokenBuckets = []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
	requestBuckets    = []float64{0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	latenessBuckets   = []float64{0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5}
)

// metrics are the counters of one server, in its own registry, fed by the
// same events as the answers.
type metrics struct {
	handler http.Handler

	promptTokens     prometheus.Counter
	generationTokens prometheus.Counter
	cacheQueries     prometheus.Counter
	success          map[string]prometheus.Counter // by finish reason
	ttft, itl        prometheus.Observer
	e2e, queue       prometheus.Observer
	lateness         prometheus.Observer
}

func newMetrics(model string, e *engine.Engine) *metrics {
	reg := prometheus.NewRegistry()
	labels := prometheus.Labels{"model_name": model, "engine": "0"}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels})
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string, f func() int) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, func() float64 { return float64(f()) }))
	}
	histogram := func(name, help string, buckets []float64) prometheus.Observer {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, ConstLabels: labels, Buckets: buckets})
		reg.MustRegister(h)
		return h
	}

	gauge("vllm:num_requests_running", "Requests that have a slot.", func() int { n, _ := e.Load(); return n })
	gauge("vllm:num_requests_waiting", "Requests that wait for a slot.", func() int { _, n := e.Load(); return n })
	m := &metrics{
		promptTokens:     counter("vllm:prompt_tokens_total", "Prompt tokens processed."),
		generationTokens: counter("vllm:generation_tokens_total", "Tokens generated."),
		cacheQueries:     counter("vllm:prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache."),
		success:          map[string]prometheus.Counter{},
		ttft:             histogram("vllm:time_to_first_token_seconds", "From the arrival of a request to its first token.", firstTokenBuckets),
		itl:              histogram("vllm:inter_token_latency_seconds", "Between tokens of a request.", interTokenBuckets),
		e2e:              histogram("vllm:e2e_request_latency_seconds", "From the arrival of a request to its last token.", requestBuckets),
		queue:            histogram("vllm:request_queue_time_seconds", "From the arrival of a request to its slot.", requestBuckets),
		lateness:         histogram("inferometer_sim_write_lateness_seconds", "How late the simulator began to write a token.", latenessBuckets),
	}
	// The simulator has no prefix cache; its hits stay 0.
	counter("vllm:prefix_cache_hits_total", "Prompt tokens found in the prefix cache.")
	finished := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vllm:request_success_total", Help: "Finished requests by reason.", ConstLabels: labels}, []string{"finished_reason"})
	reg.MustRegister(finished)
	for _, reason := range []string{reasonStop, reasonLength, reasonAbort} {
		m.success[reason] = finished.WithLabelValues(reason)
	}
	m.handler = promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
	return m
}

// The finish reasons of the metrics; the first two are those of the answers too.
const (
	reasonStop   = "stop"
	reasonLength = "length"
	reasonAbort  = "abort"
)
