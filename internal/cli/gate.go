package cli

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/cli/compare"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/suite"
)

// comparing is what comparisons need of the process.
func (p *Process) comparing() compare.Env {
	width, _ := terminal(p.Stdout)
	return compare.Env{
		Stdout: p.printed(), Stderr: p.Stderr, Version: p.Version, Console: report.ConsoleOptions{Color: p.color(p.Stdout), Width: width},
		Usage: func(err error) error { return usageError{err} }, Exit: func(code int) error { return exitCode(code) },
		Resolve: p.findRun, Latest: p.latestRun,
	}
}

// absent says which runs the conditions of a plan name that are not there. A first run has none to be
// held against, but a mistyped tag looks the same, and should not take a whole run to be seen.
func (p *Process) absent(pl plan.Plan) []string {
	changes, err := pl.Changes()
	if err != nil {
		return nil // the plan was validated: it has none
	}
	var out []string
	for _, c := range changes {
		if c.Against == "" || slices.ContainsFunc(pl.Endpoints(), func(t plan.Target) bool { return t.Name == c.Against }) {
			continue
		}
		if _, err := p.findRun(c.Against); err == nil {
			continue
		}
		_, err := p.findRun("@" + c.Against) // as a tag, to say which one it might be
		text := fmt.Sprintf("fail_if (--fail-if): a condition 'vs %s' cannot be decided yet: %v", c.Against, err)
		if err != nil && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// gate decides the conditions of a run's plan, says so, and returns the exit code of the run.
func (p *Process) gate(out *suite.Outcome, asJSON bool) (int, error) {
	env := p.comparing()
	if asJSON {
		env.Stdout = p.Stderr // stdout is the result
	}
	return env.ExitCode(out)
}
