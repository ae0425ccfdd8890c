package estimate

import (
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// A dry run says how a shared prefix is counted, and how many prompts are too short
// for it.
func TestDryRunSaysWhatBecomesOfAPrefix(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL = "http://x"
	if notes := Of(p, nil).Notes; len(notes) != 0 {
		t.Error(notes)
	}
	p.Workload.Prefix.Tokens, p.Workload.InputTokens = 500, 800
	if notes := Of(p, nil).Notes; !slices.Equal(notes, []string{"the shared prefix is part of a prompt's tokens (vLLM's bench adds it)"}) {
		t.Error(notes)
	}
	p.Workload.InputLengths = "uniform 1..2000"
	if notes := Of(p, nil).Notes; !slices.Equal(notes, []string{"the shared prefix is part of a prompt's tokens (vLLM's bench adds it); it is cut in 26 % of the prompts, which are shorter"}) {
		t.Error(notes)
	}
}
