// Package result is the versioned result document of a run, result.json: pure
// data, and the only thing that reports, figures and comparisons know. Every
// number in it carries its evidence, its n and its interval, or says why not.
package result

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// Schema names the version of the document.
const Schema = "inferometer/result/v1"

// Evidence is where a number comes from. A conclusion is as strong as its
// weakest input.
type Evidence string

// The four words of evidence, strongest first.
const (
	Measured  Evidence = "measured"  // a real endpoint
	Listed    Evidence = "listed"    // a price or data-sheet value, with source and date
	Modelled  Evidence = "modelled"  // computed from other figures
	Simulated Evidence = "simulated" // the embedded simulator
)

// rank orders evidence; higher is weaker. No evidence at all is weakest.
func (e Evidence) rank() int {
	switch e {
	case Measured:
		return 0
	case Listed:
		return 1
	case Modelled:
		return 2
	case Simulated:
		return 3
	}
	return 4
}

// Weakest returns the weakest of the given words, or "" for none.
func Weakest(words ...Evidence) Evidence {
	var w Evidence
	for i, e := range words {
		if i == 0 || e.rank() > w.rank() {
			w = e
		}
	}
	return w
}

// Number is a float64 whose JSON form knows infinity: +Inf is "inf", −Inf is
// "-inf". NaN cannot be written: a value that is missing is left out.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsInf(f, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-inf"`), nil
	case math.IsNaN(f):
		return nil, fmt.Errorf("result: NaN is not a value; leave it out")
	default:
		return json.Marshal(f)
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"inf"`:
		*n = Number(math.Inf(1))
		return nil
	case `"-inf"`:
		*n = Number(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// Num returns a pointer to n, for optional values.
func Num(f float64) *Number { n := Number(f); return &n }

// Result is result.json.
type Result struct {
	Schema     string     `json:"schema"`
	Run        Run        `json:"run"`
	Evidence   Evidence   `json:"evidence"` // the weakest of Inputs
	Inputs     []Input    `json:"inputs"`
	Targets    []Target   `json:"targets"`
	Benchmarks Benchmarks `json:"benchmarks"`
	Claims     []Claim    `json:"claims"`
	Validity   Validity   `json:"validity"`
	Artifacts  []Artifact `json:"artifacts,omitempty"`
}

// Input is one source of numbers and its evidence.
type Input struct {
	Name     string   `json:"name"` // "candidate", "baseline price", "candidate machine"
	Evidence Evidence `json:"evidence"`
	Source   string   `json:"source,omitempty"`
	AsOf     string   `json:"as_of,omitempty"`
}

// Status says how a run ended.
type Status string

// The ways a run ends.
const (
	Complete    Status = "complete"
	Partial     Status = "partial"     // ended early by the tool: spend cap, breaker, a dead target
	Interrupted Status = "interrupted" // Ctrl-C, kill or crash
)

// Run describes the run itself.
type Run struct {
	ID      string    `json:"id"` // name of its folder
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	Version string    `json:"tool_version"`
	Command string    `json:"command,omitempty"` // redacted
	Seed    uint64    `json:"seed"`
	Quick   bool      `json:"quick,omitempty"`
	Host    Host      `json:"host"`
	Status  Status    `json:"status"`
	Reason  string    `json:"reason,omitempty"` // why it is not complete
	Clock   string    `json:"clock,omitempty"`  // "kernel receive stamps" or "after read"
}

// Host is the machine that the client ran on.
type Host struct {
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	CPU      string `json:"cpu,omitempty"`
	Cores    int    `json:"cores"`
	MemoryMB int64  `json:"memory_mb,omitempty"`
	Kernel   string `json:"kernel,omitempty"`
	Go       string `json:"go"`
}

// Target is one endpoint as it was found.
type Target struct {
	Name      string    `json:"name"` // "candidate" or "baseline"
	URL       string    `json:"url"`
	Model     string    `json:"model"`
	Evidence  Evidence  `json:"evidence"`
	Server    string    `json:"server,omitempty"` // what it says it is
	API       string    `json:"api"`
	Streaming bool      `json:"streaming"`
	Fields    []string  `json:"fields,omitempty"` // request fields beyond model and prompt; body.NAME and header.NAME are the plan's own
	Proxy     string    `json:"proxy,omitempty"`  // that connections went through; its way to the server is part of connect
	Abilities []Ability `json:"abilities,omitempty"`
	Tokenizer string    `json:"tokenizer,omitempty"` // that its prompts were made with, in words; the candidate's serves both
	Price     *Price    `json:"price,omitempty"`
	Machine   *Machine  `json:"machine,omitempty"`
}

// Ability is one probed feature of a target.
type Ability struct {
	Name  string `json:"name"`  // streaming, usage, models, ignore_eos, metrics
	State string `json:"state"` // yes, no, unknown
	Note  string `json:"note,omitempty"`
}

// Price is a price list entry, USD per million tokens.
type Price struct {
	Model  string   `json:"model,omitempty"`
	Input  float64  `json:"input"`
	Cached *float64 `json:"cached,omitempty"`
	Output float64  `json:"output"`
	Source string   `json:"source"`
	AsOf   string   `json:"as_of"`
}

// Machine is what a self-hosted target costs by the hour.
type Machine struct {
	Name        string  `json:"name,omitempty"`
	Accelerator string  `json:"accelerator,omitempty"`
	Count       int     `json:"count"`        // accelerators of one replica
	USDPerHour  float64 `json:"usd_per_hour"` // of one accelerator
	Source      string  `json:"source"`
	AsOf        string  `json:"as_of"`
	MinReplicas int     `json:"min_replicas"`
}

// Estimate is a value with its interval, or the reason why there is none.
// Exactly one of Value and Withheld is set. Lo or Hi are absent where that
// bound does not exist.
type Estimate struct {
	Value    *Number `json:"value,omitempty"`
	Lo       *Number `json:"lo,omitempty"`
	Hi       *Number `json:"hi,omitempty"`
	Withheld string  `json:"withheld,omitempty"` // why there is no value
	NeededN  int     `json:"needed_n,omitempty"` // the n that would give one
	AtLeast  *Number `json:"at_least,omitempty"` // a lower bound that does exist
}

// Statistic is a distribution: mean and so on over ok requests (NOK), and
// quantiles over all, failures counted as the worst value.
type Statistic struct {
	Unit string   `json:"unit"`
	N    int      `json:"n"`               // requests, or blocks of time for pooled metrics
	NOK  int      `json:"n_ok"`            // values behind mean, min, max, sd
	NEff float64  `json:"n_eff,omitempty"` // effective sample size; 0 if not assessed
	Mean *Number  `json:"mean,omitempty"`
	SD   *Number  `json:"sd,omitempty"`
	Min  *Number  `json:"min,omitempty"`
	Max  *Number  `json:"max,omitempty"`
	P50  Estimate `json:"p50"`
	P90  Estimate `json:"p90"`
	P95  Estimate `json:"p95"`
	P99  Estimate `json:"p99"`
	P999 Estimate `json:"p99.9"`
	// Slow tail of a metric where higher is better.
	P1 *Estimate `json:"p1,omitempty"`
	P5 *Estimate `json:"p5,omitempty"`
	// Curve holds values at the quantiles 0, 0.01, … 1 for figures; +Inf
	// where failures begin. Empty under 5 values.
	Curve []Number `json:"curve,omitempty"`
	// Note says what a reader must know: "bundled", "estimated tokens".
	Note string `json:"note,omitempty"`
}

// Quantile returns the estimate of "p50" … "p99.9".
func (s Statistic) Quantile(name string) (Estimate, bool) {
	switch name {
	case "p50":
		return s.P50, true
	case "p90":
		return s.P90, true
	case "p95":
		return s.P95, true
	case "p99":
		return s.P99, true
	case "p99.9":
		return s.P999, true
	case "p1":
		if s.P1 != nil {
			return *s.P1, true
		}
	case "p5":
		if s.P5 != nil {
			return *s.P5, true
		}
	}
	return Estimate{}, false
}

// Rate is one number for a window.
type Rate struct {
	Unit     string  `json:"unit"`
	Value    *Number `json:"value,omitempty"`
	Lo       *Number `json:"lo,omitempty"`
	Hi       *Number `json:"hi,omitempty"`
	N        int     `json:"n"`
	Withheld string  `json:"withheld,omitempty"`
	// Unlimited counts, for goodput, the ok requests for which the metric of a
	// limit is undefined, so that this limit did not apply to them.
	Unlimited int `json:"unlimited,omitempty"`
}

// Counts of a cell's measured phase: Scheduled = Shed + Attempted, and
// Attempted = OK + Failed + Cut.
type Counts struct {
	Scheduled int            `json:"scheduled"`
	Attempted int            `json:"attempted"`
	OK        int            `json:"ok"`
	Failed    int            `json:"failed"`
	Cut       int            `json:"cut"`
	Shed      int            `json:"shed"`
	ByClass   map[string]int `json:"by_class"`
	// Warmup requests are in no statistic.
	Warmup int `json:"warmup"`
}

// Metrics holds the statistics of one window of a cell.
type Metrics struct {
	Stats map[string]Statistic `json:"stats"` // by tag
	Rates map[string]Rate      `json:"rates"` // by tag
}

// LoadShape says how a cell was loaded, as data and in words.
type LoadShape struct {
	Kind        string  `json:"kind"` // "closed" or "open"
	Users       int     `json:"users,omitempty"`
	Rate        float64 `json:"rate,omitempty"`       // requests/s asked; on the mean where it changes
	RateCurve   string  `json:"rate_curve,omitempty"` // of a rate that changes
	Arrival     string  `json:"arrival,omitempty"`    // constant, poisson, gamma, weibull, trace
	Burstiness  float64 `json:"burstiness,omitempty"` // shape of gamma and weibull arrivals
	Requests    int     `json:"requests,omitempty"`
	DurationS   float64 `json:"duration_s,omitempty"`
	MaxInflight int     `json:"max_inflight,omitempty"`
	Text        string  `json:"text"`
}

// Workload says what a cell sent.
type Workload struct {
	Name         string  `json:"name"`
	InputTokens  int     `json:"input_tokens,omitempty"`  // asked
	OutputTokens int     `json:"output_tokens,omitempty"` // asked: fixed length or limit
	FixedOutput  bool    `json:"fixed_output"`
	Temperature  float64 `json:"temperature"`
	Text         string  `json:"text"`
}

// Cell is one workload × load × target.
type Cell struct {
	ID       string    `json:"id"`
	Target   string    `json:"target"`
	Evidence Evidence  `json:"evidence"`
	Workload Workload  `json:"workload"`
	Load     LoadShape `json:"load"`
	WindowS  float64   `json:"window_s"`
	Counts   Counts    `json:"counts"`
	Metrics  Metrics   `json:"metrics"`
	// Steady is the same over the steady part; absent where not assessed.
	Steady     *Metrics `json:"steady,omitempty"`
	SteadyNote string   `json:"steady_note,omitempty"`
	// Arrivals compares intended with achieved arrivals; open loop only.
	Arrivals *Arrivals `json:"arrivals,omitempty"`
	// Replay says how true the replay of a trace was; absent for other loads.
	Replay *Replay `json:"replay,omitempty"`
	// Prompts says what became of the prompts that were asked for.
	Prompts *Prompts `json:"prompts,omitempty"`
	// Forms says which answers have the form that was asked for; absent for text.
	Forms *Forms `json:"forms,omitempty"`
	// Client is what the client saw of itself meanwhile; absent where the cell
	// was cut short.
	Client *Client `json:"client,omitempty"`
	// Server is what the server's own metrics say; absent where they were not
	// read.
	Server *Server  `json:"server,omitempty"`
	Errors []string `json:"errors,omitempty"` // a few distinct messages, redacted
}

// Replay compares what a trace recorded with what was sent and came back. The
// error of the arrivals is in Arrivals.
type Replay struct {
	Format  string `json:"format"`
	Rows    int    `json:"rows"`              // replayed
	Read    int    `json:"read"`              // of the file, as far as it was read
	Bad     int    `json:"bad,omitempty"`     // malformed, and skipped as the plan says
	Failed  int    `json:"failed,omitempty"`  // had failed when they were recorded
	Empty   int    `json:"empty,omitempty"`   // no input or no output tokens
	Outside int    `json:"outside,omitempty"` // outside of the window or beyond the limit
	Cut     int    `json:"cut,omitempty"`     // shortened to the maximum context
	Sorted  int    `json:"sorted,omitempty"`  // were out of order
	Spread  bool   `json:"spread,omitempty"`  // arrivals were spread over the trace's tick
	Turns   int    `json:"turns,omitempty"`   // rows that belong to a session
	// Open says that turns went at their recorded times; else each waited for
	// the end of the one before it.
	Open bool `json:"open,omitempty"`

	// InputError and OutputError are the mean of |got − asked| ÷ asked over the
	// requests that succeeded and whose tokens the server counted (N of them);
	// absent where it counted none.
	InputError  *Number `json:"input_error,omitempty"`
	InputN      int     `json:"input_n,omitempty"`
	OutputError *Number `json:"output_error,omitempty"`
	OutputN     int     `json:"output_n,omitempty"`
	// IdealHits is the share of input tokens in blocks that an earlier prompt
	// of the replay had begun with: what a cache that never forgets could give.
	// Absent where the trace has no blocks. ObservedHits is the share that the
	// server says was cached (usage); absent where it says nothing.
	IdealHits    *Number `json:"ideal_hits,omitempty"`
	ObservedHits *Number `json:"observed_hits,omitempty"`
	ObservedN    int     `json:"observed_n,omitempty"`
}

// Arrivals compares the drawn schedule with what was sent.
type Arrivals struct {
	IntendedRate float64 `json:"intended_rate"` // requests/s over the schedule
	AchievedRate float64 `json:"achieved_rate"`
	Deficit      float64 `json:"deficit"`      // share of intended rate missing; may be negative
	ErrorP50MS   float64 `json:"error_p50_ms"` // writing − due, connect included
	ErrorP99MS   float64 `json:"error_p99_ms"`
	ErrorMaxMS   float64 `json:"error_max_ms"`
	// Process describes the gaps that were due and those that were sent; absent
	// for a trace and for fewer than three arrivals.
	Process *Process `json:"process,omitempty"`
}

// Process compares an arrival process with what came of it. A changing rate
// has been taken out.
type Process struct {
	// CV is the coefficient of variation of the gaps, as the process has it, as
	// it was drawn and as it was sent.
	CVExpected float64 `json:"cv_expected"`
	CVDue      float64 `json:"cv_due"`
	CVSent     float64 `json:"cv_sent"`
	// Lag1 is the correlation of each gap with the next: 0 if they are
	// independent.
	Lag1Due  float64 `json:"lag1_due"`
	Lag1Sent float64 `json:"lag1_sent"`
	// Dispersion is the variance of counts over their mean, in slices of ten
	// arrivals; 0 for fewer than ten slices. A Poisson process has 1.
	DispersionDue  float64 `json:"dispersion_due,omitempty"`
	DispersionSent float64 `json:"dispersion_sent,omitempty"`
	Gaps           int     `json:"gaps"`
}

// Verdict of a claim.
type Verdict string

// The verdicts.
const (
	Proved    Verdict = "proved"
	Refuted   Verdict = "refuted"
	Undecided Verdict = "undecided"
	Invalid   Verdict = "invalid"   // the measurement may not be believed
	Reference Verdict = "reference" // a target that nobody set: shown, decides nothing
)

// Claim is a statement and what became of it.
type Claim struct {
	ID        string   `json:"id"`
	Benchmark string   `json:"benchmark"`
	Limit     string   `json:"limit"`
	Text      string   `json:"text"` // with its conditions
	Verdict   Verdict  `json:"verdict"`
	Reason    string   `json:"reason"` // one sentence: why this verdict
	Evidence  Evidence `json:"evidence"`
	Inputs    []string `json:"inputs"`
	Weakest   string   `json:"weakest,omitempty"` // the weakest input
	Unit      string   `json:"unit"`
	Estimate  *Number  `json:"estimate,omitempty"`
	Lo        *Number  `json:"lo,omitempty"` // shown interval, two-sided
	Hi        *Number  `json:"hi,omitempty"`
	Bound     *Number  `json:"bound,omitempty"`  // the one-sided bound that decided
	Margin    *Number  `json:"margin,omitempty"` // the limit's value
	N         int      `json:"n"`
	NEff      float64  `json:"n_eff,omitempty"`
	NeededN   int      `json:"needed_n,omitempty"`
	Alpha     float64  `json:"alpha"`
	Rule      string   `json:"rule,omitempty"` // by which a quantile's claim was decided
	Set       bool     `json:"set_by_user"`    // false: reference only
}

// CheckStatus of validity.
type CheckStatus string

// The outcomes of a check.
const (
	Pass        CheckStatus = "pass"
	Warn        CheckStatus = "warn"
	Fail        CheckStatus = "fail"
	NotAssessed CheckStatus = "not assessed"
)

// Validity is the run's judgement of itself.
type Validity struct {
	Status CheckStatus `json:"status"` // the worst of Checks
	Checks []Check     `json:"checks"`
	// Floor is what this client adds on this machine at the heaviest load of
	// the plan, measured before the run; absent where it was not.
	Floor *Floor `json:"floor,omitempty"`
	// Parser is how the reader of frames compared with a full JSON parser, by
	// target; absent where no frames were kept.
	Parser []Parser `json:"parser,omitempty"`
}

// Check is one reason to believe the run or not.
type Check struct {
	ID     string      `json:"id"`
	Cell   string      `json:"cell,omitempty"`
	Status CheckStatus `json:"status"`
	Value  *Number     `json:"value,omitempty"`
	Limit  *Number     `json:"limit,omitempty"` // of the status reached, else of warn
	Unit   string      `json:"unit,omitempty"`
	Text   string      `json:"text"`          // what was found and what it means
	Fix    string      `json:"fix,omitempty"` // the flag or key that would mend it
}

// Artifact is one file of the run's folder.
type Artifact struct {
	Path string `json:"path"` // relative to the folder
	Kind string `json:"kind"`
}
