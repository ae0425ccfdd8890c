//go:build unix

package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeEngine is the test binary as an engine: MODE PORT.
func fakeEngine(args []string) int {
	mode, port := args[0], args[1]
	if v := os.Getenv("LAUNCH_ADDRESS"); v != "" && v != "127.0.0.1:"+port {
		fmt.Println("the address in the environment is", v)
		return 4
	}
	switch mode {
	case "parent": // starts an engine of which it then knows no more
		if _, err := StartEngine(context.Background(), Engine{Name: mode, Command: []string{os.Args[0], "engine", port, "{port}"}, Health: "/health"}); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("started")
		return forever()
	case "dies at the start":
		fmt.Fprintln(os.Stderr, "no such model: nothing.gguf")
		return 3
	case "forks", "daemon":
		// The server is a process of a process, in a session of its own.
		c := exec.Command(os.Args[0], "engine", "forks again", port)
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if mode == "daemon" {
			c.Env = []string{"LAUNCH_TEST=" + os.Getenv("LAUNCH_TEST")} // without the mark
		}
		if err := c.Start(); err != nil {
			return 1
		}
		if mode == "daemon" {
			time.Sleep(200 * time.Millisecond)
			return 0
		}
		return forever()
	case "forks again":
		c := exec.Command(os.Args[0], "engine", "deaf", port)
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := c.Start(); err != nil {
			return 1
		}
		return 0 // the server is an orphan now
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
	case "fills its log":
		line := strings.Repeat("x", 1<<16-1) + "\n"
		for range 64 {
			fmt.Print(line)
		}
		fmt.Println("the last line")
	}
	serveFake(mode, port)
	return 0
}

func forever() int {
	time.Sleep(time.Hour)
	return 0
}

func serveFake(mode, port string) {
	began := time.Now()
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if mode == "never ready" {
			http.Error(w, `{"error":{"message":"Loading model"}}`, http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"data":[{"id":"fake"}]}`)
	})
	mux.HandleFunc("/v1/chat/completions", func(w http.ResponseWriter, _ *http.Request) {
		switch {
		case mode == "refuses":
			http.Error(w, `{"error":{"message":"no chat template"}}`, http.StatusBadRequest)
			return
		case mode == "lazy" && time.Since(began) < 300*time.Millisecond:
			http.Error(w, "Loading model", http.StatusServiceUnavailable)
			return
		case mode == "dies in mid-run":
			fmt.Println("CUDA error: out of memory")
			time.AfterFunc(50*time.Millisecond, func() { os.Exit(9) })
		}
		_, _ = fmt.Fprint(w, `{"choices":[{"message":{"content":"yes"}}]}`)
	})
	if err := http.ListenAndServe("127.0.0.1:"+port, mux); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// fake returns an engine of a mode, and a check that nothing of it is left.
func fake(t *testing.T, mode string) (Engine, func()) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the processes of an engine are followed through /proc here")
	}
	mark := "LAUNCH_TEST=" + strconv.FormatInt(time.Now().UnixNano(), 36)
	e := Engine{
		Name: mode, Command: []string{os.Args[0], "engine", mode, "{port}"}, Health: "/health", Env: []string{mark, "LAUNCH_ADDRESS={host}:{port}"},
		ReadyTimeout: 30 * time.Second, StopTimeout: 300 * time.Millisecond, Log: filepath.Join(t.TempDir(), "engine.log"),
	}
	return e, func() {
		t.Helper()
		for _, p := range processTable(mark) {
			if p.marked && !p.zombie {
				t.Errorf("process %d of the engine is left", p.pid)
				_ = syscall.Kill(p.pid, syscall.SIGKILL)
			}
		}
	}
}

func stopped(t *testing.T, r *Running) {
	t.Helper()
	port := strings.TrimPrefix(r.URL, "http://")
	if c, err := net.DialTimeout("tcp", port, time.Second); err == nil {
		_ = c.Close()
		t.Errorf("%s still accepts connections", port)
	}
}

func TestNothingOfAnEngineIsLeft(t *testing.T) {
	for _, mode := range []string{"serves", "deaf", "forks", "fills its log"} {
		t.Run(mode, func(t *testing.T) {
			e, nothingLeft := fake(t, mode)
			r, err := StartEngine(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if r.Model != "fake" || r.Healthy <= 0 || r.Loaded < r.Healthy || r.PeakMemory() <= 0 {
				t.Errorf("model %q, healthy after %s, loaded after %s, memory %d", r.Model, r.Healthy, r.Loaded, r.PeakMemory())
			}
			for range 2 {
				if err := r.Stop(); err != nil {
					t.Errorf("Stop: %v", err)
				}
			}
			stopped(t, r)
			nothingLeft()
		})
	}
}

// The processes of an engine go when the process that started it is killed.
func TestNothingIsLeftOfTheEngineOfAKilledParent(t *testing.T) {
	for _, mode := range []string{"deaf", "forks"} {
		t.Run(mode, func(t *testing.T) {
			e, nothingLeft := fake(t, mode)
			parent := exec.Command(os.Args[0], "engine", "parent", mode)
			parent.Env = append(os.Environ(), e.Env[0])
			out, err := parent.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			said := make([]byte, 7)
			if _, err := io.ReadFull(out, said); err != nil || string(said) != "started" {
				t.Fatalf("%q, %v", said, err)
			}
			if err := parent.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = parent.Wait() // "signal: killed"
			for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				if !slices.ContainsFunc(processTable(e.Env[0]), func(p process) bool { return p.marked && !p.zombie }) {
					break
				}
			}
			nothingLeft()
		})
	}
}

// What ends with its engine is the guard too, and it has killed nothing.
func TestTheGuardGoesWithItsEngine(t *testing.T) {
	bystander := exec.Command("sleep", "60")
	bystander.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bystander.Process.Kill(); _ = bystander.Wait() }()
	g := newGuard(bystander.Process.Pid, "no mark of any process")
	g.release()
	if g.cmd.ProcessState == nil || syscall.Kill(bystander.Process.Pid, 0) != nil {
		t.Error("the guard is there, or its group is gone")
	}
}

// A command that goes into the background has ended, and what it left behind is
// ended with it, although it has lost its parent, its session and its mark.
func TestADaemonIsEndedToo(t *testing.T) {
	e, nothingLeft := fake(t, "daemon")
	r, err := StartEngine(t.Context(), e)
	if err == nil {
		<-r.Exited()
		err = r.Stop()
		stopped(t, r)
	}
	if err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("error %v, want that the command has ended", err)
	}
	nothingLeft()
}

func TestAStartThatFailsSaysWhyAndLeavesNothing(t *testing.T) {
	for mode, want := range map[string]string{
		"dies at the start": "exit status 3; the end of its log:\nno such model: nothing.gguf",
		"never ready":       "was not ready within",
		"refuses":           "no chat template",
	} {
		t.Run(mode, func(t *testing.T) {
			e, nothingLeft := fake(t, mode)
			if mode == "never ready" {
				e.ReadyTimeout = time.Second
			}
			_, err := StartEngine(t.Context(), e)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), want) > 1 {
				t.Errorf("error %v, want %q once", err, want)
			}
			nothingLeft()
		})
	}
}

func TestAnEngineIsReadyWithItsFirstToken(t *testing.T) {
	e, nothingLeft := fake(t, "lazy")
	r, err := StartEngine(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if r.Loaded < 300*time.Millisecond {
		t.Errorf("loaded after %s, before it gave an answer", r.Loaded)
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	nothingLeft()
}

func TestACrashIsReportedWithTheLastLines(t *testing.T) {
	e, nothingLeft := fake(t, "dies in mid-run")
	r, err := StartEngine(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	<-r.Exited()
	if err := r.Crash(); err == nil || !strings.Contains(err.Error(), "exit status 9") || !strings.Contains(err.Error(), "CUDA error: out of memory") {
		t.Errorf("crash %v", err)
	}
	if err := r.Stop(); err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("Stop: %v, want that the engine had ended", err)
	}
	nothingLeft()
}

func TestAPortInUseStartsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	e, nothingLeft := fake(t, "serves")
	e.Port = l.Addr().(*net.TCPAddr).Port
	if _, err := StartEngine(t.Context(), e); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(e.Log); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a log was made: %v", err)
	}
	nothingLeft()
}

func TestAStartCanBeCancelled(t *testing.T) {
	e, nothingLeft := fake(t, "never ready")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := StartEngine(ctx, e); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	nothingLeft()
}

func TestALogHasItsBeginningAndItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := newLogFile(path, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"begin-", strings.Repeat("-", 2*stderrKept), "\n\nlast\n"} {
		if n, err := l.Write([]byte(s)); n != len(s) || err != nil {
			t.Errorf("Write: %d, %v", n, err)
		}
	}
	if got := l.lastLines(1); got != "last" {
		t.Errorf("last line %q", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(b); len(s) > 2*stderrKept || !strings.HasPrefix(s, "begin-----\n[inferometer: about ") || !strings.HasSuffix(s, "last\n") {
		t.Errorf("%d bytes: %.80q … %q", len(s), s, s[len(s)-20:])
	}
}

func TestMembers(t *testing.T) {
	p := func(pid, parent, group, session int) process {
		return process{id: id{pid, "x"}, parent: parent, group: group, session: session}
	}
	all := []process{
		p(1, 0, 1, 1), p(10, 1, 10, 5), // init; this process
		p(20, 10, 20, 5), p(21, 20, 20, 5), p(22, 21, 22, 22), p(23, 22, 23, 22), // the engine, its child, one with a session, that one's child
		p(30, 1, 20, 5),   // an orphan of its group
		p(31, 1, 31, 22),  // an orphan of a session that the engine began
		p(32, 10, 32, 32), // an orphan that this process has adopted
		p(33, 1, 33, 33),  // an orphan that was seen before
		p(40, 10, 40, 5),  // another child of this process
		p(50, 1, 50, 50), p(51, 50, 50, 50), p(52, 1, 52, 5),
	}
	marked := p(60, 1, 60, 60)
	marked.marked = true
	all = append(all, marked)
	got := ""
	for _, m := range members(all, 20, 10, map[id]bool{{33, "x"}: true, {50, "an earlier start"}: true}) {
		got += strconv.Itoa(m.pid) + " "
	}
	if want := "20 21 22 23 30 31 32 33 60 "; got != want {
		t.Errorf("members %s, want %s", got, want)
	}
}

func TestProcessNamesMayHoldAnything(t *testing.T) {
	p, err := parseStat([]byte("42 (a) b (c)) S 7 8 9 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 3 0 12345 999 11 18446744073709551615 0"))
	if err != nil {
		t.Fatal(err)
	}
	if p.pid != 42 || p.parent != 7 || p.group != 8 || p.session != 9 || p.start != "12345" || p.memory != 11*int64(os.Getpagesize()) {
		t.Errorf("%+v", p)
	}
}

func TestPS(t *testing.T) {
	got := parsePS([]byte("    1     0     1  12345 Ss   Mon Nov 30 07:00:00 2026\n  501   1   501 2048 Z+ Mon Nov 30 08:00:00 2026\nnonsense\n"))
	if len(got) != 2 || got[0].pid != 1 || got[0].memory != 12345<<10 || !got[1].zombie || got[1].group != 501 || got[0].start == got[1].start {
		t.Errorf("%+v", got)
	}
}
