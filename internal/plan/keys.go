package plan

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/tokens/length"
)

// Key ties a plan key to its flag. The environment variable is
// INFEROMETER_ and the flag's name in capitals.
type Key struct {
	Flag string // without dashes
	Path string // in the YAML file
	Help string
}

// Env returns the name of the environment variable, INFEROMETER_KEY_ENV for
// the flag key-env.
func (k Key) Env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.Flag, "-", "_"))
}

const envPrefix = "INFEROMETER_"

// keys is every key that has a flag. Keys without one (prices as figures,
// headers, body fields, weights) are for files.
var keys = []Key{
	{"url", "candidate.url", "endpoint to measure, with or without /v1; sim:vllm and sim:api are built in"},
	{"model", "candidate.model", "model to ask for (default: the first of /v1/models)"},
	{"key-env", "candidate.key_env", "name of the environment variable that holds the API key"},
	{"key-file", "candidate.key_file", "file that holds the API key"},
	{"key-command", "candidate.key_command", "shell command that prints the API key"},
	{"api", "candidate.api", "dialect: chat, completions, responses, messages or embeddings"},
	{"stream", "candidate.stream", "ask for event streams"},
	{"metrics-url", "candidate.metrics_url", "where the server shows its own metrics as Prometheus text, or off (default: /metrics beside the API, if there is something)"},
	{"price", "candidate.price.model", "model of the price list whose price the endpoint has (inferometer prices ls)"},
	{"accelerator", "candidate.machine.accelerator", "accelerator that the endpoint runs on, for its hourly price"},
	{"accelerators", "candidate.machine.count", "number of accelerators of one replica"},
	{"usd-per-hour", "candidate.machine.usd_per_hour", "price of one accelerator hour in USD"},
	{"baseline", "baseline.url", "endpoint to compare with"},
	{"baseline-model", "baseline.model", "model of the baseline"},
	{"baseline-key-env", "baseline.key_env", "name of the environment variable that holds the baseline's API key"},
	{"baseline-key-file", "baseline.key_file", "file that holds the baseline's API key"},
	{"baseline-key-command", "baseline.key_command", "shell command that prints the baseline's API key"},
	{"baseline-api", "baseline.api", "dialect of the baseline: chat, completions, responses, messages or embeddings"},
	{"baseline-metrics-url", "baseline.metrics_url", "where the baseline shows its own metrics, or off"},
	{"baseline-price", "baseline.price.model", "model of the price list whose price the baseline has"},
	{"target", "targets", "a further endpoint to compare with, as NAME=URL; may be repeated"},
	{"only", "only", "benchmarks to run: latency, throughput, cost, quality, hardware"},
	{"quick", "quick", "small samples, done in seconds; claims stay undecided"},
	{"name", "name", "name of the run, part of its folder's name"},
	{"seed", "seed", "seed of prompts and schedules"},
	{"dir", "dir", "folder of runs"},
	{"workload", workloadForm, "what to send in short: in=512,out=128 (each a number or a distribution as in --input-lengths), or chat, rag, summarize, code or agent"},
	{"input-tokens", "workload.input_tokens", "tokens of a synthetic prompt"},
	{"output-tokens", "workload.output_tokens", "tokens of an answer"},
	{"input-lengths", "workload.input_lengths", "lengths of prompts in place of --input-tokens: " + length.Forms},
	{"output-lengths", "workload.output_lengths", "lengths of answers in place of --output-tokens, written in the same way"},
	{"tokenizer", "workload.tokenizer", "what counts prompts: auto, server (its /tokenize), cl100k_base, o200k_base, the path of a tokenizer.json, or none (default: auto)"},
	{"text", "workload.text", "what synthetic prompts are written in: words (English), languages, code, mixed (half words, the rest languages and code), one of de, fr, es, ru, zh, ja, ar, hi, go, python, javascript, rust, sql, or shares such as 60% words | 30% code | 10% zh (default: words)"},
	{"answer", "workload.answer", "what requests ask for: text, reasoning (an effort of it), tools (a call of a function) or json (an answer under a schema) (default: text)"},
	{"effort", "workload.effort", "effort of reasoning: low, medium or high (default: medium)"},
	{"tools", "workload.tools", "functions that are offered with --answer tools (default: 4)"},
	{"tool-choice", "workload.tool_choice", "whether a function has to be called: auto or required (default: required)"},
	{"prefix-tokens", "workload.prefix.tokens", "tokens that synthetic prompts begin with in common; in conversations, of a system message"},
	{"prefix-groups", "workload.prefix.groups", "different common beginnings (default: 1)"},
	{"prefix-share", "workload.prefix.share", "share of the prompts that have a common beginning, above 0 and at most 1 (default: all)"},
	{"cache-salt", "workload.cache_salt", "text that makes prompts new to a server's caches (default: the time of the run); the same text and seed give the same prompts"},
	{"temperature", "workload.temperature", "sampling temperature"},
	{"dataset", "workload.dataset", "file of prompts: JSONL, JSON (ShareGPT too), OpenAI batch, Parquet, CSV or TSV with a header, or one prompt a line"},
	{"dataset-columns", "workload.rows.columns", "which column or key holds a part of a prompt, such as prompt=question,max_tokens=n; parts are prompt, system, messages, max_tokens and id"},
	{"dataset-min-tokens", "workload.rows.min_tokens", "leave out prompts of the data set with fewer tokens"},
	{"dataset-max-tokens", "workload.rows.max_tokens", "leave out prompts of the data set with more tokens"},
	{"dataset-sample", "workload.rows.sample", "draw this many rows of the data set by the seed"},
	{"dataset-shuffle", "workload.rows.shuffle", "send the data set in an order by the seed"},
	{"dataset-skip-bad", "workload.rows.skip_bad", "skip and count malformed rows of the data set"},
	{"turns", "workload.turns", "make conversations, in which each turn waits for the one before and carries the model's own answers: a number of turns or a distribution as in --input-lengths; of a data set whole, the most turns that are had, or flat, which is one request a conversation (default: flat)"},
	{"turn-tokens", "workload.turn_tokens", "tokens of what a user says after the first turn, a number or a distribution (default: 64)"},
	{"iterations", "latency.iterations", "prompts of the pass that feeds latency, cost and quality"},
	{"latency-warmup", "latency.warmup", "requests before the pass that count in nothing"},
	{"levels", "throughput.levels", "users at once at each step of the throughput benchmark"},
	{"level-requests", "throughput.requests", "requests at each level (default: the larger of 100 and 5 × level)"},
	{"load-baseline", "throughput.load_baseline", "put the throughput load on the baseline and further targets too"},
	{"samples", "cost.samples", "requests from which token usage is taken"},
	{"monthly-requests", "cost.monthly_requests", "requests a month that the cost is worked out for"},
	{"beside-requests", "cost.beside_requests", "a second monthly volume printed beside the first"},
	{"peak-to-mean", "cost.peak_to_mean", "peak request rate over the mean rate of a month"},
	{"months", "cost.months", "months of the cost projection"},
	{"kinds", "quality.kinds", "kinds of prompts: viral_hook, technical, code_generation"},
	{"keywords", "quality.keywords", "your own topics for the quality prompts"},
	{"quality-output-tokens", "quality.output_tokens", "token limit of an answer that is scored"},
	{"claim", "claims", "what the run shall decide, such as ttft.p95<50ms; may be repeated"},
	{"users", "load.users", "closed loop: users, each with one request at a time"},
	{"rate", "load.rate", "open loop: requests per second, sent whether or not answers come; with --turns, conversations begun per second, whose later turns follow their answers"},
	{"rate-curve", "load.rate_curve", "a rate that changes: " + arrival.Forms},
	{"arrival", "load.arrival", "arrivals of the open loop: constant, poisson, gamma or weibull"},
	{"burstiness", "load.burstiness", "shape of gamma and weibull arrivals: below 1 in bursts, 1 is poisson, above 1 more even"},
	{"requests", "load.requests", "end after this many requests"},
	{"duration", "load.duration", "end after this time"},
	{"conversations", "load.conversations", "end after this many conversations"},
	{"warmup", "load.warmup", "requests before the measured ones (default: one a user)"},
	{"blocks", "load.blocks", "with a baseline or further targets: blocks in which the targets take turns (default: 5 to 10, as long as they are not too short)"},
	{"think-time", "load.think_time", "pause between an answer and the next request of a user, or the next turn of a conversation"},
	{"think-cv", "load.think_cv", "how much think times vary: standard deviation over mean of a log-normal distribution, drawn by the seed (default: all alike)"},
	{"trace", "load.trace", "file of recorded arrivals and lengths to replay"},
	{"speed", "load.speed", "replay the trace this many times faster"},
	{"trace-from", "load.replay.from", "begin the replay at this time of the trace, such as 10m"},
	{"trace-to", "load.replay.to", "end the replay at this time of the trace"},
	{"trace-spread", "load.replay.spread", "spread arrivals that share a rounded time over its tick, by the seed"},
	{"trace-context", "load.replay.context", "cut the trace's rows to this many tokens of input and output together"},
	{"trace-open", "load.replay.open", "send turns of a session at their recorded times, whether or not the one before has ended"},
	{"trace-sort", "load.replay.sort", "sort rows of the trace that are out of order"},
	{"trace-skip-bad", "load.replay.skip_bad", "skip and count malformed rows of the trace"},
	{"scan", "scan.keys", "sweep a key over several values: users=1..64x2, rate=0.5..4+0.5, model=a,b (; in the place of , where a value has a comma); may be repeated"},
	{"scan-mode", "scan.mode", "grid (every combination of the swept keys) or zip (their first values together, then their second) (default: grid)"},
	{"scan-order", "scan.order", "cells of the sweep as planned, or in a random order by the seed (default: planned)"},
	{"cool-down", "scan.cool_down", "pause between the cells of a sweep"},
	{"reset-cache", "scan.reset_cache", "empty the server's prefix cache before each cell of a sweep (POST /reset_prefix_cache, as vLLM has it)"},
	{"slo", "capacity.slo", "limit that the load must keep, such as ttft.p99<500ms, or mlperf/MODEL/SCENARIO; may be repeated"},
	{"in", "capacity.in", "what to search for: rate (requests/s of an open loop) or users (of a closed loop)"},
	{"max-time", "capacity.max_time", "how long the search may take"},
	{"precision", "capacity.precision", "how near to the border the answer should come, as a share of it"},
	{"capacity-arrival", "capacity.arrival", "arrivals of the search's open loops: poisson, constant, gamma or weibull"},
	{"capacity-burstiness", "capacity.burstiness", "shape of its gamma and weibull arrivals"},
	{"calibrate", "client.calibrate", "measure before the run, for a second, what the client itself adds"},
	{"breaker", "client.breaker", "share of failures among the latest requests that ends a cell; above 1 never"},
	{"max-inflight", "client.max_inflight", "requests at once; further ones wait, and the wait counts (0: no limit)"},
	{"timeout", "client.timeout", "limit of one exchange, from its first byte written"},
	{"idle-timeout", "client.idle_timeout", "limit of a silence within an exchange"},
	{"connect-timeout", "client.connect_timeout", "limit of DNS, TCP and TLS together"},
	{"grace", "client.grace", "time that running requests get at the end of a cell"},
	{"insecure", "client.insecure", "accept any TLS certificate"},
	{"ca-cert", "client.ca_cert", "file of further certificate authorities (PEM)"},
	{"client-cert", "client.client_cert", "file of the client's own certificate (PEM), for servers that ask for one"},
	{"client-key", "client.client_key", "file of the key of --client-cert (PEM)"},
	{"proxy", "client.proxy", "URL of a proxy (http, https, socks5), or none (default: HTTP_PROXY, HTTPS_PROXY and NO_PROXY)"},
	{"max-cost", "max_cost", "stop before a request that could take the spend over this many USD"},
	{"undecided", "undecided", "what an undecided claim does to the exit code: gate (97) or pass (0)"},
	{"keep-text", "keep_text", "text that is kept: quality (answers that were scored) or none"},
}

// Keys returns every key that has a flag, in the order of the manual. The
// caller owns the slice.
func Keys() []Key { return slices.Clone(keys) }

// LookupKey finds a key by its flag.
func LookupKey(flag string) (Key, bool) {
	for _, k := range keys {
		if k.Flag == flag {
			return k, true
		}
	}
	return Key{}, false
}

// flagOf returns the flag of a path, or "".
func flagOf(path string) string {
	if strings.HasPrefix(path, "scan.keys.") {
		path = "scan.keys"
	}
	for _, k := range keys {
		if k.Path == path {
			return k.Flag
		}
	}
	return ""
}
