package launch

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Engine says how a real engine is started. The zero value of a time or a size is
// its default.
type Engine struct {
	Name string
	// Command is the program and its arguments. {port} stands for the port and
	// {host} for the address that it must listen on.
	Command []string
	Env     []string // NAME=VALUE with the same placeholders, added to this process's own environment
	Dir     string   // where the command runs; "": here
	Port    int      // 0: a free one
	// Health is a path that answers 200 once the engine has loaded, such as
	// /health; "": the first token alone decides.
	Health string
	// Model is how a request calls the model; "": the first that /v1/models lists.
	Model string
	// ReadyTimeout bounds the time from the start to the first token (10 min), and
	// StopTimeout that from SIGTERM to SIGKILL (10 s).
	ReadyTimeout, StopTimeout time.Duration
	// Log is the file that receives what the engine prints, at most LogLimit bytes
	// of its beginning (8 MiB) and its end.
	Log      string
	LogLimit int64
}

const (
	defaultReady    = 10 * time.Minute
	defaultStop     = 10 * time.Second
	defaultLogLimit = 8 << 20
	portTimeout     = 5 * time.Second        // for a port to become free after the last process has gone
	watchInterval   = 500 * time.Millisecond // between two looks at an engine's processes
	crashLines      = 12                     // of the log, in an error about a crash

	// markName is a variable in an engine's environment by which its processes are
	// recognized, also when they have left its group and lost their parent.
	markName = "STARTED_BY_INFEROMETER"
)

// Running is an engine that was started. Stop must be called.
type Running struct {
	URL   string // http://127.0.0.1:PORT
	Model string // as requests have called it
	// Healthy is the time from the start to the first 200 of the health path, and
	// Loaded to the end of the first answer. Healthy is 0 without a health path.
	Healthy, Loaded time.Duration

	engine  Engine
	cmd     *exec.Cmd
	log     *logFile
	began   time.Time
	exited  chan struct{} // closed when the command has ended and waitErr is set
	waitErr error
	watcher *watcher
	guard   *guard
	stop    sync.Once
	stopErr error
}

// StartEngine starts an engine and returns once it has answered a request of one
// token. On an error nothing of it is left. ctx bounds the start only.
func StartEngine(ctx context.Context, e Engine) (*Running, error) {
	e = e.withDefaults()
	if len(e.Command) == 0 {
		return nil, fmt.Errorf("engine %s has no command", e.Name)
	}
	if err := choosePort(&e); err != nil {
		return nil, err
	}
	argv := make([]string, len(e.Command))
	at := strings.NewReplacer("{port}", strconv.Itoa(e.Port), "{host}", "127.0.0.1")
	for i, a := range e.Command {
		argv[i] = at.Replace(a)
	}
	log, err := newLogFile(e.Log, e.LogLimit)
	if err != nil {
		return nil, fmt.Errorf("engine %s: %w", e.Name, err)
	}
	mark, err := newMark()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = e.Dir
	cmd.Env = childEnv(os.Environ())
	for _, v := range e.Env {
		cmd.Env = append(cmd.Env, at.Replace(v))
	}
	cmd.Env = append(cmd.Env, mark)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = time.Second // a process of the engine that keeps the pipe open must not block Wait
	becomeSubreaper()
	r := &Running{
		URL: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(e.Port)), Model: e.Model,
		engine: e, cmd: cmd, log: log, exited: make(chan struct{}), began: time.Now(),
	}
	started := make(chan error, 1)
	go r.run(started)
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("failed to start engine %s (%s): %w", e.Name, argv[0], err), log.Close())
	}
	r.guard = newGuard(cmd.Process.Pid, mark)
	r.watcher = watch(cmd.Process.Pid, mark)
	if err := r.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, r.stopAfter(nil)) // err says it already if the engine has ended
	}
	return r, nil
}

func (e Engine) withDefaults() Engine {
	if e.ReadyTimeout <= 0 {
		e.ReadyTimeout = defaultReady
	}
	if e.StopTimeout <= 0 {
		e.StopTimeout = defaultStop
	}
	if e.LogLimit <= 0 {
		e.LogLimit = defaultLogLimit
	}
	return e
}

// run starts the command and waits for it on one locked thread, for the reason that
// is given at Process.run.
func (r *Running) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := r.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	r.waitErr = r.cmd.Wait()
	close(r.exited)
}

// Exited is closed when the engine's command has ended.
func (r *Running) Exited() <-chan struct{} { return r.exited }

// PeakMemory is the largest sum of the resident memory of the engine's processes
// that was seen in looks half a second apart, in bytes; 0 where it cannot be read.
// Memory that processes share counts once for each of them.
func (r *Running) PeakMemory() int64 { return r.watcher.peakMemory() }

// PID is the process id of the engine's command.
func (r *Running) PID() int { return r.cmd.Process.Pid }

// Crash is an error if the engine has ended by itself, with its last lines of log,
// and nil while it runs.
func (r *Running) Crash() error {
	select {
	case <-r.exited:
		return r.withLog(fmt.Errorf("engine %s ended by itself: %s", r.engine.Name, exitText(r.waitErr)))
	default:
		return nil
	}
}

// Stop ends the engine and all its processes: SIGTERM, and SIGKILL for what is left
// after the engine's StopTimeout. It returns an error if the engine had ended before,
// or if a process or the port is still there. Further calls return the same error.
func (r *Running) Stop() error { return r.stopAfter(r.Crash()) }

func (r *Running) stopAfter(crash error) error {
	r.stop.Do(func() { r.stopErr = r.end(crash) })
	return r.stopErr
}

func (r *Running) end(crash error) error {
	left := r.watcher.endAll(r.engine.StopTimeout, r.exited)
	r.guard.release()
	var err error
	if len(left) > 0 {
		err = fmt.Errorf("engine %s: processes %v could not be ended; end them before the next measurement", r.engine.Name, left)
	} else if !portFree(r.engine.Port, portTimeout) {
		err = fmt.Errorf("engine %s: port %d is still in use %s after its processes have ended", r.engine.Name, r.engine.Port, portTimeout)
	}
	return errors.Join(crash, err, r.log.Close())
}

// withLog adds the last lines of the log to an error.
func (r *Running) withLog(err error) error {
	lines := r.log.lastLines(crashLines)
	if lines == "" {
		return fmt.Errorf("%w (it printed nothing)", err)
	}
	return fmt.Errorf("%w; the end of its log:\n%s", err, lines)
}

// exitText says how a command ended.
func exitText(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return "exit status 0"
	case errors.As(err, &exit):
		return exit.String()
	}
	return err.Error()
}

func newMark() (string, error) {
	var b [12]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("failed to draw a random mark: %w", err)
	}
	return markName + "=" + hex.EncodeToString(b[:]), nil
}

// choosePort finds a free port, or says that the wanted one is in use.
func choosePort(e *Engine) error {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(e.Port)))
	if err != nil {
		return fmt.Errorf("engine %s: port %d is in use by another process, so nothing was started: %w", e.Name, e.Port, err)
	}
	e.Port = l.Addr().(*net.TCPAddr).Port
	return l.Close()
}

// portFree waits until nobody accepts connections on a port.
func portFree(port int, within time.Duration) bool {
	deadline := time.Now().Add(within)
	for {
		c, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
		if err != nil {
			return true
		}
		_ = c.Close()
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// LookPath says where the program of a command is: on the path, or relative to dir.
func LookPath(program, dir string) (string, error) {
	if strings.ContainsRune(program, filepath.Separator) && !filepath.IsAbs(program) && dir != "" {
		program = filepath.Join(dir, program)
	}
	return exec.LookPath(program)
}
