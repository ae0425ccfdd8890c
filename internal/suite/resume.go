package suite

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/inferometer/inferometer/internal/conduct"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// Resume continues the run whose folder is at path. Cells that went to their
// planned end are not run again; a cell that was cut is measured from scratch,
// and what it had measured does not count. The plan is that of the folder.
// given, if not nil, is the plan as the user has it: it must be the same, and
// brings what is kept out of files; only its name, folder of runs and cap on the
// spend may be others.
func Resume(ctx context.Context, path string, given *plan.Plan, o Options) (*Outcome, error) {
	if o.Stop == nil {
		o.Stop = ctx
	}
	f := folder{path}
	p, err := f.readPlan()
	if err != nil {
		return nil, err
	}
	if chosen(p).Program == nil {
		return nil, fmt.Errorf("the run %s measured no endpoint, so there is nothing to resume", f.id())
	}
	if p, err = ResumedPlan(p, given); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := p.CheckFiles(os.Stat); err != nil {
		return nil, err
	}
	before, err := conduct.Reopen(f.log(), p)
	if err != nil {
		return nil, err
	}
	if before.Complete() {
		return nil, errors.Join(fmt.Errorf("the run %s is complete: there is nothing to resume", f.id()), before.Close())
	}
	s := conduct.NewSession(p, o, before)
	defer s.Close()
	if err := s.Prepare(ctx, chosen(p).Program); err != nil {
		return nil, err
	}
	out := &Outcome{Folder: path, Plan: p, Secrets: p.Secret()}
	s.Tell(Event{Kind: "folder", Text: path})
	if err := s.Resume(ctx, f.files()); err != nil {
		return out, err
	}
	return out, measure(ctx, s, f, out)
}

// ResumedPlan is the plan to resume with: the one that a folder keeps, or the given one
// where that is the same but for what no folder keeps.
func ResumedPlan(kept plan.Plan, given *plan.Plan) (plan.Plan, error) {
	if given == nil {
		if kept.Secret() {
			return kept, errors.New("header values and key commands are not kept in a run's folder: repeat the plan or command of the run, together with --resume")
		}
		return kept, nil
	}
	out := *given
	same := *given
	same.MaxCost, same.Dir, same.Name = kept.MaxCost, kept.Dir, kept.Name
	a, err := kept.YAML()
	b, err2 := same.YAML()
	if err := errors.Join(err, err2); err != nil {
		return out, err
	}
	if string(a) == string(b) {
		return out, nil
	}
	was := map[string]string{}
	for _, v := range kept.Values(key.Provenance{}) {
		was[v.Path] = v.Text
	}
	for _, v := range same.Values(key.Provenance{}) {
		if w, ok := was[v.Path]; !ok || w != v.Text {
			return out, fmt.Errorf("a run can only be resumed with its own plan: %s is %q here and was %q (--resume alone reads the plan from the folder)", v.Path, v.Text, w)
		}
	}
	return out, errors.New("a run can only be resumed with its own plan, and this is a different one (--resume alone reads the plan from the folder)")
}
