package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// LogName is the file name of the log in a run's folder.
const LogName = "exchanges.jsonl.zst"

// flushEvery bounds what a crash can lose.
const flushEvery = 500 * time.Millisecond

// logWindow is how far back the compression of a log looks, in bytes: twice as much is
// memory while it is written, and more makes it hardly smaller.
const logWindow = 512 << 10

// Log is the append-only log of a run: one JSON object per line, {"k": kind,
// "v": record}, in a zstd stream that is flushed twice a second, so that a
// crash loses at most the last second. Encoding and writing happen on a
// goroutine of the log's own: Append only queues.
type Log struct {
	queue chan entry
	done  chan struct{}

	mu     sync.Mutex // protects err and closed
	err    error
	closed bool
}

type entry struct {
	kind string
	rec  any
}

// Create makes a new log; the file must not exist.
func Create(path string) (*Log, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("failed to create the log: %w", err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return newLog(f)
}

// file is what a Log writes to; *os.File, or a failing one in tests.
type file interface {
	io.WriteCloser
	Sync() error
}

func newLog(f file) (*Log, error) {
	enc, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(logWindow))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("failed to start the log: %w", err), f.Close())
	}
	// The queue absorbs a slow disk; past it, Append waits, which is visible
	// as client delay rather than as a lost record.
	l := &Log{queue: make(chan entry, 1<<14), done: make(chan struct{})}
	go l.write(f, enc)
	return l, nil
}

// Append queues one record under kind. The log owns rec until Close: it must
// not be changed afterwards. It returns the first error of an earlier write:
// after a full disk nothing more is recorded, and the run must end.
func (l *Log) Append(kind string, rec any) error {
	l.mu.Lock()
	err, closed := l.err, l.closed
	l.mu.Unlock()
	if err != nil {
		return err
	}
	if closed {
		return errors.New("the log is closed")
	}
	l.queue <- entry{kind, rec}
	return nil
}

// Offer queues one record that nothing rests on, such as how far a run has come. It
// never waits: where the queue is full or the log is closed or broken, the record is
// left out. It may be called at any time.
func (l *Log) Offer(kind string, rec any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || l.closed {
		return
	}
	select {
	case l.queue <- entry{kind, rec}:
	default:
	}
}

// Err returns the first error of writing, such as a full disk.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Close writes what is queued and closes the file. Append must not be called
// at the same time.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return l.err
	}
	l.closed = true
	l.mu.Unlock()
	close(l.queue)
	<-l.done
	return l.Err()
}

func (l *Log) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = fmt.Errorf("failed to write the log: %w", err)
	}
}

func (l *Log) write(f file, enc *zstd.Encoder) {
	defer close(l.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	dirty, broken := false, false
	var buf bytes.Buffer
	check := func(err error) {
		if err != nil {
			l.fail(err)
			broken = true
		}
	}
	flush := func() {
		if !dirty || broken {
			return
		}
		dirty = false
		check(enc.Flush())
		if !broken {
			check(f.Sync())
		}
	}
	for {
		select {
		case e, ok := <-l.queue:
			if !ok {
				if !broken {
					check(enc.Close())
				}
				check(f.Close())
				return
			}
			if broken {
				continue // drain, so that Append never blocks
			}
			if err := encodeLine(&buf, e.kind, e.rec); err != nil {
				check(err)
				continue
			}
			_, err := enc.Write(buf.Bytes())
			check(err)
			dirty = true
		case <-tick.C:
			flush()
		}
	}
}

type line struct {
	Kind string          `json:"k"`
	Rec  json.RawMessage `json:"v"`
}

// encodeLine writes one record into buf, which is emptied first.
func encodeLine(buf *bytes.Buffer, kind string, rec any) error {
	var v any = rec
	if x, ok := rec.(*Exchange); ok {
		p := pack(x)
		v = &p
	}
	k, err := json.Marshal(kind)
	if err != nil {
		return err
	}
	buf.Reset()
	buf.WriteString(`{"k":`)
	buf.Write(k)
	buf.WriteString(`,"v":`)
	if err := json.NewEncoder(buf).Encode(v); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - 1) // its line feed
	buf.WriteString("}\n")
	return nil
}

// KindExchange is the kind of the records that are exchanges; other kinds
// belong to the packages that write them.
const KindExchange = "x"
