// Package metric names what Inferometer measures. One registry holds the tag,
// unit, direction, formula and needed inputs of every metric; the limit
// grammar, tables, charts and docs are made from it, so that a number is
// called the same everywhere. It measures nothing itself.
package metric

import "slices"

// Direction says which way is better.
type Direction int

// The two directions.
const (
	LowerIsBetter Direction = iota
	HigherIsBetter
)

// Kind says what one value of a metric belongs to.
type Kind int

const (
	// PerRequest metrics have one value (or none) for each request and are
	// shown as distributions.
	PerRequest Kind = iota
	// Pooled metrics have many values for each request (gap, itl); their n
	// is counted in blocks of time, since all streams share an engine step.
	Pooled
	// Rate metrics are one number for a window: a count over time or a share.
	Rate
)

// Metric describes one metric. The zero Metric is not valid.
type Metric struct {
	Tag       string // short name used in plans, JSON and tables: "ttft"
	Name      string // name for people: "time to first token"
	Unit      string // "ms", "ms/token", "token/s", "1/s", "ratio", "USD", "points", "percent"
	Direction Direction
	Kind      Kind
	Formula   string   // in the words of the glossary (docs/metrics.md)
	Needs     []string // stamps or counts without which it is undefined
}

// all is the registry, in the order in which tables show it.
var all = []Metric{
	{"ttft", "time to first token", "ms", LowerIsBetter, PerRequest, "first_token − due", []string{"due", "first_token"}},
	{"ttfa", "time to first answer", "ms", LowerIsBetter, PerRequest, "first_answer − due", []string{"due", "first_answer"}},
	{"e2e", "end-to-end latency", "ms", LowerIsBetter, PerRequest, "last_token − due", []string{"due", "last_token"}},
	{"ttft_service", "time to first token, from send", "ms", LowerIsBetter, PerRequest, "first_token − writing", []string{"writing", "first_token"}},
	{"ttfa_service", "time to first answer, from send", "ms", LowerIsBetter, PerRequest, "first_answer − writing", []string{"writing", "first_answer"}},
	{"e2e_service", "end-to-end latency, from send", "ms", LowerIsBetter, PerRequest, "last_token − writing", []string{"writing", "last_token"}},
	{"tpot", "time per output token", "ms/token", LowerIsBetter, PerRequest, "(last_token − first_token) ÷ tokens delivered after the first frame", []string{"first_token", "last_token", "output tokens"}},
	{"tpot_vllm", "time per output token, as vLLM's bench defines it", "ms/token", LowerIsBetter, PerRequest, "(e2e_service − ttft_service) ÷ (output tokens − 1)", []string{"first_token", "last_token", "output tokens"}},
	{"user_rate", "output speed seen by one user", "token/s", HigherIsBetter, PerRequest, "1000 ÷ tpot", []string{"tpot"}},
	{"stall", "largest gap of a request", "ms", LowerIsBetter, PerRequest, "max(gap)", []string{"two content frames"}},
	{"gap", "time between content frames", "ms", LowerIsBetter, Pooled, "frame[i] − frame[i−1], all requests pooled", []string{"two content frames"}},
	{"itl", "inter-token latency", "ms/token", LowerIsBetter, Pooled, "gap ÷ tokens of the frame, counted once for each token; withheld where frame token counts are unknown, and where more than a tenth of the frames arrived together", []string{"two content frames", "tokens of each frame"}},
	{"lateness", "pacing error of the client", "ms", LowerIsBetter, PerRequest, "woken − due", []string{"woken"}},
	{"queued", "wait at a limit that the user set", "ms", LowerIsBetter, PerRequest, "started − woken", []string{"started"}},
	{"connect", "DNS, TCP and TLS of a new connection, and a proxy's way to the server", "ms", LowerIsBetter, PerRequest, "dns + tcp + proxy + tls", []string{"connected"}},
	{"client_delay", "the client's own work before the first byte", "ms", LowerIsBetter, PerRequest, "writing − started − connect", []string{"writing"}},
	{"input_tokens", "input tokens of a request", "tokens", LowerIsBetter, PerRequest, "usage.prompt_tokens", []string{"usage"}},
	{"output_tokens", "output tokens of a request", "tokens", HigherIsBetter, PerRequest, "usage.completion_tokens, else frames (marked estimated)", []string{"usage or frames"}},
	{"success", "share of requests that succeeded", "ratio", HigherIsBetter, Rate, "ok ÷ (ok + failed + shed)", nil},
	{"throughput", "requests completed per second", "1/s", HigherIsBetter, Rate, "completions in the window ÷ window", nil},
	{"input_throughput", "input tokens per second", "token/s", HigherIsBetter, Rate, "input tokens at first_token ÷ window", []string{"usage"}},
	{"output_throughput", "output tokens per second", "token/s", HigherIsBetter, Rate, "output tokens at their frame ÷ window", nil},
	{"wasted_throughput", "output tokens of failed or cut requests per second", "token/s", LowerIsBetter, Rate, "tokens of requests that failed or were cut ÷ window", nil},
	{"goodput", "requests per second that meet every limit", "1/s", HigherIsBetter, Rate, "requests that meet all per-request limits at once ÷ window", []string{"limits"}},
	{"savings", "saved against the baseline", "percent", HigherIsBetter, Rate, "100 × (baseline − candidate) ÷ baseline, cost per month", []string{"prices", "throughput"}},
	{"cost_per_request", "cost of a request", "USD", LowerIsBetter, Rate, "prices × usage, or machine cost ÷ requests served", []string{"prices or machine cost"}},
	{"cost_per_mtok", "cost of a million tokens, input and output", "USD", LowerIsBetter, Rate, "cost per request ÷ tokens per request × 10⁶", []string{"prices or machine cost", "usage"}},
	{"quality", "heuristic quality score", "points", HigherIsBetter, PerRequest, "weighted mean of the applicable components, 0 to 100", []string{"answer text"}},
	{"quality_delta", "quality against the baseline, same prompt", "points", HigherIsBetter, PerRequest, "candidate score − baseline score, paired by prompt", []string{"both answers"}},
}

// All returns every metric in table order. The caller owns the slice.
func All() []Metric { return slices.Clone(all) }

// Lookup returns the metric with the given tag.
func Lookup(tag string) (Metric, bool) {
	for _, m := range all {
		if m.Tag == tag {
			return m, true
		}
	}
	return Metric{}, false
}

// Tags returns all tags in table order.
func Tags() []string {
	tags := make([]string, len(all))
	for i, m := range all {
		tags[i] = m.Tag
	}
	return tags
}
