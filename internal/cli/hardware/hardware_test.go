package hardware

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/result"
)

var errUsage = errors.New("usage")

// run carries out a subcommand and returns what it wrote to stdout.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := Add(&cobra.Command{Use: "hardware", SilenceErrors: true, SilenceUsage: true}, Env{
		Stdout: &out, Stderr: &out, Usage: func(err error) error { return errors.Join(errUsage, err) },
	})
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestShowPrintsTheFactsAsJSON(t *testing.T) {
	out, err := run(t, "show", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var h result.Hardware
	if err := json.Unmarshal([]byte(out), &h); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(h.Facts) == 0 || h.Host.OS == "" {
		t.Errorf("no facts: %s", out)
	}
}

func TestShowTakesNoArguments(t *testing.T) {
	if _, err := run(t, "show", "this"); !errors.Is(err, errUsage) {
		t.Errorf("error %v, want a usage error", err)
	}
}

func TestFactsAreSafeForATerminal(t *testing.T) {
	var out bytes.Buffer
	h := result.Hardware{Facts: []result.Fact{{Name: "gpu", Value: "H200\x1b[2J", Source: "nvidia-smi"}}, Notes: []string{"a\x1b]0;x"}}
	if err := printFacts(&out, h); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("control characters reach the terminal: %q", out.String())
	}
}
