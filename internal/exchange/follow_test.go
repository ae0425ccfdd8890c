package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// followed is what Follow hands out, as text.
func followed(t *testing.T, path string) (recs []string, torn bool) {
	t.Helper()
	torn, err := Follow(t.Context(), path, keepText(&recs), nil)
	if err != nil {
		t.Fatal(err)
	}
	return recs, torn
}

func keepText(recs *[]string) func(Record) error {
	return func(r Record) error {
		*recs = append(*recs, r.Kind+string(r.Raw))
		return nil
	}
}

// A log that is there whole is followed to its end, as Scan reads it.
func TestFollowReadsWhatScanReads(t *testing.T) {
	path := writeLog(t, 300, 40)
	var want []string
	if _, err := Scan(path, keepText(&want)); err != nil {
		t.Fatal(err)
	}
	if got, torn := followed(t, path); torn || !slices.Equal(got, want) {
		t.Errorf("%d records of %d, torn %v", len(got), len(want), torn)
	}
}

// A log that a killed writer left is read up to its last whole record, wherever it
// was cut.
func TestFollowEndsWhereAKilledWriterStopped(t *testing.T) {
	whole, err := os.ReadFile(writeLog(t, 12, 6))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), LogName)
	for cut := range whole {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		var want []string
		if _, err := Scan(path, keepText(&want)); err != nil {
			t.Fatal(err)
		}
		// What idle says stands for the lock, which would be waited for.
		var got []string
		if _, err := Follow(t.Context(), path, keepText(&got), func() bool { return false }); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("cut at %d: %d records, want %d", cut, len(got), len(want))
		}
	}
	if _, torn := followed(t, path); !torn {
		t.Error("a log without its last byte is not torn")
	}
}

// Records are handed out as they are written: after each flush, before the log is
// closed. The end of the writer is the end of the following.
func TestFollowSeesALogGrow(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	seen, ended := make(chan int), make(chan error, 1)
	go func() {
		_, err := Follow(t.Context(), path, func(r Record) error {
			var n int
			err := json.Unmarshal(r.Raw, &n)
			seen <- n
			return err
		}, nil)
		ended <- err
	}()
	for n := range 3 {
		if err := l.Append("n", n); err != nil {
			t.Fatal(err)
		}
		if got := <-seen; got != n { // while the log is open
			t.Errorf("record %d came as %d", n, got)
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("the following ended while the log was written: %v", err)
	default:
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A run that is resumed is followed on: in the same file, and through a repair, which
// puts another file in its place.
func TestFollowGoesOnWithAResumedLog(t *testing.T) {
	for _, tt := range []struct {
		name string
		cut  int // bytes
	}{{"closed", 0}, {"killed", 3}} {
		t.Run(tt.name, func(t *testing.T) {
			path := writeLog(t, 40, 5)
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, int64(len(whole)-tt.cut)); err != nil {
				t.Fatal(err)
			}
			resumed := make(chan struct{})
			var got []string
			_, err = Follow(t.Context(), path, keepText(&got), func() bool {
				select {
				case <-resumed:
				default:
					l, err := Resume(path)
					if err != nil {
						t.Error(err)
						return false
					}
					if err := errors.Join(l.Append("again", 1), l.Close()); err != nil {
						t.Error(err)
					}
					close(resumed)
				}
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if _, err := Scan(path, keepText(&want)); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d records, want %d", len(got), len(want))
			}
		})
	}
}

// Who looks on never keeps a writer from its log, and sees that there is one.
func TestLookingOnIsNoWriter(t *testing.T) {
	path := writeLog(t, 3, 2)
	later := time.Now().Add(time.Hour) // where the system knows no writers, the time of the last change says it
	if BeingWritten(path, later) {
		t.Error("a closed log is taken for one that is written")
	}
	done := make(chan struct{})
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		for {
			select {
			case <-done:
				return
			default:
				BeingWritten(path, later)
			}
		}
	}()
	for range 20 {
		l, err := Resume(path)
		if err != nil {
			t.Errorf("a writer was refused: %v", err)
			break
		}
		if !BeingWritten(path, time.Now()) {
			t.Error("nobody is said to write a log that is open")
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	close(done)
	<-looked
}

// The end of the context ends the waiting.
func TestFollowEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Follow(ctx, writtenBy(t), func(Record) error { return nil }, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// writtenBy is a log that stays open for the length of a test.
func writtenBy(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return path
}

// What is offered is recorded where there is room, and after the end it is left out.
func TestOfferNeverWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Offer("n", 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.Offer("n", 2) // would panic, as the queue is closed
	var got []string
	if _, err := Read(path, func(kind string, raw json.RawMessage) error {
		got = append(got, kind+string(raw))
		return nil
	}); err != nil || !slices.Equal(got, []string{"n1"}) {
		t.Errorf("%v, %v", got, err)
	}
	full := &Log{queue: make(chan entry), done: make(chan struct{})} // nobody takes from it
	full.Offer("n", 3)
}
