package history

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Filter says which runs are wanted: all that it names must hold. The zero Filter leaves
// nothing out.
type Filter struct {
	Name, Model   string // parts of them, in any case
	Tag           string
	Status        result.Status
	Evidence      result.Evidence
	Since         time.Time
	Labels        map[string]string
	Specification string // its id, or the beginning of it
	Valid         bool   // complete, and not invalid
}

func (f Filter) keeps(r Run) bool {
	part := func(text, of string) bool { return strings.Contains(strings.ToLower(of), strings.ToLower(text)) }
	switch {
	case !part(f.Name, r.Name), f.Model != "" && !slices.ContainsFunc(r.Models, func(m string) bool { return part(f.Model, m) }):
	case f.Tag != "" && !slices.Contains(r.Tags, f.Tag):
	case f.Status != "" && f.Status != r.Status, f.Evidence != "" && f.Evidence != r.Evidence:
	case r.Started.Before(f.Since), !strings.HasPrefix(r.Specification, f.Specification):
	case f.Valid && !r.Valid():
	default:
		for k, v := range f.Labels {
			if got, is := r.Labels[k]; !is || got != v {
				return false
			}
		}
		return true
	}
	return false
}

// List returns the runs that a filter keeps, the newest first. A run without a result is
// running where its log is being written, and interrupted otherwise; one that has got a
// result since it was indexed is read again.
func (h *History) List(f Filter) ([]Run, error) {
	runs, err := h.load("")
	if err != nil {
		return nil, err
	}
	again := false
	for i := range runs {
		again = h.settle(&runs[i]) || again
	}
	if again {
		if runs, err = h.load(""); err != nil {
			return nil, err
		}
		for i := range runs {
			_ = h.settle(&runs[i])
		}
	}
	return slices.DeleteFunc(runs, func(r Run) bool { return !f.keeps(r) }), nil
}

// settle finds out what became of a run that had no result when it was indexed, and reports
// whether the index has it new.
func (h *History) settle(r *Run) bool {
	if r.Status != Running {
		return false
	}
	if exchange.BeingWritten(filepath.Join(r.Folder, exchange.LogName), time.Now()) {
		return false
	}
	if _, err := os.Lstat(filepath.Join(r.Folder, resultName)); err == nil && h.Add(r.Folder) == nil {
		return true
	}
	if time.Since(r.Started) < starting {
		return false // its log may not be there yet
	}
	r.Status, r.Reason = result.Interrupted, "its log ends without an end, and there is no result: inferometer report makes one of it"
	return false
}

// starting is how long a run may take from its folder to its log.
const starting = 5 * time.Second

// load reads runs by a condition on the table runs, the newest first.
func (h *History) load(where string, args ...any) ([]Run, error) {
	rows, err := h.db.Query(`SELECT key, folder, id, name, started, ended, status, reason, evidence, tool_version, command, benchmarks, models, servers, specification,
		labels, limits, exit, verdicts, validity, source, size FROM runs `+where+` ORDER BY started DESC, id DESC, folder`, args...)
	if err != nil {
		return nil, explain(h.path, err)
	}
	defer func() { _ = rows.Close() }()
	var out []Run
	at := map[int64]int{}
	for rows.Next() {
		key, r, err := scan(rows)
		if err != nil {
			return nil, explain(h.path, err)
		}
		at[key] = len(out)
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, explain(h.path, err)
	}
	return out, h.loadTags(out, at)
}

func scan(rows *sql.Rows) (int64, Run, error) {
	var r Run
	var key int64
	var started, benchmarks, models, servers, labels, limits, verdicts string
	var ended, reason, command, validity, source sql.NullString
	var exit sql.NullInt64
	if err := rows.Scan(&key, &r.Folder, &r.ID, &r.Name, &started, &ended, &r.Status, &reason, &r.Evidence, &r.Version, &command, &benchmarks, &models, &servers, &r.Specification,
		&labels, &limits, &exit, &verdicts, &validity, &source, &r.Size); err != nil {
		return 0, r, err
	}
	r.Started, r.Reason, r.Command, r.Validity, r.Source = parseTime(started), reason.String, command.String, result.CheckStatus(validity.String), source.String
	if ended.Valid {
		r.Ended = new(parseTime(ended.String))
	}
	if exit.Valid {
		r.Exit = new(int(exit.Int64))
	}
	for _, x := range []struct {
		text string
		to   any
	}{{benchmarks, &r.Benchmarks}, {models, &r.Models}, {servers, &r.Servers}, {limits, &r.Limits}, {labels, &r.Labels}, {verdicts, &r.Verdicts}} {
		if x.text != "[]" && x.text != "{}" {
			if err := json.Unmarshal([]byte(x.text), x.to); err != nil {
				return 0, r, err
			}
		}
	}
	return key, r, nil
}

func (h *History) loadTags(runs []Run, at map[int64]int) error {
	if len(runs) == 0 {
		return nil
	}
	rows, err := h.db.Query("SELECT run, tag FROM tags ORDER BY tag")
	if err != nil {
		return explain(h.path, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key int64
		var tag string
		if err := rows.Scan(&key, &tag); err != nil {
			return explain(h.path, err)
		}
		if i, is := at[key]; is {
			runs[i].Tags = append(runs[i].Tags, tag)
		}
	}
	return explain(h.path, rows.Err())
}

// Metrics returns the figures of a run: those of one metric and statistic where they are
// named, else all. Those of a run that the index does not know are read from its folder.
func (h *History) Metrics(folder, metric, statistic string) ([]Metric, error) {
	byFolder, err := h.MetricsOf([]string{folder}, metric, statistic)
	if err != nil || len(byFolder[folder]) > 0 {
		return byFolder[folder], err
	}
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the folder is gone
	}
	_, all, err := read(folder)
	all = slices.DeleteFunc(all, func(m Metric) bool {
		return metric != "" && m.Metric != metric || statistic != "" && m.Statistic != statistic
	})
	slices.SortFunc(all, func(a, b Metric) int {
		return cmp.Or(cmp.Compare(a.Cell, b.Cell), cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Statistic, b.Statistic))
	})
	return all, err
}

// MetricsOf is Metrics of several runs, by their folders.
func (h *History) MetricsOf(folders []string, metric, statistic string) (map[string][]Metric, error) {
	out := map[string][]Metric{}
	query, err := h.db.Prepare(`SELECT m.cell, m.target, m.metric, m.statistic, m.unit, m.value, m.lo, m.hi, m.n, m.n_eff, m.spoilt FROM metrics m JOIN runs r ON m.run = r.key
		WHERE r.folder = ?1 AND (?2 = '' OR m.metric = ?2) AND (?3 = '' OR m.statistic = ?3) ORDER BY m.cell, m.metric, m.statistic`)
	if err != nil {
		return nil, explain(h.path, err)
	}
	defer func() { _ = query.Close() }()
	for _, folder := range folders {
		ms, err := scanMetrics(query, folder, metric, statistic)
		if err != nil {
			return nil, explain(h.path, err)
		}
		if len(ms) > 0 {
			out[folder] = ms
		}
	}
	return out, nil
}

func scanMetrics(query *sql.Stmt, args ...any) ([]Metric, error) {
	rows, err := query.Query(args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	number := func(v sql.NullFloat64) *result.Number {
		if !v.Valid {
			return nil
		}
		return result.Num(v.Float64)
	}
	var out []Metric
	for rows.Next() {
		var m Metric
		var lo, hi, neff sql.NullFloat64
		var spoilt sql.NullString
		if err := rows.Scan(&m.Cell, &m.Target, &m.Metric, &m.Statistic, &m.Unit, (*float64)(&m.Value), &lo, &hi, &m.N, &neff, &spoilt); err != nil {
			return nil, err
		}
		m.Lo, m.Hi, m.NEff, m.Spoilt = number(lo), number(hi), neff.Float64, spoilt.String
		out = append(out, m)
	}
	return out, rows.Err()
}

// Tags returns every tag with the number of runs that have it.
func (h *History) Tags() (map[string]int, error) {
	runs, err := h.List(Filter{})
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, r := range runs {
		for _, t := range r.Tags {
			out[t]++
		}
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
