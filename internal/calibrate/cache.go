package calibrate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// Cache keeps floors for a day: what a client adds on a machine at a load does
// not change between two runs. It is one small file. The zero value keeps
// nothing.
type Cache struct {
	Dir     string // folder of the file; "": nothing is kept
	Version string // of this tool
}

// fresh is how long a floor is good for.
const fresh = 24 * time.Hour

// Get returns the floor of a load that was measured in the 24 hours before now, by
// this version on this machine. A file that cannot be read has none.
func (c Cache) Get(l Load, now time.Time) (result.Floor, bool) {
	f, ok := c.read()[c.key(l)]
	if !ok || !current(f, now) {
		return result.Floor{}, false
	}
	f.Cached = true
	return f, true
}

// Put keeps a floor, and drops those that are out of date. Of two programs that
// write at the same time one loses its floor, and measures it again.
func (c Cache) Put(l Load, f result.Floor, now time.Time) error {
	if c.Dir == "" || f.At == nil {
		return nil
	}
	all := map[string]result.Floor{}
	for k, old := range c.read() {
		if current(old, now) {
			all[k] = old
		}
	}
	all[c.key(l)] = f
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("failed to keep the calibration: %w", err)
	}
	if err := wholefile.Write(c.path(), text, 0o600); err != nil {
		return fmt.Errorf("failed to keep the calibration: %w", err)
	}
	return nil
}

func current(f result.Floor, now time.Time) bool {
	return f.At != nil && !f.At.After(now) && now.Sub(*f.At) < fresh
}

func (c Cache) path() string { return filepath.Join(c.Dir, "calibration.json") }

// read returns what the file has: nothing where there is none, or none that is
// whole.
func (c Cache) read() map[string]result.Floor {
	if c.Dir == "" {
		return nil
	}
	text, err := os.ReadFile(c.path())
	if err != nil {
		return nil
	}
	var all map[string]result.Floor
	if json.Unmarshal(text, &all) != nil {
		return nil
	}
	return all
}

// key says what a floor depends on: the program, the machine (a folder may be
// shared by several) and the load.
func (c Cache) key(l Load) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s on %s (%s/%s, %d of %d processors): %s, %d connections", c.Version, host, runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), runtime.NumCPU(), describe(l), l.warmConnections())
}
