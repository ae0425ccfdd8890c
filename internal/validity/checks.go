package validity

import (
	"slices"

	"github.com/inferometer/inferometer/internal/result"
)

// check is one reason to believe a run or not. A new one is its row here and
// its function; what it needs is in Input and Evidence.
type check struct {
	id    string
	about string // what it looks at and when it warns or fails, for docs/validity.md
	// figures are the metrics that it is about: in doubt where it warns, spoilt
	// where it fails. An outcome that names its own is about those alone.
	figures []string
	// client: it is about what the client adds. Claims are decided with and without
	// that, so that it makes none invalid.
	client bool

	// Either run or cell is set. A check of cells returns one without a status
	// where it does not apply.
	run  func(Input) []result.Check
	cell func(Input, Evidence) result.Check

	tokens bool // also put to cells that have nothing but their tokens in a figure
	long   bool // asks for more requests than cells that only explore have on purpose
	// finding reports whether a failure in a sweep or in a search is something that
	// was found out about the server, and no mistake of the measurement; it warns
	// then. nil: it never is.
	finding func(Input) bool
}

func (k check) appliesTo(r Role) bool {
	switch r {
	case TokensOnly:
		return k.tokens
	case AnswersOnly:
		return k.tokens && slices.ContainsFunc(k.figures, func(tag string) bool { return slices.Contains(scores, tag) })
	case Exploring:
		return !k.long
	}
	return true
}

// named returns a check's outcome under its id, with what it is about.
func (k check) named(r result.Check) result.Check {
	r.ID = k.id
	if r.Status == result.Warn || r.Status == result.Fail {
		r.Client = k.client
		if r.Figures == nil {
			r.Figures = k.figures
		}
	}
	return r
}

// Metrics that are in doubt together.
var (
	none      = []string{}
	fromDue   = []string{"ttft", "ttfa", "e2e"}
	latencies = []string{"ttft", "ttfa", "e2e", "ttft_service", "ttfa_service", "e2e_service"}
	paces     = []string{"tpot", "tpot_vllm", "user_rate", "gap", "itl", "stall"}
	rates     = []string{"throughput", "input_throughput", "output_throughput", "wasted_throughput", "goodput"}
	counts    = []string{"input_tokens", "output_tokens"}
	costs     = []string{"savings", "cost_per_request", "cost_per_success", "cost_per_accepted", "cost_per_mtok"}
	scores    = []string{"quality", "drift", "accuracy", "quality_delta", "load_delta", "win_rate"}
	success   = []string{"success"}
)

// all joins groups of metrics.
func all(groups ...[]string) []string { return slices.Concat(groups...) }

// checks has every check, in the order in which results list them.
var checks = []check{
	{id: "complete", run: complete, figures: none, about: "the run reached its planned end; warns if it did not"},

	{id: "errors", cell: errorShare, tokens: true, finding: someCarried, figures: all(latencies, paces, rates, counts, costs, scores),
		about: "share of requests that failed or were shed: over 1 % warns, over half fails. How many succeeded is a figure that stands"},
	{id: "users", cell: usersShort, finding: always, figures: all(latencies, paces, rates, success),
		about: "users of a closed loop who had an answer: a missing one warns, and so does a window that opened before all were through their warm-up; over 10 % missing fails"},
	{id: "cut", cell: cutShare, finding: always, figures: all(latencies, paces, success),
		about: "share of requests that the client ended before their answer did: over 1 % warns, over 10 % fails"},
	{id: "client_added", cell: clientAdded, client: true, figures: fromDue,
		about: "what the client added to a latency (lateness + client_delay), by its mean or its median, whichever is more, as a share of that latency's median: over 2 % warns, over 10 % spoils that latency"},
	{id: "arrivals", cell: arrivalDeficit, figures: all(latencies, paces, rates, success),
		about: "an open loop sends the rate that it drew: 0.5 % less warns, 2 % less fails (with `--max-inflight` it only warns)"},
	{id: "window", cell: windowLength, long: true, figures: rates, about: "the measured window is at least five times the median end-to-end latency, or it warns"},
	{id: "warmup", cell: warmedUp, figures: all(latencies, rates),
		about: "the load had settled when the window opened: as long as requests take has passed, and the requests in flight have stopped growing; it warns where they were still growing"},
	{id: "steady", cell: steady, long: true, figures: all(latencies, rates), about: "latency settles (MSER-5) and has no trend after that, or it warns"},
	{id: "little", cell: little, finding: always, figures: all(latencies, rates), about: "Little's law: requests in flight are rate × time in the system; 5 % off warns, 10 % fails"},
	{id: "arrival_process", cell: arrivalProcess, long: true, figures: all(latencies, paces, rates), about: "gaps between requests vary as their arrival process does and do not correlate, or it warns"},
	{id: "stamp_lag", cell: stampLag, client: true, figures: all(latencies, paces),
		about: "without the kernel's receive times: how long received bytes waited for a processor, by the mean or the median, whichever is more, as a share of each figure's median: over 2 % warns, over 10 % spoils that figure. With them no such wait is in a figure, also where answers were read in batches"},
	{id: "http2", cell: sharedConnection, figures: all(latencies, paces),
		about: "the requests went over HTTP/2, as streams of one connection that share its delays: warns where several were in flight"},
	{id: "network", cell: retransmits, figures: all(latencies, paces), about: "share of requests with a retransmitted segment: over 1 % warns"},
	{id: "machine", cell: otherLoad, client: true, figures: all(latencies, paces), about: "processors that other programs used (over 90 % warns) or that the host withheld from this virtual machine (over 5 % warns)"},
	{id: "conversations", cell: conversations, figures: all(latencies, counts, rates), about: "share of conversations that were unfinished at the end of the window: over half warns"},
	{id: "output_length", cell: outputLength, tokens: true, figures: []string{"e2e", "e2e_service", "savings", "cost_per_request", "cost_per_success", "cost_per_accepted"},
		about: "where a fixed output length was requested, its mean error: over 1 % warns, since the length is then a cap and what came is a condition of each claim. Where the lengths of two targets are over 10 % apart it fails, and spoils what compares them"},
	{id: "unfinished", cell: unfinished, tokens: true, figures: all([]string{"output_tokens", "e2e", "e2e_service", "output_throughput"}, costs, scores), about: "any answer that ended without a finish reason warns"},
	{id: "finish_reason", cell: finishReasons, tokens: true, figures: all(success, []string{"output_tokens", "e2e", "e2e_service"}, costs, scores), about: "any answer that ended with a finish reason of unknown meaning warns"},
	{id: "stream_end", cell: streamEnds, figures: rates, about: "share of responses that the server left open after the last frame, or broke off: over 1 % warns"},
	{id: "hidden_reasoning", cell: hiddenReasoning, figures: none, about: "reasoning tokens in the usage and none in the stream; never warns"},
	{id: "usage_fell", cell: usageFell, tokens: true, figures: all(counts, []string{"tpot", "tpot_vllm", "user_rate", "itl", "input_throughput", "output_throughput"}, costs), about: "any answer in which a count of tokens fell warns"},
	{id: "client_failures", cell: clientFailures, figures: all(latencies, paces, rates, success), about: "share of requests that failed because of the client (ports, files, stale connections): any warns, over 1 % fails"},
	{id: "filtered", cell: filtered, tokens: true, figures: all([]string{"output_tokens", "e2e", "e2e_service"}, rates, costs, scores), about: "any answer that a content filter ended warns"},
	{id: "token_counts", cell: tokenCounts, tokens: true, figures: all(counts, []string{"tpot", "tpot_vllm", "user_rate", "itl", "input_throughput", "output_throughput"}, costs),
		about: "the server's token counts are there and fit what was sent and received, or it warns"},
	{id: "prefix_cache", cell: cacheContamination, tokens: true, figures: all(latencies, []string{"input_throughput"}, costs), about: "share of input tokens that came from the server's prefix cache though every prompt is new: over 5 % warns"},
	{id: "bundled", cell: bundledFrames, figures: []string{"gap", "itl", "tpot", "tpot_vllm", "user_rate"}, about: "share of answers that came all at once, or of frames that arrived together with another: over 10 % warns"},
	{id: "repeated_prompts", cell: repeatedPrompts, tokens: true, figures: []string{"ttft", "ttft_service"}, about: "any prompt that had been sent before warns, and so do prompts that answers are reused for (`--reuse-baseline`) at a server that has no `cache_salt` and reports no cached tokens"},
	{id: "samples", cell: sampleSize, long: true, figures: all(latencies, paces), about: "fewer than 36 requests warn: no quantile of p90 or above has an interval then"},

	{id: "server_restart", cell: serverRestart, tokens: true, figures: all(latencies, paces, rates, success), about: "a counter of the server's metrics fell: fails if once (a restart), warns if more often (several servers)"},
	{id: "server_metrics", cell: serverMetrics, tokens: true, figures: none, about: "the server's metrics were looked for and cannot be used; never warns"},
	{id: "server_tokens", cell: serverTokens, tokens: true, figures: all([]string{"output_tokens", "output_throughput"}, costs), about: "generated tokens by the server's metrics and by its answers: over 10 % apart warns"},
	{id: "server_prompt_tokens", cell: serverPromptTokens, tokens: true, figures: all([]string{"input_tokens", "input_throughput"}, costs), about: "prompt tokens by the server's metrics and by its answers: over 10 % apart warns"},
	{id: "server_prefix_cache", cell: serverCache, tokens: true, figures: all(latencies, []string{"input_throughput"}, costs),
		about: "prefix cache hits by the server's metrics: over 5 % of new prompts warns, and so does a contradiction of more than 5 points with its answers"},
	{id: "preemptions", cell: preemptions, tokens: true, figures: all(latencies, []string{"stall"}), about: "any request that the server preempted for lack of KV cache warns"},
	{id: "server_queue", cell: serverQueue, tokens: true, figures: none, about: "how long requests waited in the server; never warns"},

	{id: "power", cell: powerRead, tokens: true, figures: none, about: "the energy of a cell, where power was read: warns where a domain is missing, where the window has fewer than ten updates and 20 s, and where the edges of the window leave over 10 % of the energy open; over 50 % fails"},
	{id: "heat", cell: heat, figures: all(latencies, paces, rates), about: "thermal pressure, and clocks lowered by heat or by the hardware, within the window: any warns. It is assessed where power is read from a source that tells"},

	{id: "proxy", run: proxies, figures: all(latencies, paces), about: "a target was measured through a proxy: warns"},
	{id: "same_fields", run: sameFields, figures: all(latencies, paces), about: "all targets were asked in the same way to count the tokens of frames, or it warns"},
	{id: "plausibility", run: plausibility, figures: all(latencies, paces, rates, counts), about: "no figure is better than the model and the accelerator allow, and figures of one cell agree, or it warns"},
	{id: "prices", run: oldPrices, figures: costs, about: "a listed price that a target is charged by is over 90 days old: warns. What the plan states is confirmed by whoever states it"},
	{id: "parser", run: parser, figures: all(latencies, paces, rates, counts, success, costs, scores), about: "share of frames that the fast reader read differently from a full JSON parser: any warns, over 0.1 % fails"},
	{id: "calibration", run: calibration, client: true, figures: fromDue,
		about: "what the client adds at the heaviest load, measured against the built-in responder: a median over 2 % of the tightest limit (or else of a median ttft) warns. What it did add is judged by `client_added`"},
	{id: "client_cpu", run: clientCPU, client: true, figures: all(latencies, paces), about: "the client's share of the processors that it may use, within a container's quota: over 70 % warns; so do periods in which the quota stopped it, if they are over 1 %"},
	{id: "gc", run: gcPauses, client: true, figures: all(latencies, paces), about: "the client's longest garbage collection pause: over 2 % of the tightest limit warns"},
	{id: "scheduler", run: scheduler, client: true, figures: all(latencies, paces), about: "99th percentile of the wait of the client's goroutines for a processor: over 2 % of the tightest limit (and 1 ms) warns"},
	{id: "clock", run: clockSteps, figures: none, about: "steps of the wall clock against the monotonic one: over 50 ms warns"},
	{id: "shared_process", run: sharedProcess, client: true, figures: all(latencies, paces), about: "the simulated endpoint ran in the client's own process: warns"},
	{id: "audit", run: audit, figures: all(latencies, paces, rates, counts, success, costs),
		about: "the result agrees with itself: counts add up, percentiles rise from the minimum to the maximum, intervals hold their values, throughput × window is what was counted, goodput is no more than throughput, parts of a cost add up to it. It fails where they do not, and spoils what contradicts itself; that is a mistake of this program"},
}
