package prompts

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/dataset"
)

// Files are those of a plan that are read before anything is sent, so that a
// wrong name costs no request.
type Files struct {
	Traces    Traces
	Tokenizer tokens.Tokenizer // nil: the plan names no file and no vocabulary
}

// FileError is a fault of a file that the user named: nothing was sent.
type FileError struct{ err error }

func (e FileError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e FileError) Unwrap() error { return e.err }

// ReadFiles reads the trace and the tokenizer of the plan, and looks through
// its data set, which is opened again when the target's tokens are known. An error is a
// FileError.
func ReadFiles(p plan.Plan) (Files, error) {
	f, err := readFiles(p)
	if err != nil {
		return f, FileError{err}
	}
	return f, nil
}

func readFiles(p plan.Plan) (f Files, err error) {
	f.Traces = Traces{}
	if cells.SendsNothing(p) {
		return f, nil
	}
	w := p.Workload
	switch w.Tokenizer {
	case "", plan.TokenizerAuto, plan.TokenizerServer, plan.TokenizerNone:
	default:
		if f.Tokenizer, err = tokens.Open(w.Tokenizer); err != nil {
			return f, fmt.Errorf("--tokenizer %s: %w", w.Tokenizer, err)
		}
	}
	if cells.Selected(p, plan.Load) && p.Load.Trace != "" {
		table, err := f.Traces.read(p)
		if err != nil {
			return f, err
		}
		if err := tooFast(p, table); err != nil {
			return f, err
		}
	}
	if w.Dataset == "" {
		return f, nil
	}
	columns, err := dataset.ParseColumns(w.Rows.Columns)
	if err != nil {
		return f, fmt.Errorf("--dataset-columns: %w", err)
	}
	src, err := dataset.New(dataset.Config{Path: w.Dataset, OutputTokens: w.OutputTokens, Columns: columns, SkipBad: w.Rows.SkipBad, Turns: datasetTurns(w)})
	if err != nil {
		return f, err
	}
	_ = src.Close() // it was only read
	return f, nil
}
