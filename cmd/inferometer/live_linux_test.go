package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// live is a short run that is shown; its companion is a child of the process.
func live(t *testing.T, args ...string) (*exec.Cmd, *safeBuffer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), append([]string{
		"load", "sim:vllm", "--users", "2", "--duration", "2500ms", "--warmup", "1", "--output-tokens", "4", "--calibrate=false", "--json", "--dir", filepath.Join(t.TempDir(), "runs"),
	}, args...)...)
	out := &safeBuffer{}
	cmd.Stderr = out
	return cmd, out
}

// safeBuffer can be read while a process writes to it.
type safeBuffer struct {
	mu sync.Mutex // protects b
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// companionOf waits for the child of a process that shows it.
func companionOf(t *testing.T, pid int) int {
	t.Helper()
	for range 400 {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		for _, list := range lists {
			b, _ := os.ReadFile(list)
			for child := range strings.FieldsSeq(string(b)) {
				if line, _ := os.ReadFile("/proc/" + child + "/cmdline"); bytes.Contains(line, []byte("--follow")) {
					n, err := strconv.Atoi(child)
					if err != nil {
						t.Fatal(err)
					}
					return n
				}
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nothing shows the run")
	return 0
}

// isGone waits for a process to be gone. One that nobody has waited for is.
func isGone(pid int) bool {
	for range 300 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// What happens to the process that shows a run is nothing to the run: it goes to its
// end, and nothing of the other process is left.
func TestARunDoesNotNoticeWhatShowsIt(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(pid int) error
		says string // by the run, on stderr
	}{
		{"left alone", func(int) error { return nil }, "live at http://127.0.0.1:"},
		{"killed", func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }, "the live view has ended by itself"},
		{"blocked", func(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd, out := live(t, "--live")
			var stdout bytes.Buffer
			cmd.Stdout = &stdout
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			child := companionOf(t, cmd.Process.Pid)
			time.Sleep(500 * time.Millisecond) // it has begun to show the run
			if err := tt.do(child); err != nil {
				t.Error(err)
			}
			err := cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 0 && code != 98 { // 98: the machine was busy
				t.Fatalf("exit code %d, %v: %s", code, err, out)
			}
			if o := decode(t, stdout.Bytes()); o.Run.Status != "complete" || o.Benchmarks.Load.Cells[0].Counts.OK == 0 {
				t.Errorf("the run is %+v", o)
			}
			if !strings.Contains(out.String(), tt.says) {
				t.Errorf("stderr lacks %q: %s", tt.says, out)
			}
			if !isGone(child) {
				t.Error("the process that shows the run has outlived it")
			}
		})
	}
}

// A run that is killed takes along what shows it. Ctrl-C ends the run alone, which is
// shown until its report is written.
func TestWhatShowsARunEndsWithIt(t *testing.T) {
	cmd, _ := live(t, "--live", "--duration", "1h")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child := companionOf(t, cmd.Process.Pid)
	time.Sleep(500 * time.Millisecond) // it has come to where it ignores that
	if err := syscall.Kill(child, syscall.SIGINT); err != nil { // as Ctrl-C sends it to both
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child)); err != nil || bytes.Contains(stat, []byte(") Z ")) {
		t.Errorf("Ctrl-C has ended the view: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"
	if !isGone(child) {
		t.Error("the view has outlived a run that was killed")
	}
}

// Metrics of a headless run are there while it goes.
func TestMetricsOfAHeadlessRun(t *testing.T) {
	l := freeAddress(t)
	cmd, out := live(t, "--metrics-addr", l)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := ""
	for range 400 {
		if resp, err := http.Get("http://" + l + "/metrics"); err == nil { //nolint:noctx // it is asked again and again
			b, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if seen = string(b); strings.Contains(seen, `phase="measured",run=`) && strings.Contains(seen, "in_flight{") {
				break
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, want := range []string{"inferometer_run_running{run=", "inferometer_requests_in_flight{run=", "inferometer_time_to_first_token_seconds_bucket{run="} {
		if !strings.Contains(seen, want) {
			t.Errorf("the metrics lack %s: %.500s; %s", want, seen, out)
		}
	}
	_ = cmd.Wait() // 98 on a busy machine
	if strings.Contains(out.String(), "live at") {
		t.Errorf("a headless run has a page: %s", out)
	}
}

// freeAddress is an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// On a terminal the view is drawn in place, asks the terminal nothing, leaves its settings
// alone and the cursor visible.
func TestTheViewOnATerminal(t *testing.T) {
	terminal, name := openTerminal(t)
	tty, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatal(err)
	}
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	seen := &safeBuffer{}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(seen, terminal) // ends with an error when the other side is closed
	}()
	cmd, _ := live(t, "--live")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "NO_COLOR=1")
	cmd.Stdin, cmd.Stderr = tty, tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	companionOf(t, cmd.Process.Pid)
	time.Sleep(1500 * time.Millisecond)
	during, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil || *during != *before {
		t.Errorf("the terminal's settings have changed: %v", err)
	}
	_ = cmd.Wait() // 98 on a busy machine
	_ = tty.Close()
	<-copied
	text := seen.String()
	for _, want := range []string{"candidate (2 users)", "in flight", "TTFT p50", "is over", "\x1b[?25h"} {
		if !strings.Contains(text, want) {
			t.Errorf("the terminal has not seen %q: %q", want, text)
		}
	}
	// Queries end with $p, c, n or u, or begin an operating system command.
	if q := regexp.MustCompile(`\x1b\[[?>=]?[0-9;]*(\$p|[cnu])|\x1b[\]PX^_]`).FindString(text); q != "" {
		t.Errorf("the terminal was asked something: %q", q)
	}
	if strings.LastIndex(text, "\x1b[?25h") < strings.LastIndex(text, "\x1b[?25l") {
		t.Error("the cursor is left hidden")
	}
}

// openTerminal makes a pseudo-terminal and returns its side of the emulator, and the
// name of the other one.
func openTerminal(t *testing.T) (*os.File, string) {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	n, err := unix.IoctlGetUint32(int(f.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(f.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	return f, fmt.Sprintf("/dev/pts/%d", n)
}
