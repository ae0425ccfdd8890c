package result

// Server is what a server's own counters say of a cell, from before its
// warm-up until after its end: more than the measured window, and other
// clients' requests too. What the server does not count is absent, never 0.
type Server struct {
	SpanS            float64  `json:"span_s"`              // between the two samples that were compared
	Failed           int      `json:"failed,omitempty"`    // samples that gave no numbers
	Restarted        bool     `json:"restarted,omitempty"` // a counter fell: there are no differences
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
	// Gauges over the samples within the measured window.
	RunningMean *float64 `json:"running_mean,omitempty"`
	RunningMax  *float64 `json:"running_max,omitempty"`
	WaitingMean *float64 `json:"waiting_mean,omitempty"`
	WaitingMax  *float64 `json:"waiting_max,omitempty"`
	KVUsageMean *float64 `json:"kv_usage_mean,omitempty"` // 0 to 1
	KVUsageMax  *float64 `json:"kv_usage_max,omitempty"`
}
