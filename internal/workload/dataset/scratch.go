package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

// maxScratch limits how much of a file's prompts is copied.
const maxScratch = 8 << 30 // bytes

// scratch is a temporary file for copies of rows. Its name is deleted at once if the
// system allows that, so that not even a crash leaves the file behind; else it is
// deleted when it is closed.
type scratch struct {
	file *os.File
	w    *bufio.Writer
	size int64
}

func newScratch() (*scratch, error) {
	f, err := os.CreateTemp("", "inferometer-rows-*") // with mode 0600
	if err != nil {
		return nil, fmt.Errorf("failed to copy its rows: %w", err)
	}
	_ = os.Remove(f.Name()) // Windows refuses; Close deletes it there
	return &scratch{file: f, w: bufio.NewWriterSize(f, 256<<10)}, nil
}

// write appends a row and returns p with its place there.
func (s *scratch) write(p place, row []byte) (place, error) {
	if s.size+int64(len(row)) > maxScratch {
		return p, fmt.Errorf("its prompts are larger than %d GiB; use --dataset-sample to take some of them", maxScratch>>30)
	}
	p.at, p.n = s.size, int32(len(row))
	if _, err := s.w.Write(row); err != nil {
		return p, fmt.Errorf("failed to copy its rows: %w", err)
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
