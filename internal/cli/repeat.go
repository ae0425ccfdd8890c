package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/cli/live"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/repeat"
	"github.com/inferometer/inferometer/internal/repeat/page"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// repeats reports whether the run is one that is repeated.
func (o *output) repeats() bool { return o.schedule != (repeat.Schedule{}) }

// checkRepeats says what of a repeated run makes no sense.
func (o *output) checkRepeats(pl plan.Plan) error {
	switch {
	case o.live != live.Flags{}:
		return errors.New("--live and --metrics-addr show a single run; leave them out with --every, and watch with inferometer serve")
	case len(pl.FailIf) > 0:
		return errors.New("--fail-if decides about one run: with --every state a claim (--claim), which the repeats decide together")
	}
	return o.schedule.Validate()
}

// dryRepeats says how often a run would be measured, and what that costs at most.
func (p *Process) dryRepeats(pl plan.Plan, o *output) error {
	if !o.repeats() || o.json {
		return nil
	}
	e, n := suite.Estimate(pl), o.schedule.N()
	text := fmt.Sprintf("\nRepeated every %v for %v: %d times, each a run of its own.\n", o.schedule.Every, o.schedule.For, n)
	switch {
	case e.USD != nil && pl.MaxCost > 0:
		text += fmt.Sprintf("spend  at most $%.4f for all of them (%d × $%.4f), and never more than $%v (--max-cost)\n", min(float64(n)**e.USD, pl.MaxCost), n, *e.USD, pl.MaxCost)
	case e.USD != nil:
		text += fmt.Sprintf("spend  at most $%.4f for all of them (%d × $%.4f)\n", float64(n)**e.USD, n, *e.USD)
	case len(e.Unknown) > 0 && pl.MaxCost > 0:
		text += fmt.Sprintf("spend  never more than $%v for all of them (--max-cost)\n", pl.MaxCost)
	case len(e.Unknown) > 0:
		text += fmt.Sprintf("spend  %d times what one run costs, which is unknown\n", n)
	}
	if took := time.Duration(e.Seconds * float64(time.Second)); took > o.schedule.Every {
		text += fmt.Sprintf("note   a run takes about %v, longer than --every %v: starts that pass meanwhile are missed\n", took.Round(time.Second), o.schedule.Every)
	}
	if n < repeat.Least {
		text += fmt.Sprintf("note   %d repeats have no interval over the day: it needs %d\n", n, repeat.Least)
	}
	_, err := fmt.Fprint(p.Stdout, text)
	return err
}

// repeat carries out repeats, or those that are left, and shows what they found.
func (p *Process) repeat(ctx context.Context, o *output, run func(context.Context, repeat.Options) (*repeat.Outcome, error)) error {
	_, so, err := p.suiteOptions()
	if err != nil {
		return err
	}
	index := p.index(o.noHistory)
	ctx, stop, release := p.interruptible(ctx)
	defer release()
	out, err := run(ctx, repeat.Options{
		Version: p.Version, Command: p.commandLine(), Suite: so, Stop: stop,
		Say: func(text string) { _, _ = fmt.Fprintln(p.Stderr, "inferometer:", plaintext.Line(text)) },
		Progress: func() (func(suite.Event), func()) {
			progress := newProgress(p)
			return index.watch(progress.event), func() {
				progress.end()
				index.done()
			}
		},
	})
	if err != nil {
		return err
	}
	return p.showRepeats(out, o.json)
}

// showRepeats writes the report of repeats and prints it.
func (p *Process) showRepeats(out *repeat.Outcome, asJSON bool) error {
	doc := page.Of(out.Document)
	files, err := report.WriteDocument(out.Folder, doc)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(p.Stdout, out.Document)
	} else {
		width, _ := terminal(p.Stdout)
		err = report.DocumentConsole(p.printed(), doc, files, report.ConsoleOptions{Color: p.color(p.Stdout), Width: width, Folder: out.Folder})
	}
	if err != nil {
		return err
	}
	if out.Document.Status == result.Interrupted {
		line := "inferometer run --resume " + quoted(out.Folder)
		if out.Plan.Secret() {
			if line = p.commandLine(); !strings.Contains(line, "--resume") {
				line += " --resume " + quoted(out.Folder)
			}
		}
		_, _ = fmt.Fprintf(p.Stderr, "inferometer: resume with: %s\n", line)
	}
	if code := repeat.ExitCode(out.Document, out.Plan); code != suite.ExitOK {
		return exitCode(code)
	}
	return nil
}
