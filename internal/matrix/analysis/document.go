// Package analysis says what a matrix of configurations has shown: the rates of
// each, its speed-up over the baseline with an interval, memory, energy, what the
// roofline expects, the front of those that no other beats, and a recommendation. It
// is pure: it works from the results of the runs alone, and sends and reads nothing.
package analysis

import (
	"time"

	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/result"
)

// Schema is the version of the document.
const Schema = "inferometer.matrix/1"

// Document is matrix.json.
type Document struct {
	Schema   string        `json:"schema"`
	ID       string        `json:"id"` // name of the folder
	Version  string        `json:"tool_version"`
	Started  time.Time     `json:"started"`
	Ended    time.Time     `json:"ended"`
	Seed     uint64        `json:"seed"`
	Status   result.Status `json:"status"`
	Reason   string        `json:"reason,omitempty"` // why it is not complete
	Host     result.Host   `json:"host"`
	Runs     []Run         `json:"runs"` // in the order in which they ran
	Analysis *Analysis     `json:"analysis,omitempty"`
}

// RunStatus says how a run of a configuration ended.
type RunStatus string

// The ways a run ends.
const (
	Done        RunStatus = "done"
	Skipped     RunStatus = "skipped"     // its program or model is not there
	Failed      RunStatus = "failed"      // the engine did not start, or could not be measured
	Crashed     RunStatus = "crashed"     // the engine ended during the run
	Interrupted RunStatus = "interrupted" // Ctrl-C
)

// Run is one start of an engine and what was measured of it.
type Run struct {
	Step          int       `json:"step"`
	Block         int       `json:"block"`
	Configuration string    `json:"configuration"`
	Status        RunStatus `json:"status"`
	Reason        string    `json:"reason,omitempty"` // why it is not done; of a crash the last lines of the log
	Started       time.Time `json:"started"`
	// HealthyS and LoadS are seconds from the start to the first good answer of the
	// health path, and to the end of the first answer of one token.
	HealthyS   float64 `json:"healthy_s,omitempty"`
	LoadS      float64 `json:"load_s,omitempty"`
	PeakMemory int64   `json:"peak_memory_bytes,omitempty"` // of all its processes, resident
	Command    string  `json:"command,omitempty"`
	Folder     string  `json:"folder,omitempty"`  // of the run, within the matrix's
	Log        string  `json:"log,omitempty"`     // of the engine, within the matrix's
	Thermal    string  `json:"thermal,omitempty"` // the machine's thermal state when the run began
	// Warning is what went wrong without spoiling the run, such as an engine that had
	// to be killed.
	Warning string `json:"warning,omitempty"`
}

// Value is a figure over the runs of a configuration, one per block.
type Value struct {
	Value *result.Number `json:"value,omitempty"` // geometric mean
	Lo    *result.Number `json:"lo,omitempty"`    // of the 95 % interval
	Hi    *result.Number `json:"hi,omitempty"`
	N     int            `json:"n"` // runs, or pairs of runs
	// Withheld says why there is no value, or no interval of it.
	Withheld string `json:"withheld,omitempty"`
}

// Cell is what a workload showed of a configuration. The keys of both maps are tags
// of Quantities.
type Cell struct {
	Workload string           `json:"workload"`
	Values   map[string]Value `json:"values"`
	// Speedups are how many times better each is than the baseline's, above 1 for
	// better also where less is better.
	Speedups map[string]Value `json:"speedups,omitempty"`
}

// Expectation is what a model of the machine says of a rate.
type Expectation struct {
	Evidence result.Evidence `json:"evidence"` // modelled
	Rate     *result.Number  `json:"rate,omitempty"`
	Share    *result.Number  `json:"share,omitempty"` // of it that was reached
	// Ceiling says that it is a bound, which nothing exceeds; else it is what a model of
	// the chip expects.
	Ceiling bool   `json:"ceiling,omitempty"`
	Text    string `json:"text"` // how it was computed, or why not
}

// Summary is one configuration.
type Summary struct {
	Name      string `json:"name"`
	Engine    string `json:"engine,omitempty"`
	Precision string `json:"precision,omitempty"`
	Runs      int    `json:"runs"` // that were done
	Why       string `json:"why,omitempty"`
	Cells     []Cell `json:"cells,omitempty"`
	LoadS     Value  `json:"load_s"`
	Memory    Value  `json:"peak_memory_bytes"`
	// Energy is joules per output token, gross, in the workload of the headline.
	Energy Value `json:"joules_per_token"`
	// Efficiency is tokens per joule relative to the best configuration, 0 to 1.
	Efficiency *result.Number `json:"efficiency,omitempty"`
	// Quality is the share of items answered right, relative to the baseline.
	Quality  Value       `json:"quality_retained"`
	Roofline Expectation `json:"roofline"`
	Expected float64     `json:"expected_speedup,omitempty"` // before it was measured; no measurement
	By       string      `json:"expected_by,omitempty"`
	// Beaten names a configuration that is at least as good in every axis of the
	// front and better in one; Unplaced says why it has no place among them.
	Beaten   string `json:"beaten_by,omitempty"`
	Unplaced string `json:"unplaced,omitempty"`
}

// Analysis is what a matrix has shown.
type Analysis struct {
	Evidence result.Evidence `json:"evidence"`
	Baseline string          `json:"baseline"`
	// Decode, Prefill and Users are the workloads that the headline figures are from.
	Decode  string `json:"decode_workload,omitempty"`
	Prefill string `json:"prefill_workload,omitempty"`
	Users   string `json:"users_workload,omitempty"`
	// Workload and Quantity are the figure by which the best is chosen.
	Workload       string    `json:"headline_workload"`
	Quantity       string    `json:"headline_quantity"`
	Configurations []Summary `json:"configurations"`
	Axes           []string  `json:"front_axes"` // of the front, in words
	Listed         []Listed  `json:"listed,omitempty"`
	// Recommendation is a sentence; Because are those with its evidence.
	Recommendation string   `json:"recommendation"`
	Because        []string `json:"because,omitempty"`
	Notes          []string `json:"notes,omitempty"`
}

// Quantity is a figure of a cell.
type Quantity struct {
	Tag, Name, Unit string
	Less            bool   // less is better
	Metric          string // whose checks spoil it
	of              func(c *result.Cell) (float64, string)
}

// The tags of quantities.
const (
	DecodeRate  = "decode_rate"
	PrefillRate = "prefill_rate"
	TTFT        = "ttft"
	E2E         = "e2e"
	Throughput  = "output_throughput"
)

// Quantities are the figures of a cell.
func Quantities() []Quantity {
	return []Quantity{
		{Tag: DecodeRate, Name: "decode rate", Unit: "token/s", Metric: "user_rate", of: func(c *result.Cell) (float64, string) { return median(c, "user_rate") }},
		{Tag: PrefillRate, Name: "prefill rate", Unit: "token/s", Metric: "ttft_service", of: prefillRate},
		{Tag: TTFT, Name: "time to first token", Unit: "ms", Less: true, Metric: "ttft", of: func(c *result.Cell) (float64, string) { return median(c, "ttft") }},
		{Tag: E2E, Name: "end-to-end latency", Unit: "ms", Less: true, Metric: "e2e", of: func(c *result.Cell) (float64, string) { return median(c, "e2e") }},
		{Tag: Throughput, Name: "output throughput", Unit: "token/s", Metric: "output_throughput", of: func(c *result.Cell) (float64, string) { return rate(c, "output_throughput") }},
	}
}

// headline says which workload each headline figure is from: the one of one user with
// the most output per input, that with the least, and the one with the most users.
func headline(ws []design.Workload) (decode, prefill, users string) {
	share := func(w design.Workload) float64 { return float64(w.OutputTokens) / float64(w.InputTokens) }
	var d, p, u *design.Workload
	for i := range ws {
		w := &ws[i]
		if w.Users == 1 && (d == nil || share(*w) > share(*d)) {
			d = w
		}
		if w.Users == 1 && (p == nil || share(*w) < share(*p)) {
			p = w
		}
		if w.Users > 1 && (u == nil || w.Users > u.Users) {
			u = w
		}
	}
	name := func(w *design.Workload) string {
		if w == nil {
			return ""
		}
		return w.Name
	}
	return name(d), name(p), name(u)
}
