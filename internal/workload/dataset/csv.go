package dataset

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/workload"
)

// records is a file of CSV, or of TSV, with a header.
type records struct {
	columns   Columns
	file      *os.File
	separator rune
	header    []string
}

func newRecords(separator rune) func(d *Dataset) reader {
	return func(d *Dataset) reader { return &records{columns: d.Columns, file: d.file, separator: separator} }
}

// walk visits the rows after the header. They are numbered by line, as in an editor.
func (s *records) walk(in *bufio.Reader, at int64, see visit) error {
	r := csv.NewReader(in)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = s.separator, -1, true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	s.header = slices.Clone(header)
	if !slices.Contains(s.header, s.columns.of("prompt")) {
		return fmt.Errorf("there is no column %q, only %s: name the column of prompts with --dataset-columns prompt=COLUMN", s.columns.of("prompt"), strings.Join(s.header, ", "))
	}
	for part, column := range s.columns {
		if !slices.Contains(s.header, column) {
			return fmt.Errorf("there is no column %q, which --dataset-columns names for %s", column, part)
		}
	}
	for {
		begin := r.InputOffset()
		_, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // it names line and column; the rows after it cannot be told apart
		}
		line, _ := r.FieldPos(0)
		n := r.InputOffset() - begin
		if n > maxRow {
			return fmt.Errorf("line %d: the row is longer than 16 MiB", line)
		}
		raw := make([]byte, n)
		if _, err := s.file.ReadAt(raw, at+begin); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if err := see(place{at + begin, int32(n), uint32(line)}, raw, nil); err != nil {
			return err
		}
	}
}

func (s *records) parse(raw []byte) (row, error) {
	r := csv.NewReader(bytes.NewReader(raw))
	r.Comma, r.FieldsPerRecord = s.separator, -1
	rec, err := r.Read()
	if err != nil {
		return row{}, err
	}
	if len(rec) != len(s.header) {
		return row{}, fmt.Errorf("the row has %d fields, but the header has %d", len(rec), len(s.header))
	}
	get := func(part string) string {
		if i := slices.Index(s.header, s.columns.of(part)); i >= 0 {
			return rec[i]
		}
		return ""
	}
	it := workload.Item{ID: get("id"), System: get("system"), User: get("prompt")}
	it.ID = strings.ToValidUTF8(it.ID[:min(100, len(it.ID))], "")
	for part, text := range map[string]string{"prompt": it.User, "system": it.System} {
		if strings.ToValidUTF8(text, "") != text || strings.ContainsRune(text, 0) {
			return row{}, fmt.Errorf("column %q is not UTF-8 text", s.columns.of(part))
		}
	}
	if strings.TrimSpace(it.User) == "" {
		return row{}, fmt.Errorf("column %q is empty", s.columns.of("prompt"))
	}
	if text := get("max_tokens"); text != "" {
		if it.MaxTokens, err = strconv.Atoi(text); err != nil || it.MaxTokens < 0 {
			return row{}, fmt.Errorf("column %q: invalid number of tokens %q", s.columns.of("max_tokens"), text)
		}
	}
	return row{Item: it}, nil
}

func (s *records) turns(raw []byte) (system string, turns []workload.Turn, err error) {
	return singleTurn(s.parse(raw))
}
