// Package cli is the command line: flags to a plan, a result to the screen. It
// measures nothing.
//
// Results go to stdout and nothing else does; progress, notes and errors go to
// stderr. Exit codes: 0 done, 1 tool error, 2 usage, 3 partial, 97 undecided,
// 98 invalid, 99 refuted, 130 interrupted.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/cli/live"
	"github.com/inferometer/inferometer/internal/cli/prices"
	"github.com/inferometer/inferometer/internal/cli/quality"
	"github.com/inferometer/inferometer/internal/cli/simserver"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/export/ci"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// Process is what a process has: everything that a command may touch.
type Process struct {
	Args           []string // without the program's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            []string // as os.Environ gives it
	Version        string

	commands io.Writer // Stderr as it is, for commands to a CI system
}

// Exit codes that no result brings about.
const (
	exitError = 1
	exitUsage = 2
)

// usageError is a mistake in what was typed.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitCode ends a command that has said everything already.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Main runs one command and returns the exit code.
func Main(p Process) int {
	if p.commands = p.Stderr; ci.Offered(p.getenv).Annotate {
		p.Stderr = ci.Guard(p.Stderr)
	}
	root := newRoot(&p)
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(context.Background())
	var code exitCode
	var usage usageError
	var file prompts.FileError
	var problems key.Problems // of what the plan names, seen when it was read
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage), errors.As(err, &file), errors.As(err, &problems):
		p.complain(err)
		return exitUsage
	}
	p.complain(err)
	return exitError
}

// complain prints an error, each of its lines with the program's name. An error
// may quote a file or a server.
func (p *Process) complain(err error) {
	for line := range strings.SplitSeq(strings.TrimSpace(err.Error()), "\n") {
		_, _ = fmt.Fprintln(p.Stderr, "inferometer:", plaintext.Line(line))
	}
}

func newRoot(p *Process) *cobra.Command {
	root := &cobra.Command{
		Use:   "inferometer",
		Short: "Measure LLM serving endpoints, and get answers with proof",
		Long: `Inferometer measures LLM serving endpoints (vLLM, llama.cpp, SGLang, a
commercial API; anything that speaks the OpenAI protocol) and answers with
proof: is my own server faster, cheaper and as good as the API that I pay for?

  inferometer run                                  a demo against two built-in endpoints
  inferometer run http://127.0.0.1:8000 --quick    a first look at your server
  inferometer run http://127.0.0.1:8000 --baseline https://api.example.com \
      --baseline-key-env API_KEY                   your server against an API
  inferometer run plan.yaml                        what the plan says`,
		SilenceErrors: true, SilenceUsage: true,
		Version: p.Version, SuggestionsMinimumDistance: 2,
	}
	root.SetVersionTemplate("inferometer {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if text := help.Unknown(c, err); text != "" {
			return usagef("%s; see %s --help", text, c.CommandPath())
		}
		return usagef("%w; see %s --help", err, c.CommandPath())
	})
	root.AddCommand(
		newRun(p), newBenchmark(p, "latency", "Measure latency, one request at a time", "latency"),
		newBenchmark(p, "throughput", "Measure throughput and latency at rising numbers of users", "throughput"),
		newBenchmark(p, "cost", "Compute the cost per request, and from what volume a server pays", "throughput", "cost"),
		quality.Add(newBenchmark(p, "quality", "Score answers, and compare them with the baseline's", "quality"), p.answers()),
		newHardware(p), newLoad(p), newCompare(p), newCapacity(p), newForecast(p), newReport(p), p.runs(), newDoctor(p), newTrace(p), newImport(p), p.prices(), p.sim(), p.serve(), newVersion(p),
	)
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	root.SetGlobalNormalizationFunc(help.Canonical)
	help.Install(root)
	root.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		text := ""
		if s := c.SuggestionsFor(args[0]); len(s) > 0 {
			text = fmt.Sprintf(" (did you mean %q?)", s[0])
		}
		return usagef("unknown command %q%s; inferometer --help lists them", args[0], text)
	}
	root.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	return root
}

func (p *Process) prices() *cobra.Command {
	return prices.New(prices.Env{
		Stdout: p.Stdout, Stderr: p.Stderr, Now: time.Now(), Failed: exitCode(exitError),
		Usage: func(err error) error { return usageError{err} },
	})
}

// answers is what the commands about answers that are already there need.
func (p *Process) answers() quality.Env {
	return quality.Env{
		Stdin: p.Stdin, Stdout: p.Stdout, Stderr: p.Stderr, Version: p.Version, Endpoints: p.endpoints,
		Usage: func(err error) error { return usageError{err} }, Exit: func(code int) error { return exitCode(code) },
	}
}

// usageArgs makes a wrong number of arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(c, args); err != nil {
			return usagef("%w; see %s --help", err, c.CommandPath())
		}
		return nil
	}
}

// terminal reports whether w is a terminal, and how wide it is.
func terminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 40 {
		width = 80
	}
	return width, true
}

// color reports whether output may be coloured (https://no-color.org).
func (p *Process) color(w io.Writer) bool {
	_, isTerm := terminal(w)
	return isTerm && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}

// sim is the command of the simulated server.
func (p *Process) sim() *cobra.Command {
	return simserver.New(simserver.Env{
		Stdin: p.Stdin, Stdout: p.Stdout, Stderr: p.Stderr, Getenv: p.getenv, Usage: func(err error) error { return usageError{err} },
	})
}

// serve is the command that shows runs.
func (p *Process) serve() *cobra.Command {
	return live.New(live.Env{
		Stdin: p.Stdin, Stdout: p.Stdout, Stderr: p.Stderr, Environ: p.Env, Version: p.Version, Usage: func(err error) error { return usageError{err} },
	})
}

func (p *Process) getenv(name string) string {
	for _, kv := range p.Env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}
