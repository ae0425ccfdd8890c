// Package export turns a kept run into the formats of other programs: of CI
// systems, of tools that compare benchmarks, and of tables. Each format is a
// package of its own below this one. An export says what result.json says, in the
// other format's terms, and leaves out what that format cannot say. It computes
// no statistic, except where another tool defines one in its own way; then it does so
// from the log.
package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Run is a kept run.
type Run struct {
	Result *result.Result
	Gate   []Condition // under which it fails; none where there is no gate
	Folder string
}

// Of returns a run that has just ended, with the gate in its folder.
func Of(r *result.Result, folder string) (*Run, error) {
	gate, err := readGate(folder)
	return &Run{Result: r, Gate: gate, Folder: folder}, err
}

// ErrNoResult says that a folder has no result.json, as that of a run that was
// killed.
var ErrNoResult = errors.New("there is no result.json in it")

// maxResult is the most bytes of a result.json that are read.
const maxResult = 256 << 20

// Open reads the result of a run's folder. It is ErrNoResult where there is none yet.
func Open(folder string) (*Run, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, fmt.Errorf("no run at %q: %w", folder, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%q is a file; name the folder of a run, such as %s", folder, filepath.Dir(folder))
	}
	path := filepath.Join(folder, "result.json")
	info, err = os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%q: %w", folder, ErrNoResult)
	case err != nil:
		return nil, err
	case info.Size() > maxResult:
		return nil, fmt.Errorf("%s has %d bytes, of at most %d", path, info.Size(), maxResult)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &result.Result{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if r.Schema != result.Schema {
		return nil, fmt.Errorf("%s has the schema %q; this version reads %q", path, r.Schema, result.Schema)
	}
	return Of(r, folder)
}

// Requests hands each measured request that counts to see, in the order of the log,
// with the records and the result of its cell. see must not keep the exchange, and
// ends the reading with its error.
func (r *Run) Requests(see func(log *runlog.Cell, c *result.Cell, x *exchange.Exchange) error) error {
	cells := map[string]*result.Cell{}
	for _, c := range r.Result.Cells() {
		cells[c.ID] = c
	}
	path := filepath.Join(r.Folder, exchange.LogName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%q has no %s: only its result is known, and none of its requests", r.Folder, exchange.LogName)
	}
	log, err := runlog.Read(path)
	if err != nil {
		return err
	}
	err = log.Exchanges(func(c *runlog.Cell, x *exchange.Exchange) error {
		if c == nil || x.Phase != exchange.Measured || cells[c.ID] == nil {
			return nil
		}
		return see(c, cells[c.ID], x)
	})
	if err != nil {
		return err
	}
	return log.Damaged
}

// Round is the block of the exchange that Requests hands out, from 1; 0 where its
// cell is whole.
func Round(log *runlog.Cell) int {
	if log.Rounds == 0 {
		return 0
	}
	return log.Round()
}
