// Package quality is the commands about answers that are already there: score texts,
// decide a claim from two files, print a set of items. They send nothing. They hang
// below `inferometer quality`, which is a benchmark. One file a command.
package quality

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Env is what the commands need of the process.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
	// Exit is an error for a command that has said everything already and ends with a
	// code, such as 99 for a claim that is refuted.
	Exit func(code int) error
}

// Add puts the commands below parent.
func Add(parent *cobra.Command, e Env) *cobra.Command {
	parent.AddCommand( // one line a command, in the order of help
		newItems(e),
		newCheck(e),
	)
	return parent
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

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
