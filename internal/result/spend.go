package result

import "time"

// Spend is what the requests of a run used and cost by the prices per token: all
// that were sent, the probes, the warm-up and what was measured again included. A
// machine that is paid by the hour is not part of it.
type Spend struct {
	// USD is absent where no target has a price per token.
	USD *Number `json:"usd,omitempty"`
	// AtMostUSD is the part of USD for requests of which the server did not report
	// the tokens: they are booked at the most that they can have had.
	AtMostUSD *Number `json:"at_most_usd,omitempty"`
	CapUSD    *Number `json:"cap_usd,omitempty"` // --max-cost; absent: none
	// Simulated says that all of USD is of simulated targets, which charge nobody.
	Simulated bool          `json:"simulated,omitempty"`
	Targets   []TargetSpend `json:"targets"`
	Note      string        `json:"note,omitempty"` // what is not counted
}

// TargetSpend is what the requests to one target used.
type TargetSpend struct {
	Target       string `json:"target"`
	Requests     int    `json:"requests"` // that are billed: those refused or never sent are not
	InputTokens  int    `json:"input_tokens"`
	CachedTokens int    `json:"cached_tokens,omitempty"` // of the input
	// CacheWriteTokens are those of the input that were written to the cache.
	CacheWriteTokens int `json:"cache_write_tokens,omitempty"`
	OutputTokens     int `json:"output_tokens"`
	// AtMostRequests are those of Requests whose tokens are the most that they can
	// have had, since the server did not report them.
	AtMostRequests int `json:"at_most_requests,omitempty"`
	// Reused are answers that were not asked for again, and cost nothing.
	Reused    int     `json:"reused,omitempty"`
	Price     *Price  `json:"price,omitempty"`
	USD       *Number `json:"usd,omitempty"`
	Simulated bool    `json:"simulated,omitempty"`
}

// Reuse is answers of a target that an earlier run had bought, and that this one did
// not ask for again: they were scored, and their tokens priced. They have no latency
// and cost this run nothing.
type Reuse struct {
	Target  string `json:"target"`
	Answers int    `json:"answers"`
	// Oldest and Newest are when they were recorded.
	Oldest time.Time `json:"oldest"`
	Newest time.Time `json:"newest"`
	// Sent is how many prompts of the same benchmarks the target was sent all the
	// same; 0: none, so that it has no latency in this run.
	Sent int `json:"sent"`
}
