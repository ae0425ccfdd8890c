package matrix

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/launch"
	"github.com/inferometer/inferometer/internal/matrix/analysis"
	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// dying is how long the process of an engine may live on after its connections broke.
const dying = time.Second

// measure starts the engine of a step, measures it and ends it. What went wrong is in
// the run.
func (r *runner) measure(ctx context.Context, s design.Step, run *analysis.Run) {
	e, log, err := r.engineOf(s)
	if err != nil {
		run.Status, run.Reason = analysis.Failed, err.Error()
		return
	}
	run.Log, run.Command = log, strings.Join(e.Command, " ")
	starting, cancel := r.untilStopped(ctx)
	defer cancel()
	engine, err := launch.StartEngine(starting, e)
	if err != nil {
		run.Status, run.Reason = analysis.Failed, err.Error()
		if r.stopped() || ctx.Err() != nil {
			run.Status = analysis.Interrupted
		}
		return
	}
	run.HealthyS, run.LoadS = engine.Healthy.Seconds(), engine.Loaded.Seconds()
	r.say("%s is ready after %s", s.Configuration, engine.Loaded.Round(10*time.Millisecond))
	r.load(ctx, s, engine, run)
	if run.Status == analysis.Failed { // an engine that dies is gone from the network before its process is
		select {
		case <-engine.Exited():
		case <-time.After(dying):
		}
	}
	crash := engine.Crash()
	run.PeakMemory = engine.PeakMemory()
	stopErr := engine.Stop()
	switch {
	case crash != nil && run.Status != analysis.Interrupted:
		run.Status, run.Reason = analysis.Crashed, crash.Error()
	case crash == nil && stopErr != nil:
		run.Warning = stopErr.Error()
	}
}

// untilStopped is a context that also ends when the matrix is stopped.
func (r *runner) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if r.Stop == nil {
		return ctx, cancel
	}
	release := context.AfterFunc(r.Stop, cancel)
	return ctx, func() { release(); cancel() }
}

// load makes the run of a step against its engine. It ends early if the engine does.
func (r *runner) load(ctx context.Context, s design.Step, engine *launch.Running, run *analysis.Run) {
	o := r.Suite
	stop, cancel := r.untilStopped(ctx)
	defer cancel()
	o.Stop = stop
	if r.Progress != nil {
		event, end := r.Progress()
		defer end()
		o.Progress = event
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-engine.Exited():
			cancel()
		case <-ended:
		}
	}()
	out, err := suite.Run(ctx, r.planOf(s, engine), o)
	if out != nil && out.Folder != "" {
		if rel, relErr := filepath.Rel(r.folder, out.Folder); relErr == nil {
			run.Folder = rel
		}
	}
	switch {
	case r.stopped() || ctx.Err() != nil:
		run.Status, run.Reason = analysis.Interrupted, "stopped by the user"
	case err != nil:
		run.Status, run.Reason = analysis.Failed, err.Error()
	case out.Result == nil || !measured(out.Result):
		run.Status, run.Reason = analysis.Failed, errors.Join(errors.New("no request succeeded"), reasonOf(out.Result)).Error()
	default:
		run.Status = analysis.Done
		if out.Result.Run.Status != result.Complete {
			run.Warning = out.Result.Run.Reason
		}
	}
}

func reasonOf(res *result.Result) error {
	if res == nil || res.Run.Reason == "" {
		return nil
	}
	return errors.New(res.Run.Reason)
}

// measured reports whether a request of some cell succeeded.
func measured(res *result.Result) bool {
	for _, c := range res.Cells() {
		if c.Counts.OK > 0 {
			return true
		}
	}
	return false
}

// planOf is the plan of a step's run: one cell for each workload, as a sweep of which
// the values go together. All configurations of a block get the same prompts, and no
// two blocks the same.
func (r *runner) planOf(s design.Step, engine *launch.Running) plan.Plan {
	m := r.design
	p := plan.Default()
	p.Name = fmt.Sprintf("%02d-%s", s.Index, s.Configuration)
	p.Dir = filepath.Join(r.folder, "runs")
	p.Seed = m.Seed + uint64(s.Block)
	p.Only = []plan.Benchmark{plan.Load}
	p.Candidate.URL, p.Candidate.Model = engine.URL, engine.Model
	p.Workload.CacheSalt = fmt.Sprintf("%s block %d", r.document.ID, s.Block)
	p.Load.Warmup = terms.WarmupRequests(m.Warmup)
	p.Scan.Mode = plan.ScanZip
	p.Quality.Canary = m.Canary
	if m.Power != "" {
		p.Power.Source = m.Power
	}
	add := func(name string, of func(design.Workload) string) {
		k := plan.ScanItems{Key: name}
		for _, w := range m.Workloads {
			k.Items = append(k.Items, of(w))
		}
		p.Scan.Keys = append(p.Scan.Keys, k)
	}
	add("input-tokens", func(w design.Workload) string { return strconv.Itoa(w.InputTokens) })
	add("output-tokens", func(w design.Workload) string { return strconv.Itoa(w.OutputTokens) })
	add("users", func(w design.Workload) string { return strconv.Itoa(w.Users) })
	if m.Workloads[0].Requests > 0 {
		add("requests", func(w design.Workload) string { return strconv.Itoa(w.Requests) })
	} else {
		add("duration", func(w design.Workload) string { return w.Duration.String() })
	}
	if r.Adjust != nil {
		r.Adjust(&p)
	}
	return p
}
