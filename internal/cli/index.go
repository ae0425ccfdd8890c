package cli

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	keptruns "github.com/inferometer/inferometer/internal/cli/runs"
	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/interop/benchresult"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/suite"
)

// index puts runs into the user's history: when their folder is there, so that one that is
// killed is not lost, and when they have ended. A history that cannot be written is said
// once, and changes nothing else.
type index struct {
	p *Process

	mu     sync.Mutex // protects all following fields: progress has a goroutine of its own
	folder string     // of the run that has begun
	quiet  bool       // no history is kept, or it was said why not
}

func (p *Process) index(off bool) *index { return &index{p: p, quiet: off} }

// watch notes the folder of a run from its progress, and hands it on.
func (x *index) watch(next func(suite.Event)) func(suite.Event) {
	return func(e suite.Event) {
		if e.Kind == "folder" {
			x.done() // of several runs, the one before
			x.mu.Lock()
			x.folder = e.Text
			x.put(e.Text)
			x.mu.Unlock()
		}
		next(e)
	}
}

// done adds the run that was begun again, as it has ended.
func (x *index) done() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.folder != "" {
		x.put(x.folder)
		x.folder = ""
	}
}

// add puts the run of a folder into the history.
func (x *index) add(folder string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.put(folder)
}

// put is add for those who hold the lock.
func (x *index) put(folder string) {
	if x.quiet {
		return
	}
	h, err := keptruns.Open("", x.p.getenv)
	if err == nil {
		err = errors.Join(h.Add(folder), h.Close())
	}
	if err == nil {
		return
	}
	x.quiet = true
	if !errors.Is(err, history.ErrOff) {
		_, _ = fmt.Fprintln(x.p.Stderr, "inferometer: warning: the run is not in the history:", plaintext.Line(err.Error()))
	}
}

// runs is the command about runs that were kept.
func (p *Process) runs() *cobra.Command {
	width, _ := terminal(p.Stdout)
	return keptruns.New(keptruns.Env{
		Stdout: p.Stdout, Stderr: p.Stderr, Now: time.Now(), Getenv: p.getenv, Version: p.Version, Console: report.ConsoleOptions{Color: p.color(p.Stdout), Width: width},
		Usage: func(err error) error { return usageError{err} }, Exit: func(code int) error { return exitCode(code) },
		Foreign: benchresult.Read,
	})
}

// findRun is the folder of the run that a selector means.
func (p *Process) findRun(selector string) (folder string, err error) {
	return p.inHistory(func(h *history.History) (string, error) {
		r, err := h.Find(selector)
		return r.Folder, err
	})
}

// runFolder is the folder of a run that may be named by its id or a tag. What the history does
// not know is taken as it is, for the command to say what is wrong with it.
func (p *Process) runFolder(selector string) string {
	if _, err := os.Stat(selector); err == nil {
		return selector
	}
	if folder, err := p.findRun(selector); err == nil {
		return folder
	}
	return selector
}

// latestRun is the folder of the latest valid run with a tag that has the specification of
// the run in the folder like, and is not that run.
func (p *Process) latestRun(tag, like string) (folder string, err error) {
	return p.inHistory(func(h *history.History) (string, error) { return h.Latest(tag, like) })
}

func (p *Process) inHistory(find func(h *history.History) (string, error)) (string, error) {
	h, err := keptruns.Open("", p.getenv)
	if err != nil {
		return "", err
	}
	folder, err := find(h)
	return folder, errors.Join(err, h.Close())
}
