package suite

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/dataset"
)

// files are those of a plan that are read before anything is sent, so that a
// wrong name costs no request.
type files struct {
	trace     *interop.Table   // nil: the plan has none
	tokenizer tokens.Tokenizer // nil: the plan names no file and no vocabulary
}

// readFiles reads the trace and the tokenizer of the plan, and looks through
// its data set, which is opened again when the target's tokens are known.
func (r *run) readFiles() error {
	if len(r.plan.Only) == 1 && r.selected(plan.Hardware) {
		return nil
	}
	var err error
	w := r.plan.Workload
	switch w.Tokenizer {
	case "", plan.TokenizerAuto, plan.TokenizerServer, plan.TokenizerNone:
	default:
		if r.files.tokenizer, err = tokens.Open(w.Tokenizer); err != nil {
			return fmt.Errorf("--tokenizer %s: %w", w.Tokenizer, err)
		}
	}
	if r.selected(plan.Load) && r.plan.Load.Trace != "" {
		if r.files.trace, err = readTrace(r.plan); err != nil {
			return err
		}
	}
	if w.Dataset == "" {
		return nil
	}
	columns, err := dataset.ParseColumns(w.Rows.Columns)
	if err != nil {
		return fmt.Errorf("--dataset-columns: %w", err)
	}
	src, err := dataset.New(dataset.Config{Path: w.Dataset, OutputTokens: w.OutputTokens, Columns: columns, SkipBad: w.Rows.SkipBad})
	if err != nil {
		return err
	}
	_ = src.Close() // it was only read
	return nil
}
