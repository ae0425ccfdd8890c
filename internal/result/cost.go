package result

// Cost is the cost benchmark. Amounts are USD.
type Cost struct {
	Evidence  Evidence     `json:"evidence"`
	Candidate *TargetCost  `json:"candidate,omitempty"`
	Baseline  *TargetCost  `json:"baseline,omitempty"`
	Volumes   []VolumeCost `json:"volumes,omitempty"` // the plan's volume first
	BreakEven *BreakEven   `json:"break_even,omitempty"`
	Withheld  string       `json:"withheld,omitempty"` // why there is no comparison
	// Spoilt says which check spoils what requests cost, and SavingsSpoilt which
	// spoils the comparison; empty where none does.
	Spoilt        string   `json:"spoilt,omitempty"`
	SavingsSpoilt string   `json:"savings_spoilt,omitempty"`
	Notes         []string `json:"notes,omitempty"`
	Months        int      `json:"months"`
	Projection    []Month  `json:"projection,omitempty"` // cumulative, from the plan's volume with its growth

	// Inputs are what the amounts follow from, each with where it comes from.
	Inputs []CostInput `json:"inputs,omitempty"`
	// Curve is the cost of a month against its requests, with both sides of each step.
	Curve []CurvePoint `json:"curve,omitempty"`
	// Sensitivity has one row for each input that is varied alone, the largest
	// effect on the savings first.
	Sensitivity []Swing `json:"sensitivity,omitempty"`
	// Odds says how sure the savings at the plan's volume are; absent where there
	// is no comparison or no interval.
	Odds *Odds `json:"odds,omitempty"`
	// Cache says how much the prompts of the run, which are new to a cache,
	// overstate the price of the one that is paid by the token.
	Cache *CacheEffect `json:"cache,omitempty"`
	// Scenario is the comparison of machines with an API as plain numbers, for
	// questions of the kind "and at twice the price?"; absent where both are paid in
	// the same way or something is unknown.
	Scenario *CostScenario `json:"scenario,omitempty"`
}

// TargetCost is what one target costs at the plan's volume.
type TargetCost struct {
	Target       string   `json:"target"`
	Kind         string   `json:"kind"` // "api" (pays by token) or "machine" (pays by hour)
	Evidence     Evidence `json:"evidence"`
	Samples      int      `json:"samples"`                // requests behind the usage figures
	InputTokens  *Number  `json:"input_tokens,omitempty"` // mean of a request
	CachedTokens *Number  `json:"cached_tokens,omitempty"`
	OutputTokens *Number  `json:"output_tokens,omitempty"`
	PerRequest   Estimate `json:"per_request"`
	PerMTok      Estimate `json:"per_mtok"` // input and output tokens together
	TokensPerUSD Estimate `json:"tokens_per_usd"`
	// PerMTokFull is PerMTok of a machine that works at its capacity all the
	// time: what the volume would have to be for; absent where paid by the token.
	PerMTokFull  *Estimate `json:"per_mtok_full_use,omitempty"`
	Parts        []Part    `json:"parts,omitempty"`        // of PerRequest: input, cached, output, busy machine, idle machine, fixed, fallback
	CapacityRPS  *Number   `json:"capacity_rps,omitempty"` // requests/s that one replica carried within the limits
	CapacityFrom string    `json:"capacity_from,omitempty"`

	// PerSuccess is the cost of a request that succeeded: what failed is paid, too.
	PerSuccess *Estimate `json:"per_success,omitempty"`
	// PerAccepted is the cost of an answer of at least the score that the plan
	// accepts (cost.accept_score).
	PerAccepted *Estimate `json:"per_accepted,omitempty"`
	// PerMTokInput, PerMTokCached and PerMTokOutput are by kind of token. An API has
	// a price for each. A machine has one cost for all: it is divided by the tokens of
	// that kind alone, so its figures must not be added.
	PerMTokInput  *Estimate `json:"per_mtok_input,omitempty"`
	PerMTokCached *Estimate `json:"per_mtok_cached,omitempty"`
	PerMTokOutput *Estimate `json:"per_mtok_output,omitempty"`
	// Operating are the throughputs of a machine: at its peak, within the limits, and
	// as expected at the plan's volume, which is the headline.
	Operating []Operating `json:"operating,omitempty"`
}

// Part is one share of a cost.
type Part struct {
	Name string  `json:"name"`
	USD  float64 `json:"usd"`
}

// The throughputs of a machine.
const (
	AtPeak       = "peak"              // the most that was measured, whatever the latencies
	WithinLimits = "within the limits" // the most at which the plan's limits hold
	Expected     = "expected"          // within the limits, at the utilization of the plan's volume
)

// Operating is one throughput of a machine and what its tokens cost at it.
type Operating struct {
	Name              string   `json:"name"`                        // AtPeak, WithinLimits or Expected
	RequestsPerSecond *Number  `json:"requests_per_second"`         // of a replica
	TokensPerSecond   *Number  `json:"tokens_per_second,omitempty"` // of a replica, input and output together
	Utilization       *Number  `json:"utilization,omitempty"`       // of what it carries within the limits
	PerMTok           Estimate `json:"per_mtok"`
	From              string   `json:"from"` // the cell and its concurrency, or the volume, in words
}

// VolumeCost compares both targets at one monthly volume.
type VolumeCost struct {
	MonthlyRequests float64  `json:"monthly_requests"`
	Candidate       Estimate `json:"candidate_month"` // USD per month
	Baseline        Estimate `json:"baseline_month"`
	SavingsPercent  Estimate `json:"savings_percent"`
	SavingsMonth    Estimate `json:"savings_month"`
	SavingsYear     Estimate `json:"savings_year"`           // of the first 12 months, with the plan's growth
	Replicas        int      `json:"replicas,omitempty"`     // that the peak needs, spare ones included
	Accelerators    int      `json:"accelerators,omitempty"` // that are paid for at the peak: whole nodes
	Utilisation     *Number  `json:"utilisation,omitempty"`  // mean rate over the capacity of what is paid for
	Text            string   `json:"text"`                   // one sentence that explains the figure
}

// BreakEven says at which monthly volumes the candidate is cheaper.
type BreakEven struct {
	MonthlyRequests Estimate `json:"monthly_requests"` // the lowest volume from which the candidate is cheaper
	Text            string   `json:"text"`
	// Wins are the volumes at which the candidate is cheaper, in order. Machines are
	// whole, so there can be several: just above a step the candidate can be more
	// expensive again.
	Wins []VolumeRange `json:"wins,omitempty"`
	// More counts ranges beyond those of Wins.
	More int `json:"more,omitempty"`
}

// VolumeRange is volumes in whole requests per month, both ends included.
type VolumeRange struct {
	From Number `json:"from"`
	To   Number `json:"to"` // "inf": there is no upper end
}

// Month is one step of the cost projection, cumulative.
type Month struct {
	Month     int     `json:"month"`
	Candidate float64 `json:"candidate"`
	Baseline  float64 `json:"baseline"`
	// Requests of this month alone.
	Requests float64 `json:"requests,omitempty"`
	// The bounds are of 95 %, each target's own; absent where unknown.
	CandidateLo *Number `json:"candidate_lo,omitempty"`
	CandidateHi *Number `json:"candidate_hi,omitempty"`
	BaselineLo  *Number `json:"baseline_lo,omitempty"`
	BaselineHi  *Number `json:"baseline_hi,omitempty"`
}

// Where an input of the costs comes from.
const (
	BasisMeasured  = "measured"
	BasisSimulated = "simulated" // measured on a simulated endpoint
	BasisListed    = "listed"    // a price with source and date
	BasisPlan      = "assumed in the plan"
	BasisDefault   = "assumed by default" // nobody stated it
)

// CostInput is one figure that the costs follow from.
type CostInput struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // in words, with its unit
	Basis  string `json:"basis"` // BasisMeasured, BasisSimulated, BasisListed, BasisPlan or BasisDefault
	Source string `json:"source,omitempty"`
	AsOf   string `json:"as_of,omitempty"`
	Key    string `json:"key,omitempty"` // of the plan that changes it
}

// CurvePoint is what a month costs at a volume.
type CurvePoint struct {
	MonthlyRequests float64 `json:"monthly_requests"`
	Candidate       float64 `json:"candidate"`
	Baseline        float64 `json:"baseline"`
}

// Swing is how far the savings move when one input moves and the others stay.
type Swing struct {
	Name        string `json:"name"`
	Low         string `json:"low"`          // the input's lower value, in words
	High        string `json:"high"`         // the input's higher value
	Base        string `json:"base"`         // its value in the plan or as measured
	Basis       string `json:"basis"`        // of the range: measured, or assumed
	SavingsLow  Number `json:"savings_low"`  // percent at Low
	SavingsHigh Number `json:"savings_high"` // percent at High
}

// Odds is the distribution of the savings at the plan's volume that follows from
// the intervals of what was measured. Prices, volume and peak are as stated.
type Odds struct {
	Draws   int      `json:"draws"`
	Seed    uint64   `json:"seed"`
	Cheaper Number   `json:"cheaper"`         // share of draws in which the candidate is cheaper
	Savings Estimate `json:"savings_percent"` // the median, with the interval that holds 90 % of the draws
	Month   Estimate `json:"savings_month"`   // USD, likewise
	Text    string   `json:"text"`
}

// CacheEffect is the API's cost at a stated share of cached input.
type CacheEffect struct {
	Target     string  `json:"target"`
	Measured   *Number `json:"measured_share,omitempty"`  // of the input tokens of the run
	Given      *Number `json:"given_share,omitempty"`     // cost.cached_share: the amounts are for it
	Stated     Number  `json:"stated_share"`              // the share of the next two
	PerRequest Number  `json:"per_request"`               // USD at Stated
	Overstated Number  `json:"overstated_percent"`        // by how much the run's own share overstates it
	Savings    *Number `json:"savings_percent,omitempty"` // at the plan's volume and Stated
	Text       string  `json:"text"`
}

// CostScenario is a comparison of machines with an API as plain numbers. Two
// programs that read it must come to the same answer: cost.WhatIf is the reference.
type CostScenario struct {
	MonthlyRequests float64 `json:"monthly_requests"`
	// PeakToMean is the month's peak rate over its mean rate; 0 where Utilization is given.
	PeakToMean float64 `json:"peak_to_mean,omitempty"`
	// Utilization is the highest share of their capacity at which machines may work on
	// average, in place of PeakToMean; 0: not given.
	Utilization float64   `json:"utilization,omitempty"`
	Profile     []float64 `json:"profile,omitempty"` // shares of a day's requests by hour, 24 of them; empty: even
	BatchShare  float64   `json:"batch_share,omitempty"`
	Growth      float64   `json:"growth,omitempty"` // per month: 0.05 is 5 %
	Months      int       `json:"months,omitempty"`

	Own CostFleet `json:"own"`
	API CostAPI   `json:"api"`
	// FallbackShare of the requests is sent to the API after the machine.
	FallbackShare float64 `json:"fallback_share,omitempty"`
}

// CostFleet is machines that are paid by the hour.
type CostFleet struct {
	InputTokens  float64 `json:"input_tokens"` // mean of a request, by the machine's tokenizer
	OutputTokens float64 `json:"output_tokens"`
	USDPerHour   float64 `json:"usd_per_hour"`   // of one accelerator
	Accelerators int     `json:"accelerators"`   // of one replica; 0 is 1
	Node         int     `json:"node,omitempty"` // accelerators that are sold together; 0 is 1
	// RequestsPerSecond is what one replica carries within the limits. In its place
	// TokensPerSecond can be given, input and output together.
	RequestsPerSecond float64 `json:"requests_per_second,omitempty"`
	TokensPerSecond   float64 `json:"tokens_per_second,omitempty"`
	MinReplicas       int     `json:"min_replicas"`
	SpareReplicas     int     `json:"spare_replicas,omitempty"` // beyond what the peak needs: 1 is N+1
	Scaling           string  `json:"scaling,omitempty"`        // of package tariff; "": always on
	StartHours        float64 `json:"start_hours,omitempty"`    // that are paid from a start to the first request
	FixedMonth        float64 `json:"fixed_month,omitempty"`    // USD per month whatever the number: staff, colocation
}

// CostAPI is an API that is paid by the token. Prices are USD per million tokens.
type CostAPI struct {
	InputTokens  float64  `json:"input_tokens"` // mean of a request, by the provider's tokenizer; cached ones included
	OutputTokens float64  `json:"output_tokens"`
	CachedShare  float64  `json:"cached_share,omitempty"` // of the input tokens
	Input        float64  `json:"input"`
	Cached       *float64 `json:"cached,omitempty"` // absent: as Input
	Output       float64  `json:"output"`
	BatchFactor  float64  `json:"batch_factor,omitempty"` // a batched request's price over the normal one; 0: the batch share has no discount
	// Surcharge is what requests cost over their mean tokens at these prices, where
	// prices have tiers; 0 is 1.
	Surcharge float64 `json:"surcharge,omitempty"`
}

// CostAnswer is what follows from a CostScenario.
type CostAnswer struct {
	Replicas     int     `json:"replicas"`
	Accelerators int     `json:"accelerators"` // paid for at the peak: whole nodes
	Utilization  float64 `json:"utilization"`  // of what is paid for

	OwnMonth      float64 `json:"own_month"`
	APIMonth      float64 `json:"api_month"`
	OwnPerRequest float64 `json:"own_per_request"`
	APIPerRequest float64 `json:"api_per_request"`
	OwnPerMTok    float64 `json:"own_per_mtok"` // of its own tokens, input and output together
	APIPerMTok    float64 `json:"api_per_mtok"`
	// OwnTokensPerUSD and APITokensPerUSD count each side's own tokens.
	OwnTokensPerUSD float64 `json:"own_tokens_per_usd"`
	APITokensPerUSD float64 `json:"api_tokens_per_usd"`

	SavingsPercent float64 `json:"savings_percent"` // of own machines against the API
	SavingsMonth   float64 `json:"savings_month"`
	SavingsYear    float64 `json:"savings_year"` // of the first 12 months, with growth

	Wins []VolumeRange `json:"wins"` // where own machines are cheaper
	More int           `json:"more,omitempty"`
	Text string        `json:"text"` // one sentence
}

// Bought is what an accelerator with its share of the node costs in an hour where it
// was bought, by part, and what that follows from.
type Bought struct {
	USD           float64 `json:"usd"`
	Years         float64 `json:"years"`
	Residual      float64 `json:"residual"`      // share of USD
	DiscountRate  float64 `json:"discount_rate"` // per year
	Availability  float64 `json:"availability"`
	Maintenance   float64 `json:"maintenance"` // share of USD per year
	KW            float64 `json:"kw"`          // at the wall
	PowerMeasured bool    `json:"power_measured"`
	PUE           float64 `json:"pue"`
	PUEDefault    bool    `json:"pue_default,omitempty"` // nobody stated it
	USDPerKWh     float64 `json:"usd_per_kwh"`
	Colocation    float64 `json:"colocation_month"` // USD per month

	Capital         float64 `json:"capital_hour"` // USD per hour, as are the rest
	Power           float64 `json:"power_hour"`
	MaintenanceHour float64 `json:"maintenance_hour"`
	ColocationHour  float64 `json:"colocation_hour"`
}
