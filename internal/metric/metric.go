// Package metric names what Inferometer measures. One registry holds the tag,
// unit, direction and formula of every metric; the grammar of limits, tables,
// charts and docs/metrics.md are made from it, so that a number has the same
// name everywhere. The package measures nothing itself: measure has the
// arithmetic of each row.
package metric

import (
	"cmp"
	"slices"
)

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
	// shown as distributions. Package measure computes each of them.
	PerRequest Kind = iota
	// Scored metrics have one value for each answer, like PerRequest ones, but
	// come from a judgement of its text.
	Scored
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
	Unit      string // "ms", "ms/token", "token/s", "tokens", "1/s", "ratio", "USD", "points", "percent", "pp" (percentage points)
	Direction Direction
	Kind      Kind
	Formula   string // in the terms of docs/metrics.md

	// Headline is the metric's place, from 1, among the few that stand for a
	// whole cell where there is no room for all: rows of turns, and ratios to a
	// baseline. 0: it is not one of them.
	Headline int
	// Compared are the statistics by which targets of one load are compared:
	// MeanRatio and quantiles. Metrics without any are not compared.
	Compared []string
}

// MeanRatio is the geometric mean of the ratios of paired requests, as a
// statistic of a comparison.
const MeanRatio = "mean"

// all is the registry, in the order in which tables show it.
var all = []Metric{
	{Tag: "ttft", Name: "time to first token", Unit: "ms", Formula: "first_token − due", Headline: 1, Compared: []string{MeanRatio, "p50", "p95"}},
	{Tag: "ttfa", Name: "time to first answer", Unit: "ms", Formula: "first_answer − due"},
	{Tag: "e2e", Name: "end-to-end latency", Unit: "ms", Formula: "last_token − due", Headline: 3, Compared: []string{MeanRatio, "p50", "p95"}},
	{Tag: "ttft_service", Name: "time to first token, from send", Unit: "ms", Formula: "first_token − writing"},
	{Tag: "ttfa_service", Name: "time to first answer, from send", Unit: "ms", Formula: "first_answer − writing"},
	{Tag: "e2e_service", Name: "end-to-end latency, from send", Unit: "ms", Formula: "last_token − writing"},
	{
		Tag: "tpot", Name: "time per output token", Unit: "ms/token", Headline: 2, Compared: []string{MeanRatio, "p50"},
		Formula: "(last_token − first_token) ÷ tokens delivered after the first frame",
	},
	{Tag: "tpot_vllm", Name: "time per output token, as vLLM's bench defines it", Unit: "ms/token", Formula: "(e2e_service − ttft_service) ÷ (output tokens − 1)"},
	{
		Tag: "user_rate", Name: "output speed seen by one user", Unit: "token/s", Direction: HigherIsBetter, Compared: []string{MeanRatio, "p50"},
		Formula: "1000 ÷ tpot",
	},
	{Tag: "stall", Name: "largest gap of a request", Unit: "ms", Formula: "max(gap)"},
	{Tag: "gap", Name: "time between content frames", Unit: "ms", Kind: Pooled, Formula: "frame[i] − frame[i−1], all requests pooled"},
	{
		Tag: "itl", Name: "inter-token latency", Unit: "ms/token", Kind: Pooled,
		Formula: "gap ÷ tokens of the frame, counted once per token; withheld where the tokens of a frame are unknown, and where more than a tenth of the frames arrived together with another",
	},
	{Tag: "lateness", Name: "pacing error of the client", Unit: "ms", Formula: "woken − due"},
	{Tag: "queued", Name: "wait at a limit that the user set, or for a stream of HTTP/2", Unit: "ms", Formula: "started − woken"},
	{Tag: "connect", Name: "DNS, TCP and TLS of a new connection, including those of a proxy", Unit: "ms", Formula: "dns + tcp + proxy + tls"},
	{Tag: "client_delay", Name: "the client's own work before the first byte", Unit: "ms", Formula: "writing − started − connect"},
	{Tag: "input_tokens", Name: "input tokens of a request", Unit: "tokens", Formula: "usage.prompt_tokens"},
	{Tag: "output_tokens", Name: "output tokens of a request", Unit: "tokens", Direction: HigherIsBetter, Formula: "usage.completion_tokens, else frames (marked estimated)"},
	{Tag: "success", Name: "share of requests that succeeded", Unit: "ratio", Direction: HigherIsBetter, Kind: Rate, Formula: "ok ÷ (ok + failed + shed)"},
	{Tag: "throughput", Name: "requests completed per second", Unit: "1/s", Direction: HigherIsBetter, Kind: Rate, Formula: "completions in the window ÷ window"},
	{Tag: "input_throughput", Name: "input tokens per second", Unit: "token/s", Direction: HigherIsBetter, Kind: Rate, Formula: "input tokens at first_token ÷ window"},
	{Tag: "output_throughput", Name: "output tokens per second", Unit: "token/s", Direction: HigherIsBetter, Kind: Rate, Formula: "output tokens at their frame ÷ window"},
	{Tag: "wasted_throughput", Name: "output tokens of failed or cut requests per second", Unit: "token/s", Kind: Rate, Formula: "tokens of requests that failed or were cut ÷ window"},
	{Tag: "goodput", Name: "requests per second that meet every limit", Unit: "1/s", Direction: HigherIsBetter, Kind: Rate, Formula: "completions in the window that meet all per-request limits at once ÷ window"},
	{Tag: "savings", Name: "saved against the baseline", Unit: "percent", Direction: HigherIsBetter, Kind: Rate, Formula: "100 × (baseline − candidate) ÷ baseline, cost per month"},
	{Tag: "cost_per_request", Name: "cost of a request", Unit: "USD", Kind: Rate, Formula: "prices × usage, or machine cost ÷ requests served"},
	{Tag: "cost_per_success", Name: "cost of a request that succeeded", Unit: "USD", Kind: Rate, Formula: "what all requests cost ÷ those that succeeded"},
	{Tag: "cost_per_accepted", Name: "cost of an accepted answer", Unit: "USD", Kind: Rate, Formula: "cost_per_success ÷ share of answers of at least cost.accept_score"},
	{Tag: "cost_per_mtok", Name: "cost of a million tokens, input and output", Unit: "USD", Kind: Rate, Formula: "cost per request ÷ tokens per request × 10⁶"},
	{Tag: "quality", Name: "heuristic quality score", Unit: "points", Direction: HigherIsBetter, Kind: Scored, Formula: "weighted mean of the applicable components, 0 to 100"},
	{Tag: "drift", Name: "drift of the heuristic score from the baseline's", Unit: "points", Kind: Scored, Formula: "|mean of (candidate score − baseline score)|, paired by prompt"},
	{Tag: "accuracy", Name: "share of items answered right", Unit: "percent", Direction: HigherIsBetter, Kind: Scored, Formula: "100 × items whose checks all hold ÷ items; an answer that was lost is wrong"},
	{Tag: "quality_delta", Name: "right answers against the baseline, same items", Unit: "pp", Direction: HigherIsBetter, Kind: Scored, Formula: "accuracy of the candidate − accuracy of the baseline, paired by item"},
	{Tag: "load_delta", Name: "right answers under load against alone, same items", Unit: "pp", Direction: HigherIsBetter, Kind: Scored, Formula: "accuracy at a level − accuracy alone, paired by item"},
	{Tag: "win_rate", Name: "share of comparisons that a judge gives to the candidate", Unit: "percent", Direction: HigherIsBetter, Kind: Scored, Formula: "100 × (wins + ties ÷ 2) ÷ prompts; each pair is judged in both orders, and a split is a tie"},
}

// All returns every metric in table order. The caller owns the slice.
func All() []Metric { return slices.Clone(all) }

// OfKind returns the metrics of a kind in table order.
func OfKind(k Kind) []Metric {
	return slices.DeleteFunc(All(), func(m Metric) bool { return m.Kind != k })
}

// Headlines returns the few metrics that stand for a whole cell, in their order.
func Headlines() []Metric {
	return slices.DeleteFunc(headlinesFirst(), func(m Metric) bool { return m.Headline == 0 })
}

// Comparisons returns the metrics by which targets of one load are compared,
// the headlines first.
func Comparisons() []Metric {
	return slices.DeleteFunc(headlinesFirst(), func(m Metric) bool { return len(m.Compared) == 0 })
}

func headlinesFirst() []Metric {
	last := len(all) + 1
	sorted := All()
	slices.SortStableFunc(sorted, func(a, b Metric) int {
		return cmp.Compare(cmp.Or(a.Headline, last), cmp.Or(b.Headline, last))
	})
	return sorted
}

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
