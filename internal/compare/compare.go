// Package compare says how kept runs differ: for each load that two runs have in common,
// each figure's difference and ratio with an interval that allows for requests of a run
// depending on each other, what else differs between the runs, and whether conditions on
// the change hold. It is pure: package folder reads runs, package page says how a
// comparison is shown.
//
// Two runs say how these two differ. What a restart of the server or another hour would
// have changed is in no interval: targets that take turns (load --baseline), or repeats,
// are the design for that. Answers are compared by package quality, searches for capacity
// by their answers; neither is done here.
package compare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// Schema names the version of the document.
const Schema = "inferometer/compare/v1"

const (
	// shownAlpha is the one-sided error of each end of a shown interval, at 95 %.
	shownAlpha = 0.025
	// familyAlpha is the probability that any difference is called where there is none.
	familyAlpha = 0.05
)

// Run is a run that was kept.
type Run struct {
	Name   string // how people name it: a tag, an id
	Folder string
	Plan   *plan.Plan // nil: there is none
	Result *result.Result
	// Requests of its cells, by their ids; empty where the log is gone, of which NoRequests
	// is the reason.
	Requests   map[string]Requests
	NoRequests string
	// Prompts is a hash of the measured prompts of each cell, whatever their order.
	Prompts map[string]uint64
}

// Document is a comparison: compare.json.
type Document struct {
	Schema   string          `json:"schema"`
	Version  string          `json:"tool_version"`
	Evidence result.Evidence `json:"evidence"` // the weakest of the runs
	Answer   string          `json:"answer"`   // in a sentence
	Runs     []RunInfo       `json:"runs"`     // the first is what the others are compared with
	// Differences of the runs besides what was measured.
	Differences []Difference `json:"differences"`
	Comparisons []Comparison `json:"comparisons"` // one for each run but the first
	// Tests is the number of effects that have an interval: a difference is called where its
	// p-value, adjusted for all of them (Holm 1979), is at most Alpha.
	Tests int      `json:"tests"`
	Alpha float64  `json:"alpha"`
	Gate  *Gate    `json:"gate,omitempty"`
	Notes []string `json:"notes,omitempty"`
}

// RunInfo is one run of a comparison.
type RunInfo struct {
	Name    string             `json:"name"`
	ID      string             `json:"id"`
	Started string             `json:"started"` // RFC 3339
	Status  result.Status      `json:"status"`
	Valid   result.CheckStatus `json:"validity"`
	Models  []string           `json:"models"` // of its targets
}

// Comparison is one run against the first.
type Comparison struct {
	Run   string `json:"run"`
	Base  string `json:"base"`
	Cells []Cell `json:"cells"`
	// Alone are cells that only one of the two has, with the reason.
	Alone []string `json:"alone,omitempty"`

	gone []*result.Cell // those of the base alone
}

// Cell is one load that both runs put on a target of the same role.
type Cell struct {
	ID        string          `json:"id"` // of the run; the base's has the same, but in a sweep
	Benchmark string          `json:"benchmark"`
	Target    string          `json:"target"`
	Load      string          `json:"load"`
	Workload  string          `json:"workload"`
	Evidence  result.Evidence `json:"evidence"`
	Effects   []Effect        `json:"effects"`
	Shifts    []Shift         `json:"shifts,omitempty"`
	Profiles  []Profile       `json:"profiles,omitempty"`

	base, other *side
}

// Options of a comparison.
type Options struct {
	Version string
	// Despite are the rules of differences that would be refused and are not.
	Despite []string
	// Changes are the conditions of a gate on the last run against the first.
	Changes []metric.Change
	// Only are the ids of the cells that are compared; empty: all.
	Only []string
}

// Refused is the error of runs that differ in what makes their figures another quantity.
type Refused struct{ Differences []Difference }

// Error names them and the flag that goes on.
func (r *Refused) Error() string {
	text := "these runs are not compared, since they measured different things:"
	var rules []string
	for _, d := range r.Differences {
		text += "\n" + d.String()
		if !slices.Contains(rules, d.Rule) {
			rules = append(rules, d.Rule)
		}
	}
	return text + "\nto compare them all the same: --despite " + join(rules, ",")
}

// Compare compares runs with the first of them. The error is a Refused, or says that the
// runs have nothing in common.
func Compare(runs []*Run, o Options) (*Document, error) {
	if len(runs) < 2 {
		return nil, fmt.Errorf("a comparison takes two runs or more, not %d", len(runs))
	}
	doc := &Document{Schema: Schema, Version: o.Version, Alpha: familyAlpha, Differences: []Difference{}}
	for i, r := range runs {
		doc.Runs = append(doc.Runs, infoOf(r))
		if i == 0 {
			doc.Evidence = r.Result.Evidence
		}
		doc.Evidence = result.Weakest(doc.Evidence, r.Result.Evidence)
	}
	var refused []Difference
	matched := false
	for _, r := range runs[1:] {
		c := Comparison{Run: r.Name, Base: runs[0].Name, Cells: []Cell{}}
		match(runs[0], r, o.Only, &c)
		matched = matched || len(c.Cells) > 0
		for _, d := range differencesOf(runs[0], r, c.Cells) {
			if d.Refused && !slices.Contains(o.Despite, d.Rule) {
				refused = append(refused, d)
			}
			doc.Differences = append(doc.Differences, d)
		}
		doc.Comparisons = append(doc.Comparisons, c)
	}
	if len(refused) > 0 {
		return nil, &Refused{refused}
	}
	if !matched {
		return nil, nothingInCommon(doc, o.Only)
	}
	for i := range doc.Comparisons {
		for k := range doc.Comparisons[i].Cells {
			doc.Comparisons[i].Cells[k].measure()
		}
	}
	doc.call()
	if len(o.Changes) > 0 {
		last := doc.Comparisons[len(doc.Comparisons)-1]
		doc.Gate = decide(o.Changes, last)
	}
	doc.Notes = notes(doc, runs)
	doc.Answer = answer(doc)
	return doc, nil
}

func infoOf(r *Run) RunInfo {
	info := RunInfo{Name: r.Name, ID: r.Result.Run.ID, Started: r.Result.Run.Started.UTC().Format("2006-01-02T15:04:05Z"), Status: r.Result.Run.Status, Valid: r.Result.Validity.Status, Models: []string{}}
	for _, t := range r.Result.Targets {
		if !slices.Contains(info.Models, t.Model) {
			info.Models = append(info.Models, t.Model)
		}
	}
	return info
}

// place is what makes a cell of one run that of another: its id, or in a sweep, whose
// attempts have ids of their own, its target and its values.
func place(r *result.Result, benchmark string, c *result.Cell) string {
	if benchmark != "scan" || r.Benchmarks.Scan == nil {
		return c.ID
	}
	for _, p := range r.Benchmarks.Scan.Points {
		if p.Cell == c.ID {
			return fmt.Sprintf("scan/%s/%q", c.Target, p.Values)
		}
	}
	return c.ID
}

// match finds the cells that two runs have in common.
func match(base, other *Run, only []string, out *Comparison) {
	of := map[string]*result.Cell{}
	var order []string
	for benchmark, c := range base.Result.Cells() {
		if benchmark == "capacity" {
			continue // the search went its own way in each run
		}
		key := place(base.Result, benchmark, c)
		of[key] = c
		order = append(order, key)
	}
	wanted := func(id string) bool { return len(only) == 0 || slices.Contains(only, id) }
	for benchmark, c := range other.Result.Cells() {
		if benchmark == "capacity" {
			continue
		}
		key := place(other.Result, benchmark, c)
		b := of[key]
		delete(of, key)
		switch {
		case !wanted(c.ID):
		case b == nil:
			out.Alone = append(out.Alone, fmt.Sprintf("%s is in %s alone", c.ID, other.Name))
		default:
			out.Cells = append(out.Cells, Cell{
				ID: c.ID, Benchmark: benchmark, Target: c.Target, Load: c.Load.Text, Workload: c.Workload.Text,
				Evidence: result.Weakest(b.Evidence, c.Evidence), Effects: []Effect{}, base: newSide(base, b), other: newSide(other, c),
			})
		}
	}
	for _, key := range order {
		if c := of[key]; c != nil && wanted(c.ID) {
			out.Alone = append(out.Alone, fmt.Sprintf("%s is in %s alone", c.ID, base.Name))
			out.gone = append(out.gone, c)
		}
	}
	slices.SortStableFunc(out.Cells, func(a, b Cell) int { return cmp.Compare(rank(a.Target), rank(b.Target)) })
}

// candidate is the name of the target that a run is about; see package cells.
const candidate = "candidate"

// rank orders targets: the candidate first.
func rank(target string) int {
	if target == candidate {
		return 0
	}
	return 1
}

// nothingInCommon says which cells the runs have.
func nothingInCommon(doc *Document, only []string) error {
	text := "these runs have no load in common"
	if len(only) > 0 {
		text = fmt.Sprintf("these runs have no cell %s in common", join(only, ", "))
	}
	for _, c := range doc.Comparisons {
		for _, a := range c.Alone {
			text += "\n" + a
		}
	}
	return fmt.Errorf("%s", text)
}
