// Package publish puts a kept run into a folder to publish: the texts and figures of its report,
// with the files of the run as data.
package publish

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/export/table"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/report/portfolio"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Folder writes a kept run as a folder to publish. What the run's folder does not have is not
// in it, and the answers that were kept only where they are asked for.
func Folder(run *export.Run, dir string, answers bool) error {
	data := []portfolio.File{{
		Name: "cells.csv", Says: "every statistic of every cell, with its interval, as a table",
		Write: func(w io.Writer) error { return table.Cells(run, w) },
	}}
	kept := []struct{ name, says string }{
		{"result.json", "the result: every number of the report, with its evidence"},
		{"plan.yaml", "what was asked for"},
		{exchange.LogName, "the log: every request, and when each part of it happened"},
		{runlog.SamplesName, "the server's own metrics while it was measured"},
		{"answers.jsonl.zst", "what was answered"},
	}
	if !answers {
		kept = kept[:len(kept)-1] // texts may be confidential
	}
	for _, k := range kept {
		path := filepath.Join(run.Folder, k.name)
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			continue // a link in a folder that came from somebody else may lead to any file
		}
		data = append(data, portfolio.File{Name: k.name, Says: k.says, Write: func(w io.Writer) error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			_, err = io.Copy(w, f)
			return errors.Join(err, f.Close())
		}})
	}
	return report.Portfolio(dir, run.Result, data)
}
