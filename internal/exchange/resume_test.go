package exchange

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// counted is a record with a number.
type counted struct{ N int }

func numbers(t *testing.T, path string) (list []int, torn bool) {
	t.Helper()
	torn, err := Read(path, func(_ string, rec json.RawMessage) error {
		var c counted
		err := json.Unmarshal(rec, &c)
		list = append(list, c.N)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, torn
}

func appendAll(t *testing.T, l *Log, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := l.Append("n", counted{n}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// A log that was closed goes on where it ended, also twice, and its first part
// keeps every byte.
func TestResumeAppends(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, 0, 100)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for part := 1; part < 3; part++ {
		if l, err = Resume(path); err != nil {
			t.Fatal(err)
		}
		appendAll(t, l, 100*part, 100*part+100)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after[:len(before)]) != string(before) {
		t.Errorf("the first part was changed (%v)", err)
	}
	list, torn := numbers(t, path)
	if torn || len(list) != 300 || list[0] != 0 || list[299] != 299 {
		t.Errorf("torn %v, %d records", torn, len(list))
	}
}

// A log cut anywhere keeps every record that could be read of it (and those of
// a last block that lacks no more than its check sum), and takes new ones
// behind them.
func TestResumeMendsATornLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		if err := errors.Join(l.Append(KindExchange, sample(rng, 20)), l.Append("n", counted{i})); err != nil {
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
	kinds := func() (n, x int) {
		torn, err := Read(path, func(kind string, _ json.RawMessage) error {
			if kind == "n" {
				n++
			} else {
				x++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_ = torn // some cuts leave a whole log
		return n, x
	}
	for cut := 0; cut <= len(whole); cut += max(1, len(whole)/150) {
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		n, x := kinds()
		l, err := Resume(path)
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", cut, len(whole), err)
		}
		appendAll(t, l, 40, 45)
		if n2, x2 := kinds(); n2 < n+5 || x2 < x || n2 > 45 || x2 > 40 {
			t.Fatalf("cut at %d of %d: %d and %d records, want at least %d and %d", cut, len(whole), n2, x2, n+5, x)
		}
		if _, err := os.Stat(path + ".tmp"); err == nil {
			t.Fatal("the temporary file stayed")
		}
	}
}

// Damage before the end is not a crash: what comes after it must not be dropped.
func TestResumeRefusesDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, 0, 1000)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		b[len(b)/2+i] ^= 0xff
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(path); !errors.Is(err, errDamaged) {
		t.Errorf("%v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(b) {
		t.Errorf("the log was changed (%v)", err)
	}
}

func TestResumeRefusesALiveLog(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("no locks here")
	}
	path := filepath.Join(t.TempDir(), LogName)
	l, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(path); err == nil || !strings.Contains(err.Error(), "still running") {
		t.Errorf("%v", err)
	}
	appendAll(t, l, 0, 1)
	l, err = Resume(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(path); err == nil {
		t.Error("a log that is being continued was opened again")
	}
	appendAll(t, l, 1, 2)
}

// Stamps after a break are later than all before it, by the length of the
// break, also where the wall clock was set back meanwhile.
func TestContinue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := NewClock()
		started := first.Start().Round(0).UTC() // as a log has it
		time.Sleep(10 * time.Second)
		last := first.Now()
		time.Sleep(time.Hour)
		c := Continue(started, last)
		if got, _ := c.Now().Sub(last); got != time.Hour.Seconds()*1e3 {
			t.Errorf("the break is %v ms", got)
		}
		if !c.Start().Equal(started) {
			t.Errorf("the anchor moved from %v to %v", started, c.Start())
		}
		time.Sleep(time.Minute)
		if now := c.Now(); c.At(time.Now()) != now || !c.Time(now).Equal(time.Now()) {
			t.Errorf("%v at %v", now, time.Now())
		}
		// The clock says that the run has not even begun.
		c = Continue(time.Now().Add(time.Hour), last)
		if got, _ := c.Now().Sub(last); got < 60_000 {
			t.Errorf("after the clock was set back stamps go on %v ms after the last", got)
		}
	})
}
