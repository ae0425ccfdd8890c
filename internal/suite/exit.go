package suite

import (
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/validity"
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
	case invalid(r, p.Quick):
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

// invalid reports whether what the user asked for is spoilt: with claims, one of
// them; without, the load itself, or all that a target was measured for. A quick
// run is looked at by someone, and fails only if nothing was measured.
func invalid(r *result.Result, quick bool) bool {
	if nothingMeasured(r) {
		return true
	}
	if quick {
		return false
	}
	if c := r.Benchmarks.Capacity; c != nil && c.Spoilt != "" {
		return true
	}
	set := false
	for _, c := range r.Claims {
		set = set || c.Set
		if c.Set && c.Verdict == result.Invalid {
			return true
		}
	}
	if set {
		return false
	}
	// Requests of a run that was ended early were cut by that.
	if check := validity.LoadNotKept(r.Validity); check != nil && r.Run.Status == result.Complete {
		return true
	}
	return everythingSpoilt(r)
}

// nothingMeasured reports whether none of the requests of some target succeeded,
// or, in a run whose cells are not in the result, most failed in each. A run that
// was ended before any of a target's requests had ended is only partial.
func nothingMeasured(r *result.Result) bool {
	ok, failed := map[string]int{}, map[string]int{}
	for _, c := range r.Cells() {
		ok[c.Target] += c.Counts.OK
		failed[c.Target] += c.Counts.Failed + c.Counts.Shed
	}
	for target, n := range ok {
		if n == 0 && (failed[target] > 0 || r.Run.Status == result.Complete) {
			return true
		}
	}
	return len(ok) == 0 && validity.NothingMeasured(r.Validity)
}

// everythingSpoilt reports whether every latency headline of some target is
// spoilt; of a run that shows no latencies, its scores or its cost.
func everythingSpoilt(r *result.Result) bool {
	sound, spoilt := map[string]int{}, map[string]int{}
	for benchmark, c := range r.Cells() {
		if benchmark == string(plan.Capacity) {
			continue // its answer is judged by itself
		}
		for _, m := range metric.Headlines() {
			if s, is := c.Metrics.Stats[m.Tag]; !is || s.P50.Withheld != "" && s.P50.Sample == nil && s.Mean == nil {
				continue // nothing is shown, as the time per token of answers that came at once
			}
			if _, is := r.Validity.Spoilt(m.Tag, c.ID); is {
				spoilt[c.Target]++
			} else {
				sound[c.Target]++
			}
		}
	}
	for target := range spoilt {
		if sound[target] == 0 {
			return true
		}
	}
	if len(spoilt)+len(sound) > 0 {
		return false
	}
	_, quality := r.Validity.Spoilt("quality", cells.PassID(cells.Candidate))
	cost := r.Benchmarks.Cost
	return r.Benchmarks.Quality != nil && quality || cost != nil && cost.Spoilt != ""
}
