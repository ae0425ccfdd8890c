// Package hardware is the subcommands of `inferometer hardware`: what machine this
// is, and which engine configuration is best on it. The command without a
// subcommand is a benchmark of a run, and belongs to package cli.
package hardware

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Env is what the commands need of the process.
type Env struct {
	Stdout, Stderr io.Writer
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
}

// Add gives the command hardware its subcommands.
func Add(c *cobra.Command, e Env) *cobra.Command {
	c.AddCommand(e.command(newShow(e)))
	return c
}

// command makes a wrong number of arguments a usage error.
func (e Env) command(c *cobra.Command) *cobra.Command {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return e.Usage(fmt.Errorf("%w; see %s --help", err, c.CommandPath()))
		}
		return nil
	}
	return c
}
