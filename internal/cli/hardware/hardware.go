// Package hardware is the subcommands of `inferometer hardware`: what machine this
// is, and which engine configuration is best on it. The command without a
// subcommand is a benchmark of a run, and belongs to package cli.
package hardware

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/suite"
)

// Env is what the commands need of the process.
type Env struct {
	Stdout, Stderr io.Writer
	Version        string
	Console        report.ConsoleOptions
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
	// Exit is an error for a command that has said everything already.
	Exit func(code int) error
	// Suite is what each run of a matrix takes.
	Suite func() (suite.Options, error)
	// Progress shows what happens within a run of a matrix, until end.
	Progress func() (event func(suite.Event), end func())
	// Interruptible gives a command the contexts that Ctrl-C ends.
	Interruptible func(context.Context) (run, stop context.Context, release func())
}

// Add gives the command hardware its subcommands.
func Add(c *cobra.Command, e Env) *cobra.Command {
	e.addChip(c)
	c.AddCommand(e.command(newShow(e)), e.command(newMatrix(e)))
	return c
}

// command makes a wrong number of arguments a usage error.
func (e Env) command(c *cobra.Command) *cobra.Command { return help.Args(c, e.Usage) }
