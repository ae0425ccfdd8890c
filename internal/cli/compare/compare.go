// Package compare is the command that compares kept runs, and with --live targets that are
// given by their URLs and measured in turns; and the gate that other commands end with.
//
// The comparison goes to stdout; notes go to stderr. Exit codes: 0 compared, and no
// condition is shown; 2 the runs measured different things; of a gate 97 undecided, 98 spoilt
// or missing, 99 shown, and 130 or 3 where the run itself was interrupted or is partial.
package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/compare"
	"github.com/inferometer/inferometer/internal/compare/folder"
	"github.com/inferometer/inferometer/internal/compare/page"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// Env is what the command needs of the process.
type Env struct {
	Stdout, Stderr io.Writer
	Version        string
	Console        report.ConsoleOptions
	// Resolve finds the folder of a run by an id or a tag; nil: folders only.
	Resolve func(name string) (folder string, err error)
	// Latest finds the latest valid run with a tag that has the same specification as the
	// run in a folder, and is not that run; nil: there is no history.
	Latest func(tag, like string) (folder string, err error)
	Usage  func(error) error
	Exit   func(code int) error
}

// flags of the command.
type flags struct {
	against, format, out, undecided string
	failIf, despite, cells          []string
}

// New makes the command.
func New(e Env) *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "compare RUN RUN... | --live URL URL...",
		Short: "Compare kept runs, or with --live endpoints measured in turns",
		Long: `Compare kept runs (folders, ids or tags) with the first of them, or with the
latest run of a tag. Each change has a 95 % interval; ~ is no evidence of one.
With --live, measure endpoints now, in interleaved blocks of the same load; the
first is the baseline. More: docs/comparing.md.`,
		Example: `  inferometer compare runs/20261130T184500Z-load runs/20261130T190000Z-load
  inferometer compare runs/new-load --against main --fail-if 'ttft.p95>+5%'
  inferometer compare --live http://127.0.0.1:8000 http://127.0.0.1:8001`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return e.run(args, &f) },
	}
	l := c.Flags()
	l.SortFlags = false
	l.StringVar(&f.against, "against", "", "`TAG` (or folder) of the run to compare with")
	l.StringArrayVar(&f.cells, "cell", nil, "`ID` of a cell to compare; repeatable (default all)")
	l.StringSliceVar(&f.despite, "despite", nil, "`RULES` of differences to allow, like load,workload")
	l.StringArrayVar(&f.failIf, "fail-if", nil, "`CHANGE` exit 99 if shown: 'ttft.p95>+5%'; repeatable")
	l.StringVar(&f.undecided, "undecided", "gate", "`HOW` exit code if undecided: gate (97) or pass (0)")
	l.StringVar(&f.format, "format", "", "`FORMAT` of what is printed: md or json (default a table)")
	l.StringVar(&f.out, "out", "", "`FOLDER` for report.html, report.md, compare.json and the figures")
	help.Group(l, "Runs", "against", "cell", "despite")
	help.Group(l, string(key.GroupClaims), "fail-if", "undecided")
	help.Group(l, string(key.GroupOutput), "format", "out")
	return help.Args(c, e.Usage)
}

// base is the run that the others are compared with, as it was typed.
func (f *flags) base(args []string) string {
	if f.against != "" {
		return f.against
	}
	return args[0]
}

// check reads the flags that have a grammar. "vs baseline" is the run that the others are
// compared with.
func (f *flags) check(args []string) ([]metric.Change, error) {
	if !slices.Contains([]string{"", "md", "json"}, f.format) {
		return nil, fmt.Errorf("--format: unknown format %q; use md or json, or leave it out for a table", f.format)
	}
	if f.undecided != "gate" && f.undecided != "pass" {
		return nil, fmt.Errorf("--undecided: unknown word %q; use gate or pass", f.undecided)
	}
	for _, rule := range f.despite {
		if !slices.Contains(compare.Refusable(), rule) {
			return nil, fmt.Errorf("--despite: unknown rule %q; rules are %s", rule, strings.Join(compare.Refusable(), ", "))
		}
	}
	var out []metric.Change
	for _, text := range f.failIf {
		c, err := metric.ParseChange(text)
		if err != nil {
			return nil, fmt.Errorf("--fail-if: %w", err)
		}
		if base := f.base(args); c.Against != "" && c.Against != "baseline" && c.Against != base {
			return nil, fmt.Errorf("--fail-if: condition %q: the runs are those of the command, and %s is what the others are compared with; leave out 'vs %s:', or name it with --against %s", text, base, c.Against, c.Against)
		}
		out = append(out, c)
	}
	return out, nil
}

func (e Env) run(args []string, f *flags) error {
	changes, err := f.check(args)
	if err != nil {
		return e.Usage(err)
	}
	runs, err := e.read(args, f)
	if err != nil {
		return err
	}
	if len(changes) > 0 && len(runs) > 2 {
		return e.Usage(errors.New("--fail-if decides about two runs; name two"))
	}
	if err := ambiguous(changes, runs); err != nil {
		return e.Usage(err)
	}
	doc, err := compare.Compare(runs, compare.Options{Version: e.Version, Despite: f.despite, Changes: changes, Only: f.cells})
	var refused *compare.Refused
	if errors.As(err, &refused) {
		return e.Usage(err)
	}
	if err != nil {
		return err
	}
	if err := e.show(doc, f); err != nil {
		return err
	}
	if doc.Gate != nil {
		if code := ended(runs[len(runs)-1].Result.Run.Status, Code(doc.Gate, f.undecided)); code != 0 {
			return e.Exit(code)
		}
	}
	return nil
}

// ambiguous says that "vs baseline" has two meanings, where a run measured a baseline of its own.
func ambiguous(changes []metric.Change, runs []*compare.Run) error {
	i := slices.IndexFunc(changes, func(c metric.Change) bool { return c.Against == "baseline" })
	if i < 0 {
		return nil
	}
	for _, r := range runs {
		if slices.ContainsFunc(r.Result.Targets, func(t result.Target) bool { return t.Name == "baseline" }) {
			return fmt.Errorf("--fail-if: %s: %s has a baseline of its own, which was decided when it ran (gate.json); leave out 'vs baseline:' to compare with the first run", changes[i], r.Name)
		}
	}
	return nil
}

// read reads the runs, that to compare with first.
func (e Env) read(args []string, f *flags) ([]*compare.Run, error) {
	if f.against == "" && len(args) < 2 {
		return nil, e.Usage(errors.New("name two runs, or give the run to compare with by --against TAG"))
	}
	var runs []*compare.Run
	for _, arg := range args {
		if strings.Contains(arg, "://") {
			return nil, e.Usage(fmt.Errorf("%q is a URL: endpoints are measured and compared with --live, as in: inferometer compare --live URL URL", arg))
		}
		path, err := e.find(arg)
		if err != nil {
			return nil, err
		}
		r, err := folder.Read(path, nameOf(arg))
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	if f.against != "" {
		path, err := e.base(f.against, runs[0].Folder)
		if err != nil {
			return nil, err
		}
		base, err := folder.Read(path, nameOf(f.against))
		if err != nil {
			return nil, err
		}
		runs = slices.Insert(runs, 0, base)
	}
	distinct(runs)
	return runs, nil
}

// find is the folder of a run that is named on the command line. A folder that is no run does
// not hide a tag of the same name.
func (e Env) find(name string) (string, error) {
	if _, err := os.Stat(filepath.Join(name, "result.json")); err == nil || e.Resolve == nil {
		return name, nil
	}
	path, err := e.Resolve(name)
	if err == nil {
		return path, nil
	}
	if _, statErr := os.Stat(name); statErr == nil {
		return name, nil // what it lacks is said when it is read
	}
	return "", err
}

// base is the folder of the run to compare with.
func (e Env) base(tag, like string) (string, error) {
	if _, err := os.Stat(filepath.Join(tag, "result.json")); err == nil {
		return tag, nil
	}
	if e.Latest == nil {
		return "", fmt.Errorf("there is no run %q: name the folder of a run", tag)
	}
	return e.Latest(tag, like)
}

// nameOf is how people call a run: a tag, or the last part of its folder.
func nameOf(arg string) string {
	if strings.ContainsRune(arg, filepath.Separator) {
		return filepath.Base(filepath.Clean(arg))
	}
	return arg
}

// longName is the length from which names make a table too wide for its numbers.
const longName = 14

// distinct gives runs letters, in the order of the comparison, where their names are long
// or the same.
func distinct(runs []*compare.Run) {
	seen := map[string]bool{}
	letters := false
	for _, r := range runs {
		letters = letters || seen[r.Name] || len(r.Name) > longName
		seen[r.Name] = true
	}
	for i, r := range runs {
		if letters && i < 26 {
			r.Name = string(rune('A' + i))
		}
	}
}

// show prints the comparison, and writes its files where they were asked for.
func (e Env) show(doc *compare.Document, f *flags) error {
	of := page.Of(doc)
	o := e.Console
	o.Folder = f.out
	if f.out == "" {
		return e.print(doc, f.format, func() error { return report.DocumentConsole(e.Stdout, of, nil, o) })
	}
	files, err := report.WriteDocument(f.out, of)
	if err != nil {
		return err
	}
	if err := WriteJSON(filepath.Join(f.out, "compare.json"), doc); err != nil {
		return err
	}
	if doc.Gate != nil {
		if err := WriteJSON(filepath.Join(f.out, gateName), doc.Gate); err != nil {
			return err
		}
	}
	return e.print(doc, f.format, func() error { return report.DocumentConsole(e.Stdout, of, files, o) })
}

func (e Env) print(doc *compare.Document, format string, table func() error) error {
	switch format {
	case "json":
		enc := json.NewEncoder(e.Stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(doc)
	case "md":
		_, err := e.Stdout.Write(report.DocumentMarkdown(page.Of(doc)))
		return err
	}
	return table()
}

// ended is the exit code of a gate on a run that ended so, in the order of suite.ExitCode: a
// run that was cut does not pass because what it measured until then is well.
func ended(s result.Status, code int) int {
	switch {
	case s == result.Interrupted:
		return suite.ExitInterrupted
	case s == result.Partial && code == suite.ExitOK:
		return suite.ExitPartial
	}
	return code
}

// WriteJSON writes a document as a file, whole or not at all.
func WriteJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("failed to encode %s: %w", filepath.Base(path), err)
	}
	return wholefile.Write(path, append(b, '\n'), 0o644)
}

// Code is the exit code of a gate: 98 where it cannot be decided, 99 where a condition is
// shown, 97 where it is undecided and that does not pass.
func Code(g *compare.Gate, undecided string) int {
	switch {
	case g.Outcome == compare.Invalid:
		return suite.ExitInvalid
	case g.Outcome == compare.Shown:
		return suite.ExitRefuted
	case g.Outcome == compare.Undecided && undecided != "pass":
		return suite.ExitUndecided
	}
	return suite.ExitOK
}
