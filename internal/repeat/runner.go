package repeat

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/repeat/analysis"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// runner carries out one schedule.
type runner struct {
	Options
	plan     plan.Plan
	schedule Schedule
	folder   string
	document analysis.Document
	ended    string // why it ends before the last repeat; "": it does not
}

func (r *runner) say(layout string, args ...any) {
	if r.Say != nil {
		r.Say(fmt.Sprintf(layout, args...))
	}
}

func (r *runner) stopped(ctx context.Context) bool {
	return ctx.Err() != nil || r.Stop != nil && r.Stop.Err() != nil
}

// carryOut measures the repeats that are left, and writes the document after each.
func (r *runner) carryOut(ctx context.Context) (*Outcome, error) {
	r.document.Status, r.document.Reason = result.Interrupted, "it was not finished"
	n := r.schedule.N()
	for i := len(r.document.Repeats) + 1; i <= n && r.ended == ""; i++ {
		rep := analysis.Repeat{Number: i, Due: r.schedule.due(r.document.Started, i)}
		if now().After(rep.Due.Add(r.schedule.late())) {
			rep.Status, rep.Reason = analysis.Missed, r.whyMissed()
			r.say("repeat %d of %d, due %s UTC, is missed: %s", i, n, rep.Due.Format("15:04"), rep.Reason)
			if err := r.keep(rep); err != nil {
				return nil, err
			}
			continue
		}
		if wait := rep.Due.Sub(now()); wait > 0 {
			r.say("repeat %d of %d is due at %s UTC, in %v", i, n, rep.Due.Format("15:04"), wait.Round(time.Second))
		}
		if !r.wait(ctx, rep.Due) {
			r.document.Reason, r.ended = "stopped by the user", "stopped"
			break
		}
		left, capped := r.left()
		if capped && left <= 0 {
			r.document.Status, r.ended = result.Partial, "cap"
			r.document.Reason = fmt.Sprintf("the cap of %s on the spend of all repeats is reached (--max-cost)", amount.USD(r.plan.MaxCost))
			break
		}
		if err := r.measure(ctx, &rep, left); err != nil {
			return nil, err
		}
	}
	return r.conclude()
}

// whyMissed says why nobody measured.
func (r *runner) whyMissed() string {
	if k := len(r.document.Repeats); k > 0 {
		last := r.document.Repeats[k-1]
		if due := r.schedule.due(r.document.Started, k+1); last.Ended.After(due) {
			return fmt.Sprintf("repeat %d was still measured", last.Number)
		}
		if last.Status == analysis.Missed {
			return last.Reason
		}
	}
	return "nobody was measuring when it was due"
}

// wait sleeps until a time by the calendar; false: it was stopped.
func (r *runner) wait(ctx context.Context, until time.Time) bool {
	const look = 30 * time.Second // a machine that slept finds out when it is late
	var stop <-chan struct{}
	if r.Stop != nil {
		stop = r.Stop.Done()
	}
	for !r.stopped(ctx) {
		d := until.Sub(now())
		if d <= 0 {
			return true
		}
		timer := time.NewTimer(min(d, look))
		select {
		case <-timer.C:
		case <-ctx.Done():
		case <-stop:
		}
		timer.Stop()
	}
	return false
}

// left is what the cap leaves for the repeats to come.
func (r *runner) left() (usd float64, capped bool) {
	if r.plan.MaxCost <= 0 {
		return 0, false
	}
	return r.plan.MaxCost - r.spent(), true
}

// spent is what the repeats have cost so far.
func (r *runner) spent() float64 {
	sum := 0.0
	for _, rep := range r.document.Repeats {
		if rep.SpentUSD != nil {
			sum += float64(*rep.SpentUSD)
		}
	}
	return sum
}

// measure makes the run of a repeat, with what is left of the cap. That it began is
// written down first, so that a crash leaves an interrupted repeat.
func (r *runner) measure(ctx context.Context, rep *analysis.Repeat, left float64) error {
	p := r.plan
	p.Dir, p.Name = filepath.Join(r.folder, runsName), name(rep.Number)
	p.MaxCost = max(0, left)
	p.Seed += uint64(rep.Number - 1) // no repeat finds the prompts of another in a cache
	rep.Started, rep.Status, rep.Reason = now(), analysis.Interrupted, "it ended with the program"
	if err := r.keep(*rep); err != nil {
		return err
	}
	r.say("repeat %d of %d", rep.Number, r.schedule.N())
	o := r.Suite
	if o.Stop = r.Stop; o.Stop == nil {
		o.Stop = ctx
	}
	end := func() {}
	if r.Progress != nil {
		o.Progress, end = r.Progress()
	}
	run := r.Run
	if run == nil {
		run = suite.Run
	}
	out, err := run(ctx, p, o)
	end()
	rep.Ended = now()
	if out != nil && out.Folder != "" {
		if rel, relErr := filepath.Rel(r.folder, out.Folder); relErr == nil {
			rep.Folder = rel
		}
	}
	var res *result.Result
	if out != nil {
		res = out.Result
		rep.SpentUSD = spent(res)
	}
	switch {
	case r.stopped(ctx):
		rep.Reason = "stopped by the user"
		r.document.Reason, r.ended = rep.Reason, "stopped"
	case err != nil:
		rep.Status, rep.Reason = analysis.Failed, err.Error()
		if rep.Number == 1 && (out == nil || out.Folder == "") { // before anything was sent
			return err
		}
	case res == nil || !measured(res):
		rep.Status, rep.Reason = analysis.Failed, "no request succeeded"
		if res != nil && res.Run.Reason != "" {
			rep.Reason += ": " + res.Run.Reason
		}
	case p.MaxCost > 0 && res.Run.Status == result.Partial && strings.Contains(res.Run.Reason, "--max-cost"):
		rep.Reason = res.Run.Reason // what it measured until then is no whole repeat
		r.document.Status, r.ended = result.Partial, "cap"
		r.document.Reason = fmt.Sprintf("the cap of %s on the spend of all repeats is reached (--max-cost)", amount.USD(r.plan.MaxCost))
	default:
		rep.Status, rep.Reason = analysis.Done, res.Run.Reason
	}
	if rep.Reason != "" {
		r.say("repeat %d is %s: %s", rep.Number, rep.Status, rep.Reason)
	}
	return r.keep(*rep)
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

// keep puts a repeat into the document, in the place of what it was before, and writes
// that.
func (r *runner) keep(rep analysis.Repeat) error {
	if k := len(r.document.Repeats); k > 0 && r.document.Repeats[k-1].Number == rep.Number {
		r.document.Repeats[k-1] = rep
	} else {
		r.document.Repeats = append(r.document.Repeats, rep)
	}
	return r.write()
}

func (r *runner) write() error {
	b, err := json.MarshalIndent(r.document, "", "  ")
	if err != nil {
		return fmt.Errorf("failed to encode %s: %w", documentName, err)
	}
	return wholefile.Write(filepath.Join(r.folder, documentName), append(b, '\n'), 0o644)
}

// conclude analyses what there is and writes it down.
func (r *runner) conclude() (*Outcome, error) {
	d := &r.document
	var done []analysis.Measured
	priced, failed := false, 0
	for _, rep := range d.Repeats {
		priced = priced || rep.SpentUSD != nil
		if rep.Status == analysis.Failed {
			failed++
		}
		if rep.Status != analysis.Done {
			continue
		}
		res, err := suite.ReadResult(filepath.Join(r.folder, rep.Folder))
		if err != nil {
			return nil, err
		}
		done = append(done, analysis.Measured{Repeat: rep, Result: res})
	}
	if priced {
		d.SpentUSD = result.Num(r.spent())
	}
	if n := r.schedule.N(); len(d.Repeats) == n && r.ended == "" {
		d.Status, d.Reason = result.Complete, ""
		if len(done) < n {
			d.Status, d.Reason = result.Partial, fmt.Sprintf("%d of %d repeats have no result", n-len(done), n)
		}
	}
	if k := len(d.Repeats); k > 0 && !d.Repeats[k-1].Ended.IsZero() {
		d.Ended = d.Repeats[k-1].Ended
	}
	d.Analysis = analysis.Of(done, failed)
	return &Outcome{Folder: r.folder, Plan: r.plan, Document: *d}, r.write()
}

// ExitCode is the exit code of repeats, as that of a run: the first that applies of
// interrupted, invalid, refuted, undecided, partial. Claims count as the repeats decide
// them together.
func ExitCode(d analysis.Document, p plan.Plan) int {
	refuted, undecided, invalid := false, false, d.Analysis == nil
	if d.Analysis != nil {
		for _, c := range d.Analysis.Claims {
			refuted = refuted || c.Verdict == result.Refuted
			undecided = undecided || c.Verdict == result.Undecided
			invalid = invalid || c.Verdict == result.Invalid
		}
	}
	switch {
	case d.Status == result.Interrupted:
		return suite.ExitInterrupted
	case invalid:
		return suite.ExitInvalid
	case refuted && !p.Quick:
		return suite.ExitRefuted
	case undecided && !p.Quick && p.Undecided != "pass":
		return suite.ExitUndecided
	case d.Status == result.Partial:
		return suite.ExitPartial
	}
	return suite.ExitOK
}
