// Package probe is how a machine is asked what it is: by running programs and by
// reading files. Both can be recorded, so that a whole machine becomes a folder or
// an archive, and everything that reads a machine can be tested on any other.
package probe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Runner runs a program and returns its standard output. An error that is
// exec.ErrNotFound means that there is no such program. Output may come with an
// error: sysctl answers what it knows and fails for the rest.
type Runner interface {
	Run(ctx context.Context, name string, args ...string) ([]byte, error)
}

// Machine is what can be asked. Files is the root of its file system.
type Machine struct {
	OS, Arch string // as GOOS and GOARCH
	Runner
	Files fs.FS
	Env   func(string) string
}

// Local is the machine that this program runs on.
func Local() Machine {
	return Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Runner: programs{}, Files: os.DirFS("/"), Env: os.Getenv}
}

// programTimeout bounds one program: nvidia-smi can hang for minutes if the driver
// has failed.
const programTimeout = 5 * time.Second

// ErrTimeout says that a program did not answer in time.
var ErrTimeout = fmt.Errorf("no answer within %s", programTimeout)

// programs runs real programs.
type programs struct{}

func (programs) Run(ctx context.Context, name string, args ...string) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	cmd := exec.CommandContext(within, name, args...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if within.Err() != nil && ctx.Err() == nil {
		return out, ErrTimeout
	}
	return out, err
}

// Why is the reason that a program gave for its failure, in one line: it may write
// it to either stream.
func Why(out []byte, err error) string {
	if errors.Is(err, exec.ErrNotFound) {
		return "the program is not installed"
	}
	said := ""
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		said = string(exit.Stderr) + " " + string(out)
	}
	if said = strings.Join(strings.Fields(said), " "); said == "" {
		return err.Error()
	}
	return said
}

// Line is how a command is written in one line, and found in a recording.
func Line(name string, args ...string) string {
	return strings.Join(append([]string{name}, args...), " ")
}
