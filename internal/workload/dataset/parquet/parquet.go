// Package parquet reads some columns of a Parquet file as JSON objects, one per row,
// in the order of the file. It decodes one page at a time, so that a file of any size
// takes the memory of its largest pages and dictionaries, and it checks the sizes that
// a file claims before it allocates them. It reads lists and groups at any depth. It
// does not write files and knows nothing about prompts.
package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	magic     = "PAR1"
	maxFooter = 64 << 20  // bytes
	maxPage   = 256 << 20 // bytes of a page, uncompressed
)

// Is reports whether the first bytes of a file are those of Parquet.
func Is(begin []byte) bool { return strings.HasPrefix(string(begin), magic) }

// File is an open file. The reader that it was opened with still belongs to the caller.
type File struct {
	r       io.ReaderAt
	size    int64
	file    *pq.File
	columns []Column
}

// Column is a column at the top level.
type Column struct {
	Name string
	Type string // in words: text, number, list of groups
}

// Open reads the footer of a file.
func Open(r io.ReaderAt, size int64) (f *File, err error) {
	defer recovered(&err)
	var end [8]byte
	if size < int64(len(magic)+len(end)) {
		return nil, errors.New("the file is too short for Parquet")
	}
	if _, err := r.ReadAt(end[:], size-int64(len(end))); err != nil {
		return nil, err
	}
	if string(end[4:]) == "PARE" {
		return nil, errors.New("the file is encrypted; write it without encryption")
	}
	if string(end[4:]) != magic {
		return nil, errors.New("the file begins like Parquet but does not end like it: it is cut short, or its writer did not close it")
	}
	if n := int64(binary.LittleEndian.Uint32(end[:4])); n > maxFooter || n > size-int64(len(magic)+len(end)) {
		return nil, fmt.Errorf("the file is damaged: its footer claims %d bytes", n)
	}
	file, err := pq.OpenFile(r, size, pq.SkipPageIndex(true), pq.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("the file is damaged: %w", err)
	}
	f = &File{r: r, size: size, file: file}
	for _, c := range file.Root().Columns() {
		f.columns = append(f.columns, Column{c.Name(), describe(newNode(c, 0, 0))})
	}
	return f, nil
}

// Rows returns how many rows the file says it has.
func (f *File) Rows() int64 { return f.file.NumRows() }

// Columns returns the columns at the top level. The slice must not be changed.
func (f *File) Columns() []Column { return f.columns }

// Visit is handed a row: its number from 1, and either its JSON object, which is valid
// until Visit returns, or why it has none.
type Visit func(row int64, object []byte, bad error) error

// Part is a column and its key in the JSON object.
type Part struct{ Key, Column string }

// Read walks the rows and hands each to visit. A row that cannot be JSON (it has text
// that is not UTF-8, or an infinite number) is handed over as bad; damage to the file,
// after which rows could not be told apart, is an error.
func (f *File) Read(parts []Part, visit Visit) (err error) {
	defer recovered(&err)
	var fields []field
	for _, p := range parts {
		c := f.file.Root().Column(p.Column)
		if c == nil {
			return fmt.Errorf("there is no column %q", p.Column)
		}
		fields = append(fields, field{key: p.Key, node: newNode(c, 0, 0)})
	}
	row := int64(0)
	for i, g := range f.file.RowGroups() {
		if err := f.readGroup(g, i, fields, &row, visit); err != nil {
			return err
		}
	}
	return nil
}

// field is a member of the objects.
type field struct {
	key  string
	node *node
}

func (f *File) readGroup(g pq.RowGroup, i int, fields []field, row *int64, visit Visit) (err error) {
	chunks := g.ColumnChunks()
	var open []*cursor
	defer func() {
		for _, c := range open {
			err = errors.Join(err, c.values.Close())
		}
	}()
	for _, fd := range fields {
		for _, n := range fd.node.leaves(nil) {
			if n.column < 0 || n.column >= len(chunks) {
				return fmt.Errorf("the file is damaged: row group %d lacks columns", i+1)
			}
			if err := f.checkPages(i, n.column); err != nil {
				return fmt.Errorf("the file is damaged: row group %d, column %q: %w", i+1, fd.key, err)
			}
			n.cursor = &cursor{values: pq.NewColumnChunkValueReader(chunks[n.column])}
			open = append(open, n.cursor)
		}
	}
	var b []byte
	for range g.NumRows() {
		*row++
		var bad error
		b, bad, err = appendObject(b[:0], fields)
		if err != nil {
			return fmt.Errorf("row %d: %w", *row, err)
		}
		if err := visit(*row, b, bad); err != nil {
			return err
		}
	}
	return nil
}

// checkPages checks the headers of a column's pages before they are read, since the
// reader allocates what they claim.
func (f *File) checkPages(group, column int) error {
	groups := f.file.Metadata().RowGroups
	if group >= len(groups) || column >= len(groups[group].Columns) {
		return errors.New("it is not in the footer")
	}
	m := &groups[group].Columns[column].MetaData
	at := m.DataPageOffset
	if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < at {
		at = m.DictionaryPageOffset
	}
	end := at + m.TotalCompressedSize
	if at < int64(len(magic)) || m.TotalCompressedSize < 0 || end < at || end > f.size {
		return errors.New("it is outside the file")
	}
	var proto thrift.CompactProtocol
	buf := make([]byte, 1<<10)
	for left := m.NumValues; left > 0; {
		if at >= end {
			return fmt.Errorf("%d values are missing", left)
		}
		var h format.PageHeader
		used, err := f.pageHeader(&proto, buf, at, end, &h)
		if err != nil {
			return err
		}
		at += int64(used) + int64(h.CompressedPageSize)
		if h.CompressedPageSize < 0 || at > end {
			return errors.New("a page extends beyond its end")
		}
		if h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage {
			return fmt.Errorf("a page claims %d bytes; at most %d are read", h.UncompressedPageSize, maxPage)
		}
		n := int64(0)
		switch {
		case h.DataPageHeader.Valid:
			n = int64(h.DataPageHeader.V.NumValues)
		case h.DataPageHeaderV2.Valid:
			n = int64(h.DataPageHeaderV2.V.NumValues)
		case h.DictionaryPageHeader.Valid:
			if int64(h.DictionaryPageHeader.V.NumValues) > int64(h.UncompressedPageSize) {
				return errors.New("a dictionary claims more values than it has bytes")
			}
		}
		if n == 0 && data(&h) && h.UncompressedPageSize > 0 {
			// The decoder below would print a warning.
			return errors.New("a page has bytes and claims no values")
		}
		if n < 0 || n > left {
			return fmt.Errorf("a page claims %d values, but only %d are left", n, left)
		}
		left -= n
	}
	return nil
}

func data(h *format.PageHeader) bool { return h.DataPageHeader.Valid || h.DataPageHeaderV2.Valid }

// pageHeader reads a header and returns how many bytes it has.
func (f *File) pageHeader(proto *thrift.CompactProtocol, buf []byte, at, end int64, h *format.PageHeader) (int, error) {
	for {
		b := buf[:min(int64(len(buf)), end-at)]
		if _, err := f.r.ReadAt(b, at); err != nil {
			return 0, err
		}
		r := proto.NewReaderFromBytes(b)
		*h = format.PageHeader{}
		err := thrift.NewDecoder(r).Decode(h)
		if err == nil {
			return r.BytesRead(), nil
		}
		// Its statistics may have long values.
		if len(buf) >= 1<<20 || int64(len(buf)) >= end-at {
			return 0, fmt.Errorf("failed to read the header of a page: %w", err)
		}
		buf = make([]byte, 32*len(buf))
	}
}

// recovered turns a panic into an error: the decoders panic on some damaged files.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the file is damaged: %v", r)
	}
}
