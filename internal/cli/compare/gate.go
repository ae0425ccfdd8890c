package compare

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/inferometer/inferometer/internal/compare"
	"github.com/inferometer/inferometer/internal/compare/folder"
	"github.com/inferometer/inferometer/internal/compare/page"
	"github.com/inferometer/inferometer/internal/plan/kept"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/report/content"
)

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
	g, docs := compare.Decide(run, changes, e.Version, func(tag string) (*compare.Run, error) {
		base, err := e.base(tag, path)
		if err != nil {
			return nil, err
		}
		name := nameOf(tag)
		if len(name) > longName {
			name = "base"
		}
		return folder.Read(base, name)
	})
	if err := WriteJSON(filepath.Join(path, "gate.json"), g); err != nil {
		return nil, err
	}
	for tag, doc := range docs {
		dir := filepath.Join(path, "against-"+fileName(tag))
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
	for tag := range docs {
		if _, err := fmt.Fprintf(e.Stdout, "  Comparison: %s\n", filepath.Join(path, "against-"+fileName(tag), "report.html")); err != nil {
			return nil, err
		}
	}
	return g, nil
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
