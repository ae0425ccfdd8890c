package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample(rng *rand.Rand, frames int) *Exchange {
	in, out := 256, frames
	x := &Exchange{
		Cell: "c", Target: "candidate", Phase: Measured, Index: 3, Prompt: "p-3", PromptHash: 1 << 63,
		Due: 10, Woken: 20, Started: 21, Writing: 500, Sent: 900, FirstByte: 2000,
		Streamed: true, Status: 200, Finish: "stop",
		InputTokens: &in, OutputTokens: &out, TokenSource: FromUsage,
	}
	at := Stamp(24_000_123)
	for i := range frames {
		f := Frame{At: at, Tokens: int32(i % 3)}
		if i < frames/3 {
			f.Kind = Reasoning
		}
		x.Frames = append(x.Frames, f)
		at += Stamp(6_000_000 + rng.Int64N(900_000))
	}
	if frames > 0 {
		x.FirstToken, x.LastToken = x.Frames[0].At, x.Frames[frames-1].At
	}
	return x
}

// Frame times survive the log to within half a µs, the rest exactly.
func TestLogRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []*Exchange
	for i := range 200 {
		x := sample(rng, i%40)
		want = append(want, x)
		if err := l.Append(KindExchange, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var got []*Exchange
	torn, err := Read(path, func(kind string, rec json.RawMessage) error {
		x, err := DecodeExchange(rec)
		got = append(got, x)
		return err
	})
	if err != nil || torn {
		t.Fatalf("Read: torn=%v err=%v", torn, err)
	}
	near := cmp.Comparer(func(a, b Frame) bool {
		d := a.At - b.At
		return a.Kind == b.Kind && a.Tokens == b.Tokens && d > -501 && d < 501
	})
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Error(diff)
	}
	for i, x := range got {
		if n := len(x.Frames); n > 0 && (x.Frames[0].At != x.FirstToken || x.Frames[n-1].At != x.LastToken) {
			t.Fatalf("exchange %d: first or last frame is not exact", i)
		}
	}
}

// A log cut anywhere is read up to its last whole record, never with an error
// and never with a record that was not written.
func TestTornLogIsReadable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := l.Append(KindExchange, sample(rng, 20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		n := 0
		torn, err := ReadFrom(bytes.NewReader(whole[:cut]), func(_ string, rec json.RawMessage) error {
			n++
			_, err := DecodeExchange(rec)
			return err
		})
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", cut, len(whole), err)
		}
		if n == 50 && !torn && cut < len(whole)-8 {
			t.Fatalf("cut at %d of %d: not recognised as torn", cut, len(whole))
		}
	}
}

// What was appended is on disk within a second, without Close: the promise
// that a kill -9 loses at most the last second.
func TestLogIsFlushedWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &memory{}
		l, err := newLog(f)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			if err := l.Append("note", i); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		n := 0
		if _, err := ReadFrom(bytes.NewReader(f.Bytes()), func(string, json.RawMessage) error { n++; return nil }); err != nil || n != 10 {
			t.Errorf("after one second %d of 10 records are readable (err %v)", n, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A full disk is reported once and for all, and does not block the run.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := newLog(&memory{limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		var failed error
		for range 1000 {
			if failed = l.Append(KindExchange, sample(rng, 30)); failed != nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if !errors.Is(failed, syscall.ENOSPC) {
			t.Errorf("Append after a full disk: %v, want ENOSPC", failed)
		}
		if err := l.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Close: %v, want ENOSPC", err)
		}
	})
}

// memory is a file that may be full.
type memory struct {
	bytes.Buffer
	limit int
}

func (m *memory) Write(b []byte) (int, error) {
	if m.limit > 0 && m.Len()+len(b) > m.limit {
		return 0, syscall.ENOSPC
	}
	return m.Buffer.Write(b)
}
func (m *memory) Sync() error  { return nil }
func (m *memory) Close() error { return nil }

func FuzzDecodeExchange(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 9} {
		b, err := json.Marshal(pack(sample(rng, n)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"frames":"AA","frame_kinds":"AAA"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := DecodeExchange(b)
		if err == nil && x == nil {
			t.Error("no exchange and no error")
		}
	})
}

func BenchmarkEncodeExchange(b *testing.B) {
	x := sample(rand.New(rand.NewPCG(1, 2)), 64)
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		if err := encodeLine(&buf, KindExchange, x); err != nil {
			b.Fatal(err)
		}
	}
}

// What the client does for the log while it measures has a budget.
func TestEncodeAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector has encoding/json drop half of its pooled memory; run without -race")
	}
	x := sample(rand.New(rand.NewPCG(1, 2)), 200)
	var buf bytes.Buffer
	if n := testing.AllocsPerRun(100, func() {
		if err := encodeLine(&buf, KindExchange, x); err != nil {
			t.Fatal(err)
		}
	}); n > 25 {
		t.Errorf("%v allocations for an exchange of 200 frames, want at most 25", n)
	}
}
