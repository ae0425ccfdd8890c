// Package formats writes a kept run for other programs: the table of what the command
// report offers as --format, and how a file of it is written.
package formats

import (
	"cmp"
	"encoding/json"
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
	"github.com/inferometer/inferometer/internal/export/publish"
	"github.com/inferometer/inferometer/internal/export/table"
	"github.com/inferometer/inferometer/internal/export/vllmbench"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/suite"
)

// format is one way to write a kept run. A new one is its row in all.
type format struct {
	name   string // as given to --format
	help   string // what it is, in a few words
	binary bool   // it is not written to a terminal
	write  func(run *export.Run, w io.Writer) error
	// folder writes the format if it is a folder of files; write is nil then. answers says whether
	// the texts that were kept are to be in it.
	folder func(run *export.Run, dir string, answers bool) error
}

// all has every format, in the order of the help.
var all = []format{
	{name: "json", help: "result.json", write: func(r *export.Run, w io.Writer) error { return writeJSON(w, r) }},
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
	{name: "portfolio", help: "a folder to publish: summary, chapters, figures for print, data", folder: publish.Folder},
}

func writeJSON(w io.Writer, r *export.Run) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r.Result)
}

// Help lists the formats for the help of a command.
func Help() string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "  %-13s %s\n", f.name, f.help)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Names are those of all formats.
func Names() []string {
	var names []string
	for _, f := range all {
		names = append(names, f.name)
	}
	return names
}

// Env is what writing needs of the process.
type Env struct {
	Stdout   io.Writer
	Terminal bool              // Stdout is one
	Usage    func(error) error // marks a mistake in what was typed
}

// Write writes the run in a folder in a format, to a file or, without one, to stdout. answers
// says whether the texts that were kept are to be in it.
func Write(e Env, folder, name, out string, answers bool) error {
	i := slices.IndexFunc(all, func(f format) bool { return f.name == name })
	if i < 0 {
		return e.Usage(fmt.Errorf("invalid --format %q: it is one of %s", name, strings.Join(Names(), ", ")))
	}
	f := all[i]
	if f.binary && e.Terminal && out == "" {
		return e.Usage(fmt.Errorf("--format %s is not text; write it to a file with --out FILE", name))
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
		_, err = fmt.Fprintln(e.Stdout, dir)
		return err
	case out == "":
		return f.write(run, e.Stdout)
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
