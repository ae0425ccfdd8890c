package answer

import (
	"slices"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// OfOneLoad returns the cells that had the load of the first. Those of one run here have one load;
// a file of another tool may hold several.
func OfOneLoad(cells []result.Cell) []result.Cell {
	return slices.DeleteFunc(slices.Clone(cells), func(c result.Cell) bool { return c.Load.Text != cells[0].Load.Text })
}

// delivering names a cell among others, by its target and, where it has to, its load.
func delivering(c result.Cell, cells []result.Cell) string {
	switch {
	case len(cells) == 1:
		return ""
	case len(OfOneLoad(cells)) < len(cells):
		return plaintext.Line(c.Target) + ", " + UnderLoad(c) + ":"
	}
	return plaintext.Line(c.Target)
}
