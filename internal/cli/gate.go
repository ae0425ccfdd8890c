package cli

import (
	"slices"

	"github.com/inferometer/inferometer/internal/cli/compare"
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

// gate decides the conditions of a run's plan, says so, and returns the exit code of the
// run: that of its result and of the gate, whichever comes first in the order of
// suite.ExitCode.
func (p *Process) gate(out *suite.Outcome, asJSON bool) (int, error) {
	code := suite.ExitCode(out.Result, out.Plan)
	if len(out.Plan.FailIf) == 0 {
		return code, nil
	}
	env := p.comparing()
	if asJSON {
		env.Stdout = p.Stderr // stdout is the result
	}
	g, err := env.Gate(out.Folder, out.Plan.Kept)
	if err != nil {
		return code, err
	}
	decided := compare.Code(g, out.Plan.Undecided)
	if out.Plan.Quick && decided != suite.ExitInvalid {
		decided = 0 // a quick run is looked at by someone
	}
	order := []int{suite.ExitInterrupted, suite.ExitInvalid, suite.ExitRefuted, suite.ExitUndecided, suite.ExitPartial, 0}
	if slices.Index(order, decided) < slices.Index(order, code) {
		code = decided
	}
	return code, nil
}
