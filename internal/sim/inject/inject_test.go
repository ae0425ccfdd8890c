package inject

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/script"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// stream plays an answer of six tokens, one per write, through an injector. It
// returns what went out in each flush, and the error that ended it.
func stream(t *testing.T, faults string) ([]string, error) {
	t.Helper()
	all, err := fault.ParseList(faults)
	if err != nil {
		t.Fatal(err)
	}
	reply := generation.Reply{Choice: generation.Choice{Pieces: []string{"a", "b", "c", "d", "e", "f"}}, Length: 6}
	var out bytes.Buffer
	var flushed []string
	f := New(all, &reply, Output{
		Writer: &out, Dialect: wire.Chat, Stream: true,
		Flush: func() error {
			if out.Len() > 0 {
				flushed = append(flushed, out.String())
			}
			out.Reset()
			return nil
		},
		Wait: func(context.Context, time.Time) error { return nil },
	})
	if err := f.Flush(nil); err != nil { // the headers
		t.Fatal(err)
	}
	for k, piece := range reply.Pieces {
		if err := f.Before(k, 1); err != nil {
			end := f.Flush(err) // what is left
			return flushed, end
		}
		err := f.Put(wire.FrameToken, []byte("<"+piece+">"))
		if k == len(reply.Pieces)-1 {
			err = errors.Join(err, f.Put(wire.FrameDone, []byte("!")))
		}
		if err := f.Flush(err); err != nil {
			return flushed, err
		}
	}
	return flushed, nil
}

func TestFramesWithFaults(t *testing.T) {
	for _, tc := range []struct {
		faults string
		want   []string
		end    error
	}{
		{"coalesce=2", []string{"<a><b>", "<c><d>", "<e><f>!"}, nil},
		{"buffer=4", []string{"<a><", "b><c", "><d>", "<e><f>!"}, nil},
		{"duplicate@1", []string{"<a>", "<b><b>", "<c>", "<d>", "<e>", "<f>!"}, nil},
		{"malformed@1", []string{"<a>", "<\n\n", "<c>", "<d>", "<e>", "<f>!"}, nil},
		{"reset@2", []string{"<a>", "<b>"}, EndError{script.Reset}},
		{"close@2", []string{"<a>", "<b>"}, EndError{script.Close}},
		{"truncate@2", []string{"<a>", "<b>"}, EndError{}},
		{"split-utf8@1", []string{"<a>", "< \xf0\x9f", "\x99\x82>", "<c>", "<d>", "<e>", "<f>!"}, nil},
		{"truncate@0", nil, EndError{}},
		{"no-usage", []string{"<a>", "<b>", "<c>", "<d>", "<e>", "<f>!"}, nil},
	} {
		got, err := stream(t, tc.faults)
		if !errors.Is(err, tc.end) {
			t.Errorf("%s: ends with %v, want %v", tc.faults, err, tc.end)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.faults, diff)
		}
	}
}

func TestWholeWithFaults(t *testing.T) {
	for _, tc := range []struct {
		faults, want string
		end          error
	}{
		{"truncate", "0123", nil},
		{"malformed", "0123", nil},
		{"reset@1", "0123", EndError{script.Reset}},
		{"close", "0123", EndError{script.Close}},
		{"duplicate", "01234567", nil},
	} {
		all, err := fault.ParseList(tc.faults)
		if err != nil {
			t.Fatal(err)
		}
		got, end, err := New(all, &generation.Reply{Length: 4}, Output{Dialect: wire.Chat}).Whole([]byte("01234567"), 4)
		if string(got) != tc.want || !errors.Is(end, tc.end) || err != nil {
			t.Errorf("%s: %q, %v, %v; want %q, %v", tc.faults, got, end, err, tc.want, tc.end)
		}
	}
}

// An error is in the shape of the dialect.
func TestErrorsWithinAnswers(t *testing.T) {
	for _, d := range append([]*wire.Dialect{wire.Embeddings}, wire.Dialects...) {
		all, err := fault.ParseList("error=out of memory")
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := New(all, &generation.Reply{Length: 4}, Output{Dialect: d}).Whole([]byte("{}"), 4)
		if err != nil || !strings.Contains(string(got), "out of memory") {
			t.Errorf("%s: %q, %v", d.Path, got, err)
		}
		if frame := string(d.AppendErrorFrame(nil, "out of memory")); !strings.Contains(frame, "out of memory") || !strings.HasSuffix(frame, "\n\n") {
			t.Errorf("%s: the frame is %q", d.Path, frame)
		}
	}
}

func TestDelays(t *testing.T) {
	all, err := fault.ParseList("slow-headers=1s, stall@2=2s, stall@4=3s, delay-end=4s")
	if err != nil {
		t.Fatal(err)
	}
	var waits []time.Duration
	f := New(all, &generation.Reply{Length: 6}, Output{Stream: true, Wait: func(_ context.Context, until time.Time) error {
		waits = append(waits, time.Until(until).Round(time.Second))
		return nil
	}})
	for k, want := range []time.Duration{0, 0, 2 * time.Second, 2 * time.Second, 5 * time.Second, 5 * time.Second} {
		if got := f.Shift(k); got != want {
			t.Errorf("token %d is shifted by %v, want %v", k, got, want)
		}
	}
	for k := range 6 {
		if err := f.Wait(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Linger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Duration{2 * time.Second, 3 * time.Second, 4 * time.Second}, waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	var none *Injector
	if f.Headers() != time.Second || none.Headers() != 0 {
		t.Errorf("headers are late by %v and %v, want 1s and 0", f.Headers(), none.Headers())
	}
}
