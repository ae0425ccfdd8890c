package forecast

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Run is what a measured run recorded about one endpoint, for a fit.
type Run struct {
	Name     string
	Model    string
	Evidence result.Evidence
	Cells    []RunCell
	Notes    []string // what was left out of the run, and why
}

// RunCell is one load of a run, closed (Users) or open (Rate). The lists
// have one entry per successful request.
type RunCell struct {
	ID      string
	Users   int
	Rate    float64
	Process arrival.Process // of an open loop
	Shared  int             // tokens of the prompt that a cache knew, median
	In, Out []int
	TTFT    []float64 // ms from the first byte written
	TPOT    []float64 // ms; NaN for one token
}

// ReadRun reads the candidate's cells of a run's folder: the loads from
// result.json, the requests from the log.
func ReadRun(folder string) (Run, error) {
	var run Run
	b, err := os.ReadFile(filepath.Join(folder, "result.json"))
	if errors.Is(err, os.ErrNotExist) {
		return run, fmt.Errorf("%s is not a run folder: it has no result.json (inferometer report RUN creates one from the log): %w", folder, err)
	} else if err != nil {
		return run, err
	}
	var doc result.Result
	if err := json.Unmarshal(b, &doc); err != nil {
		return run, fmt.Errorf("failed to read result.json of %s: %w", folder, err)
	}
	run.Name = filepath.Base(filepath.Clean(folder))
	const candidate = "candidate"
	for _, t := range doc.Targets {
		if t.Name == candidate {
			run.Model, run.Evidence = t.Model, t.Evidence
		}
	}
	loads := map[string]*RunCell{}
	for _, c := range doc.Cells() {
		if c.Target != candidate {
			continue
		}
		k := &RunCell{ID: c.ID, Users: c.Load.Users, Rate: c.Load.Rate, Process: arrival.Process(c.Load.Arrival)}
		switch {
		case c.Load.Of == "" && c.Load.Kind == "closed" && k.Users > 0:
		case c.Load.Of == "" && c.Load.Kind == "open" && k.Rate > 0 && c.Load.RateCurve == "" && (k.Process == arrival.Poisson || k.Process == arrival.Constant):
		default:
			run.Notes = append(run.Notes, fmt.Sprintf("cell %s is left out: the fit cannot repeat its load (%s)", c.ID, c.Load.Text))
			continue
		}
		loads[c.ID] = k
	}
	cached := map[string][]int{}
	log, err := runlog.Read(filepath.Join(folder, exchange.LogName))
	if err != nil {
		return run, fmt.Errorf("failed to read the log of %s: %w", folder, err)
	}
	err = log.Exchanges(func(measured *runlog.Cell, x *exchange.Exchange) error {
		if measured == nil || x.Target != candidate || x.Phase != exchange.Measured || x.Class != exchange.OK {
			return nil
		}
		if c := loads[x.Cell]; c != nil && x.InputTokens != nil && x.Streamed {
			c.add(x)
			if x.CachedTokens != nil {
				cached[x.Cell] = append(cached[x.Cell], *x.CachedTokens)
			}
		}
		return nil
	})
	if err := errors.Join(err, log.Damaged); err != nil {
		return run, fmt.Errorf("failed to read the log of %s: %w", folder, err)
	}
	if log.Torn {
		run.Notes = append(run.Notes, "the log ends in the middle of a record; what is before it counts")
	}
	for _, c := range doc.Cells() { // in their order
		if k := loads[c.ID]; k != nil && len(k.TTFT) > 0 {
			if all := cached[k.ID]; len(all) > 0 {
				slices.Sort(all)
				k.Shared = all[len(all)/2]
			}
			run.Cells = append(run.Cells, *k)
		}
	}
	if len(run.Cells) == 0 {
		return run, fmt.Errorf("nothing to fit to: %s has no streamed requests with input tokens counted by the server, in loads of users or of a rate", folder)
	}
	return run, nil
}

// add takes an exchange with all that the fit needs of it.
func (c *RunCell) add(x *exchange.Exchange) {
	n, source := x.Output()
	ttft, ok := x.FirstToken.Sub(x.Writing)
	if !ok || n < 1 || *x.InputTokens < 1 || source != exchange.FromUsage {
		return
	}
	tpot := math.NaN()
	if gap, ok := x.LastToken.Sub(x.FirstToken); ok && n > 1 {
		tpot = gap / float64(n-1)
	}
	c.In, c.Out = append(c.In, *x.InputTokens), append(c.Out, n)
	c.TTFT, c.TPOT = append(c.TTFT, ttft), append(c.TPOT, tpot)
}
