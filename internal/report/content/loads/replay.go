package loads

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// fidelity says in one line how closely a trace was replayed.
func fidelity(r *result.Replay) string {
	share := func(x *result.Number, n int) string {
		if x == nil {
			return "unknown (not counted by the server)"
		}
		return fmt.Sprintf("%.1f %% on average (n=%d)", 100*float64(*x), n)
	}
	out := fmt.Sprintf("Replay: %d rows of %d read (%s)", r.Rows, r.Read, plaintext.Line(r.Format))
	var left []string
	for _, k := range []struct {
		n    int
		what string
	}{
		{r.Bad, "malformed"}, {r.Failed, "failed in the recording"}, {r.Empty, "without input or output tokens"},
		{r.Outside, "outside of the window"},
	} {
		if k.n > 0 {
			left = append(left, fmt.Sprintf("%d %s", k.n, k.what))
		}
	}
	if left != nil {
		out += "; skipped: " + strings.Join(left, ", ")
	}
	if r.Cut > 0 {
		out += fmt.Sprintf("; %d cut to the maximum context", r.Cut)
	}
	if r.Sorted > 0 {
		out += fmt.Sprintf("; %d were out of order and sorted", r.Sorted)
	}
	if r.Spread {
		out += "; times spread within the trace's tick"
	}
	out += "; input length off by " + share(r.InputError, r.InputN) + "; output length off by " + share(r.OutputError, r.OutputN)
	if r.IdealHits != nil {
		out += fmt.Sprintf("; prefix hits %.1f %% of the input tokens at best", 100*float64(*r.IdealHits))
		if r.ObservedHits != nil {
			out += fmt.Sprintf(", %.1f %% observed", 100*float64(*r.ObservedHits))
		} else {
			out += ", observed hits unknown: the server does not report cached tokens"
		}
	} else if r.ObservedHits != nil {
		out += fmt.Sprintf("; prefix hits %.1f %% of the input tokens observed, and the trace has no blocks to share", 100*float64(*r.ObservedHits))
	}
	return out + "."
}
