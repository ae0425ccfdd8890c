package result

// Server is what a server's own counters say of a cell, from before its
// warm-up until after its end: more than the measured window, and other
// clients' requests too. What the server does not count is absent, never 0.
type Server struct {
	SpanS   float64 `json:"span_s"`           // between the two samples that were compared
	Samples int     `json:"samples"`          // of the gauges, within the measured window
	Failed  int     `json:"failed,omitempty"` // samples that gave no numbers
	Falls   int     `json:"falls,omitempty"`  // samples in which a counter was lower than before
	// Withheld is why there are no differences.
	Withheld         string   `json:"withheld,omitempty"`
	PromptTokens     *float64 `json:"prompt_tokens,omitempty"`
	GenerationTokens *float64 `json:"generation_tokens,omitempty"`
	CachedTokens     *float64 `json:"cached_tokens,omitempty"`
	PrefixQueries    *float64 `json:"prefix_queries,omitempty"` // prompt tokens looked up in the prefix cache
	Preemptions      *float64 `json:"preemptions,omitempty"`
	Requests         *float64 `json:"requests,omitempty"` // that ended
	// Means in ms, from the server's sums and counts.
	QueueMS *float64 `json:"queue_mean_ms,omitempty"`
	TTFTMS  *float64 `json:"ttft_mean_ms,omitempty"`
	E2EMS   *float64 `json:"e2e_mean_ms,omitempty"`
	ITLMS   *float64 `json:"itl_mean_ms,omitempty"`
	// Time spent on prompts and on generating, in seconds, added up over requests.
	// Requests that ran at once count each.
	PrefillS *float64 `json:"prefill_s,omitempty"`
	DecodeS  *float64 `json:"decode_s,omitempty"`
	// Gauges over the samples within the measured window.
	RunningMean *float64 `json:"running_mean,omitempty"`
	RunningMax  *float64 `json:"running_max,omitempty"`
	WaitingMean *float64 `json:"waiting_mean,omitempty"`
	WaitingMax  *float64 `json:"waiting_max,omitempty"`
	KVUsageMean *float64 `json:"kv_usage_mean,omitempty"` // 0 to 1
	KVUsageMax  *float64 `json:"kv_usage_max,omitempty"`
	// Ours is what the client counted of the same requests.
	Ours Ours `json:"client"`
}

// Ours is what the client knows of all its requests of a cell, warm-up and
// those that failed or were cut included.
type Ours struct {
	Requests         int      `json:"requests"`                    // that were sent
	PromptTokens     *Span    `json:"prompt_tokens,omitempty"`     // absent where an answer came without a count
	GenerationTokens *Span    `json:"generation_tokens,omitempty"` // likewise
	CachedShare      *float64 `json:"cached_share,omitempty"`      // of the prompt tokens, by usage; 0 to 1
}

// Span is the least and the most that a number can be. They differ where
// requests failed or were cut: the server may have worked on those for longer
// than the client could see.
type Span struct {
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
}
