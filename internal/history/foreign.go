package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// Keep makes a run's folder in dir of a result that another tool measured, with the file that
// it was read from, and indexes it. Its evidence is listed: this tool has not measured it.
// now is when the run began where the result does not say, or says a later time.
func (h *History) Keep(dir, file string, source []byte, r *result.Result, now time.Time) (string, error) {
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if r.Run.Name == "" {
		r.Run.Name = name
	}
	if r.Run.Started.IsZero() || r.Run.Started.After(now) { // a file may have the local time of some place
		took := r.Run.Ended.Sub(r.Run.Started)
		r.Run.Started = now.UTC()
		r.Run.Ended = r.Run.Started.Add(max(0, took))
	}
	if r.Run.Status == "" {
		r.Run.Status = result.Complete
	}
	r.Schema, r.Evidence = result.Schema, result.Listed
	if len(r.Inputs) == 0 {
		r.Inputs = []result.Input{{Name: "result", Evidence: result.Listed, Source: filepath.Base(file)}}
	}
	folder, err := suite.NewFolder(dir, r.Run.Name, r.Run.Started)
	if err != nil {
		return "", err
	}
	r.Run.ID = filepath.Base(folder)
	if err := wholefile.Write(filepath.Join(folder, sourceName), source, 0o644); err != nil {
		return folder, err
	}
	drawn, err := report.Write(folder, r)
	if err != nil {
		return folder, fmt.Errorf("failed to write the report: %w", err)
	}
	r.Artifacts = append([]result.Artifact{{Path: resultName, Kind: "result"}, {Path: sourceName, Kind: "source"}}, drawn...)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return folder, fmt.Errorf("failed to encode result.json: %w", err)
	}
	if err := wholefile.Write(filepath.Join(folder, resultName), b.Bytes(), 0o644); err != nil {
		return folder, err
	}
	return folder, h.Add(folder)
}
