// Package framecheck keeps the classifiers of a dialect honest. While a run is
// measured it keeps payloads of event streams, with what the classifier noted
// of each; afterwards it parses them in full and counts the differences.
//
// It keeps a seeded sample of all frames, all of them while there are few, and of
// exchanges that failed or whose counts do not fit also each frame that is no object, has
// an error, or more than one answer. They are in one scratch file that only the user can
// read and that has no name where the system allows that; Close deletes it.
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
	seed     uint64
	inFlight atomic.Int64 // bytes that running exchanges may still hold
	frames   atomic.Int64
	// A frame is sampled if that many low bits of its hash are 0.
	shift atomic.Uint32
	held  atomic.Int64 // frames that were sampled and held since shift was raised

	mu      sync.Mutex // protects all following fields
	dir     string
	limit   int64
	file    *os.File
	w       *bufio.Writer
	written int64
	missed  int64 // picked, and not kept
	err     error
}

const (
	// The sample: every frame until there are twice as many, then half as
	// often, and so on. The frames that the last rule picks are at least so
	// many, spread evenly; those of earlier rules are checked as well.
	sampleSize = 10_000
	// What running exchanges may hold together until it is known whether they
	// have failed, what one of them takes at a time, and the scratch file.
	holdLimit = 64 << 20
	holdStep  = 16 << 10
	fileLimit = 32 << 20
)

// New returns a check whose scratch file will be made in dir; empty means
// the system's folder for such files.
func New(dir string, seed uint64) *Check {
	k := &Check{seed: seed, dir: dir, limit: fileLimit}
	k.inFlight.Store(holdLimit)
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

// HeldFrames are what one exchange keeps until its end. The zero value is ready.
type HeldFrames struct {
	Buf     []byte // payloads, each with its header; its memory may be used again
	id      uint64 // of the exchange
	granted int64
	frames  int
	missed  int64
}

// Hold keeps a payload of x in the timed path, if the sample picks it or it is odd: two
// appends, and nothing for most of many.
func (k *Check) Hold(h *HeldFrames, x *exchange.Exchange, payload []byte, f *dialect.Frame, ok bool) {
	if k == nil {
		return
	}
	if h.frames == 0 {
		h.id = seeded.Mix(k.seed ^ seeded.Mix(x.PromptHash^uint64(x.Index)<<20))
	}
	hash := seeded.Mix(h.id + uint64(h.frames))
	h.frames++
	shift := k.shift.Load()
	switch picked := sampled(hash, shift); {
	case picked && k.held.Add(1) >= 2*sampleSize && k.shift.CompareAndSwap(shift, shift+1):
		k.held.Store(sampleSize) // about half of them pass the new rule too
	case !picked && ok && f.Err == nil && !f.Several:
		return
	}
	need := int64(len(h.Buf) + hashSize + headerSize + len(payload))
	if need > h.granted {
		step := max(need-h.granted, holdStep)
		if k.inFlight.Add(-step) < 0 {
			k.inFlight.Add(step)
			h.missed++
			return
		}
		h.granted += step
	}
	h.Buf = binary.LittleEndian.AppendUint64(h.Buf, hash)
	h.Buf = headerOf(len(payload), f, ok).append(h.Buf)
	h.Buf = append(h.Buf, payload...)
}

// hashSize is how many bytes go before the header of a held frame.
const hashSize = 8

// sampled reports whether the sample picks a frame.
func sampled(hash uint64, shift uint32) bool { return hash&(1<<shift-1) == 0 }

// Settle takes what an exchange held when it is over: all of it where all is
// set, else the frames that the sample still picks. The buffer is the caller's again.
func (k *Check) Settle(h *HeldFrames, all bool) {
	if k == nil || h.frames == 0 {
		return
	}
	k.frames.Add(int64(h.frames))
	k.inFlight.Add(h.granted)
	k.mu.Lock()
	defer k.mu.Unlock()
	if all {
		k.missed += h.missed
	}
	shift := k.shift.Load()
	for b := h.Buf; len(b) > 0; {
		hash := binary.LittleEndian.Uint64(b)
		n := hashSize + headerSize + int(binary.LittleEndian.Uint32(b[hashSize:]))
		picked := sampled(hash, shift)
		// Failures may fill half of the file and leave the rest to the sample.
		fits := picked || all && k.written < k.limit/2
		if fits && !k.write(b[hashSize:n]) || all && !fits {
			k.missed++
		}
		b = b[n:]
	}
	*h = HeldFrames{Buf: h.Buf[:0]}
}

// write reports whether b is in the scratch file.
func (k *Check) write(b []byte) bool {
	if k.err != nil || k.written+int64(len(b)) > k.limit {
		return false
	}
	if k.file == nil {
		// os.CreateTemp gives mode 0600.
		if k.file, k.err = os.CreateTemp(k.dir, "inferometer-frames-*"); k.err != nil {
			return false
		}
		_ = os.Remove(k.file.Name()) // so that not even a crash leaves it; Windows refuses, and Close does it there
		k.w = bufio.NewWriterSize(k.file, 256<<10)
	}
	_, k.err = k.w.Write(b)
	k.written += int64(len(b))
	return k.err == nil
}

// Close deletes the scratch file. It may be called more than once.
func (k *Check) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.file == nil {
		return nil
	}
	err := k.file.Close()
	if rm := os.Remove(k.file.Name()); rm != nil && !errors.Is(rm, os.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	k.file = nil
	if k.err == nil {
		k.err = errors.New("the check is closed")
	}
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
	out := Report{Frames: k.frames.Load(), Missed: k.missed, Differences: map[string]int{}}
	if k.err != nil {
		return out, fmt.Errorf("failed to keep frames for the check of the parser: %w", k.err)
	}
	if k.file == nil {
		return out, nil
	}
	if err := k.w.Flush(); err != nil {
		return out, fmt.Errorf("failed to keep frames for the check of the parser: %w", err)
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
