package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/export/bench"
	"github.com/inferometer/inferometer/internal/export/ci"
	"github.com/inferometer/inferometer/internal/export/junit"
	"github.com/inferometer/inferometer/internal/export/llmd"
	"github.com/inferometer/inferometer/internal/export/table"
	"github.com/inferometer/inferometer/internal/export/vllmbench"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// exportFormat is one way to write a kept run. A new one is its row in formats.
type exportFormat struct {
	name   string // as given to --format
	help   string // what it is, in a few words
	binary bool   // it is not written to a terminal
	write  func(run *export.Run, w io.Writer) error
	// folder writes the format if it is a folder of files; write is nil then. answers says whether
	// the texts that were kept are to be in it.
	folder func(run *export.Run, dir string, answers bool) error
}

// formats has every format, in the order of the help.
var formats = []exportFormat{
	{name: "json", help: "result.json", write: func(r *export.Run, w io.Writer) error { return writeJSON(w, r.Result) }},
	{name: "md", help: "the report as Markdown", write: func(r *export.Run, w io.Writer) error {
		_, err := w.Write(report.Markdown(r.Result))
		return err
	}},
	{name: "summary", help: "a short form of the report, for a pull request", write: ci.WriteSummary},
	{name: "junit", help: "JUnit XML: a test case for each claim and failed check", write: junit.Write},
	{name: "benchfmt", help: "Go benchmark format, for benchstat", write: bench.Write},
	{name: "csv", help: "metrics of each cell, with intervals", write: table.Cells},
	{name: "csv-requests", help: "each measured request", write: table.Requests},
	{name: "parquet", help: "each measured request", binary: true, write: table.Parquet},
	{name: "vllm", help: "JSON of vllm bench serve", write: vllmbench.Write},
	{name: "llmd", help: "Benchmark Report v0.2 of llm-d (YAML), one for each cell", write: llmd.Write},
	{name: "portfolio", help: "a folder to publish: summary, chapters, figures for print, data", folder: publish},
}

// noCIHelp is the help of --no-ci.
const noCIHelp = "write no step summary and no annotations for the CI system"

// tellCI says what a run found to the CI system that this process runs in, if any. A
// summary that cannot be written is no reason to fail.
func (p *Process) tellCI(r *result.Result, folder string) {
	run, err := export.Of(r, folder)
	if err == nil {
		err = ci.Offered(p.getenv).Tell(run, p.commands)
	}
	if err != nil {
		p.complain(fmt.Errorf("failed to write the summary for CI: %w", err))
	}
}

// printed is where text for people goes: stdout, without the meaning that a CI system would
// read into it.
func (p *Process) printed() io.Writer {
	if ci.Offered(p.getenv).Annotate {
		return ci.Guard(p.Stdout)
	}
	return p.Stdout
}

// formatHelp lists the formats for the help of a command.
func formatHelp() string {
	var b strings.Builder
	for _, f := range formats {
		fmt.Fprintf(&b, "  %-13s %s\n", f.name, f.help)
	}
	return strings.TrimRight(b.String(), "\n")
}

func formatNames() string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// export writes a kept run in a format, to a file or, without one, to stdout.
func (p *Process) export(folder, name, out string, answers bool) error {
	i := slices.IndexFunc(formats, func(f exportFormat) bool { return f.name == name })
	if i < 0 {
		return usagef("invalid --format %q: it is one of %s", name, formatNames())
	}
	f := formats[i]
	if _, isTerm := terminal(p.Stdout); f.binary && isTerm && out == "" {
		return usagef("--format %s is not text; write it to a file with --out FILE", name)
	}
	run, err := export.Open(folder)
	if errors.Is(err, export.ErrNoResult) { // a run that was killed
		if _, err = suite.Recompute(folder); err == nil {
			run, err = export.Open(folder)
		}
	}
	if err != nil {
		return err
	}
	switch {
	case f.folder != nil:
		dir := cmp.Or(out, filepath.Join(folder, f.name))
		if err := f.folder(run, dir, answers); err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.Stdout, dir)
		return err
	case out == "":
		return f.write(run, p.Stdout)
	}
	return writeWhole(out, func(w io.Writer) error { return f.write(run, w) })
}

// writeWhole writes a file of any size whole or not at all. What is there and no
// regular file, such as /dev/stderr or a pipe, is written to as it is.
func writeWhole(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("failed to write --out: %w", err)
		}
		return errors.Join(write(file), file.Close())
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".inferometer-*")
	if err != nil {
		return fmt.Errorf("failed to write --out: %w", err)
	}
	err = errors.Join(write(file), file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
