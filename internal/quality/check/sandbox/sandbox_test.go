//go:build unix

package sandbox

import (
	"context"
	"strings"
	"testing"
	"time"
)

func shell(timeout time.Duration) Command {
	return Command{Args: []string{"sh"}, Timeout: timeout} // reads the program from its input
}

func TestExitCodesAreVerdicts(t *testing.T) {
	if ok, why := shell(time.Minute).Run(context.Background(), "exit 0"); !ok {
		t.Error(why)
	}
	ok, why := shell(time.Minute).Run(context.Background(), "printf 'one\\n\\033[31mAssertionError\\n' >&2; exit 3")
	if ok || !strings.Contains(why, "AssertionError") || strings.Contains(why, "\x1b") {
		t.Errorf("%v %q", ok, why)
	}
	if ok, why := (Command{Args: []string{"/no/such/sandbox"}, Timeout: time.Minute}).Run(context.Background(), ""); ok || !strings.Contains(why, "/no/such/sandbox") {
		t.Errorf("%v %q", ok, why)
	}
}

// A program that never ends, and a child that it leaves behind, must not hold up the
// answers after it: Run returns once the group is killed, since the child holds the output.
func TestWhatDoesNotEndIsKilledWithItsChildren(t *testing.T) {
	ok, why := shell(200*time.Millisecond).Run(context.Background(), "sleep 1000 & sleep 1000")
	if ok || !strings.Contains(why, "did not end within") {
		t.Errorf("%v %q", ok, why)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if ok, why := shell(time.Minute).Run(ctx, "sleep 1000"); ok || why == "" {
		t.Errorf("%v %q", ok, why)
	}
}

// A program that writes without end must not fill the memory.
func TestOutputIsCapped(t *testing.T) {
	c := &capped{}
	for range 1000 {
		if _, err := c.Write([]byte(strings.Repeat("x", 1000))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Write([]byte("\nthe end")); err != nil {
		t.Fatal(err)
	}
	if n := c.b.Len(); n > maxOutput {
		t.Errorf("%d bytes are kept, of at most %d", n, maxOutput)
	}
	if got := c.last(); got != "the end" {
		t.Errorf("last line %q", got)
	}
}
