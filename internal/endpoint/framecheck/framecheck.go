// Package framecheck keeps the classifiers of a dialect honest. While a run is
// measured it keeps payloads of event streams, with what the classifier noted
// of each; afterwards it parses them in full and counts the differences.
//
// It keeps a seeded sample of all frames, all of them while there are few, and besides
// each frame that is no object, has an error, or more than one answer. They are in one
// scratch file that only the user can read and that has no name where the system allows
// that; Close deletes it.
package framecheck

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/seeded"
)

// Check keeps the payloads of one target. Its methods may be called
// concurrently, but for Compare. A nil Check keeps nothing.
type Check struct {
	seed   uint64
	frames atomic.Int64
	// A frame is sampled if that many low bits of its hash are 0.
	shift   atomic.Uint32
	sampled atomic.Int64 // frames since shift was raised

	mu      sync.Mutex // protects all following fields
	dir     string
	limit   int64
	written int64    // bytes, those in memory included
	block   []byte   // of frames, being filled
	full    [][]byte // further ones, to be written
	spare   [][]byte // to be filled again
	writing bool     // a goroutine writes what is full
	idle    sync.Cond
	file    *os.File
	missed  int64 // frames that should have been kept, and were not
	err     error
}

const (
	// The sample: every frame until there are twice as many, then half as
	// often, and so on. The frames that the last rule picks are at least so
	// many, spread evenly; those of earlier rules are checked as well.
	sampleSize = 10_000
	// blockSize is how much is written at a time, by a goroutine of its own.
	blockSize = 64 << 10
	// fileLimit is how long the scratch file may become.
	fileLimit = 32 << 20
)

// New returns a check whose scratch file will be made in dir; empty means
// the system's folder for such files.
func New(dir string, seed uint64) *Check {
	k := &Check{seed: seed, dir: dir, limit: fileLimit}
	k.idle.L = &k.mu
	return k
}

// header goes before each kept payload: what the classifier made of it.
type header struct {
	Size            uint32
	Flags           uint8
	Kind            uint8
	Text, Finish    uint32 // lengths, as they came
	Input, Output   int32
	Cached, Reasons int32
	Write, Write1h  int32
	IDs, Logprobs   int32
}

const headerSize = 4 + 1 + 1 + 4 + 4 + 8*4

const (
	flagOK uint8 = 1 << iota
	flagContent
	flagDone
	flagSeveral
	flagError
	flagUsage
)

// headerOf is what f says; ok is whether there was an object at all.
func headerOf(size int, f *dialect.Frame, ok bool) header {
	h := header{Size: uint32(size)}
	if !ok {
		return h
	}
	h.Flags = flagOK
	for _, v := range [...]struct {
		yes  bool
		flag uint8
	}{{f.Content, flagContent}, {f.Done, flagDone}, {f.Several, flagSeveral}, {f.Err != nil, flagError}, {f.Usage.Seen, flagUsage}} {
		if v.yes {
			h.Flags |= v.flag
		}
	}
	h.Kind, h.Text, h.Finish = uint8(f.Kind), uint32(len(f.Text)), uint32(len(f.Finish))
	h.Input, h.Output = int32(f.Usage.Input), int32(f.Usage.Output)
	h.Cached, h.Reasons = int32(f.Usage.Cached), int32(f.Usage.Reasoning)
	h.Write, h.Write1h = int32(f.Usage.CacheWrite), int32(f.Usage.CacheWrite1h)
	h.IDs, h.Logprobs = int32(f.IDs), int32(f.Logprobs)
	return h
}

func (h header) append(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, h.Size)
	b = append(b, h.Flags, h.Kind)
	b = le.AppendUint32(b, h.Text)
	b = le.AppendUint32(b, h.Finish)
	for _, v := range [...]int32{h.Input, h.Output, h.Cached, h.Reasons, h.Write, h.Write1h, h.IDs, h.Logprobs} {
		b = le.AppendUint32(b, uint32(v))
	}
	return b
}

func readHeader(b []byte) header {
	le := binary.LittleEndian
	h := header{Size: le.Uint32(b), Flags: b[4], Kind: b[5], Text: le.Uint32(b[6:]), Finish: le.Uint32(b[10:])}
	for i, p := range [...]*int32{&h.Input, &h.Output, &h.Cached, &h.Reasons, &h.Write, &h.Write1h, &h.IDs, &h.Logprobs} {
		*p = int32(le.Uint32(b[14+4*i:]))
	}
	return h
}

// Keep takes the payload of frame n of x in the timed path, and what the classifier made
// of it. It copies the payload if the sample picks it or it is odd, and does nothing with
// most of many.
func (k *Check) Keep(x *exchange.Exchange, n int, payload []byte, f *dialect.Frame, ok bool) {
	if k == nil {
		return
	}
	hash := seeded.Mix(seeded.Mix(k.seed^seeded.Mix(x.PromptHash^uint64(x.Index)<<20)) + uint64(n))
	shift := k.shift.Load()
	picked := hash&(1<<shift-1) == 0
	switch {
	case picked && k.sampled.Add(1) >= 2*sampleSize && k.shift.CompareAndSwap(shift, shift+1):
		k.sampled.Store(sampleSize) // about half of them pass the new rule too
	case !picked && ok && f.Err == nil && !f.Several:
		return
	}
	size := headerSize + len(payload)
	k.mu.Lock()
	defer k.mu.Unlock()
	most := k.limit
	if !picked { // what is odd may fill half of the file and leaves the rest to the sample
		most /= 2
	}
	if k.err != nil || k.written+int64(size) > most {
		k.missed++
		return
	}
	k.written += int64(size)
	if len(k.block) > 0 && len(k.block)+size > blockSize {
		k.full = append(k.full, k.block)
		k.block = nil
		if !k.writing {
			k.writing = true
			go k.write()
		}
	}
	if n := len(k.spare); k.block == nil && n > 0 {
		k.block, k.spare = k.spare[n-1], k.spare[:n-1]
	} else if k.block == nil {
		k.block = make([]byte, 0, blockSize)
	}
	k.block = headerOf(len(payload), f, ok).append(k.block)
	k.block = append(k.block, payload...)
}

// Seen counts frames that Keep has been asked about.
func (k *Check) Seen(n int) {
	if k != nil {
		k.frames.Add(int64(n))
	}
}

// write writes the blocks that are full, until there are none.
func (k *Check) write() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.full) > 0 {
		b := k.full[0]
		k.full = k.full[1:]
		if k.open(); k.err != nil {
			continue
		}
		k.mu.Unlock()
		_, err := k.file.Write(b)
		k.mu.Lock()
		if k.err = err; cap(b) == blockSize {
			k.spare = append(k.spare, b[:0])
		}
	}
	k.full, k.writing = nil, false
	k.idle.Broadcast()
}

// open makes the scratch file, if there is none. k.mu is held.
func (k *Check) open() {
	if k.file != nil || k.err != nil {
		return
	}
	// os.CreateTemp gives mode 0600.
	if k.file, k.err = os.CreateTemp(k.dir, "inferometer-frames-*"); k.err == nil {
		_ = os.Remove(k.file.Name()) // so that not even a crash leaves it; Windows refuses, and Close does it there
	}
}

// flush writes all that is kept. k.mu is held, but not all the time.
func (k *Check) flush() {
	for k.writing {
		k.idle.Wait()
	}
	if len(k.block) == 0 {
		return
	}
	if k.open(); k.err == nil {
		_, k.err = k.file.Write(k.block)
	}
	k.block = k.block[:0]
}

// Close deletes the scratch file. It may be called more than once.
func (k *Check) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.writing {
		k.idle.Wait()
	}
	if k.block = nil; k.err == nil {
		k.err = errors.New("the check is closed")
	}
	if k.file == nil {
		return nil
	}
	err := k.file.Close()
	if rm := os.Remove(k.file.Name()); rm != nil && !errors.Is(rm, os.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	k.file = nil
	return err
}

// Report says what a check has found.
type Report struct {
	Frames  int64 // that were seen
	Checked int   // of them, read again in full
	Missed  int64 // that should have been kept, and were not
	// Differences are the numbers of frames in which the two readers differ, by
	// what they differ in.
	Differences map[string]int
}

// Compare parses what the check has kept as d does and says where the
// classifier saw something else. It takes processor time: call it when nothing
// is measured.
func (k *Check) Compare(ctx context.Context, d *dialect.Dialect) (Report, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.flush()
	out := Report{Frames: k.frames.Load(), Missed: k.missed, Differences: map[string]int{}}
	if k.err != nil {
		return out, fmt.Errorf("failed to keep frames for the check of the parser: %w", k.err)
	}
	if k.file == nil {
		return out, nil
	}
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return out, fmt.Errorf("failed to read frames for the check of the parser: %w", err)
	}
	r := bufio.NewReaderSize(k.file, 256<<10)
	var head [headerSize]byte
	var payload []byte
	for ctx.Err() == nil {
		if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return out, fmt.Errorf("failed to read frames for the check of the parser: %w", err)
		}
		h := readHeader(head[:])
		if cap(payload) < int(h.Size) {
			payload = make([]byte, h.Size)
		}
		payload = payload[:h.Size]
		if _, err := io.ReadFull(r, payload); err != nil {
			return out, fmt.Errorf("failed to read frames for the check of the parser: %w", err)
		}
		out.Checked++
		if what := compare(d, h, payload); what != "" {
			out.Differences[what]++
		}
	}
	_, err := k.file.Seek(0, io.SeekEnd)
	return out, err
}

// compare says in what the note h of a payload, the classifier and the full
// parse differ, or "".
func compare(d *dialect.Dialect, h header, payload []byte) string {
	var f dialect.Frame
	ok := d.Classify(payload, &f)
	if headerOf(len(payload), &f, ok) != h {
		return "what was noted in the run"
	}
	return d.Check(payload, &f, ok)
}
