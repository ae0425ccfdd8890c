// Package launch runs engines as child processes: it starts one, waits until
// it is ready, and makes sure that it is gone afterwards, whatever happens to
// the parent.
//
// An engine is measured from another process because client and server must
// not share a scheduler, a heap or a garbage collector. The only engine here
// is the embedded simulator, which is this program started with the command
// sim. The package does not restart what has died, and it takes no engine
// that it did not start.
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
	readyTimeout = 15 * time.Second // a slow disk and a busy machine included
	stopTimeout  = 3 * time.Second  // for a child to drain after its stdin closed
	stderrKept   = 64 << 10         // bytes of the child's last words

	// ownPrefix marks the variables that stand for flags of this program.
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

// Sim starts `exe sim --addr 127.0.0.1:0 --exit-with-stdin` with args behind
// it, and returns once the child has said where it listens. ctx bounds the
// start only: a child that runs is ended by Stop, so that a run that is being
// interrupted can still drain its requests. An error holds the child's last
// words.
//
// The child does not outlive its parent: its standard input is a pipe, at
// whose end it stops, and on Linux the kernel kills it as well. It is in a
// process group of its own, so that Ctrl-C reaches the parent alone. Its
// environment lacks the INFEROMETER_ variables: those are flags of the
// parent's command, and the child's flags are args.
func Sim(ctx context.Context, exe string, args []string) (*Process, error) {
	full := append([]string{"sim", "--addr", "127.0.0.1:0", "--exit-with-stdin"}, args...)
	cmd := exec.Command(exe, full...)
	cmd.Env = childEnv(os.Environ())
	cmd.SysProcAttr = attributes()
	// A grandchild that holds the pipes open must not hold up Wait.
	cmd.WaitDelay = time.Second
	ready := newReadyLine()
	p := &Process{cmd: cmd, stderr: &tail{max: stderrKept}, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = ready, p.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("failed to make a pipe to %q: %w", exe, err)
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
		return p.words(fmt.Errorf("%q ended before it was ready: %s", name, p.state()))
	case <-timer.C:
		err = fmt.Errorf("%q printed no line %q within %s", name, readyPrefix+"URL", readyTimeout)
	case <-ctx.Done():
		err = fmt.Errorf("gave up the start of %q: %w", name, context.Cause(ctx))
	}
	_ = p.stdin.Close()
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
	return p.words(err)
}

// Stop ends the child: it closes the child's standard input, waits 3 s and
// then kills it. It returns an error if the child had ended before, ended
// with a failure or had to be killed. Further calls return the same.
func (p *Process) Stop() error {
	p.stop.Do(func() { p.stopErr = p.end(stopTimeout) })
	return p.stopErr
}

func (p *Process) end(grace time.Duration) error {
	select {
	case <-p.exited:
		return p.words(fmt.Errorf("%q ended in mid-run: %s", p.cmd.Path, p.state()))
	default:
	}
	_ = p.stdin.Close() // fails only if the child is gone, which the wait shows
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
		if p.waitErr != nil {
			return p.words(fmt.Errorf("%q ended with a failure: %s", p.cmd.Path, p.state()))
		}
		return nil
	case <-timer.C:
	}
	_ = p.cmd.Process.Kill() // it may have ended since
	<-p.exited
	return p.words(fmt.Errorf("%q did not end within %s and was killed", p.cmd.Path, grace))
}

// state says how the child ended. It may be called once exited is closed.
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

// words adds the child's last words to an error about it.
func (p *Process) words(err error) error {
	s := strings.TrimSpace(p.stderr.String())
	if s == "" {
		return fmt.Errorf("%w (it wrote nothing on stderr)", err)
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
