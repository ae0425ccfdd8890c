package dataset

import (
	"bufio"
	"path/filepath"
	"strings"

	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/dataset/parquet"
)

// format is one way in which a file holds prompts. A new one is a reader and a line
// in formats.
type format struct {
	unit string // what messages number: line or row
	// matches looks at the first bytes of a file, without white space around them,
	// and at the extension of its name in lower case.
	matches func(begin []byte, ext string) bool
	open    func(d *Dataset) reader
}

// formats in the order in which they are tried; the last one takes any file.
var formats = []format{
	{"row", func(begin []byte, _ string) bool { return parquet.Is(begin) }, newParquetRows},
	{"line", func(_ []byte, ext string) bool { return ext == ".csv" }, newRecords(',')},
	{"line", func(_ []byte, ext string) bool { return ext == ".tsv" }, newRecords('\t')},
	{"line", isArray, newArray},
	{"line", isJSONLines, newJSONLines},
	{"line", func([]byte, string) bool { return true }, newPlainLines},
}

// formatOf finds the format of a file by its first bytes and its name.
func formatOf(begin []byte, path string) format {
	ext := strings.ToLower(filepath.Ext(path))
	for _, f := range formats {
		if f.matches(begin, ext) {
			return f
		}
	}
	return formats[len(formats)-1]
}

// reader reads the rows of a file in one format.
type reader interface {
	// walk visits the rows in their order. in begins at byte at of the file.
	walk(in *bufio.Reader, at int64, see visit) error
	// parse makes a prompt of the bytes of a row.
	parse(raw []byte) (row, error)
	// turns returns what the user says in a row that is a conversation.
	turns(raw []byte) (system string, turns []workload.Turn, err error)
}

// copier is a reader whose rows cannot be read alone from the file: it copies them
// to a place of its own.
type copier interface {
	// finish completes the copies of the rows that were kept, and updates their
	// places.
	finish(rows []place) error
	ReadAt(b []byte, at int64) (int, error)
	Close() error
}

// place is where a row is, by byte.
type place struct {
	at int64
	n  int32
	// number of the line or row, from 1; it is as large as a message needs.
	number uint32
}

// visit is handed the bytes of a row, which are valid until it returns, or why the
// row cannot be used.
type visit func(p place, raw []byte, bad error) error

// row is the prompt of one row.
type row struct {
	workload.Item
	flattened bool // a conversation that was written as one request
	unsent    bool // it has tools or sets a response format, which are not sent
}
