package exchange

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	// followEvery is how often a log is looked at for more.
	followEvery = 200 * time.Millisecond
	// followPatience is how long a log may say nothing where the system does not tell
	// whether a file is written. A run writes twice a second while it measures.
	followPatience = time.Minute
	// followLine is the longest line that is read, in bytes: an exchange of a million
	// frames is smaller.
	followLine = 64 << 20
)

// Follow calls f for every record of the log at path, as Scan does, and then for each
// that is appended, while another process writes it. It ends without an error when the
// writer is gone: it has closed the log, or was killed, which torn says where the log
// ends inside a record. idle is called whenever all that is there has been read, and
// ends the following by returning false; it may be nil. A log that is repaired
// and continued by another writer meanwhile (Resume) is followed through that.
//
// It reads on one goroutine, and holds one record at a time: it runs next to what is
// measured.
func Follow(ctx context.Context, path string, f func(Record) error, idle func() bool) (torn bool, err error) {
	given := 0 // records handed out
	for {
		t := &tail{ctx: ctx, path: path, idle: idle}
		if t.file, err = os.Open(path); err != nil {
			return false, fmt.Errorf("failed to open the log: %w", err)
		}
		torn, err = follow(t, &given, f)
		err = errors.Join(err, t.file.Close())
		if err != nil || !t.replaced {
			return torn, err
		}
	}
}

// follow reads one file, without its first records, of which given have been handed out.
func follow(t *tail, given *int, f func(Record) error) (torn bool, err error) {
	dec, err := zstd.NewReader(t, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return false, fmt.Errorf("failed to read the log: %w", err)
	}
	defer dec.Close()
	d := newDecoder()
	r := bufio.NewReaderSize(dec, 64<<10)
	var rec scannedRecord
	var line []byte
	for n := 0; ; {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if len(line) > followLine {
				return false, fmt.Errorf("log, record %d: %w: a line of more than %d bytes", n+1, ErrDamaged, followLine)
			}
			continue
		case err != nil:
			if t.enough || t.cause != nil {
				return false, t.cause // what ended the waiting, and not the log
			}
			return len(line) > 0 || !errors.Is(err, io.EOF), damage(err)
		}
		if n++; n > *given {
			d.ints = d.ints[:0]
			if err := d.record(bytes.TrimSuffix(line, []byte("\n")), &rec); err != nil {
				return false, fmt.Errorf("log, record %d: %w", n, err)
			}
			*given = n
			if err := f(rec.Record); err != nil {
				return false, err
			}
		}
		line = line[:0]
	}
}

// tail reads a file that grows, and ends when nobody writes it any more.
type tail struct {
	ctx      context.Context
	path     string
	file     *os.File
	idle     func() bool
	replaced bool  // by a writer that has repaired the log
	enough   bool  // idle said so
	cause    error // of the context, once it is done
	quiet    time.Duration
	unlocked bool // nobody wrote the file when it was looked at last
}

// Read implements io.Reader: at the end of the file it waits for more.
func (t *tail) Read(p []byte) (int, error) {
	for {
		n, err := t.more(p)
		if n > 0 || err != nil {
			return n, err
		}
		if t.enough = t.idle != nil && !t.idle(); t.enough {
			return 0, io.EOF
		}
		// Asked before the file is read once more: what was written until then is read.
		over := t.over()
		if n, err := t.more(p); n > 0 || err != nil {
			return n, err
		}
		if over {
			return 0, io.EOF
		}
		timer := time.NewTimer(followEvery)
		select {
		case <-t.ctx.Done():
			timer.Stop()
			t.cause = context.Cause(t.ctx)
			return 0, io.EOF
		case <-timer.C:
			t.quiet += followEvery
		}
	}
}

// more reads what is there; nothing at the end of the file.
func (t *tail) more(p []byte) (int, error) {
	n, err := t.file.Read(p)
	if n > 0 {
		t.quiet, t.unlocked = 0, false
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// over reports whether nobody writes the file any more, or another has taken its place.
// A writer locks a file right after it has made it, so that one look is not enough.
func (t *tail) over() bool {
	if now, err := os.Stat(t.path); err == nil {
		if old, err := t.file.Stat(); err == nil && !os.SameFile(old, now) {
			t.replaced = true
			return true
		}
	} else if errors.Is(err, fs.ErrNotExist) {
		return true // the folder was removed
	}
	yes, known := written(t.file)
	if !known {
		return t.quiet >= followPatience
	}
	before := t.unlocked
	t.unlocked = !yes
	return before && t.unlocked
}
