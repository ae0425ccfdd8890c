package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/klauspost/compress/zstd"
)

// Record is one record of the log as Scan hands it out. All of it is valid
// until the function that was handed it returns.
type Record struct {
	Kind string
	Raw  json.RawMessage
	// Exchange is the decoded record of kind KindExchange; nil for others.
	Exchange *Exchange
}

// ErrDamaged says that the bytes of a log are not those that were written, as
// opposed to a log that ends early. What was read before may be wrong, too.
var ErrDamaged = errors.New("the exchange log is damaged: its bytes are not those that were written")

// damage is the error of a stream that ended with err: nil where it just ends.
func damage(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return fmt.Errorf("%w (%w)", ErrDamaged, err)
}

// Scan calls f for every record of the log at path, in order, as Read does,
// with exchanges decoded. A damaged log gives ErrDamaged. Memory stays bounded whatever the log's length:
// lines are decoded a batch at a time, on all processors, into memory that is
// used again.
func Scan(path string, f func(Record) error) (torn bool, err error) {
	return scanFile(path, NewDecoder, f)
}

// Outline is Scan without the exchanges, which are neither decoded nor handed
// out: a fraction of the work.
func Outline(path string, f func(Record) error) (torn bool, err error) {
	return scanFile(path, func() *Decoder { return nil }, func(r Record) error {
		if r.Kind == KindExchange {
			return nil
		}
		return f(r)
	})
}

func scanFile(path string, decoder func() *Decoder, f func(Record) error) (torn bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("failed to open the exchange log: %w", err)
	}
	defer file.Close()
	return scan(file, decoder, f)
}

// batchBytes is about how much of the log is decoded at once by one worker: a
// few hundred records.
const batchBytes = 256 << 10

// batch is a run of whole lines, on its way from the reader through a decoder
// to the caller.
type batch struct {
	text  []byte
	recs  []scanned
	used  int           // of recs
	ints  []int         // what the exchanges point to
	err   error         // of the record after recs[:used]
	torn  bool          // the log ends here, inside a record
	cause error         // why, where that is no end but damage
	ready chan struct{} // has a value once it is decoded
}

type scanned struct {
	Record
	room Exchange
}

// scan reads a log. decoder makes what decodes exchanges, for each worker; a nil
// one leaves them as they are.
func scan(r io.Reader, decoder func() *Decoder, f func(Record) error) (torn bool, err error) {
	dec, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return false, fmt.Errorf("failed to read the exchange log: %w", err)
	}
	defer dec.Close()

	workers := max(1, runtime.GOMAXPROCS(0))
	stop := make(chan struct{})
	free := make(chan *batch, 2*workers+1)
	todo := make(chan *batch, cap(free))
	inOrder := make(chan *batch, cap(free))
	for range cap(free) {
		free <- &batch{ready: make(chan struct{}, 1)}
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(inOrder)
		defer close(todo)
		cutLines(dec, free, stop, func(b *batch) { inOrder <- b; todo <- b })
	}()
	for range workers {
		go func() {
			d := decoder()
			for b := range todo {
				b.decode(d)
				b.ready <- struct{}{}
			}
		}()
	}
	defer func() { <-read }() // the decoder must not be closed under its reader
	defer close(stop)

	n := 0
	for b := range inOrder {
		<-b.ready
		for i := range b.recs[:b.used] {
			n++
			if err := f(b.recs[i].Record); err != nil {
				return false, fmt.Errorf("exchange log, record %d: %w", n, err)
			}
		}
		if b.err != nil {
			return false, fmt.Errorf("exchange log, record %d: %w", n+1, b.err)
		}
		if b.torn {
			return true, damage(b.cause)
		}
		free <- b
	}
	return false, nil
}

// cutLines reads whole lines into batches until the log ends or stop is
// closed, and hands each on.
func cutLines(r io.Reader, free <-chan *batch, stop <-chan struct{}, next func(*batch)) {
	var rest []byte // the beginning of a line
	for {
		var b *batch
		select {
		case <-stop:
			return
		case b = <-free:
		}
		b.text, b.torn, b.cause, b.err = append(b.text[:0], rest...), false, nil, nil
		var err error
		whole := -1
		for err == nil && whole < 0 {
			from := len(b.text)
			if cap(b.text) < from+batchBytes {
				b.text = append(make([]byte, 0, 2*from+batchBytes), b.text...)
			}
			n := 0
			for n < batchBytes && err == nil {
				var k int
				k, err = r.Read(b.text[from+n : from+batchBytes])
				n += k
			}
			b.text = b.text[:from+n]
			if i := bytes.LastIndexByte(b.text[from:], '\n'); i >= 0 {
				whole = from + i
			}
		}
		rest = append(rest[:0], b.text[whole+1:]...)
		b.text = b.text[:whole+1]
		if err != nil {
			// The stream ends inside a record or a zstd block: the crash.
			b.torn, b.cause = len(rest) > 0 || !errors.Is(err, io.EOF), err
			next(b)
			return
		}
		next(b)
	}
}

// decode decodes the lines of a batch.
func (b *batch) decode(d *Decoder) {
	b.used = 0
	if d != nil {
		d.ints = b.ints[:0]
		defer func() { b.ints = d.ints }()
	}
	for text := b.text; len(text) > 0; {
		i := bytes.IndexByte(text, '\n')
		line := text[:i]
		text = text[i+1:]
		if b.used == len(b.recs) {
			b.recs = append(b.recs, scanned{})
		}
		if err := b.recs[b.used].decode(d, line); err != nil {
			b.err = err
			return
		}
		b.used++
	}
}

var (
	exchangePrefix = []byte(`{"k":"` + KindExchange + `","v":`)
	lineSuffix     = []byte("}")
)

func (s *scanned) decode(d *Decoder, text []byte) error {
	if rec, ok := bytes.CutPrefix(text, exchangePrefix); ok {
		if rec, ok = bytes.CutSuffix(rec, lineSuffix); ok {
			if d == nil {
				s.Record = Record{Kind: KindExchange, Raw: rec}
				return nil
			}
			s.Record = Record{KindExchange, rec, &s.room}
			return d.decode(rec, &s.room)
		}
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	s.Record = Record{Kind: l.Kind, Raw: l.Rec}
	if l.Kind == KindExchange && d != nil {
		s.Exchange = &s.room
		return d.decode(l.Rec, &s.room)
	}
	return nil
}
