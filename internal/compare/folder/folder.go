// Package folder reads the folder of a run for a comparison: its plan, its result, and of
// its log one number for each metric of each request. It changes nothing.
package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/inferometer/inferometer/internal/compare"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

// Read reads the run in a folder. name is how people call it. A run whose log or plan is
// gone is compared by its result.json alone.
func Read(path, name string) (*compare.Run, error) {
	b, err := os.ReadFile(filepath.Join(path, "result.json"))
	if err != nil {
		return nil, missing(path, err)
	}
	r := &compare.Run{Name: name, Folder: path, Result: &result.Result{}, Requests: map[string]compare.Requests{}, Prompts: map[string]uint64{}}
	if err := json.Unmarshal(b, r.Result); err != nil {
		return nil, fmt.Errorf("%s is not a result: %w", filepath.Join(path, "result.json"), err)
	}
	if !strings.HasPrefix(r.Result.Schema, "inferometer/result/") {
		return nil, fmt.Errorf("%s is not the result of a run: its schema is %q", filepath.Join(path, "result.json"), r.Result.Schema)
	}
	p, _, err := plan.Read(plan.Sources{File: filepath.Join(path, "plan.yaml"), Resolved: true})
	switch {
	case err == nil:
		r.Plan = &p
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("failed to read the plan of %s: %w", path, err)
	}
	log := filepath.Join(path, exchange.LogName)
	if _, err := os.Stat(log); err != nil {
		r.NoRequests = "the log is gone"
		return r, nil
	}
	return r, readLog(log, r)
}

// missing says why there is no result.
func missing(path string, err error) error {
	info, statErr := os.Stat(path)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		return fmt.Errorf("no run at %q", path)
	case statErr == nil && !info.IsDir():
		return fmt.Errorf("%q is a file; name the folder of a run", path)
	}
	if _, logErr := os.Stat(filepath.Join(path, exchange.LogName)); logErr == nil && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%q has no result.json, since its run was cut off; make one with: inferometer report %s", path, path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%q is not the folder of a run: there is no result.json in it", path)
	}
	return fmt.Errorf("failed to read the run at %q: %w", path, err)
}

// readLog takes the requests of each cell of the result. The exchanges are read once, and
// none is kept.
func readLog(path string, r *compare.Run) error {
	log, err := runlog.Read(path)
	if err != nil {
		return fmt.Errorf("failed to read the log: %w", err)
	}
	wanted := map[string]bool{}
	for benchmark, c := range r.Result.Cells() {
		wanted[c.ID] = benchmark != "capacity"
	}
	cells := map[string]*requests{}
	for _, c := range log.Cells {
		if wanted[c.ID] {
			q := &requests{load: c.Load}
			q.KeepTurns = c.Load.Of == result.OfConversations
			q.Block = 1
			cells[c.ID] = q
		}
	}
	err = log.Exchanges(func(c *runlog.Cell, x *exchange.Exchange) error {
		if c == nil || cells[c.ID] == nil {
			return nil
		}
		cells[c.ID].Add(x)
		if x.Phase == exchange.Measured && x.PromptHash != 0 {
			r.Prompts[c.ID] += x.PromptHash
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("failed to read the log: %w", err)
	}
	if log.Damaged != nil {
		r.NoRequests, r.Prompts = fmt.Sprintf("the log is damaged (%v)", log.Damaged), map[string]uint64{}
		return nil
	}
	if r.NoRequests = lost(r.Result, cells); r.NoRequests != "" {
		r.Prompts = map[string]uint64{}
		return nil
	}
	for _, c := range log.Cells {
		if q := cells[c.ID]; q != nil {
			q.SettleBlocks(c.Spans())
			r.Requests[c.ID] = q
		}
	}
	return nil
}

// lost says that a log has fewer requests, or more, than the result that was made of it, as a
// copy that was cut short; "" where both agree.
func lost(r *result.Result, cells map[string]*requests) string {
	for benchmark, c := range r.Cells() {
		if benchmark == "capacity" {
			continue // its cells are not compared
		}
		has := 0
		if q := cells[c.ID]; q != nil {
			has = q.Len()
		}
		if n := c.Counts.OK + c.Counts.Failed + c.Counts.Cut + c.Counts.Shed; has != n {
			return fmt.Sprintf("the log has %d of the %d requests of %s", has, n, c.ID)
		}
	}
	return ""
}

// requests are those of a cell.
type requests struct {
	measure.Collector
	load result.LoadShape
}

// Series implements compare.Requests.
func (q *requests) Series(tag string) (s stats.Series, upper []float64) {
	var values []float64
	var groups []int32
	cut := false
	for i := range q.Len() {
		least, most := q.Bounds(tag, i)
		if least != least || most != most { // NaN: it has none
			continue
		}
		cut = cut || least != most
		values, upper = append(values, least), append(upper, most)
		if q.KeepTurns {
			groups = append(groups, q.Session(i))
		}
	}
	if !cut {
		upper = nil
	}
	return q.Collector.Series(values, groups, q.load), upper
}

// Success implements compare.Requests.
func (q *requests) Success() measure.Success { return q.Collector.Success(0) }
