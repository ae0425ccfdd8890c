// Package causes groups findings of checks by what brought them about, so that a reader is
// told each once.
package causes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// Cause is what checks with one cause found.
type Cause struct {
	Checks []string // their ids
	said   []string // by the first cell of each kind, with its name
	cells  []string // that have it, too
	fix    string
}

// Text says it in one line.
func (f Cause) Text() string {
	text := strings.Join(f.said, "; ")
	if len(f.cells) > 3 {
		text += fmt.Sprintf(" (also in %d other cells)", len(f.cells))
	} else if len(f.cells) > 0 {
		text += " (also " + strings.Join(f.cells, ", ") + ")"
	}
	if f.fix != "" {
		text += "; " + f.fix
	}
	return text
}

// Of says each kind of finding once, with the first cell's words. Kinds
// with the same remedy have the same cause.
func Of(checks []result.Check) []Cause {
	var out []*Cause
	byID, byFix := map[string]*Cause{}, map[string]*Cause{}
	for _, k := range checks {
		id, fix, cell := plaintext.Line(k.ID), plaintext.Line(k.Fix), plaintext.Line(k.Cell)
		f := byID[k.ID]
		if f == nil {
			if f = byFix[fix]; f == nil || fix == "" {
				f = &Cause{fix: fix}
				byFix[fix] = f
				out = append(out, f)
			}
			byID[k.ID] = f
			text := plaintext.Line(k.Text)
			if cell != "" {
				text = cell + ": " + text
			}
			f.Checks, f.said = append(f.Checks, id), append(f.said, text)
			continue
		}
		if cell != "" && !slices.Contains(f.cells, cell) {
			f.cells = append(f.cells, cell)
		}
	}
	list := make([]Cause, len(out))
	for i, f := range out {
		list[i] = *f
	}
	return list
}
