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
	// What names the model and the machine whose floors were held against the
	// cell; empty where they are not known, for the reason in Unknown.
	What, Unknown string
}

// plausibility: what was measured must be possible on the machine it is said
// to be of, and the accounts of a cell must agree. It warns and no more, since
// it does not know which of two figures is wrong. Cells whose floors are not
// known share one line.
func plausibility(in Input) []result.Check {
	var out []result.Check
	unknown := ""
	for _, c := range in.Cells {
		if c.Searching {
			continue
		}
		p := c.Plausible
		for _, f := range p.Findings {
			k := result.Check{ID: "plausibility", Cell: c.Result.ID, Status: result.Warn, Value: result.Num(f.Value), Limit: result.Num(f.Limit), Unit: f.Unit, Text: f.Text}
			switch {
			case strings.HasPrefix(f.ID, "tpot_floor"):
				k.Fix = "a server that drafts tokens (speculative decoding) may be faster than this floor; otherwise look at candidate.machine and the model's format"
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
			out = append(out, result.Check{ID: "plausibility", Cell: c.Result.ID, Status: result.Pass,
				Text: fmt.Sprintf("no figure is under what %s needs at least", p.What)})
		}
	}
	if unknown != "" {
		out = append(out, notAssessed("plausibility", unknown))
	}
	return out
}
