package hardware

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/matrix/expected"
	"github.com/inferometer/inferometer/internal/result"
)

// chip carries out the command without a subcommand, which detects this machine unless
// it is asked about a chip.
func chip(args ...string) (out string, detected bool, err error) {
	var b bytes.Buffer
	parent := &cobra.Command{Use: "hardware", Args: cobra.NoArgs, SilenceErrors: true, SilenceUsage: true, RunE: func(*cobra.Command, []string) error {
		detected = true
		return nil
	}}
	parent.Flags().Bool("json", false, "")
	c := Add(parent, Env{Stdout: &b, Stderr: &b, Usage: func(err error) error { return errors.Join(errUsage, err) }})
	c.SetArgs(args)
	err = c.Execute()
	return b.String(), detected, err
}

// Expected rates are never shown as measured, and the speed-ups that were expected stand
// next to the modelled ones.
func TestChipSaysWhatIsModelled(t *testing.T) {
	out, detected, err := chip("--chip", "m4-max", "--model", "llama-3.1-8b")
	if err != nil || detected {
		t.Fatal(err, detected)
	}
	for _, want := range []string{"Modelled; nothing is measured", "metal-f16", "expected beforehand, unmeasured", "5.2", "listed: q4_0 decode 83.06", "decode 17.6 %"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	out, _, err = chip("--chip", "m4-max", "--json")
	var s expected.Sheet
	if err != nil || json.Unmarshal([]byte(out), &s) != nil || s.Evidence != result.Modelled || len(s.Rows) != 7 {
		t.Errorf("%v: %s", err, out)
	}
	if out, _, err = chip("--chip", "m6"); err != nil || !strings.Contains(out, "at most") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestChipRefuses(t *testing.T) {
	for _, args := range [][]string{
		{"--chip", "m9"}, {"--chip", "m1", "--model", "eliza"}, {"--chip", "m1", "--input-tokens", "0"}, {"--model", "llama-3.1-8b"},
	} {
		if _, detected, err := chip(args...); !errors.Is(err, errUsage) || detected {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, detected, err := chip(); err != nil || !detected {
		t.Errorf("without --chip it does not look at this machine: %v", err)
	}
}
