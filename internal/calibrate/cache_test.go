package calibrate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/result"
)

// A floor is measured again when anything has changed that it depends on, and
// after a day.
func TestFloorsAreKeptForADay(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	load := Load{Shape: loadgen.Shape{Users: 4}, TTFT: time.Millisecond, ITL: time.Millisecond, Tokens: 10}
	c := Cache{Dir: filepath.Join(t.TempDir(), "new"), Version: "v1"}
	if _, ok := c.Get(load, at); ok {
		t.Error("a cache without a file has a floor")
	}
	floor := result.Floor{Load: "4 users", AddedP99: 0.25, At: &at}
	if err := c.Put(load, floor, at); err != nil {
		t.Fatal(err)
	}
	got, ok := c.Get(load, at.Add(23*time.Hour))
	if !ok || !got.Cached || got.AddedP99 != 0.25 || !got.At.Equal(at) {
		t.Errorf("%+v, %v", got, ok)
	}
	for name, miss := range map[string]func() (result.Floor, bool){
		"a day later":      func() (result.Floor, bool) { return c.Get(load, at.Add(24*time.Hour)) },
		"a clock set back": func() (result.Floor, bool) { return c.Get(load, at.Add(-time.Second)) },
		"another version":  func() (result.Floor, bool) { return Cache{c.Dir, "v2"}.Get(load, at) },
		"another load": func() (result.Floor, bool) {
			l := load
			l.Shape.Users = 5
			return c.Get(l, at)
		},
		"other connections": func() (result.Floor, bool) {
			l := load
			l.Connections = 9
			return c.Get(l, at)
		},
		"no folder": func() (result.Floor, bool) { return Cache{Version: "v1"}.Get(load, at) },
	} {
		if _, ok := miss(); ok {
			t.Errorf("%s: found", name)
		}
	}
	// A floor that is out of date goes when the next one comes.
	later := at.Add(30 * time.Hour)
	if err := (Cache{c.Dir, "v2"}).Put(load, result.Floor{At: &later}, later); err != nil {
		t.Fatal(err)
	}
	if n := len(c.read()); n != 1 {
		t.Errorf("%d floors are kept", n)
	}
}

func TestACorruptCacheIsIgnored(t *testing.T) {
	now := time.Now()
	c := Cache{Dir: t.TempDir(), Version: "v1"}
	for _, text := range []string{"", "{", "[]", `{"x":{"at":7}}`, `null`, "\x00\xff"} {
		if err := os.WriteFile(c.path(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := c.Get(Load{}, now); ok {
			t.Errorf("%q has a floor", text)
		}
		if err := c.Put(Load{}, result.Floor{At: &now}, now); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if _, ok := c.Get(Load{}, now); !ok {
			t.Errorf("%q is not replaced", text)
		}
	}
	files, err := os.ReadDir(c.Dir)
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v: want the one file, and nothing left of its writing", files, err)
	}
}

func TestACacheThatCannotBeWrittenSaysSo(t *testing.T) {
	now := time.Now()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := Cache{Dir: path}.Put(Load{}, result.Floor{At: &now}, now)
	if err == nil || !strings.Contains(err.Error(), "calibration") {
		t.Errorf("%v", err)
	}
}
