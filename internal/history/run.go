package history

import (
	"time"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// Running is the status of a run that has no result yet and whose log is being written.
const Running result.Status = "running"

// Run is one run as the index has it.
type Run struct {
	ID         string          `json:"id"`
	Folder     string          `json:"folder"` // absolute
	Name       string          `json:"name"`
	Started    time.Time       `json:"started"`
	Ended      *time.Time      `json:"ended,omitempty"`
	Status     result.Status   `json:"status"`
	Reason     string          `json:"reason,omitempty"`
	Evidence   result.Evidence `json:"evidence,omitempty"`
	Version    string          `json:"tool_version,omitempty"`
	Command    string          `json:"command,omitempty"`
	Benchmarks []string        `json:"benchmarks,omitempty"`
	Models     []string        `json:"models,omitempty"`
	Servers    []string        `json:"servers,omitempty"`
	// Specification is the id of what was measured (package specification); empty where it
	// cannot be known.
	Specification string             `json:"specification,omitempty"`
	Labels        map[string]string  `json:"labels,omitempty"`
	Limits        []string           `json:"limits,omitempty"`    // of the claims that the user set
	Exit          *int               `json:"exit_code,omitempty"` // nil: there is no result
	Verdicts      map[string]int     `json:"verdicts,omitempty"`  // claims that the user set, by verdict
	Validity      result.CheckStatus `json:"validity,omitempty"`
	Source        string             `json:"source,omitempty"` // of a result that was not measured here
	Size          int64              `json:"size_bytes"`
	Tags          []string           `json:"tags,omitempty"` // sorted
	Gone          bool               `json:"gone,omitempty"` // the folder is no longer there
}

// Valid reports whether a run went to its end and its figures may be used, as those of a
// baseline or a point of a series.
func (r Run) Valid() bool {
	return r.Status == result.Complete && r.Exit != nil && *r.Exit != suite.ExitInvalid
}

// Metric is one figure of a run.
type Metric struct {
	Cell      string         `json:"cell"`
	Target    string         `json:"target,omitempty"`
	Metric    string         `json:"metric"` // its tag
	Statistic string         `json:"statistic"`
	Unit      string         `json:"unit"`
	Value     result.Number  `json:"value"`
	Lo        *result.Number `json:"lo,omitempty"`
	Hi        *result.Number `json:"hi,omitempty"`
	N         int            `json:"n"`
	NEff      float64        `json:"n_eff,omitempty"`
	Spoilt    string         `json:"spoilt,omitempty"` // the check that spoils it
}

// Only is the statistic of a metric that has only one, such as a rate.
const Only = "value"
