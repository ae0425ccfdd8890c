package scrape

// Quantity is something that a server counts or gauges, under whatever name.
type Quantity string

// Gauges: the state at a moment.
const (
	Running Quantity = "running"  // requests that are being worked on
	Waiting Quantity = "waiting"  // requests in the queue
	KVUsage Quantity = "kv_usage" // share of the KV cache in use, 0 to 1
)

// Counters: how much there has been since the server started.
const (
	PromptTokens     Quantity = "prompt_tokens"     // tokens of prompts that were processed, including cached ones
	GenerationTokens Quantity = "generation_tokens" // tokens generated
	CachedTokens     Quantity = "cached_tokens"     // prompt tokens found in the prefix cache
	PrefixQueries    Quantity = "prefix_queries"    // prompt tokens looked up there
	Preemptions      Quantity = "preemptions"       // requests put back for lack of KV cache
	Requests         Quantity = "requests"          // requests that ended
	DraftTokens      Quantity = "draft_tokens"      // tokens proposed by speculative decoding
	AcceptedTokens   Quantity = "accepted_tokens"   // those of them that were kept
	// computed prompt tokens exclude the cached ones (llama.cpp); together they are
	// PromptTokens.
	computed Quantity = "computed_prompt_tokens"
)

// Distributions: for each, the server's sum in seconds and its count. Quantiles
// of their buckets are not used: the buckets are too coarse (the finest of
// vLLM's inter-token latency is 10 ms), and an answer of one token is counted
// with 0 there.
const (
	TTFT  Quantity = "ttft"
	ITL   Quantity = "itl"
	E2E   Quantity = "e2e"
	Queue Quantity = "queue"
	// Time spent on prompts and on generating, each request's own added up. llama.cpp
	// has sums of them and no count.
	Prefill Quantity = "prefill"
	Decode  Quantity = "decode"
)

// names maps the metric families of known servers to quantities. Sources:
// vLLM vllm/v1/metrics/loggers.py (with the older names of V0), SGLang
// python/sglang/srt/metrics/collector.py, llama.cpp tools/server/README.md,
// text-generation-inference docs/source/reference/metrics.md.
var names = map[string]Quantity{
	"vllm:num_requests_running":                Running,
	"vllm:num_requests_waiting":                Waiting,
	"vllm:kv_cache_usage_perc":                 KVUsage,
	"vllm:gpu_cache_usage_perc":                KVUsage, // until 0.9
	"vllm:prompt_tokens":                       PromptTokens,
	"vllm:generation_tokens":                   GenerationTokens,
	"vllm:prefix_cache_hits":                   CachedTokens,
	"vllm:gpu_prefix_cache_hits":               CachedTokens,
	"vllm:prefix_cache_queries":                PrefixQueries,
	"vllm:gpu_prefix_cache_queries":            PrefixQueries,
	"vllm:num_preemptions":                     Preemptions,
	"vllm:request_success":                     Requests,
	"vllm:spec_decode_num_draft_tokens":        DraftTokens,
	"vllm:spec_decode_num_accepted_tokens":     AcceptedTokens,
	"vllm:time_to_first_token_seconds":         TTFT,
	"vllm:inter_token_latency_seconds":         ITL,
	"vllm:time_per_output_token_seconds":       ITL, // until 0.10
	"vllm:e2e_request_latency_seconds":         E2E,
	"vllm:request_queue_time_seconds":          Queue,
	"vllm:request_prefill_time_seconds":        Prefill,
	"vllm:request_decode_time_seconds":         Decode,
	"sglang:num_running_reqs":                  Running,
	"sglang:num_queue_reqs":                    Waiting,
	"sglang:token_usage":                       KVUsage,
	"sglang:prompt_tokens":                     PromptTokens,
	"sglang:generation_tokens":                 GenerationTokens,
	"sglang:cached_tokens":                     CachedTokens,
	"sglang:num_retracted_reqs":                Preemptions,
	"sglang:num_requests":                      Requests,
	"sglang:time_to_first_token_seconds":       TTFT,
	"sglang:inter_token_latency_seconds":       ITL,
	"sglang:e2e_request_latency_seconds":       E2E,
	"sglang:queue_time_seconds":                Queue,
	"llamacpp:requests_processing":             Running,
	"llamacpp:requests_deferred":               Waiting,
	"llamacpp:kv_cache_usage_ratio":            KVUsage,
	"llamacpp:prompt_tokens":                   computed,
	"llamacpp:prompt_tokens_cached":            CachedTokens,
	"llamacpp:tokens_predicted":                GenerationTokens,
	"llamacpp:prompt_seconds":                  Prefill,
	"llamacpp:tokens_predicted_seconds":        Decode,
	"llamacpp:spec_decode_num_draft_tokens":    DraftTokens,
	"llamacpp:spec_decode_num_accepted_tokens": AcceptedTokens,
	"tgi_batch_current_size":                   Running,
	"tgi_queue_size":                           Waiting,
	"tgi_request_success":                      Requests,
}

// older maps names to the newer ones with the same meaning. vLLM shows both for a
// few releases; counting both would count twice.
var older = map[string]string{
	"vllm:gpu_cache_usage_perc":          "vllm:kv_cache_usage_perc",
	"vllm:gpu_prefix_cache_hits":         "vllm:prefix_cache_hits",
	"vllm:gpu_prefix_cache_queries":      "vllm:prefix_cache_queries",
	"vllm:time_per_output_token_seconds": "vllm:inter_token_latency_seconds",
}

// averaged quantities are shares: over several engines their mean is taken, and
// the sum of all others.
var averaged = map[Quantity]bool{KVUsage: true}

// gauges are the quantities that may fall.
var gauges = map[Quantity]bool{Running: true, Waiting: true, KVUsage: true}
