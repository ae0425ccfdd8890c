package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/repeat"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// resume continues the run in a folder. The plan is the folder's; what is
// typed with it must say the same, and brings what no folder keeps.
func (p *Process) resume(ctx context.Context, f *planFlags, o *output, arg string, only ...string) error {
	if o.dryRun {
		return usagef("--resume continues a run and has no dry run; the same command without --resume lists its cells")
	}
	var given *plan.Plan
	switch {
	case arg != "" || p.namesEndpoint(f) && len(f.settings) > 0:
		pl, _, err := p.read(f, arg, only...)
		if err != nil {
			return err
		}
		given = &pl
	case len(f.settings) > 0:
		return usagef("a resumed run follows the plan in its folder: drop %s, or repeat the whole command of the run, with --resume %s", f.settings[0].From, o.resume)
	}
	if o.repeats() && given == nil {
		return usagef("resumed repeats keep their times: drop --every and --for, or repeat the whole command, with --resume %s", o.resume)
	}
	if repeat.Is(o.resume) {
		return p.repeat(ctx, o, func(ctx context.Context, ro repeat.Options) (*repeat.Outcome, error) {
			return repeat.Resume(ctx, o.resume, given, ro)
		})
	}
	return p.measure(ctx, o, func(ctx context.Context, so suite.Options) (*suite.Outcome, error) {
		return suite.Resume(ctx, o.resume, given, so)
	})
}

// tellResume says how to resume a run that was interrupted or ended early.
func (p *Process) tellResume(out *suite.Outcome) {
	r := out.Result
	if r.Run.Status == result.Complete || len(r.Targets) == 0 {
		return
	}
	done, command := "", "run"
	switch b := r.Benchmarks; {
	case b.Scan != nil:
		n := 0
		for _, point := range b.Scan.Points {
			if point.Cell != "" && point.Why == "" {
				n++
			}
		}
		done, command = fmt.Sprintf("%d of %d cells are done; ", n, len(b.Scan.Points)), "load"
	case b.Capacity != nil:
		command = "capacity"
	case b.Load != nil && len(r.Targets) == 1:
		if r.Run.Status == result.Interrupted {
			_, _ = fmt.Fprintln(p.Stderr, "inferometer: a load of one target is measured in one piece, which cannot be resumed: run the same command again")
		}
		return
	case b.Load != nil:
		command = "load"
	}
	line := "inferometer " + command + " --resume " + quoted(out.Folder)
	if out.Secrets {
		line = p.commandLine()
		if !strings.Contains(line, "--resume") {
			line += " --resume " + quoted(out.Folder)
		}
	}
	_, _ = fmt.Fprintf(p.Stderr, "inferometer: %sresume with: %s\n", done, line)
}
