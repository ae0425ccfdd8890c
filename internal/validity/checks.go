package validity

import "github.com/inferometer/inferometer/internal/result"

// check is one reason to believe a run or not. A new one is its row here and
// its function; what it needs is in Input and Evidence.
type check struct {
	id      string
	about   string   // what it looks at and when it warns or fails, for docs/validity.md
	figures []string // metrics that are in doubt where it does not pass; nil: all of them

	// Either run or cell is set. A check of cells returns one without a status
	// where it does not apply.
	run  func(Input) []result.Check
	cell func(Input, Evidence) result.Check

	// Decisive and swept cells are put to all checks, others to these.
	tokens    bool // cells that have nothing but their tokens in a figure
	exploring bool // cells of a search that prove nothing
	// finding reports whether a failure in a sweep is something that the sweep
	// found out about the server, and no mistake of the measurement; it warns
	// then. nil: it never is.
	finding func(Input) bool
}

func (k check) appliesTo(r Role) bool {
	switch r {
	case TokensOnly:
		return k.tokens
	case Exploring:
		return k.exploring
	}
	return true
}

// named returns a check's outcome under its id.
func (k check) named(r result.Check) result.Check {
	r.ID = k.id
	return r
}

var latencies = []string{"ttft", "ttfa", "e2e", "tpot"}

// checks has every check, in the order in which results list them.
var checks = []check{
	{id: "complete", run: complete, about: "the run reached its planned end; warns if it did not"},

	{id: "errors", cell: errorShare, tokens: true, finding: someCarried, about: "share of requests that failed or were shed: over 1 % warns, over half fails"},
	{id: "client_added", cell: clientAdded, exploring: true, figures: latencies,
		about: "99th percentile of what the client added to a latency (lateness + client_delay), as a share of the tightest limit or else of the median ttft: over 2 % warns, over 10 % fails"},
	{id: "arrivals", cell: arrivalDeficit, about: "an open loop sends the rate that it drew: 0.5 % less warns, 2 % less fails (with `--max-inflight` it only warns)"},
	{id: "window", cell: windowLength, figures: []string{"throughput", "output_throughput"}, about: "the measured window is at least five times the median end-to-end latency, or it warns"},
	{id: "steady", cell: steady, figures: []string{"e2e", "throughput"}, about: "latency settles (MSER-5) and has no trend after that, or it warns"},
	{id: "little", cell: little, finding: always, about: "Little's law: requests in flight are rate × time in the system; 5 % off warns, 10 % fails"},
	{id: "arrival_process", cell: arrivalProcess, about: "gaps between requests vary as their arrival process does and do not correlate, or it warns"},
	{id: "stamp_lag", cell: stampLag, figures: []string{"gap", "itl", "stall"}, about: "without the kernel's receive times: the wait for a processor, as a share of the median gap: over 10 % warns, over 50 % fails"},
	{id: "network", cell: retransmits, figures: latencies, about: "share of requests with a retransmitted segment: over 1 % warns"},
	{id: "machine", cell: otherLoad, figures: latencies, about: "processors that other programs used (over 90 % warns) or that the host withheld from this virtual machine (over 5 % warns)"},
	{id: "conversations", cell: conversations, figures: []string{"ttft", "e2e"}, about: "share of conversations that were unfinished at the end of the window: over half warns"},
	{id: "output_length", cell: outputLength, tokens: true, figures: []string{"output_tokens", "e2e"}, about: "where the output length is fixed, its mean error: over 1 % warns, over 10 % fails"},
	{id: "unfinished", cell: unfinished, tokens: true, figures: []string{"output_tokens", "e2e"}, about: "any answer that ended without a finish reason warns"},
	{id: "finish_reason", cell: finishReasons, tokens: true, figures: []string{"success", "output_tokens", "e2e"}, about: "any answer that ended with a finish reason of unknown meaning warns"},
	{id: "stream_end", cell: streamEnds, figures: []string{"throughput"}, about: "share of responses that the server left open after the last frame, or broke off: over 1 % warns"},
	{id: "hidden_reasoning", cell: hiddenReasoning, figures: []string{}, about: "reasoning tokens in the usage and none in the stream; never warns"},
	{id: "usage_fell", cell: usageFell, tokens: true, figures: []string{"input_tokens", "output_tokens"}, about: "any answer in which a count of tokens fell warns"},
	{id: "client_failures", cell: clientFailures, figures: []string{"success", "throughput"}, about: "share of requests that failed because of the client (ports, files, stale connections): any warns, over 1 % fails"},
	{id: "filtered", cell: filtered, tokens: true, figures: []string{"output_tokens", "e2e"}, about: "any answer that a content filter ended warns"},
	{id: "token_counts", cell: tokenCounts, tokens: true, figures: []string{"input_tokens", "output_tokens", "tpot"}, about: "the server's token counts are there and fit what was sent and received, or it warns"},
	{id: "prefix_cache", cell: cacheContamination, tokens: true, figures: []string{"ttft", "input_tokens"}, about: "share of input tokens that came from the server's prefix cache though every prompt is new: over 5 % warns"},
	{id: "bundled", cell: bundledFrames, figures: []string{"gap", "itl", "tpot"}, about: "share of answers that came all at once, or of frames that arrived together with another: over 10 % warns"},
	{id: "repeated_prompts", cell: repeatedPrompts, tokens: true, figures: []string{"ttft"}, about: "any prompt that had been sent before warns"},
	{id: "samples", cell: sampleSize, figures: latencies, about: "fewer than 36 requests warn: no quantile of p90 or above has an interval then"},

	{id: "server_restart", cell: serverRestart, tokens: true, about: "a counter of the server's metrics fell: fails if once (a restart), warns if more often (several servers)"},
	{id: "server_metrics", cell: serverMetrics, tokens: true, figures: []string{}, about: "the server's metrics were looked for and cannot be used; never warns"},
	{id: "server_tokens", cell: serverTokens, tokens: true, figures: []string{"output_tokens"}, about: "generated tokens by the server's metrics and by its answers: over 10 % apart warns"},
	{id: "server_prompt_tokens", cell: serverPromptTokens, tokens: true, figures: []string{"input_tokens"}, about: "prompt tokens by the server's metrics and by its answers: over 10 % apart warns"},
	{id: "server_prefix_cache", cell: serverCache, tokens: true, figures: []string{"ttft", "input_tokens"},
		about: "prefix cache hits by the server's metrics: over 5 % of new prompts warns, and so does a contradiction of more than 5 points with its answers"},
	{id: "preemptions", cell: preemptions, tokens: true, figures: []string{"stall", "ttft"}, about: "any request that the server preempted for lack of KV cache warns"},
	{id: "server_queue", cell: serverQueue, tokens: true, figures: []string{"ttft"}, about: "how long requests waited in the server; never warns"},

	{id: "proxy", run: proxies, figures: latencies, about: "a target was measured through a proxy: warns"},
	{id: "same_fields", run: sameFields, figures: latencies, about: "two targets were asked in the same way to count the tokens of frames, or it warns"},
	{id: "plausibility", run: plausibility, about: "no figure is better than the model and the accelerator allow, and figures of one cell agree, or it warns"},
	{id: "parser", run: parser, about: "share of frames that the fast reader read differently from a full JSON parser: any warns, over 0.1 % fails"},
	{id: "calibration", run: calibration, figures: latencies, about: "what the client adds at the heaviest load, measured against the built-in responder: over 2 % of the tightest limit (or else of a median ttft) warns, over 10 % fails"},
	{id: "client_cpu", run: clientCPU, figures: latencies, about: "the client's share of its processors: over 70 % warns, over 90 % fails"},
	{id: "gc", run: gcPauses, figures: latencies, about: "the client's longest garbage collection pause: over 2 % of the tightest limit warns, over half of it fails"},
	{id: "scheduler", run: scheduler, figures: latencies, about: "99th percentile of the wait of the client's goroutines for a processor: over 2 % of the tightest limit (and 1 ms) warns, over half of it (and 5 ms) fails"},
	{id: "clock", run: clockSteps, figures: []string{}, about: "steps of the wall clock against the monotonic one: over 50 ms warns"},
	{id: "shared_process", run: sharedProcess, figures: latencies, about: "the simulated endpoint ran in the client's own process: warns"},
}
