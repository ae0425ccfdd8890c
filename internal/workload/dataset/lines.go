package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/workload"
)

// plainLines is plain text with one prompt per line.
type plainLines struct{}

func newPlainLines(*Dataset) reader { return plainLines{} }

func (plainLines) walk(in *bufio.Reader, at int64, see visit) error { return walkLines(in, at, see) }

func (plainLines) parse(raw []byte) (row, error) {
	text := bytes.TrimSpace(raw)
	return row{Item: workload.Item{User: string(text)}}, checkText(text)
}

func (p plainLines) turns(raw []byte) (system string, turns []workload.Turn, err error) {
	return singleTurn(p.parse(raw))
}

// checkText refuses bytes that are not text.
func checkText(b []byte) error {
	if bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) {
		return errors.New("not UTF-8 text; a data set is JSONL, or plain text with one prompt per line")
	}
	return nil
}

// walkLines visits the lines that are not blank.
func walkLines(in *bufio.Reader, at int64, see visit) error {
	for n := uint32(1); ; n++ {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := see(place{at, int32(len(line)), n}, line, nil); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		at += int64(len(line))
	}
}

// readLine reads one line. One of more than maxRow bytes is an error, and is not read
// to its end.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxRow {
			return nil, errors.New("the line is longer than 16 MiB; is this a file with one prompt per line?")
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
