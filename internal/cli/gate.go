package cli

import (
	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/compare"
	"github.com/inferometer/inferometer/internal/report"
)

// compare is the command that compares kept runs, and with --live endpoints.
func (p *Process) compare() *cobra.Command { return p.live().Add(compare.New(p.comparing())) }

// comparing is what comparisons need of the process.
func (p *Process) comparing() compare.Env {
	width, _ := terminal(p.Stdout)
	return compare.Env{
		Stdout: p.Stdout, Stderr: p.Stderr, Version: p.Version, Console: report.ConsoleOptions{Color: p.color(p.Stdout), Width: width},
		Usage: func(err error) error { return usageError{err} }, Exit: func(code int) error { return exitCode(code) },
	}
}
