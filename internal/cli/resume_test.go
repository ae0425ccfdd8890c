package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// Whoever interrupts a run hears how it goes on, also where it has to begin again.
func TestInterruptedRunSaysHowItGoesOn(t *testing.T) {
	for _, tt := range []struct {
		targets int
		load    bool
		want    string
	}{
		{1, false, "resume with: inferometer run --resume runs/x"},
		{2, true, "resume with: inferometer load --resume runs/x"},
		{1, true, "cannot be resumed: run the same command again"},
	} {
		r := &result.Result{Targets: make([]result.Target, tt.targets)}
		r.Run.Status = result.Interrupted
		if tt.load {
			r.Benchmarks.Load = &result.Load{}
		}
		var stderr bytes.Buffer
		p := &Process{Stderr: &stderr}
		p.tellResume(&suite.Outcome{Result: r, Folder: "runs/x"})
		if got := stderr.String(); !strings.Contains(got, tt.want) {
			t.Errorf("%d targets, load %v: %q, want %q", tt.targets, tt.load, got, tt.want)
		}
	}
}
