package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/compare"
	"github.com/inferometer/inferometer/internal/compare/folder"
	"github.com/inferometer/inferometer/internal/compare/page"
	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/kept"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/suite"
)

// ExitCode decides the conditions of a run's plan, says so, and returns the exit code of the
// run: that of its result and of the gate, whichever comes first in the order of
// suite.ExitCode.
func (e Env) ExitCode(out *suite.Outcome) (int, error) {
	code := suite.ExitCode(out.Result, out.Plan)
	if len(out.Plan.FailIf) == 0 {
		return code, nil
	}
	g, err := e.Gate(out.Folder, out.Plan.Kept)
	if err != nil {
		return code, err
	}
	return combined(code, g, out.Plan), nil
}

// KeptExitCode is the exit code of a run that has ended, with the decision that its gate left
// in the folder. The gate is not decided again: the runs that have its tags may be others now.
func KeptExitCode(out *suite.Outcome) (int, error) {
	code := suite.ExitCode(out.Result, out.Plan)
	b, err := os.ReadFile(filepath.Join(out.Folder, gateName))
	if errors.Is(err, fs.ErrNotExist) || len(out.Plan.FailIf) == 0 {
		return code, nil
	}
	var g compare.Gate
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		return code, fmt.Errorf("failed to read the decision of the gate: %w", err)
	}
	return combined(code, &g, out.Plan), nil
}

// combined is the exit code of a run's result and of its gate.
func combined(code int, g *compare.Gate, p plan.Plan) int {
	decided := Code(g, p.Undecided)
	if p.Quick && decided != suite.ExitInvalid {
		decided = suite.ExitOK // a quick run is looked at by someone
	}
	order := []int{suite.ExitInterrupted, suite.ExitInvalid, suite.ExitRefuted, suite.ExitUndecided, suite.ExitPartial, suite.ExitOK}
	if slices.Index(order, decided) < slices.Index(order, code) {
		return decided
	}
	return code
}

// gateName is the file with the decision of a gate, in the folder of the run.
const gateName = "gate.json"

// Gate decides the conditions of the run in a folder and prints them. It leaves gate.json in
// the folder, and the comparison with each kept run in a folder of its own there.
func (e Env) Gate(path string, k kept.Kept) (*compare.Gate, error) {
	changes, err := k.Changes()
	if err != nil {
		return nil, err
	}
	run, err := folder.Read(path, "this run")
	if err != nil {
		return nil, err
	}
	g, docs := compare.Decide(run, changes, e.Version, func(tag string) (found *compare.Run, none string, err error) {
		base, err := e.base(tag, path)
		if errors.As(err, new(*history.NoRunError)) {
			return nil, err.Error(), nil
		}
		if err != nil {
			return nil, "", err
		}
		name := nameOf(tag)
		if len(name) > longName {
			name = "base"
		}
		found, err = folder.Read(base, name)
		return found, "", err
	})
	if err := WriteJSON(filepath.Join(path, gateName), g); err != nil {
		return nil, err
	}
	folders := foldersOf(path, docs)
	for tag, dir := range folders {
		doc := docs[tag]
		if _, err := report.WriteDocument(dir, page.Of(doc)); err != nil {
			return nil, err
		}
		if err := WriteJSON(filepath.Join(dir, "compare.json"), doc); err != nil {
			return nil, err
		}
	}
	o := e.Console
	o.Folder = ""
	if err := report.DocumentConsole(e.Stdout, content.Document{
		Evidence: g.Evidence, Sections: []content.Section{page.Gate(g)},
		Answers: []content.Paragraph{{Lead: "Gate", Text: g.Text, State: page.State(g.Outcome)}},
	}, nil, o); err != nil {
		return nil, err
	}
	for _, dir := range slices.Sorted(maps.Values(folders)) {
		if _, err := fmt.Fprintf(e.Stdout, "  Comparison: %s\n", filepath.Join(dir, "report.html")); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// foldersOf are the folders below that of a run for its comparisons, by their tags. Tags may
// be the same as names of files.
func foldersOf(path string, docs map[string]*compare.Document) map[string]string {
	out, taken := map[string]string{}, map[string]int{}
	for _, tag := range slices.Sorted(maps.Keys(docs)) {
		name := fileName(tag)
		if taken[name]++; taken[name] > 1 {
			name += fmt.Sprintf("-%d", taken[name])
		}
		out[tag] = filepath.Join(path, "against-"+name)
	}
	return out
}

// fileName is a tag as part of a file's name.
func fileName(tag string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, nameOf(tag))
}
