package cli

import (
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

// gate decides the conditions of a run's plan, says so, and returns the exit code of the run.
func (p *Process) gate(out *suite.Outcome, asJSON bool) (int, error) {
	env := p.comparing()
	if asJSON {
		env.Stdout = p.Stderr // stdout is the result
	}
	return env.ExitCode(out)
}
