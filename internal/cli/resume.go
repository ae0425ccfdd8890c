package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// resume continues the sweep in a folder. The plan is the folder's; what is
// typed with it must say the same, and brings what no folder keeps.
func (p *Process) resume(ctx context.Context, f *planFlags, o *output, arg, folder string) error {
	if o.dryRun {
		return usagef("--resume continues a sweep and has no dry run; the same command without --resume lists its cells")
	}
	var given *plan.Plan
	switch {
	case arg != "" || p.namesEndpoint(f) && len(f.settings) > 0:
		pl, _, err := p.read(f, arg, "load")
		if err != nil {
			return err
		}
		given = &pl
	case len(f.settings) > 0:
		return usagef("a resumed run follows the plan in its folder: drop %s, or repeat the whole command of the run, with --resume %s", f.settings[0].From, folder)
	}
	return p.measure(ctx, plan.Plan{}, o, func(ctx context.Context, so suite.Options) (*suite.Outcome, error) {
		return suite.Resume(ctx, folder, given, so)
	})
}

// tellResume says how to resume a sweep that was interrupted.
func (p *Process) tellResume(out *suite.Outcome) {
	s := out.Result.Benchmarks.Scan
	if s == nil || out.Result.Run.Status == result.Complete {
		return
	}
	done := 0
	for _, point := range s.Points {
		if point.Cell != "" && point.Why == "" {
			done++
		}
	}
	command := "inferometer load --resume " + quoted(out.Folder)
	if out.Secrets {
		command = p.commandLine()
		if !strings.Contains(command, "--resume") {
			command += " --resume " + quoted(out.Folder)
		}
	}
	_, _ = fmt.Fprintf(p.Stderr, "inferometer: %d of %d cells are done; resume with: %s\n", done, len(s.Points), command)
}
