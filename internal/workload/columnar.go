package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/workload/parquet"
)

// maxScratch is how much of a Parquet file's prompts is laid out on disk.
const maxScratch = 8 << 30 // bytes

// walkParquet visits the rows of a Parquet file. A row of it cannot be read
// alone: its columns lie apart in compressed pages, and finding it again would
// take the processor's time of a row group while a server is measured. So the
// prompts are laid out once, as lines of JSON in a scratch file that only the
// user can read, and read again from there as those of JSONL are.
//
// With a sample the rows are walked twice: only those that were drawn are laid
// out.
func (d *dataset) walkParquet(_ *bufio.Reader, _ int64, see visit) error {
	f, parts, err := d.openParquet()
	if err != nil {
		return err
	}
	out, err := newScratch()
	if err != nil {
		return err
	}
	d.scratch = out
	return f.Read(parts, func(row int64, object []byte, bad error) error {
		p := place{at: row, n: int32(len(object)), number: uint32(min(row, 1<<32-1))}
		if bad != nil {
			object = nil // parse says why
			d.why = bad
		} else if object, err = d.settleRow(object, parts); err != nil {
			object, d.why = nil, err
		}
		if d.Sample == 0 && len(object) > 0 {
			if p, err = out.write(p, object); err != nil {
				return err
			}
		}
		return see(p, object)
	})
}

// fetch lays out the rows of a sample.
func (d *dataset) fetch() error {
	f, parts, err := d.openParquet()
	if err != nil {
		return err
	}
	drawn := map[int64]int{}
	for i, p := range d.rows {
		drawn[p.at] = i
	}
	err = f.Read(parts, func(row int64, object []byte, _ error) error {
		i, ok := drawn[row]
		if !ok {
			return nil
		}
		object, err := d.settleRow(object, parts)
		if err == nil {
			d.rows[i], err = d.scratch.write(d.rows[i], object)
		}
		return err
	})
	return errors.Join(err, d.scratch.w.Flush())
}

// openParquet opens the file and finds the columns that hold parts of a prompt.
func (d *dataset) openParquet() (*parquet.File, []parquet.Part, error) {
	info, err := d.file.Stat()
	if err != nil {
		return nil, nil, err
	}
	f, err := parquet.Open(d.file, info.Size())
	if err != nil {
		return nil, nil, err
	}
	var names, shown []string
	for _, c := range f.Columns() {
		names = append(names, c.Name)
		shown = append(shown, fmt.Sprintf("%s (%s)", c.Name, c.Type))
	}
	has := strings.Join(shown[:min(20, len(shown))], ", ")
	if len(shown) > 20 {
		has += fmt.Sprintf(" and %d more", len(shown)-20)
	}
	for part, column := range d.Columns {
		if !slices.Contains(names, column) {
			return nil, nil, fmt.Errorf("there is no column %q, which --dataset-columns names for %s%s; it has %s", column, part, suggest.DidYouMean(column, names), has)
		}
	}
	var parts []parquet.Part
	for _, part := range append(slices.Clone(columnParts), "conversations") {
		column := d.Columns.of(part)
		taken := column == part && d.Columns[part] == "" && slices.Contains(d.Columns.columns(), part)
		if slices.Contains(names, column) && !taken {
			parts = append(parts, parquet.Part{Key: part, Column: column})
		}
	}
	for _, p := range parts {
		if p.Key == "prompt" || p.Key == "messages" || p.Key == "conversations" {
			return f, parts, nil
		}
	}
	return nil, nil, fmt.Errorf("there is no column prompt, messages or conversations%s; it has %s: name the one with --dataset-columns prompt=COLUMN", suggest.DidYouMean("prompt", names), has)
}

// settleRow gives a row the form of a line of JSONL. Some files hold the turns
// of a conversation as JSON within a text.
func (d *dataset) settleRow(object []byte, parts []parquet.Part) ([]byte, error) {
	if len(object) > maxLine {
		return nil, errors.New("the row is longer than 16 MiB")
	}
	var row map[string]json.RawMessage
	if err := json.Unmarshal(object, &row); err != nil {
		return nil, err
	}
	changed, turns := false, false
	for _, key := range []string{"messages", "conversations"} {
		var text string
		v := row[key]
		if len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &text) == nil && json.Valid([]byte(text)) && strings.HasPrefix(strings.TrimSpace(text), "[") {
			row[key], changed = json.RawMessage(text), true
		}
		turns = turns || len(row[key]) > 0 && string(row[key]) != "null"
	}
	if string(row["prompt"]) == "null" && !turns {
		return nil, fmt.Errorf("column %q is null", d.Columns.of("prompt"))
	}
	if !changed {
		return object, nil
	}
	return json.Marshal(row)
}

// scratch is a file without a name where the system allows that, so that not
// even a crash leaves it; else it is deleted at the end.
type scratch struct {
	file *os.File
	w    *bufio.Writer
	size int64
}

func newScratch() (*scratch, error) {
	f, err := os.CreateTemp("", "inferometer-rows-*") // of mode 0600
	if err != nil {
		return nil, fmt.Errorf("failed to lay out its rows: %w", err)
	}
	_ = os.Remove(f.Name()) // Windows refuses, and Close does it there
	return &scratch{file: f, w: bufio.NewWriterSize(f, 256<<10)}, nil
}

// write appends a row and returns p with its place.
func (s *scratch) write(p place, row []byte) (place, error) {
	if s.size+int64(len(row)) > maxScratch {
		return p, fmt.Errorf("its prompts have more than %d GiB; draw some with --dataset-sample", maxScratch>>30)
	}
	p.at, p.n = s.size, int32(len(row))
	if _, err := s.w.Write(row); err != nil {
		return p, fmt.Errorf("failed to lay out its rows: %w", err)
	}
	s.size += int64(len(row))
	return p, nil
}

func (s *scratch) ReadAt(b []byte, at int64) (int, error) { return s.file.ReadAt(b, at) }

func (s *scratch) Close() error {
	err := s.file.Close()
	if rm := os.Remove(s.file.Name()); rm != nil && !errors.Is(rm, os.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	return err
}

// parseObject makes a prompt of a row of Parquet. Its keys are parts already.
func (d *dataset) parseObject(raw []byte) (Item, bool, error) {
	if len(raw) == 0 {
		return Item{}, false, d.why
	}
	return parseLine(bytes.TrimSpace(raw), true, nil)
}

// rowsAt is where the rows lie when they are read again.
func (d *dataset) rowsAt() io.ReaderAt {
	if d.scratch != nil {
		return d.scratch
	}
	return d.file
}
