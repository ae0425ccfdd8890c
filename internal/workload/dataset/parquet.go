package dataset

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/dataset/parquet"
)

// parquetRows is a Parquet file. A row of it cannot be read alone: its columns are in
// different compressed pages, and finding it again would take the processor time of a
// whole row group while a server is measured. So the prompts are copied once, as
// objects of JSON, to a scratch file that only the user can read, and are read again
// from there.
//
// For a sample the file is read twice, so that only the rows that were drawn are
// copied.
type parquetRows struct {
	Config
	source *os.File
	*scratch
	objects jsonRows // their keys are names of parts already
}

func newParquetRows(d *Dataset) reader { return &parquetRows{Config: d.Config, source: d.file} }

func (r *parquetRows) parse(raw []byte) (row, error) { return r.objects.parse(raw) }

func (r *parquetRows) turns(raw []byte) (system string, turns []workload.Turn, err error) {
	return r.objects.turns(raw)
}

// Close deletes the copies.
func (r *parquetRows) Close() error {
	if r.scratch == nil {
		return nil
	}
	return r.scratch.Close()
}

func (r *parquetRows) walk(_ *bufio.Reader, _ int64, see visit) error {
	f, parts, err := r.open()
	if err != nil {
		return err
	}
	out, err := newScratch()
	if err != nil {
		return err
	}
	r.scratch = out
	return f.Read(parts, func(row int64, object []byte, bad error) error {
		p := place{at: row, n: int32(len(object)), number: uint32(min(row, 1<<32-1))}
		if bad == nil {
			object, bad = r.convert(object)
		}
		if r.Sample == 0 && bad == nil {
			if p, err = out.write(p, object); err != nil {
				return err
			}
		}
		return see(p, object, bad)
	})
}

// finish copies the rows of a sample.
func (r *parquetRows) finish(rows []place) error {
	if r.Sample == 0 {
		return r.scratch.w.Flush()
	}
	f, parts, err := r.open()
	if err != nil {
		return err
	}
	drawn := map[int64]int{}
	for i, p := range rows {
		drawn[p.at] = i
	}
	err = f.Read(parts, func(row int64, object []byte, _ error) error {
		i, ok := drawn[row]
		if !ok {
			return nil
		}
		object, err := r.convert(object)
		if err == nil {
			rows[i], err = r.scratch.write(rows[i], object)
		}
		return err
	})
	return errors.Join(err, r.scratch.w.Flush())
}

// open opens the file and finds the columns that have parts of a prompt.
func (r *parquetRows) open() (*parquet.File, []parquet.Part, error) {
	info, err := r.source.Stat()
	if err != nil {
		return nil, nil, err
	}
	f, err := parquet.Open(r.source, info.Size())
	if err != nil {
		return nil, nil, err
	}
	var names, shown []string
	for _, c := range f.Columns() {
		names = append(names, c.Name)
		shown = append(shown, fmt.Sprintf("%s (%s)", c.Name, c.Type))
	}
	all := strings.Join(shown[:min(20, len(shown))], ", ")
	if len(shown) > 20 {
		all += fmt.Sprintf(" and %d more", len(shown)-20)
	}
	for part, column := range r.Columns {
		if !slices.Contains(names, column) {
			return nil, nil, fmt.Errorf("there is no column %q, which --dataset-columns names for %s%s; the columns are %s", column, part, suggest.DidYouMean(column, names), all)
		}
	}
	var parts []parquet.Part
	for _, part := range append(slices.Clone(columnParts), "conversations", "conversation") {
		column := r.Columns.of(part)
		taken := column == part && r.Columns[part] == "" && slices.Contains(r.Columns.columns(), part)
		if slices.Contains(names, column) && !taken {
			parts = append(parts, parquet.Part{Key: part, Column: column})
		}
	}
	for _, p := range parts {
		if p.Key == "prompt" || strings.HasPrefix(p.Key, "conversation") || p.Key == "messages" {
			return f, parts, nil
		}
	}
	return nil, nil, fmt.Errorf("there is no column prompt, messages or conversations%s, only %s: name the column of prompts with --dataset-columns prompt=COLUMN", suggest.DidYouMean("prompt", names), all)
}

// convert makes a row what it would be in JSONL. Some files have the turns of a
// conversation as JSON within a text.
func (r *parquetRows) convert(object []byte) ([]byte, error) {
	if len(object) > maxRow {
		return nil, errors.New("the row is longer than 16 MiB")
	}
	var row map[string]json.RawMessage
	if err := json.Unmarshal(object, &row); err != nil {
		return nil, err
	}
	changed, turns := false, false
	for _, key := range []string{"messages", "conversations", "conversation"} {
		var text string
		v := row[key]
		if len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &text) == nil && json.Valid([]byte(text)) && strings.HasPrefix(strings.TrimSpace(text), "[") {
			row[key], changed = json.RawMessage(text), true
		}
		turns = turns || len(row[key]) > 0 && string(row[key]) != "null"
	}
	if string(row["prompt"]) == "null" && !turns {
		return nil, fmt.Errorf("column %q is null", r.Columns.of("prompt"))
	}
	if !changed {
		return object, nil
	}
	return json.Marshal(row)
}
