package cli

import (
	"fmt"
	"io"

	"github.com/inferometer/inferometer/internal/cli/formats"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/export/ci"
	"github.com/inferometer/inferometer/internal/result"
)

// noCIHelp is the help of --no-ci.
const noCIHelp = "write no step summary and no annotations for the CI system"

// tellCI says what a run found to the CI system that this process runs in, if any. A
// summary that cannot be written is no reason to fail.
func (p *Process) tellCI(r *result.Result, folder string) {
	run, err := export.Of(r, folder)
	if err == nil {
		err = ci.Offered(p.getenv).Tell(run, p.commands)
	}
	if err != nil {
		p.complain(fmt.Errorf("failed to write the summary for CI: %w", err))
	}
}

// printed is where text for people goes: stdout, without the meaning that a CI system would
// read into it.
func (p *Process) printed() io.Writer {
	if ci.Offered(p.getenv).Annotate {
		return ci.Guard(p.Stdout)
	}
	return p.Stdout
}

// export writes a kept run for another program.
func (p *Process) export(folder, name, out string, answers bool) error {
	_, isTerm := terminal(p.Stdout)
	e := formats.Env{Stdout: p.Stdout, Terminal: isTerm, Usage: func(err error) error { return usageError{err} }}
	return formats.Write(e, folder, name, out, answers)
}
