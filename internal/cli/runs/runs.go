// Package runs is the commands about runs that were kept: list and show them, tag them,
// delete them, pack and unpack them, and follow a metric over them. Everything but rm, tag
// and import leaves the folders of runs as they are.
//
// What is asked for goes to stdout, what was done to stderr.
package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
)

// Env is what the commands need of the process.
type Env struct {
	Stdout, Stderr io.Writer
	Now            time.Time
	Getenv         func(string) string
	Version        string
	Console        report.ConsoleOptions
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
	// Exit ends a command that has said everything already.
	Exit func(code int) error
	// Foreign reads the result file of another tool; nil: there is no reader.
	Foreign func(name string, b []byte) (*result.Result, error)

	file string // of the history, by a flag
}

// New is the command with its parts.
func New(e Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "runs",
		Short: "List, tag, export and import runs; the trend of a metric",
		Long: `List the runs that were made on this machine, and everything that can be done
with them. RUN is a folder, an id or the beginning of one, a tag (also @TAG) or
"latest".

An index in the user's data folder knows the runs; their folders are the truth,
and "rebuild" makes the index again. INFEROMETER_HISTORY names another file, or
is off. More: docs/history.md.`,
		Example: `  inferometer runs ls --tag main --since 7d
  inferometer runs tag latest main
  inferometer runs trend ttft.p95 --tag main`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	env := &e
	c.PersistentFlags().StringVar(&env.file, "history", "", "`FILE` of the index (default $"+history.Variable+", else in the data folder)")
	c.AddCommand(newLs(env), newShow(env), newPath(env), newTag(env), newUntag(env), newTrend(env), newExport(env), newImport(env), newRm(env), newRebuild(env))
	return c
}

// command makes a wrong number of arguments a usage error.
func (e *Env) command(c *cobra.Command) *cobra.Command { return help.Args(c, e.Usage) }

// Open opens the user's history, whose file may be named; "": as the environment says.
func Open(file string, getenv func(string) string) (*history.History, error) {
	if file == "" {
		at, err := history.Location(runtime.GOOS, getenv)
		if err != nil {
			return nil, err
		}
		file = at
	}
	return history.Open(file)
}

// with opens the history for a command.
func (e *Env) with(do func(h *history.History) error) error {
	h, err := Open(e.file, e.Getenv)
	if err != nil {
		return err
	}
	return errors.Join(do(h), h.Close())
}

// find returns the run that a selector means; none is a mistake in what was typed.
func (e *Env) find(h *history.History, selector string) (history.Run, error) {
	r, err := h.Find(selector)
	if err != nil {
		return r, e.Usage(err)
	}
	return r, nil
}

// each opens the history and does something with each run that is named.
func (e *Env) each(selectors []string, do func(h *history.History, r history.Run) error) error {
	return e.with(func(h *history.History) error {
		var all []history.Run
		for _, s := range selectors { // nothing is done before all are found
			r, err := e.find(h, s)
			if err != nil {
				return err
			}
			all = append(all, r)
		}
		for _, r := range all {
			if err := do(h, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *Env) say(format string, args ...any) {
	_, _ = fmt.Fprintln(e.Stderr, "inferometer:", plaintext.Line(fmt.Sprintf(format, args...)))
}

func (e *Env) json(v any) error {
	enc := json.NewEncoder(e.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func newPath(e *Env) *cobra.Command {
	return e.command(&cobra.Command{
		Use: "path RUN", Short: "Print the folder of a run", Args: cobra.ExactArgs(1),
		Long:    "Print the folder of a run, and nothing else.",
		Example: "  open $(inferometer runs path latest)/report.html",
		RunE: func(_ *cobra.Command, args []string) error {
			return e.each(args, func(_ *history.History, r history.Run) error {
				_, err := fmt.Fprintln(e.Stdout, r.Folder)
				return err
			})
		},
	})
}

func newTag(e *Env) *cobra.Command {
	return e.command(&cobra.Command{
		Use: "tag RUN TAG...", Short: "Give a run tags", Args: cobra.MinimumNArgs(2),
		Long: `Give a run tags. Several runs may have the same tag; the latest of them stands
for it, as a baseline for "compare --against TAG". Tags lie in the run's folder.`,
		Example: "  inferometer runs tag latest main",
		RunE: func(_ *cobra.Command, args []string) error {
			for _, t := range args[1:] {
				if err := history.CheckTag(t); err != nil {
					return e.Usage(err)
				}
			}
			return e.retag(args[0], args[1:], nil)
		},
	})
}

func newUntag(e *Env) *cobra.Command {
	return e.command(&cobra.Command{
		Use: "untag RUN TAG...", Short: "Take tags from a run", Args: cobra.MinimumNArgs(2), Long: "Take tags from a run.",
		RunE: func(_ *cobra.Command, args []string) error { return e.retag(args[0], nil, args[1:]) },
	})
}

func (e *Env) retag(selector string, add, remove []string) error {
	return e.each([]string{selector}, func(h *history.History, r history.Run) error {
		tags, err := h.Tag(r.Folder, add, remove)
		if err != nil {
			return err
		}
		text := "no tag"
		if len(tags) > 0 {
			text = strings.Join(tags, ", ")
		}
		e.say("%s has %s", r.ID, text)
		return nil
	})
}

func newRebuild(e *Env) *cobra.Command {
	return e.command(&cobra.Command{
		Use: "rebuild [FOLDER...]", Short: "Make the index again from the folders of runs", Args: cobra.ArbitraryArgs,
		Long: `Read the folders of all runs again that the index knows, and those at or below
the given folders (without one, below runs in the working directory). Runs whose
folder is gone are dropped from the index. No folder of a run is changed.`,
		Example: "  inferometer runs rebuild ~/benchmarks/runs",
		RunE: func(_ *cobra.Command, args []string) error {
			const usual = "runs"
			if info, err := os.Stat(usual); len(args) == 0 && err == nil && info.IsDir() {
				args = []string{usual}
			}
			return e.with(func(h *history.History) error {
				got, err := h.Rebuild(args...)
				if err != nil {
					return err
				}
				for _, f := range got.Dropped {
					e.say("dropped %s: the folder is gone", f)
				}
				for _, f := range got.Failed {
					e.say("%v", f)
				}
				e.say("read %s into %s", amount.Things(len(got.Added), "run"), h.Path())
				if len(got.Failed) > 0 {
					return e.Exit(1)
				}
				return nil
			})
		},
	})
}
