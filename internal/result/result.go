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
	// Labels are what the user said of the run or its server, each NAME=VALUE.
	Labels []string `json:"labels,omitempty"`
	// Spend is what the run's requests used and cost; absent where none were sent,
	// and in results of older versions.
	Spend *Spend `json:"spend,omitempty"`
	// Reused are answers that this run did not ask for, since an earlier one had.
	Reused []Reuse `json:"reused,omitempty"`
	// Resumed lists when the run was resumed after an interruption.
	Resumed []Resumption `json:"resumed,omitempty"`
}

// Resumption is one resumption of an interrupted run.
type Resumption struct {
	At      time.Time `json:"at"`
	Version string    `json:"tool_version"`
	Note    string    `json:"note,omitempty"` // what has changed since, such as the machine
}

// Host is the machine that the client ran on.
type Host struct {
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	CPU      string `json:"cpu,omitempty"`
	Cores    int    `json:"cores"`
	MemoryMB int64  `json:"memory_mb,omitempty"` // in MiB (2^20 bytes), although the key says MB
	Kernel   string `json:"kernel,omitempty"`
	Go       string `json:"go"`
}

// Target is one endpoint as it was found.
type Target struct {
	Name      string    `json:"name"` // "candidate", "baseline" or a further one's own
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

// Estimate is a value with its interval, or the reason why there is none.
// Exactly one of Value and Withheld is set. Lo or Hi are absent where that
// bound does not exist.
type Estimate struct {
	Value    *Number `json:"value,omitempty"`
	Lo       *Number `json:"lo,omitempty"`
	Hi       *Number `json:"hi,omitempty"`
	Withheld string  `json:"withheld,omitempty"` // why there is no value
	NeededN  int     `json:"needed_n,omitempty"` // the effective sample size that would give one
	// NEff is the effective sample size that the interval of a quantile rests on;
	// 0: that of the whole statistic.
	NEff float64 `json:"n_eff,omitempty"`
	// NeededWindowS is the measured window, in seconds, in which the same load would
	// give a quantile an interval; 0 where there is one, or nobody knows.
	NeededWindowS float64 `json:"needed_window_s,omitempty"`
	// AtLeast and AtMost are one-sided 95 % bounds of a value that is withheld.
	AtLeast *Number `json:"at_least,omitempty"`
	AtMost  *Number `json:"at_most,omitempty"`
	// Sample is the quantile of the requests that were seen; "inf" where failures
	// begin. It describes the sample and is no estimate: reports show it where
	// Value is withheld, and nothing is decided, compared or drawn by it. Absent for
	// what is not a quantile, and where requests that were cut leave it open.
	Sample *Number `json:"sample,omitempty"`
}

// Statistic is a distribution: mean and so on over ok requests (NOK), and
// quantiles over all, failures counted as the worst value.
type Statistic struct {
	Unit string  `json:"unit"`
	N    int     `json:"n"`               // requests, or blocks of time for pooled metrics
	NOK  int     `json:"n_ok"`            // values behind mean, min, max, sd
	NEff float64 `json:"n_eff,omitempty"` // effective sample size, of the median; 0 if not assessed
	Mean *Number `json:"mean,omitempty"`
	// MeanLo and MeanHi are the 95 % interval of the mean at the effective sample size
	// MeanNEff; MeanWithheld is why it has none.
	MeanLo       *Number  `json:"mean_lo,omitempty"`
	MeanHi       *Number  `json:"mean_hi,omitempty"`
	MeanNEff     float64  `json:"mean_n_eff,omitempty"`
	MeanWithheld string   `json:"mean_withheld,omitempty"`
	SD           *Number  `json:"sd,omitempty"`
	Min          *Number  `json:"min,omitempty"`
	Max          *Number  `json:"max,omitempty"`
	P50          Estimate `json:"p50"`
	P90          Estimate `json:"p90"`
	P95          Estimate `json:"p95"`
	P99          Estimate `json:"p99"`
	P999         Estimate `json:"p99.9"`
	// Slow tail of a metric where higher is better.
	P1 *Estimate `json:"p1,omitempty"`
	P5 *Estimate `json:"p5,omitempty"`
	// Answered has quantiles of the requests that succeeded; absent where all did.
	// The failed ones might have been the slow ones, so it describes and decides
	// nothing.
	Answered *Answered `json:"answered,omitempty"`
	// Curve holds values at the quantiles 0, 0.01, … 1 for figures; +Inf
	// where failures begin. Empty under 5 values.
	Curve []Number `json:"curve,omitempty"`
	// Bins is a histogram, of ttft and e2e of a whole cell; absent in older results and under
	// 20 requests that succeeded.
	Bins *Bins `json:"bins,omitempty"`
	// Note says what a reader must know: "bundled", "estimated tokens".
	Note string `json:"note,omitempty"`
}

// Answered are quantiles of a sample of N requests that succeeded, as they are,
// without an interval.
type Answered struct {
	N   int    `json:"n"`
	P50 Number `json:"p50"`
	P90 Number `json:"p90"`
	P95 Number `json:"p95"`
	P99 Number `json:"p99"`
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
	Unit  string  `json:"unit"`
	Value *Number `json:"value,omitempty"`
	Lo    *Number `json:"lo,omitempty"`
	Hi    *Number `json:"hi,omitempty"`
	N     int     `json:"n"`
	NEff  float64 `json:"n_eff,omitempty"` // effective sample size of a share; 0 for rates per second
	// Withheld says why there is no value, or no interval of it.
	Withheld string `json:"withheld,omitempty"`
	// NeededWindowS is the window, in seconds, that would give an interval; 0: there
	// is one, or nobody knows.
	NeededWindowS float64 `json:"needed_window_s,omitempty"`
	// DF are the degrees of freedom of the interval, Student's; 0 in shares, and in
	// results from before there was more than one number of them, which was 9.
	DF float64 `json:"df,omitempty"`
	// Unlimited counts, for goodput, the ok requests for which the metric of a
	// limit is undefined, so that this limit did not apply to them.
	Unlimited int `json:"unlimited,omitempty"`
}

// Verdict of a claim.
type Verdict string

// The verdicts.
const (
	Proved    Verdict = "proved"
	Refuted   Verdict = "refuted"
	Undecided Verdict = "undecided"
	Invalid   Verdict = "invalid"   // the measurement is unreliable
	Reference Verdict = "reference" // a limit that nobody set: shown, decides nothing
)

// Claim is a statement and its verdict.
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
	Rule      string   `json:"rule,omitempty"` // by which the claim was decided, where a metric has several
	// Heuristic marks a claim on scores that only hint at what is meant.
	Heuristic bool `json:"heuristic,omitempty"`
	Set       bool `json:"set_by_user"` // false: reference only
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

// Check is one reason to trust the run or not.
type Check struct {
	ID     string      `json:"id"`
	Cell   string      `json:"cell,omitempty"`
	Status CheckStatus `json:"status"`
	Value  *Number     `json:"value,omitempty"`
	Limit  *Number     `json:"limit,omitempty"` // of the status reached, else of warn
	Unit   string      `json:"unit,omitempty"`
	Text   string      `json:"text"`          // what was found and what it means
	Fix    string      `json:"fix,omitempty"` // the flag or key to change
	// Figures are the tags of the metrics that are in doubt where the check warns,
	// and spoilt where it fails, in its cell or, where it names none, in all cells.
	// Absent where it passes; in documents of earlier versions that stands for all.
	Figures []string `json:"figures,omitzero"`
	// Between says that only what compares targets is in doubt, and not the
	// figures of each.
	Between bool `json:"between,omitempty"`
	// Client says that the client added to the figures, or may have. Claims are
	// decided with and without that, so that it makes none invalid.
	Client bool `json:"client,omitempty"`
	// Flatters says that the figures look no worse than they are, as where a backlog
	// was still growing: a limit that they break is broken.
	Flatters bool `json:"flatters,omitempty"`
}

// Artifact is one file of the run's folder.
type Artifact struct {
	Path string `json:"path"` // relative to the folder
	Kind string `json:"kind"`
}
