package launch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMain makes this test binary the child: with "sim" as its first argument
// it behaves as its last argument says.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "sim":
			os.Exit(child(os.Args[len(os.Args)-1]))
		case "parent":
			os.Exit(parent())
		case "engine":
			os.Exit(fakeEngine(os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}

func child(mode string) int {
	switch mode {
	case "healthy", "fails at the end", "deaf":
		fmt.Println("a line of no interest")
		fmt.Println("listening on http://127.0.0.1:4321")
		fmt.Fprintln(os.Stderr, "pid", os.Getpid(), "args", strings.Join(os.Args[1:], " "))
		fmt.Print(strings.Repeat("more output than a pipe holds\n", 10_000))
	case "dies":
		fmt.Fprintln(os.Stderr, "failed to listen: out of luck")
		return 7
	case "talks":
		fmt.Println("listening on port 80, or so")
		fmt.Fprintln(os.Stderr, "still loading")
	case "environment":
		fmt.Println("listening on http://127.0.0.1:4321")
		fmt.Fprintln(os.Stderr, "value:", os.Getenv("INFEROMETER_TTFT"), os.Getenv("LAUNCH_TEST"))
		return 3
	}
	if mode == "deaf" {
		time.Sleep(time.Hour)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	if mode == "fails at the end" {
		fmt.Fprintln(os.Stderr, "could not flush")
		return 5
	}
	return 0
}

// parent starts a deaf child, prints its process id and waits to be killed.
func parent() int {
	p, err := Sim(context.Background(), os.Args[0], []string{"deaf"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(p.cmd.Process.Pid)
	time.Sleep(time.Hour)
	return 0
}

func start(t *testing.T, mode string) *Process {
	t.Helper()
	p, err := Sim(t.Context(), os.Args[0], []string{"--profile", mode})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func TestStartAndStop(t *testing.T) {
	p := start(t, "healthy")
	if want := "http://127.0.0.1:4321"; p.URL != want {
		t.Errorf("URL is %q, want %q", p.URL, want)
	}
	want := []string{"sim", "--addr", "127.0.0.1:0", "--exit-with-stdin", "--profile", "healthy"}
	if diff := cmp.Diff(want, p.cmd.Args[1:]); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	for range 2 {
		if err := p.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
	}
	select {
	case <-p.exited:
	default:
		t.Error("the child still runs after Stop")
	}
}

func TestStopKeepsTheChildsReason(t *testing.T) {
	p := start(t, "fails at the end")
	err := p.Stop()
	if err == nil || !strings.Contains(err.Error(), "could not flush") || !strings.Contains(err.Error(), "status 5") {
		t.Errorf("Stop: %v; want the exit status and the end of its stderr", err)
	}
}

func TestStopKillsADeafChild(t *testing.T) {
	p := start(t, "deaf")
	if err := p.end(10 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "was killed") {
		t.Errorf("end: %v; want that it was killed", err)
	}
}

func TestStopOfADeadChild(t *testing.T) {
	p := start(t, "healthy")
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "during the run") {
		t.Errorf("Stop: %v; want that it exited during the run", err)
	}
}

func TestChildThatDies(t *testing.T) {
	_, err := Sim(t.Context(), os.Args[0], []string{"dies"})
	if err == nil || !strings.Contains(err.Error(), "out of luck") || !strings.Contains(err.Error(), "status 7") {
		t.Errorf("Sim: %v; want the exit status and the end of its stderr", err)
	}
}

func TestMissingProgram(t *testing.T) {
	_, err := Sim(t.Context(), "/does/not/exist", nil)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Sim: %v; want that the file does not exist", err)
	}
}

func TestChildThatIsNeverReady(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := Sim(ctx, os.Args[0], []string{"talks"})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Sim: %v; want that the deadline was exceeded", err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("INFEROMETER_TTFT", "9s")
	t.Setenv("LAUNCH_TEST", "kept")
	p, err := Sim(t.Context(), os.Args[0], []string{"environment"})
	if err == nil { // the ready line may be seen before the end is
		<-p.exited
		err = p.Stop()
	}
	if err == nil || !strings.Contains(err.Error(), "value:  kept") {
		t.Errorf("%v; want the other variable and not ours", err)
	}
}

// A killed parent cannot stop its child; the kernel must. The child here does
// not even watch its standard input.
func TestChildDiesWithItsParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux kills a child with its parent; elsewhere the child watches its standard input")
	}
	cmd := exec.Command(os.Args[0], "parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for alive(t, pid) {
		if time.Now().After(deadline) {
			t.Fatalf("child %d outlives its parent", pid)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// alive reports whether a process exists and is not a zombie.
func alive(t *testing.T, pid int) bool {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(after, "Z")
}

func TestReadyLine(t *testing.T) {
	for _, c := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"whole", []string{"listening on http://127.0.0.1:80\n"}, "http://127.0.0.1:80"},
		{"in pieces", []string{"x\nlisten", "ing on http://127.0.0.1:", "80", "\r\nmore"}, "http://127.0.0.1:80"},
		{"IPv6", []string{"listening on http://[::1]:80/\n"}, "http://[::1]:80"},
		{"after a line too long", []string{strings.Repeat("x", 3*lineMax), "\nlistening on http://h:1\n"}, "http://h:1"},
		{"no end of line", []string{"listening on http://127.0.0.1:80"}, ""},
		{"no port", []string{"listening on http://127.0.0.1\n"}, ""},
		{"other scheme", []string{"listening on unix:///tmp/x:1\n"}, ""},
		{"other line", []string{"now listening on http://127.0.0.1:80\n"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReadyLine()
			for _, w := range c.writes {
				if n, err := r.Write([]byte(w)); n != len(w) || err != nil {
					t.Fatalf("Write: %d, %v", n, err)
				}
			}
			got := ""
			select {
			case got = <-r.url:
			default:
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct {
		writes []string
		want   string
	}{
		{nil, ""},
		{[]string{"ab", "cd"}, "abcd"},
		{[]string{"abcde"}, "abcde"},
		{[]string{"abcdef"}, "…bcdef"},
		{[]string{"abc", "def"}, "…bcdef"},
		{[]string{"abcde", "fghijklm"}, "…ijklm"},
	} {
		x := tail{max: 5}
		for _, w := range c.writes {
			_, _ = x.Write([]byte(w))
		}
		if got := x.String(); got != c.want {
			t.Errorf("%q: got %q, want %q", c.writes, got, c.want)
		}
	}
}

func TestChildEnv(t *testing.T) {
	got := childEnv([]string{"PATH=/bin", "INFEROMETER_SEED=1", "MY_INFEROMETER_X=1"})
	if want := []string{"PATH=/bin", "MY_INFEROMETER_X=1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
