// Package quality is the commands about answers outside of a run: score texts, decide a
// claim from two files, print a set of items, compare endpoints answer by answer. Only
// the last sends something. They hang below `inferometer quality`, which is a
// benchmark. One file a command.
package quality

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/plan"
)

// Env is what the commands need of the process.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Version        string // of this tool
	// Endpoints adds the flags that say how endpoints are reached to a command, and
	// returns what reads them with the URLs of its arguments: the candidate's, and the
	// baseline's if there is one.
	Endpoints func(*cobra.Command) func(urls ...string) (plan.Plan, error)
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
	// Exit is an error for a command that has said everything already and ends with a
	// code, such as 99 for a claim that is refuted.
	Exit func(code int) error
}

// Add puts the commands below parent.
func Add(parent *cobra.Command, e Env) *cobra.Command {
	parent.AddCommand( // one line a command, in the order of help
		newScore(e),
		newCompare(e),
		newSame(e),
		newItems(e),
		newCheck(e),
	)
	return parent
}

// command makes a wrong number of arguments a usage error.
func (e Env) command(c *cobra.Command) *cobra.Command { return help.Args(c, e.Usage) }

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
