// Package checkup is what the doctor looks at: this machine's cores, clocks and limits, where
// runs are written, what a dump has, and the tool itself, by measuring the built-in server.
package checkup

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/suite"
)

// Check is one line of the doctor.
type Check struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ok, warn, fail
	Text   string `json:"text"`
	Do     string `json:"do,omitempty"` // what to do about it
}

// Print writes a line, and a second one with what to do.
func (c Check) Print(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%-4s  %-16s  %s\n", c.Status, c.Name, plaintext.Line(c.Text))
	if c.Do != "" {
		_, _ = fmt.Fprintf(w, "%-4s  %-16s  → %s\n", "", "", plaintext.Line(c.Do))
	}
}

// Machine looks at cores and memory.
func Machine(ctx context.Context) []Check {
	h := hardware.Host(ctx)
	cores := Check{Name: "cores", Status: "ok", Text: fmt.Sprintf("%d usable, %s", h.Cores, h.CPU)}
	if h.Cores < 2 {
		cores.Status = "warn"
		cores.Do = "the client needs a core of its own next to a local server; measure from another machine"
	}
	memory := Check{Name: "memory", Status: "ok", Text: fmt.Sprintf("%d MiB", h.MemoryMB)}
	if h.MemoryMB > 0 && h.MemoryMB < 512 {
		memory.Status, memory.Do = "warn", "512 MiB are enough for most runs"
	}
	return []Check{cores, memory}
}

// Dump writes a dump.
func Dump(ctx context.Context, path string) Check {
	text, err := writeDump(ctx, path)
	if err != nil {
		return Check{Name: "dump", Status: "fail", Text: err.Error(), Do: "name another file with --dump=FILE"}
	}
	return Check{Name: "dump", Status: "ok", Text: text, Do: "read it before you send it"}
}

// Clock watches the monotonic clock and the wall clock for a moment.
func Clock() Check {
	least := time.Duration(1 << 62)
	last := time.Now()
	for range 10000 {
		now := time.Now()
		if d := now.Sub(last); d > 0 && d < least {
			least = d
		}
		last = now
	}
	a := time.Now()
	time.Sleep(20 * time.Millisecond)
	b := time.Now()
	wall := b.Round(0).Sub(a.Round(0))
	step := (wall - b.Sub(a)).Abs()
	c := Check{Name: "clock", Status: "ok", Text: fmt.Sprintf("resolution %v; wall clock and monotonic clock agree within %v over 20 ms", least, step.Round(time.Microsecond))}
	if least > 100*time.Microsecond || step > time.Millisecond {
		c.Status, c.Do = "warn", "do not trust latencies under a millisecond; is the clock being stepped, or is this an emulated machine?"
	}
	return c
}

// Timer measures how late a plain sleep ends; on Linux the pacer does
// better, and each run reports its own lateness.
func Timer() Check {
	worst := time.Duration(0)
	for range 50 {
		begin := time.Now()
		time.Sleep(time.Millisecond)
		worst = max(worst, time.Since(begin)-time.Millisecond)
	}
	c := Check{Name: "timer", Status: "ok", Text: fmt.Sprintf("a sleep of 1 ms ends at most %v late (of 50)", worst.Round(time.Microsecond))}
	if worst > 20*time.Millisecond {
		c.Status, c.Do = "warn", "this machine is busy or throttled; stop other work before you measure"
	}
	return c
}

// Write writes a file where runs go.
func Write(dir string) Check {
	c := Check{Name: "write access", Status: "ok", Text: fmt.Sprintf("runs go to %s", dir)}
	if err := suite.CheckDir(dir); err != nil {
		c.Status, c.Text, c.Do = "fail", err.Error(), "name a folder that can be written with --dir"
	}
	return c
}
