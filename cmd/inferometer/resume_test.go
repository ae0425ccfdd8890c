package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

type swept struct {
	Run struct {
		Status  string
		Resumed []struct{ At string }
	}
	Benchmarks struct {
		Scan struct {
			Points []struct{ Cell, Why string }
			Cells  []struct {
				ID     string
				Counts struct{ OK, Failed int }
			}
		}
	}
}

// sweepUntil starts a sweep of three cells and returns when its stderr has a
// line with the text.
func sweepUntil(t *testing.T, exe, dir, text string) (cmd *exec.Cmd, stdout *bytes.Buffer, rest func() string) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), exe, "load", "sim:vllm", "--scan", "users=1,2,4", "--requests", "60", "--output-tokens", "4", "--calibrate=false", "--dir", dir, "--json")
	stdout = &bytes.Buffer{}
	cmd.Stdout = stdout
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	seen := ""
	for !strings.Contains(seen, text) {
		if !lines.Scan() {
			t.Fatalf("it ended before %q: %s", text, seen)
		}
		seen += lines.Text() + "\n"
	}
	return cmd, stdout, func() string {
		for lines.Scan() {
			seen += lines.Text() + "\n"
		}
		return seen
	}
}

func decodeSweep(t *testing.T, b []byte) (s swept, cells []string) {
	t.Helper()
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
	for _, p := range s.Benchmarks.Scan.Points {
		cells = append(cells, p.Cell)
	}
	return s, cells
}

// resume runs what is left of a sweep.
func resume(t *testing.T, exe, folder string) (swept, []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), exe, "load", "--resume", folder, "--json")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	s, cells := decodeSweep(t, out)
	if s.Run.Status != "complete" || len(s.Run.Resumed) != 1 {
		t.Errorf("%+v", s.Run)
	}
	for _, c := range s.Benchmarks.Scan.Cells {
		if c.Counts.OK != 60 || c.Counts.Failed != 0 {
			t.Errorf("%s: %+v", c.ID, c.Counts)
		}
	}
	return s, cells
}

// Ctrl-C in the second cell leaves the first point, says how to go on, and
// going on runs the other two.
func TestInterruptedSweepGoesOn(t *testing.T) {
	exe, dir := program(t), t.TempDir()
	cmd, stdout, rest := sweepUntil(t, exe, dir, "scan/002")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	said := rest()
	_ = cmd.Wait() // its code is looked at
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	folders, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(folders) != 1 || !strings.Contains(said, "1 of 3 cells are done; resume with: inferometer load --resume "+folders[0]) {
		t.Fatalf("%v: %s", folders, said)
	}
	if s, cells := decodeSweep(t, stdout.Bytes()); s.Run.Status != "interrupted" || !slices.Equal(cells, []string{"scan/001", "", ""}) || s.Benchmarks.Scan.Points[2].Why == "" {
		t.Errorf("%+v", s)
	}
	if _, cells := resume(t, exe, folders[0]); !slices.Equal(cells, []string{"scan/001", "scan/002-2", "scan/003"}) {
		t.Errorf("%q", cells)
	}
}

// After kill -9 the log is mended and the sweep goes on.
func TestKilledSweepGoesOn(t *testing.T) {
	exe, dir := program(t), t.TempDir()
	cmd, _, rest := sweepUntil(t, exe, dir, "scan/003")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest()
	_ = cmd.Wait() // it was killed
	folders, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(folders) != 1 {
		t.Fatal(folders)
	}
	s, cells := resume(t, exe, folders[0])
	// What a crash loses at most is the last half second of the log.
	if len(cells) != 3 || cells[0] != "scan/001" || !strings.HasPrefix(cells[1], "scan/002") || !strings.HasPrefix(cells[2], "scan/003") || len(s.Benchmarks.Scan.Cells) != 3 {
		t.Errorf("%q", cells)
	}
}
