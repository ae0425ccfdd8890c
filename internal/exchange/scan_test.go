package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// writeLog writes a log of exchanges with other records between them.
func writeLog(t testing.TB, n, frames int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		x := sample(rng, i%(frames+1))
		x.Index, x.Prompt = i, fmt.Sprintf("p-%d", i)
		if i%17 == 0 {
			x.Class, x.Error, x.RetryAfter = HTTP5xx, "<html>\n\"no\" é \u2028", 1.5
		}
		if i%101 == 0 {
			err = errors.Join(err, l.Append("note", map[string]int{"at": i}))
		}
		err = errors.Join(err, l.Append(KindExchange, x))
	}
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// readSlowly reads a log the obvious way: all of it first, then line by line.
func readSlowly(r io.Reader, f func(kind string, rec json.RawMessage) error) (torn bool, err error) {
	dec, err := zstd.NewReader(r)
	if err != nil {
		return false, err
	}
	defer dec.Close()
	text, err := io.ReadAll(dec)
	lines := bytes.SplitAfter(text, []byte("\n"))
	last := lines[len(lines)-1] // no line, or one that is cut short
	for _, b := range lines[:len(lines)-1] {
		var l line
		if err := json.Unmarshal(b, &l); err != nil {
			return false, err
		}
		if err := f(l.Kind, l.Rec); err != nil {
			return false, err
		}
	}
	return err != nil || len(last) > 0, nil
}

// Scan and Read say the same as readSlowly, over many batches.
func TestScanAndReadAreRight(t *testing.T) {
	path := writeLog(t, 5000, 40)
	type record struct {
		Kind, Raw string
		X         *Exchange
	}
	var want []record
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn, err := readSlowly(bytes.NewReader(whole), func(kind string, rec json.RawMessage) error {
		r := record{kind, string(rec), nil}
		var err error
		if kind == KindExchange {
			r.X, err = DecodeExchange(rec)
		}
		want = append(want, r)
		return err
	})
	if err != nil || torn {
		t.Fatal(torn, err)
	}
	i := 0
	torn, err = Scan(path, func(r Record) error {
		if i >= len(want) {
			return errors.New("more records than were written")
		}
		if diff := cmp.Diff(want[i], record{r.Kind, string(r.Raw), r.Exchange}); diff != "" {
			return errors.New(diff)
		}
		i++
		return nil
	})
	if err != nil || torn || i != len(want) {
		t.Fatalf("%d of %d records, torn %v, %v", i, len(want), torn, err)
	}
	i = 0
	torn, err = Read(path, func(kind string, rec json.RawMessage) error {
		if i >= len(want) || kind != want[i].Kind || string(rec) != want[i].Raw {
			return errors.New("another record than was written")
		}
		i++
		return nil
	})
	if err != nil || torn || i != len(want) {
		t.Fatalf("Read: %d of %d records, torn %v, %v", i, len(want), torn, err)
	}
}

// Wherever a crash cuts the log, Scan and Read see the records before that.
func TestScanOfATornLog(t *testing.T) {
	whole, err := os.ReadFile(writeLog(t, 400, 20))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 10, len(whole) / 3, len(whole) / 2, len(whole) - 5, len(whole) - 1, len(whole)} {
		path := filepath.Join(t.TempDir(), LogName)
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		slow, read, scanned := 0, 0, 0
		torn, err := readSlowly(bytes.NewReader(whole[:n]), func(string, json.RawMessage) error { slow++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		tornRead, errRead := Read(path, func(string, json.RawMessage) error { read++; return nil })
		tornScan, errScan := Scan(path, func(Record) error { scanned++; return nil })
		if read != slow || scanned != slow || tornRead != torn || tornScan != torn || errRead != nil || errScan != nil {
			t.Errorf("cut to %d of %d bytes, %d records (torn %v): read %d records (torn %v, %v), scanned %d (torn %v, %v)",
				n, len(whole), slow, torn, read, tornRead, errRead, scanned, tornScan, errScan)
		}
	}
}

func TestScanStopsAtAnError(t *testing.T) {
	stop := errors.New("enough")
	n := 0
	_, err := Scan(writeLog(t, 3000, 30), func(Record) error {
		if n++; n == 10 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 10 || !strings.Contains(err.Error(), "record 10") {
		t.Errorf("after %d records: %v", n, err)
	}
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range []any{&Exchange{Cell: "c"}, map[string]string{"due": "soon"}, &Exchange{Cell: "c"}} {
		if err := l.Append(KindExchange, rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	n = 0
	if _, err = Scan(path, func(Record) error { n++; return nil }); err == nil || n != 1 || !strings.Contains(err.Error(), "record 2") {
		t.Errorf("a broken record: %d before it, %v", n, err)
	}
}

// The fast path takes every field of an Exchange as the log has it: one that
// it does not know would make all logs slow.
func TestDecoderKnowsEveryField(t *testing.T) {
	x := sample(rand.New(rand.NewPCG(5, 6)), 9)
	v := reflect.ValueOf(x).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case !f.IsZero():
		case f.Kind() == reflect.String:
			f.SetString("some text")
		case f.CanInt():
			f.SetInt(int64(i) + 1)
		case f.CanUint():
			f.SetUint(uint64(i) + 1)
		case f.Kind() == reflect.Float64:
			f.SetFloat(0.125)
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		case f.Kind() == reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		}
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() {
			t.Errorf("the test cannot fill %s", name)
		}
	}
	rec, err := json.Marshal(pack(x))
	if err != nil {
		t.Fatal(err)
	}
	d := newDecoder()
	var got Exchange
	if err := d.plain(rec, &got); err != nil {
		t.Errorf("left to encoding/json: %s", rec)
	}
	if err := d.decode(rec, &got); err != nil {
		t.Fatal(err)
	}
	want, err := DecodeExchange(rec)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Error(diff)
	}
	// Nor may the names of the packed parts hide one.
	near := cmp.Comparer(func(a, b Frame) bool {
		d := a.At - b.At
		return a.Kind == b.Kind && a.Tokens == b.Tokens && d > -501 && d < 501
	})
	x.Frames[0].At, x.Frames[8].At = x.FirstToken, x.LastToken
	if diff := cmp.Diff(x, &got, near); diff != "" {
		t.Errorf("what was written is not what is read: %s", diff)
	}
}

// Decoding reuses its memory: what is left is the prompt's name.
func TestDecodeAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector has encoding/json drop half of its pooled memory; run without -race")
	}
	x := sample(rand.New(rand.NewPCG(5, 6)), 200)
	var recs [2][]byte
	for i := range recs {
		x.Prompt = fmt.Sprintf("p-%d", i)
		var err error
		if recs[i], err = json.Marshal(pack(x)); err != nil {
			t.Fatal(err)
		}
	}
	d, i := newDecoder(), 0
	var got Exchange
	if n := testing.AllocsPerRun(100, func() {
		i++
		d.ints = d.ints[:0]
		if err := d.decode(recs[i%2], &got); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations for an exchange of 200 frames, want at most 2", n)
	}
}

func FuzzDecoder(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	for n := range 4 {
		rec, err := json.Marshal(pack(sample(rng, 5*n)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(rec)
	}
	f.Add([]byte(`{"i":-0,"due":01,"prompt":"é","Cell":"x","retry_after_s":1e-2,"input_tokens":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		want, errWant := DecodeExchange(b)
		var got Exchange
		err := newDecoder().decode(b, &got)
		if (err == nil) != (errWant == nil) {
			t.Fatalf("%v, by encoding/json %v", err, errWant)
		}
		if err == nil {
			if diff := cmp.Diff(want, &got); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	for _, frames := range []int{32, 200} {
		b.Run(fmt.Sprint(frames), func(b *testing.B) {
			const n = 20_000
			path := writeLog(b, n, frames)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Scan(path, func(Record) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/exchange")
		})
	}
}
