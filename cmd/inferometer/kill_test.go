package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the command as a file of its own, which can be signalled: this test
// binary under the name by which it acts as the program.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(t.TempDir(), "inferometer")
	if os.Link(self, exe) == nil {
		return exe
	}
	b, err := os.ReadFile(self) // on another file system than the folder
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(exe, b, 0o700); err != nil {
		t.Fatal(err)
	}
	return exe
}

// running starts a long load and waits until its log holds a second of it.
func running(t *testing.T, exe, dir string) (*exec.Cmd, *bytes.Buffer, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), exe, "load", "sim:vllm", "--rate", "40", "--requests", "100000", "--output-tokens", "4", "--warmup", "1", "--dir", dir, "--grace", "2s", "--json")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 600 {
		time.Sleep(50 * time.Millisecond)
		logs, _ := filepath.Glob(filepath.Join(dir, "*", "exchanges.jsonl.zst"))
		if len(logs) == 1 {
			if info, err := os.Stat(logs[0]); err == nil && info.Size() > 8192 {
				return cmd, &stdout, filepath.Dir(logs[0])
			}
		}
	}
	t.Fatalf("nothing was logged within 30 s: %s", stderr.String())
	return nil, nil, ""
}

type outcome struct {
	Run        struct{ Status, Reason string }
	Benchmarks struct {
		Load struct {
			Cells []struct{ Counts struct{ OK, Failed int } }
		}
	}
}

func decode(t *testing.T, b []byte) outcome {
	t.Helper()
	var o outcome
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
	return o
}

// After kill -9 in the middle of a run, report works on what was written, and ends
// with the code of an interrupted run.
func TestKilledRunCanBeReported(t *testing.T) {
	exe, dir := program(t), t.TempDir()
	cmd, _, folder := running(t, exe, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	again := exec.CommandContext(t.Context(), exe, "report", folder, "--json")
	out, err := again.Output()
	if code := again.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("exit code %d: %v", code, err)
	}
	o := decode(t, out)
	if o.Run.Status != "interrupted" || len(o.Benchmarks.Load.Cells) != 1 || o.Benchmarks.Load.Cells[0].Counts.OK < 10 {
		t.Errorf("%+v", o)
	}
	for _, name := range []string{"result.json", "report.md", "report.html"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
}

// One Ctrl-C ends the run in order: a result, marked interrupted, and 130.
func TestInterruptDrainsAndReports(t *testing.T) {
	exe, dir := program(t), t.TempDir()
	cmd, stdout, _ := running(t, exe, dir)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d (%v), want 130", code, err)
	}
	o := decode(t, stdout.Bytes())
	if o.Run.Status != "interrupted" || !strings.Contains(o.Run.Reason, "user") || o.Benchmarks.Load.Cells[0].Counts.Failed != 0 {
		t.Errorf("%+v", o)
	}
}

// A run that is killed is in the history from its beginning: running, and then interrupted.
func TestKilledRunIsInTheHistory(t *testing.T) {
	t.Setenv("INFEROMETER_HISTORY", filepath.Join(t.TempDir(), "history.db"))
	exe, dir := program(t), t.TempDir()
	cmd, _, folder := running(t, exe, dir)
	status := func() string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), exe, "runs", "ls", "--json").Output()
		if err != nil {
			t.Fatal(err)
		}
		var runs []struct{ Folder, Status string }
		if err := json.Unmarshal(out, &runs); err != nil || len(runs) != 1 || filepath.Base(runs[0].Folder) != filepath.Base(folder) {
			t.Fatalf("%v, %s", err, out)
		}
		return runs[0].Status
	}
	if got := status(); got != "running" {
		t.Errorf("the status of a run is %q", got)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	time.Sleep(time.Until(startOf(t, folder).Add(6 * time.Second)))
	if got := status(); got != "interrupted" {
		t.Errorf("after its death it is %q", got)
	}
}

// startOf is when a run began, by the name of its folder.
func startOf(t *testing.T, folder string) time.Time {
	t.Helper()
	at, err := time.Parse("20060102T150405Z", strings.SplitN(filepath.Base(folder), "-", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return at
}
