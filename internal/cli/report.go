package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/compare"
	"github.com/inferometer/inferometer/internal/cli/formats"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/repeat"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

func newReport(p *Process) *cobra.Command {
	var asJSON, answers, noCI bool
	var format, file string
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Recompute a run from its log and write its report again",
		Long: `Recompute everything of a run from its log, and write result.json, report.md,
report.html and the figures again. RUN is the run's folder, or that of repeats.
It also works on a run that was killed: what was written until then is reported
as interrupted. Of a run that was imported there is no log: its report is shown.

The exit code is that of the run, with what its gate decided then: 98 where it is
invalid, 99 where a claim is refuted, 97 where one is undecided, 130 where it
was interrupted.

With --format the run is written for another program instead. Nothing in its
folder changes, and the exit code is 0 once it is written. Formats:

` + formats.Help(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name the folder of one run, such as runs/20260101T000000Z-run")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			args[0] = p.runFolder(args[0])
			if format != "" {
				return p.export(args[0], format, file, answers)
			}
			if file != "" || answers {
				return usagef("--out and --with-answers need --format: %s", strings.Join(formats.Names(), ", "))
			}
			if repeat.Is(args[0]) {
				out, err := repeat.Recompute(args[0])
				if err != nil {
					return err
				}
				return p.showRepeats(out, asJSON)
			}
			if kept, err := export.Open(args[0]); err == nil && kept.Result.Evidence == result.Listed {
				return p.showImported(kept.Result, asJSON, args[0])
			}
			out, err := suite.Recompute(args[0])
			if out == nil {
				return err
			}
			if err != nil {
				p.complain(err)
			}
			p.index(false).add(args[0])
			if showErr := p.show(out.Result, asJSON, args[0]); showErr != nil {
				return showErr
			}
			if !noCI {
				p.tellCI(out.Result, args[0])
			}
			if err != nil {
				return exitCode(exitError)
			}
			code, err := compare.KeptExitCode(out)
			if err == nil && code != suite.ExitOK {
				return exitCode(code)
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print result.json to stdout")
	c.Flags().BoolVar(&noCI, "no-ci", false, noCIHelp)
	c.Flags().StringVar(&format, "format", "", "write the run in another `FORMAT` to stdout")
	c.Flags().StringVar(&file, "out", "", "write it to a `FILE` instead, or a folder (with --format)")
	c.Flags().BoolVar(&answers, "with-answers", false, "put the kept answers into the data of a portfolio")
	c.MarkFlagsMutuallyExclusive("json", "format")
	return c
}

// showImported shows what another tool measured. There is nothing to recompute.
func (p *Process) showImported(r *result.Result, asJSON bool, folder string) error {
	if err := p.show(r, asJSON, folder); err != nil {
		return err
	}
	if code := suite.ExitCode(r, plan.Plan{}); code != suite.ExitOK {
		return exitCode(code)
	}
	return nil
}
