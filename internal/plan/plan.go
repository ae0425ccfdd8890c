// Package plan says what to measure: one validated value, made from defaults,
// a YAML file, environment variables and flags, in rising order of precedence.
// A plan is pure data. Nothing is sent while one is made.
package plan

import (
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/plan/demand"
	"github.com/inferometer/inferometer/internal/plan/kept"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/stats"
)

// Benchmark names one of the benchmarks of the suite.
type Benchmark string

// The benchmarks, in the order in which they run and are reported. Load is
// one cell with all knobs (the load command) and not part of the suite.
const (
	Latency    Benchmark = "latency"
	Throughput Benchmark = "throughput"
	Cost       Benchmark = "cost"
	Quality    Benchmark = "quality"
	Hardware   Benchmark = "hardware"
	Load       Benchmark = "load"
	Capacity   Benchmark = "capacity" // the search of the capacity command; not part of the suite either
)

// Plan is everything that a run depends on. The zero Plan is not valid; start
// from Default.
type Plan struct {
	Name string `yaml:"name" json:"name"`
	Seed uint64 `yaml:"seed" json:"seed"`

	Candidate Target  `yaml:"candidate" json:"candidate"`
	Baseline  *Target `yaml:"baseline,omitempty" json:"baseline,omitempty"`
	// Targets are further endpoints to compare with, each with a name of its own.
	Targets []Target `yaml:"targets,omitempty" json:"targets,omitempty"`

	// Only lists the benchmarks to run; empty means all five.
	Only  []Benchmark `yaml:"only,omitempty" json:"only,omitempty"`
	Quick bool        `yaml:"quick,omitempty" json:"quick,omitempty"`

	Workload   WorkloadPlan   `yaml:"workload" json:"workload"`
	Latency    LatencyPlan    `yaml:"latency" json:"latency"`
	Throughput ThroughputPlan `yaml:"throughput" json:"throughput"`
	Cost       CostPlan       `yaml:"cost" json:"cost"`
	Quality    QualityPlan    `yaml:"quality" json:"quality"`
	Load       LoadPlan       `yaml:"load" json:"load"`
	Capacity   CapacityPlan   `yaml:"capacity" json:"capacity"`
	Scan       ScanPlan       `yaml:"scan,omitempty" json:"scan,omitzero"`

	// Claims are decided by the run and set the exit code.
	Claims []Claim `yaml:"claims,omitempty" json:"claims,omitempty"`
	// Kept has labels, and conditions against kept runs.
	kept.Kept `yaml:",inline"`

	Client ClientPlan `yaml:"client" json:"client"`
	// Power says where power is read meanwhile.
	Power metering.Power `yaml:"power,omitempty" json:"power,omitzero"`

	// MaxCost stops the run before a dispatch that could take the spend over
	// it, in USD; 0 means no cap. It needs a price for every priced target.
	MaxCost float64 `yaml:"max_cost,omitempty" json:"max_cost,omitempty"`
	// Prices is a price file whose entries win over the built-in list.
	Prices string `yaml:"prices,omitempty" json:"prices,omitempty"`
	// Undecided is the exit code policy for undecided claims: "gate" (97) or "pass".
	Undecided string `yaml:"undecided,omitempty" json:"undecided,omitempty"`
	// KeepText is "quality" (answers of the quality benchmark, mode 0600) or "none".
	KeepText string `yaml:"keep_text" json:"keep_text"`
	Dir      string `yaml:"dir" json:"dir"` // folder of runs
}

// Target is one endpoint.
type Target struct {
	// Name of a further target. Those of the candidate and the baseline are fixed.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// URL is http(s)://host[:port][/v1], or sim:vllm, sim:api and sim:fitted for
	// the embedded simulated endpoints.
	URL   string `yaml:"url" json:"url"`
	Model string `yaml:"model,omitempty" json:"model,omitempty"` // empty: the first of /v1/models
	// ModelUnlisted insists on a Model that the server does not list.
	ModelUnlisted bool `yaml:"model_unlisted,omitempty" json:"model_unlisted,omitempty"`
	// At most one source of the key. The key itself is never part of a plan.
	KeyEnv     string `yaml:"key_env,omitempty" json:"key_env,omitempty"`
	KeyFile    string `yaml:"key_file,omitempty" json:"key_file,omitempty"`
	KeyCommand string `yaml:"key_command,omitempty" json:"key_command,omitempty"`

	API     string            `yaml:"api" json:"api"` // chat, completions, responses, messages or embeddings
	Stream  bool              `yaml:"stream" json:"stream"`
	Headers map[string]string `yaml:"headers,omitempty" json:"headers,omitempty"` // values are redacted in outputs
	Body    map[string]any    `yaml:"body,omitempty" json:"body,omitempty"`       // extra body fields, sent as they are
	// Logprobs asks for log probabilities to count the tokens of each frame,
	// where the server has no cheaper way; they cost it time.
	Logprobs bool `yaml:"logprobs,omitempty" json:"logprobs,omitempty"`

	// MetricsURL is where the server shows its own metrics as Prometheus text;
	// empty: /metrics next to the API, if there is something; MetricsOff: they
	// are not read.
	MetricsURL string `yaml:"metrics_url,omitempty" json:"metrics_url,omitempty"`

	Price   *Price           `yaml:"price,omitempty" json:"price,omitempty"`
	Machine *Machine         `yaml:"machine,omitempty" json:"machine,omitempty"`
	Limits  `yaml:",inline"` // of requests and tokens per minute, which pace what is sent

	// TTFT, ITL and Slots override the profile of a sim: target.
	Sim *SimPlan `yaml:"sim,omitempty" json:"sim,omitempty"`
}

// SimPlan overrides the profile of an embedded simulated endpoint.
type SimPlan struct {
	TTFT  Duration `yaml:"ttft,omitempty" json:"ttft,omitempty"`
	ITL   Duration `yaml:"itl,omitempty" json:"itl,omitempty"`
	Slots int      `yaml:"slots,omitempty" json:"slots,omitempty"`
	// Answers is a file with right answers to known prompts, Faults what goes wrong, as
	// --answers and --fault of the command sim have them.
	Answers string   `yaml:"answers,omitempty" json:"answers,omitempty"`
	Faults  []string `yaml:"faults,omitempty" json:"faults,omitempty"`
}

// Timed reports whether it changes latencies or slots.
func (s *SimPlan) Timed() bool { return s != nil && (s.TTFT != 0 || s.ITL != 0 || s.Slots != 0) }

// Price, Machine and Limits are the terms under which a target is used.
type (
	Price   = terms.Price
	Machine = terms.Machine
	Limits  = terms.Limits
	Warmup  = terms.Warmup
)

// WorkloadPlan says what is sent.
type WorkloadPlan struct {
	InputTokens  int `yaml:"input_tokens" json:"input_tokens"`
	OutputTokens int `yaml:"output_tokens" json:"output_tokens"`
	// InputLengths and OutputLengths are distributions in the place of the
	// numbers, which become their means; see length.Forms.
	InputLengths  string `yaml:"input_lengths,omitempty" json:"input_lengths,omitempty"`
	OutputLengths string `yaml:"output_lengths,omitempty" json:"output_lengths,omitempty"`
	// Tokenizer counts prompts: auto, server, cl100k_base, o200k_base, the path
	// of a tokenizer.json, or none (estimates from the server's usage). Empty
	// means auto.
	Tokenizer string `yaml:"tokenizer,omitempty" json:"tokenizer,omitempty"`
	// Text is what synthetic prompts are written in; empty means words. Its forms
	// are those of workload.ParseText.
	Text string `yaml:"text,omitempty" json:"text,omitempty"`
	// Answer is what requests ask for: AnswerText, AnswerReasoning, AnswerTools or
	// AnswerJSON. Empty means text.
	Answer     string `yaml:"answer,omitempty" json:"answer,omitempty"`
	Effort     string `yaml:"effort,omitempty" json:"effort,omitempty"`           // of reasoning; empty means medium
	Tools      int    `yaml:"tools,omitempty" json:"tools,omitempty"`             // functions that are offered; not set: 4
	ToolChoice string `yaml:"tool_choice,omitempty" json:"tool_choice,omitempty"` // auto or required; empty means required
	// Prefix is what synthetic prompts have in common.
	Prefix PrefixPlan `yaml:"prefix,omitempty" json:"prefix,omitzero"`
	// CacheSalt makes prompts new to a server's caches. Empty means the time of
	// the run; with a text of one's own two runs send the same bytes.
	CacheSalt string `yaml:"cache_salt,omitempty" json:"cache_salt,omitempty"`

	Temperature float64 `yaml:"temperature" json:"temperature"`
	// Dataset is a file of prompts that replaces the synthetic ones: JSONL, a JSON
	// array, ShareGPT, OpenAI's batch files, Parquet, CSV, TSV or plain text.
	Dataset string   `yaml:"dataset,omitempty" json:"dataset,omitempty"`
	Rows    RowsPlan `yaml:"rows,omitempty" json:"rows,omitzero"`
	// Turns makes conversations: of synthetic prompts the number of turns or a
	// distribution of it, of a data set "whole" or a maximum.
	// Empty or "flat": each prompt is one request.
	Turns string `yaml:"turns,omitempty" json:"turns,omitempty"`
	// TurnTokens are those of what a user says after the first turn, a number
	// or a distribution; empty means DefaultTurnTokens.
	TurnTokens string `yaml:"turn_tokens,omitempty" json:"turn_tokens,omitempty"`
}

// RowsPlan says what is taken of a data set.
type RowsPlan struct {
	// Columns says which column or key holds a part of a prompt, as in
	// "prompt=question, max_tokens=n".
	Columns   string `yaml:"columns,omitempty" json:"columns,omitempty"`
	MinTokens int    `yaml:"min_tokens,omitempty" json:"min_tokens,omitempty"` // shorter prompts are left out
	MaxTokens int    `yaml:"max_tokens,omitempty" json:"max_tokens,omitempty"` // longer ones too; 0: no limit
	Sample    int    `yaml:"sample,omitempty" json:"sample,omitempty"`         // rows drawn by the seed; 0: all
	Shuffle   bool   `yaml:"shuffle,omitempty" json:"shuffle,omitempty"`       // order by the seed
	SkipBad   bool   `yaml:"skip_bad,omitempty" json:"skip_bad,omitempty"`     // count bad rows and go on
}

// PrefixPlan is a beginning that prompts share. Without tokens there is none.
type PrefixPlan struct {
	Tokens int `yaml:"tokens,omitempty" json:"tokens,omitempty"`
	Groups int `yaml:"groups,omitempty" json:"groups,omitempty"` // different beginnings; 0 means 1
	// Share of the prompts that have one; nil means all, 0 none.
	Share *float64 `yaml:"share,omitempty" json:"share,omitempty"`
}

// LatencyPlan sizes the pass of prompts that feeds latency, cost and quality.
type LatencyPlan struct {
	Iterations int `yaml:"iterations" json:"iterations"`
	Warmup     int `yaml:"warmup" json:"warmup"`
}

// ThroughputPlan lists the closed-loop levels (users at once).
type ThroughputPlan struct {
	Levels       []int `yaml:"levels" json:"levels"`
	LoadBaseline bool  `yaml:"load_baseline" json:"load_baseline"`
	// Requests at each level; 0 means max(100, 15 × level).
	Requests int `yaml:"requests,omitempty" json:"requests,omitempty"`
}

// CostPlan says for which traffic the cost is worked out.
type CostPlan = demand.Cost

// QualityPlan says what is scored.
type QualityPlan = scoring.Quality

// LoadPlan is the one cell of the load command. Exactly one of Users and Rate
// is set; a trace brings its own times.
type LoadPlan struct {
	Users int     `yaml:"users,omitempty" json:"users,omitempty"` // closed loop
	Rate  float64 `yaml:"rate,omitempty" json:"rate,omitempty"`   // open loop, requests/s, or conversations begun a second
	// RateCurve is a rate that changes, in the place of Rate; see arrival.Forms.
	RateCurve string `yaml:"rate_curve,omitempty" json:"rate_curve,omitempty"`
	// Arrival is constant, poisson, gamma or weibull; empty means constant.
	Arrival string `yaml:"arrival,omitempty" json:"arrival,omitempty"`
	// Burstiness is the shape of gamma and weibull arrivals: below 1 they come
	// in bursts; 0 means 1, which is poisson.
	Burstiness float64  `yaml:"burstiness,omitempty" json:"burstiness,omitempty"`
	Requests   int      `yaml:"requests,omitempty" json:"requests,omitempty"` // by count and/or
	Duration   Duration `yaml:"duration,omitempty" json:"duration,omitempty"` // by duration
	// Conversations are all that are begun; 0: as many as fit.
	Conversations int `yaml:"conversations,omitempty" json:"conversations,omitempty"`

	// Warmup is what goes before the measured part; nil means until the load has
	// settled (cells.LoadSettling).
	Warmup *Warmup `yaml:"warmup,omitempty" json:"warmup,omitempty"`
	// Blocks is in how many interleaved blocks several targets take turns; 0: as
	// many as are long enough, 5 to 10.
	Blocks    int      `yaml:"blocks,omitempty" json:"blocks,omitempty"`
	ThinkTime Duration `yaml:"think_time,omitempty" json:"think_time,omitempty"`
	// ThinkCV is how much think times vary, as standard deviation ÷ mean of a
	// log-normal distribution; 0: all are ThinkTime.
	ThinkCV float64 `yaml:"think_cv,omitempty" json:"think_cv,omitempty"`
	Trace   string  `yaml:"trace,omitempty" json:"trace,omitempty"`
	Speed   float64 `yaml:"speed,omitempty" json:"speed,omitempty"` // trace time is divided by it; 0 means 1
	Replay  Replay  `yaml:"replay,omitempty" json:"replay,omitzero"`
}

// Replay says what is taken of a trace, and how.
type Replay struct {
	// From and To are a window on the trace's clock; To 0 means its end.
	From Duration `yaml:"from,omitempty" json:"from,omitempty"`
	To   Duration `yaml:"to,omitempty" json:"to,omitempty"`
	// Spread moves each arrival by a random part of the trace's tick.
	Spread bool `yaml:"spread,omitempty" json:"spread,omitempty"`
	// Context is the most tokens of input and output together; longer rows are
	// cut. 0: no limit.
	Context int `yaml:"context,omitempty" json:"context,omitempty"`
	// Open sends the turns of a session at their recorded times, whether or not
	// the turn before has ended.
	Open    bool `yaml:"open,omitempty" json:"open,omitempty"`
	Sort    bool `yaml:"sort,omitempty" json:"sort,omitempty"`         // sort rows that are out of order
	SkipBad bool `yaml:"skip_bad,omitempty" json:"skip_bad,omitempty"` // count malformed rows and go on
	// BlockSize is the tokens of a prompt block; 0: as the trace says.
	BlockSize int    `yaml:"block_size,omitempty" json:"block_size,omitempty"`
	TimeUnit  string `yaml:"time_unit,omitempty" json:"time_unit,omitempty"` // s, ms, us or ns; "": detected
	Columns   string `yaml:"columns,omitempty" json:"columns,omitempty"`     // of a CSV: time=ts,input=…
	Target    string `yaml:"target,omitempty" json:"target,omitempty"`       // of an own log; "": the candidate
}

// CapacityPlan is the search of the capacity command.
type CapacityPlan struct {
	// SLO lists the limits that the load must keep, all at once. Without one only
	// saturation is looked for.
	SLO SLO `yaml:"slo,omitempty" json:"slo,omitempty"`
	// In is "rate" (requests/s of an open loop) or "users" (of a closed loop).
	In string `yaml:"in" json:"in"`
	// MaxTime is how long the cells of the search may take in all.
	MaxTime Duration `yaml:"max_time" json:"max_time"`
	// Precision is how near to the border the answer should come, as a share.
	Precision float64 `yaml:"precision" json:"precision"`
	// Arrival is the process of the open loops.
	Arrival    string  `yaml:"arrival" json:"arrival"`
	Burstiness float64 `yaml:"burstiness,omitempty" json:"burstiness,omitempty"`
}

// SLO is a list of limits in the grammar of limits; a name mlperf/MODEL/SCENARIO
// stands for the limits of that MLPerf benchmark.
type SLO []string

// HTTP2 is the value of ClientPlan.HTTP for HTTP/2.
const HTTP2 = "2"

// ClientPlan is how the client behaves.
type ClientPlan struct {
	MaxInflight    int      `yaml:"max_inflight,omitempty" json:"max_inflight,omitempty"` // 0: no limit
	Timeout        Duration `yaml:"timeout" json:"timeout"`
	IdleTimeout    Duration `yaml:"idle_timeout" json:"idle_timeout"`
	ConnectTimeout Duration `yaml:"connect_timeout" json:"connect_timeout"`
	Grace          Duration `yaml:"grace" json:"grace"` // drain time at the end of a cell
	Insecure       bool     `yaml:"insecure,omitempty" json:"insecure,omitempty"`
	CACert         string   `yaml:"ca_cert,omitempty" json:"ca_cert,omitempty"`
	ClientCert     string   `yaml:"client_cert,omitempty" json:"client_cert,omitempty"` // PEM files of the
	ClientKey      string   `yaml:"client_key,omitempty" json:"client_key,omitempty"`   // client's own certificate
	// Proxy is the URL of a proxy, or "none"; empty means what the environment says.
	Proxy string `yaml:"proxy,omitempty" json:"proxy,omitempty"`
	// HTTP is the version of HTTP that servers are spoken to in: "1", "2", or empty for 1.
	HTTP string `yaml:"http,omitempty" json:"http,omitempty"`
	// Breaker is the share of failures among the latest requests at which a
	// cell is hopeless and ends; above 1 never.
	Breaker float64 `yaml:"breaker" json:"breaker"`
	// Calibrate measures before the run what the client itself adds.
	Calibrate bool `yaml:"calibrate" json:"calibrate"`
}

// Schedule is the open loop that the plan asks for; its Process is empty where
// it asks for none.
func (l LoadPlan) Schedule(seed uint64) (arrival.Schedule, error) {
	s := arrival.Schedule{Process: arrival.Process(l.Arrival), Shape: l.Burstiness, Curve: arrival.Flat(l.Rate), Seed: seed}
	if l.Rate == 0 && l.RateCurve == "" {
		return arrival.Schedule{}, nil
	}
	if s.Process == "" {
		s.Process = arrival.Constant
	}
	if l.RateCurve != "" {
		var err error
		if s.Curve, err = arrival.ParseCurve(l.RateCurve); err != nil {
			return s, err
		}
	}
	return s, s.Validate()
}

// MLPerf is the decision rule of MLPerf's LoadGen.
const MLPerf = "mlperf"

// Claim is one statement that the run shall decide, written before it is tested.
type Claim struct {
	ID string `yaml:"id,omitempty" json:"id,omitempty"`
	// Limit in the grammar of limits: ttft.p95<50ms, success>=98%,
	// savings>=60%, quality_delta>=-2pp, drift<=5.
	Limit string `yaml:"limit" json:"limit"`
	// Benchmark that decides it; by default found from the metric.
	Benchmark Benchmark `yaml:"benchmark,omitempty" json:"benchmark,omitempty"`
	// Level is the throughput level (users at once) at which it is decided.
	Level int `yaml:"level,omitempty" json:"level,omitempty"`
	// Alpha is the one-sided error probability; 0 means 0.05.
	Alpha float64 `yaml:"alpha,omitempty" json:"alpha,omitempty"`
	// Decision names the rule of a quantile's claim: "" for this tool's own,
	// "mlperf" for LoadGen's early stopping (99 %, requests as independent,
	// quantiles by nearest rank).
	Decision string `yaml:"decision,omitempty" json:"decision,omitempty"`
}

// ErrorProbability is the one-sided error probability with which a claim is decided.
func (c Claim) ErrorProbability() float64 {
	switch {
	case c.Alpha != 0:
		return c.Alpha
	case c.Decision == MLPerf:
		return 1 - stats.MLPerfConfidence
	}
	return 0.05
}

// Duration is a time.Duration that reads and prints as "250ms".
type Duration time.Duration

// Std returns d as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String prints d as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes d as "250ms".
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "250ms".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := key.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// Default returns the plan that flags, environment and file start from. It
// has no target yet.
func Default() Plan {
	return Plan{
		Name:       "run",
		Seed:       1,
		Candidate:  DefaultTarget(),
		Workload:   WorkloadPlan{InputTokens: 256, OutputTokens: 64},
		Latency:    LatencyPlan{Iterations: 100, Warmup: 4},
		Throughput: ThroughputPlan{Levels: []int{10, 25, 50, 100}},
		Cost:       demand.Default(),
		Quality:    scoring.Default(),
		Capacity:   CapacityPlan{In: "rate", MaxTime: Duration(10 * time.Minute), Precision: 0.05, Arrival: "poisson"},
		Client: ClientPlan{
			Timeout:        Duration(10 * time.Minute),
			IdleTimeout:    Duration(120 * time.Second),
			ConnectTimeout: Duration(10 * time.Second),
			Grace:          Duration(30 * time.Second),
			Breaker:        0.9,
			Calibrate:      true,
		},
		Undecided: "gate",
		KeepText:  "quality",
		Dir:       "runs",
	}
}
