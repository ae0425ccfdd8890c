package validity

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/result"
)

// Plausible is what physics says of a cell.
type Plausible struct {
	Findings []physics.Finding
	// What names the model and the machine whose floors the cell was compared
	// with; empty where they are not known, for the reason in Unknown.
	What, Unknown string
}

// plausibility: what was measured must be possible on the machine that is
// named, and the figures of a cell must agree. It never fails, since it does
// not know which of two figures is wrong. Cells whose floors are not known
// share one line.
func plausibility(in Input) []result.Check {
	var out []result.Check
	unknown := ""
	for _, e := range in.Cells {
		if e.Role == Exploring {
			continue
		}
		p := e.Plausible
		for _, f := range p.Findings {
			k := result.Check{Cell: e.Cell.ID, Status: result.Warn, Value: result.Num(f.Value), Limit: result.Num(f.Limit), Unit: f.Unit, Text: f.Text}
			switch {
			case strings.HasPrefix(f.ID, "tpot_floor"):
				k.Fix = "a server that drafts tokens (speculative decoding) may be faster than this floor; if this one does not, look at candidate.machine and the model's format"
			case f.Severity == physics.Impossible:
				k.Fix = "look at candidate.machine, at the model's name and format, and at the server's prefix cache"
			default:
				k.Fix = "look at the server's own counts, and at whether the load was steady"
			}
			out = append(out, k)
		}
		switch {
		case p.What == "":
			unknown = cmp.Or(unknown, p.Unknown)
		case len(p.Findings) == 0:
			out = append(out, result.Check{Cell: e.Cell.ID, Status: result.Pass,
				Text: fmt.Sprintf("no figure is below the least that %s needs", p.What)})
		}
	}
	if unknown != "" {
		out = append(out, notAssessed(unknown))
	}
	return out
}
