package suite

import (
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// Exit codes of a run that has a result.
const (
	ExitOK          = 0
	ExitPartial     = 3
	ExitUndecided   = 97
	ExitInvalid     = 98
	ExitRefuted     = 99
	ExitInterrupted = 130
)

// ExitCode is the exit code of a result: the first that applies of
// interrupted, invalid, refuted, undecided, partial. Limits that nobody set
// never count; in a quick run claims are undecided by design.
func ExitCode(r *result.Result, p plan.Plan) int {
	refuted, undecided := false, false
	for _, c := range r.Claims {
		if !c.Set {
			continue
		}
		refuted = refuted || c.Verdict == result.Refuted
		undecided = undecided || c.Verdict == result.Undecided
	}
	switch {
	case r.Run.Status == result.Interrupted:
		return ExitInterrupted
	case r.Validity.Status == result.Fail:
		return ExitInvalid
	case refuted && !p.Quick:
		return ExitRefuted
	case undecided && !p.Quick && p.Undecided != "pass":
		return ExitUndecided
	case r.Run.Status == result.Partial:
		return ExitPartial
	}
	return ExitOK
}
