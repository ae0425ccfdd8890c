// Package sandbox runs programs, the code of answers with their tests, by a command that
// the user names, and says whether they passed. Code that a model wrote may do anything
// that its user may: the command is the sandbox, and docs/items.md shows some. There is no
// command that is taken without being named. What is done here is to end what does
// not end, with all its children, and to cap what is kept of its output.
package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/plaintext"
)

const maxOutput = 1 << 16 // bytes that are kept

// Command runs programs. A program is its standard input, and exit code 0 means that the
// tests passed.
type Command struct {
	Args    []string // the program that is started, and its arguments
	Timeout time.Duration
}

// Run runs one program. why says in a line why it did not pass.
func (c Command) Run(ctx context.Context, program string) (ok bool, why string) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	out := &capped{}
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Stdin = strings.NewReader(program)
	cmd.Stdout, cmd.Stderr = out, out
	group(cmd)
	cmd.WaitDelay = time.Second // a child that left the group may hold the output open
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true, ""
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return false, fmt.Sprintf("the tests did not end within %v", c.Timeout)
	case ctx.Err() != nil:
		return false, "interrupted"
	case errors.As(err, &exit):
		return false, fmt.Sprintf("the tests failed (%v): %s", exit, out.last())
	}
	return false, fmt.Sprintf("failed to run %q: %v", c.Args[0], err)
}

// capped keeps the end of what is written.
type capped struct{ b bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	n := len(p)
	p = p[max(len(p)-maxOutput, 0):]
	if over := c.b.Len() + len(p) - maxOutput; over > 0 {
		c.b.Next(over)
	}
	c.b.Write(p)
	return n, nil
}

// last returns the last line, which says what failed in most languages.
func (c *capped) last() string {
	lines := strings.Split(strings.TrimSpace(c.b.String()), "\n")
	return plaintext.Short(lines[len(lines)-1], 200)
}
