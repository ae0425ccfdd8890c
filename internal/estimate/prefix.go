package estimate

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/plan"
)

// prefixNotes says what becomes of a shared prefix: other tools count it otherwise.
func prefixNotes(p plan.Plan) []string {
	prefix := p.Workload.SharedPrefix()
	if prefix.Tokens == 0 || p.Load.Trace != "" {
		return nil
	}
	text := "the shared prefix is part of a prompt's tokens (vLLM's bench adds it)"
	if cut := prefix.Cut(); cut > 0 {
		text += fmt.Sprintf("; it is cut in %.0f %% of the prompts, which are shorter", 100*cut)
	}
	return []string{text}
}
