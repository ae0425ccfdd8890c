package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/suite"
)

// Flags are those of commands that measure.
type Flags struct {
	Live    bool
	Metrics string // address; "": none
}

// Add adds the flags.
func (f *Flags) Add(set *pflag.FlagSet) {
	set.BoolVar(&f.Live, "live", false, "show the run as it goes, on the terminal and in a browser")
	set.StringVar(&f.Metrics, "metrics-addr", "", "`HOST:PORT` serve /metrics (Prometheus), /healthz and /readyz while the run goes")
	help.Group(set, string(key.GroupOutput), "live", "metrics-addr")
	help.Rare(set, "metrics-addr")
}

// Check refuses an address that cannot be listened on, before a run begins.
func (f *Flags) Check() error {
	if f.Metrics == "" {
		return nil
	}
	if err := checkAddress("metrics-addr", f.Metrics); err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.Metrics)
	if err != nil {
		return fmt.Errorf("--metrics-addr %s: %w", f.Metrics, err)
	}
	return l.Close()
}

const (
	// linePatience is how long a line waits for a companion that does not read.
	linePatience = 50 * time.Millisecond
	// endPatience is how long a companion has at the end of the run.
	endPatience = 2 * time.Second
)

// Companion is the process that shows a run, seen from the one that measures. Nothing
// here waits for it but End, and that not for long.
type Companion struct {
	flags  Flags
	exe    string
	stderr io.Writer
	next   func(suite.Event) // shows progress where no companion does

	mu       sync.Mutex // protects all following fields
	cmd      *exec.Cmd
	pipe     *os.File // to its standard input; it ends when this is closed
	exited   chan struct{}
	drawing  bool          // in place of this process
	terminal bool          // it draws on one
	cells    []suite.Event // under way, told to the companion alone
}

// NewCompanion makes what shows a run; without a flag that asks for it, it passes
// everything on. exe is this program.
func NewCompanion(f Flags, exe string, stderr io.Writer, next func(suite.Event)) *Companion {
	return &Companion{flags: f, exe: exe, stderr: stderr, next: next}
}

// Event shows a step of progress. The companion starts when the run's folder is there.
func (c *Companion) Event(e suite.Event) {
	if e.Kind == "folder" && (c.flags.Live || c.flags.Metrics != "") {
		c.next(e)
		if err := c.start(e.Text); err != nil {
			_, _ = fmt.Fprintf(c.stderr, "inferometer: the run cannot be shown, and continues: %s\n", plaintext.Line(err.Error()))
		}
		return
	}
	left, died := c.left(e)
	if died {
		_, _ = io.WriteString(c.stderr, clearView)
	}
	for _, e := range left {
		c.next(e)
	}
}

// clearView removes what a companion has left on a terminal, and shows the cursor again.
const clearView = "\r\x1b[J\x1b[?25h"

// left is what this process has to show itself: nothing while the companion draws. When
// it has died, what it was told alone is told again, and died says that a part of its view
// is on the terminal.
func (c *Companion) left(e suite.Event) (out []suite.Event, died bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out = []suite.Event{e}
	if c.drawing {
		if c.alive() {
			out = nil
		} else {
			note := suite.Event{Kind: "note", Elapsed: e.Elapsed, Text: "the live view has ended by itself; the run continues"}
			out = slices.Concat([]suite.Event{note}, c.cells, out)
			c.drawing, died = false, c.terminal
		}
	}
	switch e.Kind {
	case "cell":
		c.cells = append(c.cells, e)
	case "done":
		c.cells = slices.DeleteFunc(c.cells, func(o suite.Event) bool { return o.Cell == e.Cell })
	case "note":
		if out == nil {
			c.tell(fmt.Sprintf("%6.1fs  %s", e.Elapsed.Seconds(), e.Text))
		}
	}
	return out, died
}

// alive reports whether the companion has not ended. It may be blocked.
func (c *Companion) alive() bool {
	select {
	case <-c.exited:
		return false
	default:
		return true
	}
}

// Write implements io.Writer: what this process says meanwhile goes above the view.
func (c *Companion) Write(b []byte) (int, error) {
	if c.above(b) {
		return len(b), nil
	}
	return c.stderr.Write(b)
}

func (c *Companion) above(b []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.drawing && c.alive()
	for line := range bytes.SplitSeq(bytes.TrimSpace(b), []byte("\n")) {
		told = told && c.tell(string(line))
	}
	return told
}

// tell sends the companion a line, unless it does not read.
func (c *Companion) tell(line string) bool {
	if line = plaintext.Line(line); line == "" {
		return true
	}
	if c.pipe.SetWriteDeadline(time.Now().Add(linePatience)) != nil {
		return false // the system's pipes have none, and this must not wait
	}
	_, err := io.WriteString(c.pipe, line+"\n")
	return err == nil
}

// start starts the companion of a run.
func (c *Companion) start(folder string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	args := []string{"serve", "--follow", folder, "--exit-with-stdin", "--view", viewNone}
	if c.flags.Live {
		args[len(args)-1] = viewLines
		if f, ok := c.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
			args[len(args)-1], c.terminal = viewTerminal, true
		}
	}
	if c.flags.Metrics != "" {
		args = append(args, "--metrics-addr", c.flags.Metrics)
	}
	in, pipe, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(c.exe, args...)
	// One processor at a time, at low priority: the rest is for what is measured.
	cmd.Env = append(ownEnv(os.Environ()), "GOMAXPROCS=1")
	cmd.Stdin, cmd.Stderr, cmd.SysProcAttr = in, c.stderr, attributes()
	cmd.WaitDelay = time.Second
	started, exited := make(chan error, 1), make(chan struct{})
	go func() {
		// Linux ends the child when the thread ends that started it (attributes).
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // its state says how it ended
			close(exited)
		}
	}()
	err = <-started
	_ = in.Close() // the child has its own
	if err != nil {
		return errors.Join(err, pipe.Close())
	}
	c.cmd, c.pipe, c.exited, c.drawing = cmd, pipe, exited, c.flags.Live
	return nil
}

// ownEnv is an environment without the variables that set flags of this program.
func ownEnv(env []string) []string {
	var out []string
	for _, v := range env {
		if !strings.HasPrefix(v, "INFEROMETER_") {
			out = append(out, v)
		}
	}
	return out
}

// End ends the companion: it closes its pipe, waits, and kills what is left. Then the
// terminal is this process's own again.
func (c *Companion) End() {
	c.mu.Lock()
	cmd, exited := c.cmd, c.exited
	terminal := c.drawing && c.terminal
	c.cmd, c.drawing = nil, false
	c.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = c.pipe.Close()
	timer := time.NewTimer(endPatience)
	defer timer.Stop()
	select {
	case <-exited:
	case <-timer.C:
		_ = cmd.Process.Kill() // fails only if it has ended since
		<-exited
	}
	if terminal && !cmd.ProcessState.Success() {
		_, _ = io.WriteString(c.stderr, clearView) // it could not
	}
}
