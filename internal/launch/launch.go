// Package launch runs servers as child processes: the simulated server, and real
// engines. It starts one, waits until it is ready, and makes sure that it is gone
// afterwards, whatever happens to the parent.
//
// A server runs in another process because client and server must not share a
// scheduler, a heap or a garbage collector. The simulated one is this program
// started with the command sim, and says itself when it is ready (Sim). An engine
// is any command that serves on a port of this machine (StartEngine); it may start
// processes of its own, and those are found and ended too. A child that has died is
// not restarted, and a server that was started by somebody else is not adopted.
package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	readyTimeout = 15 * time.Second // enough for a slow disk and a busy machine
	stopTimeout  = 3 * time.Second  // for a child to drain after its stdin closed
	stderrKept   = 64 << 10         // bytes from the end of the child's stderr

	// ownPrefix marks the variables that set flags of this program.
	ownPrefix = "INFEROMETER_"
)

// Process is a running child. Stop must be called.
type Process struct {
	// URL is where the child listens, such as http://127.0.0.1:40123.
	URL string

	cmd     *exec.Cmd
	stdin   io.Closer
	stderr  *tail
	exited  chan struct{} // closed when the child is gone and waitErr is set
	waitErr error
	stop    sync.Once
	stopErr error
}

// Sim starts `exe sim --addr 127.0.0.1:0 --exit-with-stdin` followed by args,
// and returns once the child has printed where it listens. ctx bounds the start
// only: a running child is ended by Stop, so that an interrupted run can still
// drain its requests. An error includes the end of the child's stderr.
//
// The child does not outlive its parent: it stops when its standard input, a
// pipe, is closed, and on Linux the kernel kills it as well. It has its own
// process group, so that Ctrl-C reaches the parent alone. Its environment lacks
// the INFEROMETER_ variables: those are flags of the parent's command, and the
// child's flags are args.
func Sim(ctx context.Context, exe string, args []string) (*Process, error) {
	full := append([]string{"sim", "--addr", "127.0.0.1:0", "--exit-with-stdin"}, args...)
	cmd := exec.Command(exe, full...)
	cmd.Env = childEnv(os.Environ())
	cmd.SysProcAttr = attributes()
	// A grandchild that keeps the pipes open must not block Wait.
	cmd.WaitDelay = time.Second
	ready := newReadyLine()
	p := &Process{cmd: cmd, stderr: &tail{max: stderrKept}, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = ready, p.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("failed to create a pipe to %q: %w", exe, err)
	}
	p.stdin = stdin

	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("failed to start %q: %w", exe, err)
	}
	if err := p.await(ctx, ready); err != nil {
		return nil, err
	}
	return p, nil
}

// run starts the child and waits for its end on one locked thread. Linux
// sends the parent-death signal when the thread that forked ends, not the
// process; a thread that the runtime may retire would kill a healthy child.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.waitErr = p.cmd.Wait()
	close(p.exited)
}

// await waits for the ready line. On failure the child is gone on return.
func (p *Process) await(ctx context.Context, ready *readyLine) error {
	name := p.cmd.Path
	timer := time.NewTimer(readyTimeout)
	defer timer.Stop()
	var err error
	select {
	case p.URL = <-ready.url:
		return nil
	case <-p.exited:
		return p.withStderr(fmt.Errorf("%q exited before it was ready: %s", name, p.state()))
	case <-timer.C:
		err = fmt.Errorf("%q did not print %q within %s", name, readyPrefix+"URL", readyTimeout)
	case <-ctx.Done():
		err = fmt.Errorf("gave up starting %q: %w", name, context.Cause(ctx))
	}
	_ = p.stdin.Close()
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
	return p.withStderr(err)
}

// Stop ends the child: it closes the child's standard input, waits 3 s and
// then kills it. It returns an error if the child had exited before, failed
// or had to be killed. Further calls return the same error.
func (p *Process) Stop() error {
	p.stop.Do(func() { p.stopErr = p.end(stopTimeout) })
	return p.stopErr
}

func (p *Process) end(grace time.Duration) error {
	select {
	case <-p.exited:
		return p.withStderr(fmt.Errorf("%q exited during the run: %s", p.cmd.Path, p.state()))
	default:
	}
	_ = p.stdin.Close() // fails only if the child is gone, which the wait shows
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
		if p.waitErr != nil {
			return p.withStderr(fmt.Errorf("%q failed: %s", p.cmd.Path, p.state()))
		}
		return nil
	case <-timer.C:
	}
	_ = p.cmd.Process.Kill() // it may have ended since
	<-p.exited
	return p.withStderr(fmt.Errorf("%q did not exit within %s and was killed", p.cmd.Path, grace))
}

// state says how the child exited. It may be called once exited is closed.
func (p *Process) state() string {
	var exit *exec.ExitError
	switch {
	case p.waitErr == nil:
		return "exit status 0"
	case errors.As(p.waitErr, &exit):
		return exit.String()
	}
	return p.waitErr.Error()
}

// withStderr adds the end of the child's stderr to an error about it.
func (p *Process) withStderr(err error) error {
	s := strings.TrimSpace(p.stderr.String())
	if s == "" {
		return fmt.Errorf("%w (it wrote nothing to stderr)", err)
	}
	return fmt.Errorf("%w\n%s", err, s)
}

// childEnv returns env without this program's own variables.
func childEnv(env []string) []string {
	kept := make([]string, 0, len(env))
	for _, v := range env {
		if !strings.HasPrefix(v, ownPrefix) {
			kept = append(kept, v)
		}
	}
	return kept
}
