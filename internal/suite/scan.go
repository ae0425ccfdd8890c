package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// scanRecord is what the record of a cell says of its place in a sweep.
type scanRecord struct {
	Index  int      `json:"index"`  // in the plan, from 1
	Values []string `json:"values"` // of the swept keys
	// Attempt counts from 1; the last one that was not cut counts.
	Attempt int `json:"attempt"`
	// CacheReset says that the server's prefix cache was emptied before.
	CacheReset bool `json:"cache_reset,omitempty"`
}

// scanID is the id of an attempt at a cell of a sweep.
func scanID(index, attempt int) string {
	id := fmt.Sprintf("scan/%03d", index)
	if attempt > 1 {
		id += fmt.Sprintf("-%d", attempt)
	}
	return id
}

// scanning is a sweep in progress.
type scanning struct {
	keys    []plan.ScanKey
	cells   []plan.ScanCell
	targets []*scanTarget // of each cell
	// sets are the data sets that are open, by what they are read with.
	sets map[string]map[int]workload.Source
	sims map[string]string // URLs of embedded endpoints, by what they were started with
	// before is what an earlier part of the run has done; nil for a first one.
	before *progressRead
}

func newScanning() *scanning {
	return &scanning{sets: map[string]map[int]workload.Source{}, sims: map[string]string{}}
}

// scanTarget is a target with what counts its prompts.
type scanTarget struct {
	*target
	fit   *textgen.Fitter
	count tokens.Counter
}

// findScan finds the targets of a sweep: one for each combination of swept keys
// of the candidate, all before the first cell.
func (r *run) findScan(ctx context.Context) error {
	s := r.scanning
	var err error
	if s.keys, err = r.plan.ScanKeys(); err != nil {
		return err
	}
	if s.cells, err = r.plan.ScanCells(); err != nil {
		return err
	}
	known := map[string]*scanTarget{}
	var all []*scanTarget
	first := map[*scanTarget]plan.ScanCell{} // the cell that a message about the target names
	for _, c := range s.cells {
		id, err := json.Marshal(c.Plan.Candidate)
		if err != nil {
			return r.ofCell(c, err)
		}
		t := known[string(id)]
		if t == nil {
			t = &scanTarget{target: &target{name: candidate, plan: c.Plan.Candidate}}
			if n := len(all); n > 0 {
				t.name = fmt.Sprintf("%s-%d", candidate, n+1)
			}
			if err := r.prepare(ctx, t.target); err != nil {
				return r.ofCell(c, err)
			}
			known[string(id)], first[t] = t, c
			all = append(all, t)
		}
		s.targets = append(s.targets, t)
	}
	for i, t := range all {
		if err := r.probeScanTarget(ctx, t, all[:i]); err != nil {
			return r.ofCell(first[t], err)
		}
		r.targets = append(r.targets, t.target)
	}
	return nil
}

// ofCell says which cell an error is about, where targets are swept.
func (r *run) ofCell(c plan.ScanCell, err error) error {
	keys := r.scanning.keys
	if slices.ContainsFunc(keys, func(k plan.ScanKey) bool { return strings.HasPrefix(k.Path, candidate+".") }) {
		return fmt.Errorf("cell %d (%s): %w", c.Index, c.Words(keys), err)
	}
	return err
}

// probeScanTarget asks a target of a sweep what it is and how it counts.
func (r *run) probeScanTarget(ctx context.Context, t *scanTarget, before []*scanTarget) error {
	if err := r.probe(ctx, t.target); err != nil {
		return err
	}
	r.tellTarget(t.target)
	var like *scanTarget // counts as this one does
	for _, other := range before {
		if other.found.URL == t.found.URL && other.found.Model == t.found.Model {
			like = other
		}
	}
	switch {
	case t.name == candidate: // probe has found it
		t.fit, t.count = r.fit, r.count
	case like != nil:
		t.fit, t.count, t.overhead, t.disagrees, t.found.Tokenizer = like.fit, like.count, like.overhead, like.disagrees, like.found.Tokenizer
	default:
		r.fit, r.count = nil, nil
		if err := r.findTokenizer(ctx, t.target); err != nil {
			return err
		}
		t.fit, t.count = r.fit, r.count
	}
	if r.plan.Scan.ResetCache {
		if err := t.client.ResetCache(ctx); err != nil {
			return fmt.Errorf("--reset-cache: %w; without it the prompts of each cell are new as well", err)
		}
	}
	return nil
}

// startSim starts an embedded endpoint. Those of a sweep that are the same are
// one, as a server at a URL would be.
func (r *run) startSim(ctx context.Context, profile string, t plan.Target) (url string, err error) {
	id, err := json.Marshal(struct {
		URL string
		Sim *plan.SimPlan
	}{t.URL, t.Sim})
	if err != nil {
		return "", err
	}
	if s := r.scanning; s != nil && s.sims[string(id)] != "" {
		return s.sims[string(id)], nil
	}
	url, stop, err := r.StartSim(ctx, profile, t, r.plan.Seed)
	if err != nil {
		return "", err
	}
	r.closers = append(r.closers, stop)
	if s := r.scanning; s != nil {
		s.sims[string(id)] = url
	}
	return url, nil
}

// forCell is the run as a cell of the sweep sees it: its plan, its target, and
// prompts that no cell and no earlier attempt has sent.
func (r *run) forCell(c plan.ScanCell, attempt int) (*run, error) {
	s := r.scanning
	t := s.targets[c.Index-1]
	p := c.Plan
	rows, err := json.Marshal(struct {
		Workload   plan.WorkloadPlan
		Seed       uint64
		URL, Model string
	}{p.Workload, p.Seed, t.found.URL, t.found.Model})
	if err != nil {
		return nil, err
	}
	if s.sets[string(rows)] == nil {
		s.sets[string(rows)] = map[int]workload.Source{}
	}
	if p.Workload.CacheSalt == "" {
		p.Workload.CacheSalt = r.salt()
	}
	p.Workload.CacheSalt += "/" + scanID(c.Index, attempt)
	q := &run{
		plan: p, Options: r.Options, clock: r.clock, targets: []*target{t.target}, log: r.log, samples: r.samples,
		spend: r.spend, extra: r.extra, fit: t.fit, count: t.count, sets: s.sets[string(rows)],
	}
	return q, q.settleForm()
}

// scanCell makes a cell of the sweep ready to run, and the run that drives it.
func (r *run) scanCell(c plan.ScanCell) (*run, *cell, error) {
	attempt := 1 + r.scanning.before.attempts(c.Index)
	q, err := r.forCell(c, attempt)
	if err != nil {
		return nil, nil, err
	}
	steps, err := q.loadCells()
	r.closers = append(r.closers, q.closers...)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("cell %d (%s): %w", c.Index, c.Words(r.scanning.keys), err)
	case len(steps) != 1 || len(steps[0]) != 1:
		return nil, nil, fmt.Errorf("cell %d (%s) is no single cell of load, so that it cannot be swept", c.Index, c.Words(r.scanning.keys))
	}
	made := steps[0][0]
	made.ID, made.Benchmark = scanID(c.Index, attempt), plan.Scan
	made.Scan = &scanRecord{Index: c.Index, Values: c.Values, Attempt: attempt, CacheReset: r.plan.Scan.ResetCache}
	return q, made, nil
}

// heaviestScanCell makes every cell once, so that what can be refused is
// refused before the first request, and returns the heaviest, for calibration.
// They are made anew when it is their turn: a thousand of them may not fit.
func (r *run) heaviestScanCell() ([]step, error) {
	var worst *cell
	for _, c := range r.scanning.cells {
		_, made, err := r.scanCell(c)
		if err != nil {
			return nil, err
		}
		if worst == nil || streams(made) > streams(worst) {
			worst = made
		}
	}
	return []step{{worst}}, nil
}

// scanOrder is the order in which the cells run: as planned, or by the seed.
func scanOrder(p plan.Plan, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if p.Scan.Order == plan.ScanRandom {
		rng := rand.New(rand.NewPCG(p.Seed, 0x5ca9))
		rng.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	return order
}

// scan runs the cells of the sweep that are not done yet. A cell that the
// breaker ends does not end the sweep: what breaks under a load is what a
// sweep is there to find.
func (r *run) scan(ctx context.Context) (result.Status, string) {
	const byUser = "stopped by the user"
	s := r.scanning
	first, early, why := true, 0, ""
	for n, i := range scanOrder(r.plan, len(s.cells)) {
		c := s.cells[i]
		if s.before.done(c.Index) {
			continue
		}
		if !first && !r.pause(ctx, r.plan.Scan.CoolDown.Std()) || r.Stop.Err() != nil || ctx.Err() != nil {
			return result.Interrupted, byUser
		}
		first = false
		where := fmt.Sprintf("cell %d of %d: %s", n+1, len(s.cells), c.Words(s.keys))
		r.tell(Event{Kind: "note", Text: where})
		if r.plan.Scan.ResetCache {
			if err := s.targets[i].client.ResetCache(ctx); err != nil {
				return result.Partial, fmt.Sprintf("%s: %v", where, err)
			}
		}
		q, made, err := r.scanCell(c)
		if err != nil {
			return result.Partial, err.Error()
		}
		w, err := q.drive(ctx, made)
		switch {
		case err != nil:
			return result.Partial, fmt.Sprintf("%s: %v", where, err)
		case w.Stopped:
			return result.Interrupted, byUser
		case r.log.Err() != nil:
			return result.Partial, r.log.Err().Error()
		case r.spend.over():
			return result.Partial, fmt.Sprintf("%s: %s", where, w.Reason)
		case w.Reason != "":
			if early++; why == "" {
				why = fmt.Sprintf("%s: %s", where, w.Reason)
			}
		}
	}
	if early > 0 {
		return result.Partial, fmt.Sprintf("%d of %d cells ended early, the first with %s", early, len(s.cells), why)
	}
	return result.Complete, ""
}

// pause waits, and reports whether the run goes on then.
func (r *run) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Stop.Done():
	case <-ctx.Done():
	}
	return false
}
