package exchange

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Continue returns a clock for a run that is resumed after a break: stamp 1 stays
// at started, the run's wall-clock anchor, so that the break is in the stamps,
// and every new stamp is later than last, the latest one that the log has. If
// the wall clock has been set back to before that, the break counts as a
// minute.
func Continue(started time.Time, last Stamp) *Clock {
	now := time.Now()
	since := now.Sub(started) // by the wall clock: started has no monotonic reading
	if since <= time.Duration(last) {
		since = time.Duration(last) + time.Minute
	}
	return &Clock{start: now.Add(-since)} // which keeps the monotonic reading
}

// errDamaged is a log that is broken before its end.
var errDamaged = errors.New("it is damaged, and not only cut short: what comes after the damage would be lost")

// Resume opens the log at path to append to it. Zstd streams may follow each
// other in a file, so that a log which was closed is left as it is. One that a
// crash cut short is written again, up to its last whole record, and replaces the
// old one in one step; nothing that could be read is lost. A log
// that another process writes is refused, where the system can tell.
func Resume(path string) (*Log, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("failed to open the log: %w", err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	torn, err := cutShort(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s cannot be continued: %w", path, err), f.Close())
	}
	if torn {
		old := f
		if f, err = repair(old, path); err != nil {
			return nil, errors.Join(fmt.Errorf("failed to repair the log: %w", err), old.Close())
		}
		_ = old.Close() // it was only read; where it has been closed already this says so
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return nil, errors.Join(fmt.Errorf("failed to open the log: %w", err), f.Close())
	}
	return newLog(f)
}

// cutShort reports whether the stream of a log lacks its end, or ends inside a
// line.
func cutShort(f *os.File) (bool, error) {
	dec, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return false, err
	}
	defer dec.Close()
	last := &lastByte{}
	switch _, err := io.Copy(last, dec); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("%w (%w)", errDamaged, err)
	}
	return last.any && last.b != '\n', nil
}

// lastByte remembers the last byte written to it.
type lastByte struct {
	b   byte
	any bool
}

func (l *lastByte) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.b, l.any = p[len(p)-1], true
	}
	return len(p), nil
}

// repair replaces the file f by one with its whole lines, and returns that one,
// locked.
func repair(f *os.File, path string) (*os.File, error) {
	tmp := path + ".tmp"
	if err := copyWhole(f, tmp); err != nil {
		return nil, errors.Join(err, os.Remove(tmp))
	}
	if runtime.GOOS == "windows" {
		_ = f.Close() // no open file can be replaced there
	}
	if err := os.Rename(tmp, path); err != nil {
		return nil, err
	}
	out, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := lock(out); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return out, nil
}

// copyWhole writes the whole lines of the log f to a new log.
func copyWhole(f *os.File, to string) (err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	dec, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer dec.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	enc, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(logWindow))
	if err != nil {
		return err
	}
	if _, err = io.Copy(&wholeLines{to: enc}, dec); errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	if err = errors.Join(err, enc.Close()); err != nil {
		return err
	}
	return out.Sync()
}

// wholeLines passes on what it is given up to the last line feed, and keeps the
// rest for the next time.
type wholeLines struct {
	to   io.Writer
	rest []byte
}

func (w *wholeLines) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for i := len(w.rest) - 1; i >= 0; i-- {
		if w.rest[i] == '\n' {
			if _, err := w.to.Write(w.rest[:i+1]); err != nil {
				return 0, err
			}
			w.rest = append(w.rest[:0], w.rest[i+1:]...)
			break
		}
	}
	return len(p), nil
}
