// Package analysis says what repeats of one measurement through the day show together.
//
// A repeat is what is independent, not a request in it: an interval is that of the
// repeats' own figures (Kalibera and Jones, "Rigorous benchmarking in reasonable time",
// ISMM 2013: an interval is that of the highest level that was repeated). What differs
// between noon and night is part of it, and is shown by the hour as well. It is pure:
// the same results give the same analysis.
package analysis

import (
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// Schema of repeats.json.
const Schema = "inferometer.repeats/v1"

// Document is repeats.json.
type Document struct {
	Schema  string        `json:"schema"`
	ID      string        `json:"id"` // name of its folder
	Version string        `json:"tool_version"`
	Command string        `json:"command,omitempty"` // redacted
	Started time.Time     `json:"started"`           // and so the first repeat is due
	Ended   time.Time     `json:"ended,omitzero"`
	EveryS  float64       `json:"every_s"`
	ForS    float64       `json:"for_s"`
	Status  result.Status `json:"status"`
	Reason  string        `json:"reason,omitempty"`
	// SpentUSD is what all repeats cost together by the prices of the plan; absent where
	// no target has one. CapUSD is the cap on it, --max-cost.
	SpentUSD *result.Number `json:"spent_usd,omitempty"`
	CapUSD   *result.Number `json:"cap_usd,omitempty"`
	Repeats  []Repeat       `json:"repeats"`
	Analysis *Analysis      `json:"analysis,omitempty"`
}

// Status of a repeat.
type Status string

// The states of a repeat.
const (
	Done        Status = "done"
	Missed      Status = "missed"      // nobody measured when it was due
	Failed      Status = "failed"      // it has no result, or no request of it succeeded
	Interrupted Status = "interrupted" // by the user, or it ended with the program
)

// Repeat is one measurement, and a run of its own.
type Repeat struct {
	Number  int       `json:"number"` // from 1
	Due     time.Time `json:"due"`    // UTC
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Status  Status    `json:"status"`
	Reason  string    `json:"reason,omitempty"`
	Folder  string    `json:"folder,omitempty"` // of its run, in that of the repeats
	// SpentUSD is what it cost; absent where that is not known.
	SpentUSD *result.Number `json:"spent_usd,omitempty"`
}

// At is when a repeat was measured: its start, or when it was due.
func (r Repeat) At() time.Time {
	if r.Started.IsZero() {
		return r.Due.UTC()
	}
	return r.Started.UTC()
}

// Analysis is what the repeats show together.
type Analysis struct {
	Evidence result.Evidence `json:"evidence"`
	N        int             `json:"n"`                // repeats that have a result
	Failed   int             `json:"failed,omitempty"` // repeats that failed: no request succeeded, or there is no result
	Figures  []Figure        `json:"figures"`
	Claims   []Claim         `json:"claims,omitempty"`
	Notes    []string        `json:"notes,omitempty"`
}

// Point is a figure of one repeat. Value is absent where the repeat has none, and Why
// says why.
type Point struct {
	Number int            `json:"number"`
	At     time.Time      `json:"at"`
	Value  *result.Number `json:"value,omitempty"`
	Lo     *result.Number `json:"lo,omitempty"` // its own interval: of requests within the repeat
	Hi     *result.Number `json:"hi,omitempty"`
	Why    string         `json:"why,omitempty"`
	// Sample says that Value is the quantile of the requests that were seen, since the
	// repeat has too few independent ones for an estimate with an interval. Repeats that
	// have one are calm ones, so that leaving the others out would flatter the day.
	Sample bool `json:"sample,omitempty"`
}

// Figure is one figure of a cell, or of a comparison, through the day.
type Figure struct {
	Cell    string `json:"cell,omitempty"`    // id; empty for a comparison
	Target  string `json:"target,omitempty"`  // of the cell
	Against string `json:"against,omitempty"` // of a comparison: candidate ÷ this, or candidate − this
	Metric  string `json:"metric"`
	Stat    string `json:"stat,omitempty"`
	Unit    string `json:"unit"`
	// Mean is over the repeats, with Student's interval: geometric, and arithmetic for
	// shares and differences. It is withheld for few repeats.
	Mean   result.Estimate `json:"mean"`
	Points []Point         `json:"points"`
	Least  *Point          `json:"least,omitempty"` // over the day
	Most   *Point          `json:"most,omitempty"`
	// Apart says that the intervals of Least and Most do not overlap: what differs is
	// more than what a repeat does not know of itself.
	Apart bool `json:"apart,omitempty"`
	// Trend says that the figure rose or fell from repeat to repeat; "": not shown.
	Trend string `json:"trend,omitempty"`
}

// Claim is a claim of the plan, decided by the repeats together.
type Claim struct {
	Limit   string          `json:"limit"`
	Text    string          `json:"text"` // with its conditions
	Unit    string          `json:"unit"`
	Verdict result.Verdict  `json:"verdict"` // of the mean over the repeats
	Reason  string          `json:"reason"`
	Mean    result.Estimate `json:"mean"`
	Alpha   float64         `json:"alpha"`
	// Alone are the verdicts of the repeats, each by itself.
	Alone []Alone `json:"alone"`
}

// Alone is the verdict of one repeat.
type Alone struct {
	Number  int            `json:"number"`
	At      time.Time      `json:"at"`
	Verdict result.Verdict `json:"verdict"`
	Value   *result.Number `json:"value,omitempty"`
}
