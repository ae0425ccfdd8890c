package history

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// absolute is the one name of a folder, without links.
func absolute(folder string) (string, error) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("failed to find the folder %q: %w", folder, err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("no run at %q: %w", folder, err)
	}
	return real, nil
}

// Add indexes the run in a folder as it is now, in the place of what was known of it, in one
// transaction. A run may be added before it has a log, again when it has ended, and as often
// as one likes.
func (h *History) Add(folder string) error {
	folder, err := absolute(folder)
	if err != nil {
		return err
	}
	return h.transaction(func(tx *sql.Tx) error { return again(tx, folder) })
}

// again reads the run in a folder into the index. It reads while it holds the lock, so that what
// another process has written meanwhile is not replaced by what was read before.
func again(tx *sql.Tx, folder string) error {
	r, metrics, err := read(folder)
	if err != nil {
		return err
	}
	return put(tx, r, metrics)
}

// Forget takes a run out of the index. Its folder is left alone.
func (h *History) Forget(folder string) error {
	return h.transaction(func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM runs WHERE folder = ?", folder)
		return err
	})
}

const timeForm = "2006-01-02T15:04:05.000Z"

func put(tx *sql.Tx, r Run, metrics []Metric) error {
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil || string(b) == "null" {
			return "[]" // lists and maps of strings can always be written
		}
		return string(b)
	}
	object := func(v any) string {
		if s := text(v); s != "[]" {
			return s
		}
		return "{}"
	}
	var ended *string
	if r.Ended != nil {
		ended = new(r.Ended.UTC().Format(timeForm))
	}
	if _, err := tx.Exec("DELETE FROM runs WHERE folder = ?", r.Folder); err != nil {
		return err
	}
	res, err := tx.Exec(`INSERT INTO runs (folder, id, name, started, ended, status, reason, evidence, tool_version, command, benchmarks, models, servers, specification,
		labels, limits, exit, verdicts, validity, source, size) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		r.Folder, r.ID, r.Name, r.Started.UTC().Format(timeForm), ended, string(r.Status), orNull(r.Reason), string(r.Evidence), r.Version, orNull(r.Command),
		text(r.Benchmarks), text(r.Models), text(r.Servers), r.Specification, object(r.Labels), text(r.Limits), r.Exit, object(r.Verdicts), orNull(string(r.Validity)), orNull(r.Source), r.Size)
	if err != nil {
		return err
	}
	key, err := res.LastInsertId()
	if err != nil {
		return err
	}
	for _, t := range r.Tags {
		if _, err := tx.Exec("INSERT INTO tags (run, tag) VALUES (?,?)", key, t); err != nil {
			return err
		}
	}
	return putMetrics(tx, key, metrics)
}

func putMetrics(tx *sql.Tx, key int64, metrics []Metric) error {
	if len(metrics) == 0 {
		return nil
	}
	insert, err := tx.Prepare(`INSERT OR REPLACE INTO metrics (run, cell, metric, statistic, target, unit, value, lo, hi, n, n_eff, spoilt) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for _, m := range metrics {
		var neff *float64
		if m.NEff > 0 {
			neff = &m.NEff
		}
		if _, err := insert.Exec(key, m.Cell, m.Metric, m.Statistic, m.Target, m.Unit, float64(m.Value), float(m.Lo), float(m.Hi), m.N, neff, orNull(m.Spoilt)); err != nil {
			return err
		}
	}
	return nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func float(n *result.Number) *float64 {
	if n == nil {
		return nil
	}
	return new(float64(*n))
}

// Rebuilt is what Rebuild did.
type Rebuilt struct {
	Added   []string // folders of runs
	Dropped []string // folders that are no longer there
	Failed  []error  // runs that could not be read
}

// depth is how far below a folder runs are looked for: those of a matrix lie in a folder of
// their own.
const depth = 4

// Rebuild reads the folders again: those of every run that the index knows, and every run at
// or below the given ones. Runs whose folder is gone are dropped. Each run is one
// transaction, so that the index is whole at any moment.
func (h *History) Rebuild(folders ...string) (Rebuilt, error) {
	var out Rebuilt
	var all []string
	known := map[string]bool{}
	found := func(folder string) {
		if abs, err := absolute(folder); err == nil && !known[abs] {
			known[abs] = true
			all = append(all, abs)
		}
	}
	runs, err := h.List(Filter{})
	if err != nil {
		return out, err
	}
	for _, r := range runs {
		if IsRun(r.Folder) {
			found(r.Folder)
			continue
		}
		if err := h.Forget(r.Folder); err != nil {
			return out, err
		}
		out.Dropped = append(out.Dropped, r.Folder)
	}
	for _, folder := range folders {
		if err := below(folder, found); err != nil {
			return out, err
		}
	}
	for _, folder := range all {
		if err := h.Add(folder); err != nil {
			out.Failed = append(out.Failed, err)
			continue
		}
		out.Added = append(out.Added, folder)
	}
	return out, nil
}

// below finds the runs at or under a folder. Links are not followed.
func below(folder string, found func(string)) error {
	root := filepath.Clean(folder)
	if _, err := os.Stat(root); err != nil {
		return fmt.Errorf("failed to look for runs: %w", err)
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // of somebody else
		}
		if !d.IsDir() {
			return nil
		}
		if IsRun(path) {
			found(path)
			return fs.SkipDir
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || rel != "." && (strings.HasPrefix(d.Name(), ".") || strings.Count(rel, string(filepath.Separator)) >= depth) {
			return fs.SkipDir
		}
		return nil
	})
}

func parseTime(s string) time.Time {
	t, err := time.Parse(timeForm, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
