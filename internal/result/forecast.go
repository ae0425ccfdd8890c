package result

// Forecast is what a deployment would do, computed from data sheets and the
// simulated scheduler. Nothing was measured. The intervals of its
// estimates are those of the coefficients' error, from a run with optimistic
// and one with pessimistic ones; they are not confidence intervals.
type Forecast struct {
	Evidence    Evidence           `json:"evidence"`
	Model       string             `json:"model"`
	Accelerator string             `json:"accelerator"`
	Deployment  ForecastDeployment `json:"deployment"`
	Workload    ForecastWorkload   `json:"workload"`
	// Basis says where the coefficients are from, and Band the relative error
	// of step times that goes with it.
	Basis  string         `json:"basis"`
	Band   float64        `json:"band"`
	Memory ForecastMemory `json:"memory"`

	// Saturation is the most that is carried whatever the latency, in
	// requests/s of the whole deployment.
	Saturation Estimate          `json:"saturation"`
	Capacity   *ForecastCapacity `json:"capacity,omitempty"` // absent without limits
	Loads      []ForecastLoad    `json:"loads"`              // by rising rate
	Needed     *ForecastNeeded   `json:"needed,omitempty"`   // absent without a rate
	Cost       *ForecastCost     `json:"cost,omitempty"`
	NoCost     string            `json:"no_cost,omitempty"` // why there is no cost
	Calibrated *Calibrated       `json:"calibrated,omitempty"`
	Fleet      *ForecastFleet    `json:"fleet,omitempty"` // instead of loads

	Text        []string `json:"text"` // the answers in sentences
	Assumptions []string `json:"assumptions"`
}

// ForecastDeployment is how the model is spread over the accelerators.
type ForecastDeployment struct {
	Accelerators int     `json:"accelerators"` // in all
	Replicas     int     `json:"replicas"`     // that share nothing
	TP           int     `json:"tp"`
	PP           int     `json:"pp"`
	DP           int     `json:"dp"`
	Weights      string  `json:"weights"`  // format
	KV           string  `json:"kv_cache"` // format
	MaxSeqs      int     `json:"max_num_seqs"`
	BatchTokens  int     `json:"max_num_batched_tokens"`
	Utilization  float64 `json:"gpu_memory_utilization"`
	Text         string  `json:"text"`
}

// ForecastWorkload is what the requests look like. Tokens are means.
type ForecastWorkload struct {
	Name         string  `json:"name"`
	Text         string  `json:"text"`
	InputTokens  float64 `json:"input_tokens"`
	OutputTokens float64 `json:"output_tokens"`
	SharedTokens int     `json:"shared_tokens,omitempty"` // that all prompts begin with
	Source       string  `json:"source"`
}

// ForecastMemory is what lies in the memory of one accelerator, and what the
// cache of one replica holds.
type ForecastMemory struct {
	TotalGB   float64 `json:"total_gb"`
	WeightsGB float64 `json:"weights_gb"` // of the fullest rank
	KVTokens  int     `json:"kv_tokens"`  // of a replica
	// KVSequences are those of mean length, with half of the output written.
	KVSequences int `json:"kv_sequences"`
}

// ForecastCapacity is the highest load inside limits, by bisection in virtual
// time.
type ForecastCapacity struct {
	Limits []string `json:"limits"`
	Rate   Estimate `json:"rate"`            // requests/s of the whole deployment
	Broke  string   `json:"broke,omitempty"` // the limit that breaks first beyond it
	Binds  string   `json:"binds"`           // the bottleneck at that load
}

// ForecastLoad is one rate. A latency that has no bound, because requests come
// faster than they end, is "inf".
type ForecastLoad struct {
	Rate     float64  `json:"rate"` // requests/s of the whole deployment
	Asked    bool     `json:"asked,omitempty"`
	N        int      `json:"n"` // simulated requests
	TTFTP50  Estimate `json:"ttft_p50"`
	TTFTP99  Estimate `json:"ttft_p99"` // ms
	TPOTP50  Estimate `json:"tpot_p50"`
	TPOTP99  Estimate `json:"tpot_p99"`
	E2EP50   Estimate `json:"e2e_p50"`
	E2EP99   Estimate `json:"e2e_p99"`
	Tokens   Estimate `json:"output_tokens_per_s"`
	Running  Estimate `json:"running"` // mean number of sequences in a step of one replica
	KVUsage  Estimate `json:"kv_usage"`
	Preempts *Number  `json:"preemptions,omitempty"`
	Binds    string   `json:"binds"`
	// Outside says what of it is beyond what was calibrated; empty: nothing, or
	// nothing was calibrated.
	Outside string `json:"outside,omitempty"`
}

// ForecastNeeded is the hardware that a rate needs.
type ForecastNeeded struct {
	Rate         float64  `json:"rate"`
	Replicas     Estimate `json:"replicas"`
	Accelerators Estimate `json:"accelerators"`
	For          string   `json:"for"` // the limits, or saturation
}

// ForecastCost is in USD. Full is with all machines at their capacity all the
// time, Asked at the rate asked for on the machines that it needs.
type ForecastCost struct {
	USDPerHour    float64   `json:"usd_per_hour"` // of one accelerator
	Evidence      Evidence  `json:"evidence"`     // of that price
	Source        string    `json:"source"`
	AsOf          string    `json:"as_of,omitempty"`
	FullMTok      Estimate  `json:"full_use_per_mtok"` // input and output tokens together
	FullRequest   Estimate  `json:"full_use_per_request"`
	AskedMTok     *Estimate `json:"at_rate_per_mtok,omitempty"`
	AskedRequest  *Estimate `json:"at_rate_per_request,omitempty"`
	AskedPerMonth *Estimate `json:"at_rate_per_month,omitempty"` // 730 hours
}

// Calibrated is how the coefficients were fitted to a run.
type Calibrated struct {
	Run          string        `json:"run"`
	Evidence     Evidence      `json:"evidence"` // of that run
	Points       []FitPoint    `json:"points"`
	Coefficients []Coefficient `json:"coefficients"`
	Error        float64       `json:"error"`           // root mean square of the residuals of TPOT, and of TTFT with one user; relative
	MaxUsers     float64       `json:"max_concurrency"` // requests in flight, at most
	MaxTokens    int           `json:"max_tokens"`      // of a request, input and output
	Notes        []string      `json:"notes,omitempty"`
}

// FitPoint is one value of the run and the same by the fit, in ms.
type FitPoint struct {
	Cell     string  `json:"cell"`
	Metric   string  `json:"metric"` // ttft or tpot, medians
	N        int     `json:"n"`
	Measured float64 `json:"measured"`
	Fitted   float64 `json:"fitted"`
	Residual float64 `json:"residual"` // fitted ÷ measured − 1
}

// Coefficient is one that was fitted, with the range of nine in ten resamples.
type Coefficient struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit,omitempty"`
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	Start float64 `json:"start"`          // before the run was looked at
	Note  string  `json:"note,omitempty"` // "at its bound", or that the run does not tell
}

// ForecastFleet is what many replicas would do under traffic that changes.
type ForecastFleet struct {
	Instances    int     `json:"instances"`
	Accelerators int     `json:"accelerators"`
	Traffic      string  `json:"traffic"`
	Requests     int     `json:"requests"`
	Refused      int     `json:"refused,omitempty"` // that no cache could hold
	SpanS        float64 `json:"span_s"`            // until the last request has ended
	// In ms, over all requests. The ranges are those of slower and faster steps;
	// absent where there were too many requests to simulate three times.
	TTFTP50 Estimate `json:"ttft_p50"`
	TTFTP99 Estimate `json:"ttft_p99"`
	TPOTP50 Estimate `json:"tpot_p50"`
	TPOTP99 Estimate `json:"tpot_p99"`
	E2EP50  Estimate `json:"e2e_p50"`
	E2EP99  Estimate `json:"e2e_p99"`
	Busy    Estimate `json:"busy"`        // share of the engines' time that was a step
	Hits    Estimate `json:"prefix_hits"` // share of input tokens from the prefix cache
	Hours   float64  `json:"accelerator_hours"`
	USD     *Number  `json:"usd,omitempty"`
	USDMTok *Number  `json:"usd_per_mtok,omitempty"`

	Slices []ForecastSlice `json:"slices"`
}

// ForecastSlice is one of the equal parts of a fleet's traffic.
type ForecastSlice struct {
	StartS   float64 `json:"start_s"`
	Rate     float64 `json:"rate"` // requests/s that came
	N        int     `json:"n"`
	TTFTP50  *Number `json:"ttft_p50,omitempty"`
	TTFTP99  *Number `json:"ttft_p99,omitempty"`
	TPOTP50  *Number `json:"tpot_p50,omitempty"`
	TPOTP99  *Number `json:"tpot_p99,omitempty"`
	InFlight float64 `json:"in_flight"` // mean number of requests in all engines
}
