package endpoint

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

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/seeded"
)

// Check keeps payloads of a run aside, to parse them in full when nothing is
// measured any more, and to compare that with what the byte classifier noted
// while it ran. It keeps a seeded sample of all frames, and every frame of
// exchanges that failed or look odd. What it keeps lies in one scratch file
// that only the user can read and that has no name where the system allows
// that; Close deletes it.
type Check struct {
	seed     uint64
	inFlight atomic.Int64 // bytes that running exchanges may still hold
	frames   atomic.Int64

	mu      sync.Mutex // protects all following fields
	dir     string
	limit   int64
	file    *os.File
	w       *bufio.Writer
	written int64
	shift   uint  // a frame is sampled if that many low bits of its hash are 0
	sampled int   // since shift was raised
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

// NewCheck returns a check whose scratch file will be made in dir; empty means
// the system's folder for such files.
func NewCheck(dir string, seed uint64) *Check {
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
	IDs, Logprobs   int32
}

const headerSize = 4 + 1 + 1 + 4 + 4 + 6*4

const (
	flagOK uint8 = 1 << iota
	flagContent
	flagDone
	flagSeveral
	flagError
	flagUsage
)

// headerOf is what f says; ok is whether there was an object at all.
func headerOf(size int, f *frame, ok bool) header {
	h := header{Size: uint32(size)}
	if !ok {
		return h
	}
	h.Flags = flagOK
	for _, v := range [...]struct {
		yes  bool
		flag uint8
	}{{f.content, flagContent}, {f.done, flagDone}, {f.several, flagSeveral}, {f.err != nil, flagError}, {f.usage.seen, flagUsage}} {
		if v.yes {
			h.Flags |= v.flag
		}
	}
	h.Kind, h.Text, h.Finish = uint8(f.kind), uint32(len(f.text)), uint32(len(f.finish))
	h.Input, h.Output = int32(f.usage.input), int32(f.usage.output)
	h.Cached, h.Reasons = int32(f.usage.cached), int32(f.usage.reasoning)
	h.IDs, h.Logprobs = int32(f.ids), int32(f.logprobs)
	return h
}

func (h header) append(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, h.Size)
	b = append(b, h.Flags, h.Kind)
	b = le.AppendUint32(b, h.Text)
	b = le.AppendUint32(b, h.Finish)
	for _, v := range [...]int32{h.Input, h.Output, h.Cached, h.Reasons, h.IDs, h.Logprobs} {
		b = le.AppendUint32(b, uint32(v))
	}
	return b
}

func readHeader(b []byte) header {
	le := binary.LittleEndian
	h := header{Size: le.Uint32(b), Flags: b[4], Kind: b[5], Text: le.Uint32(b[6:]), Finish: le.Uint32(b[10:])}
	for i, p := range [...]*int32{&h.Input, &h.Output, &h.Cached, &h.Reasons, &h.IDs, &h.Logprobs} {
		*p = int32(le.Uint32(b[14+4*i:]))
	}
	return h
}

// held is what one exchange keeps until its end.
type held struct {
	buf     []byte
	granted int64
	frames  int
	missed  int64
}

// hold keeps a payload in the timed path: two appends.
func (k *Check) hold(h *held, payload []byte, f *frame, ok bool) {
	if k == nil {
		return
	}
	h.frames++
	need := int64(len(h.buf) + headerSize + len(payload))
	if need > h.granted {
		step := max(need-h.granted, holdStep)
		if k.inFlight.Add(-step) < 0 {
			k.inFlight.Add(step)
			h.missed++
			return
		}
		h.granted += step
	}
	h.buf = headerOf(len(payload), f, ok).append(h.buf)
	h.buf = append(h.buf, payload...)
}

// settle takes what an exchange held when it is over: all of it where all is
// set, else the frames that the sample picks. The buffer is the caller's again.
func (k *Check) settle(h *held, x *exchange.Exchange, all bool) {
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
	id := seeded.Mix(k.seed ^ seeded.Mix(x.PromptHash^uint64(x.Index)<<20))
	for i, b := 0, h.buf; len(b) > 0; i++ {
		n := headerSize + int(binary.LittleEndian.Uint32(b))
		picked := seeded.Mix(id+uint64(i))&(1<<k.shift-1) == 0
		// Failures may fill half of the file and leave the rest to the sample.
		room := picked || all && k.written < k.limit/2
		if room && !k.write(b[:n]) || all && !room {
			k.missed++
		}
		if picked {
			if k.sampled++; k.sampled >= 2*sampleSize {
				k.shift++
				k.sampled = sampleSize // about half of them pass the new rule too
			}
		}
		b = b[n:]
	}
	*h = held{buf: h.buf[:0]}
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

// Compare parses what c kept for its check and says where the classifier saw
// something else. It takes processor time: call it when nothing is measured.
// It returns nil where c keeps nothing.
func (c *Client) Compare(ctx context.Context) (*result.Parser, error) {
	k := c.cfg.Check
	if k == nil {
		return nil, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	out := &result.Parser{Frames: k.frames.Load(), Missed: k.missed, Differences: map[string]int{}}
	if k.err != nil {
		return nil, fmt.Errorf("failed to keep frames for the check of the parser: %w", k.err)
	}
	if k.file == nil {
		return out, nil
	}
	if err := k.w.Flush(); err != nil {
		return nil, fmt.Errorf("failed to keep frames for the check of the parser: %w", err)
	}
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("failed to read frames for the check of the parser: %w", err)
	}
	r := bufio.NewReaderSize(k.file, 256<<10)
	var head [headerSize]byte
	var payload []byte
	for ctx.Err() == nil {
		if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("failed to read frames for the check of the parser: %w", err)
		}
		h := readHeader(head[:])
		if cap(payload) < int(h.Size) {
			payload = make([]byte, h.Size)
		}
		payload = payload[:h.Size]
		if _, err := io.ReadFull(r, payload); err != nil {
			return nil, fmt.Errorf("failed to read frames for the check of the parser: %w", err)
		}
		out.Checked++
		if what := c.dialect.compare(h, payload); what != "" {
			out.Differences[what]++
		}
	}
	_, err := k.file.Seek(0, io.SeekEnd)
	return out, err
}

// compare says in what the note h of a payload, the classifier and the parser
// differ, or "".
func (d *dialect) compare(h header, payload []byte) string {
	var f frame
	ok := d.classify(payload, &f)
	if headerOf(len(payload), &f, ok) != h {
		return "what was noted in the run"
	}
	s, valid := d.parse(payload)
	switch {
	case ok && !valid:
		return "accepted though it is no JSON"
	case !ok && valid:
		return "refused though it is JSON"
	case !ok:
		return ""
	}
	return s.differs(f.asSeen())
}
