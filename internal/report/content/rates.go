package content

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// ratesNotes say why rates that are shown have no interval, each reason once.
func ratesNotes(cells []result.Cell) []Note {
	var out []Note
	for _, c := range cells {
		for _, tag := range []string{"throughput", "goodput", "input_throughput", "output_throughput"} {
			r := c.Metrics.Rates[tag]
			if !format.Weak(format.Rate(r)) {
				continue
			}
			who := plaintext.Line(c.Target)
			if c.Load.Users > 1 {
				who += ", " + format.Users(c.Load.Users)
			}
			n := Note{Sampled, fmt.Sprintf("rates of the %s: %s.", who, plaintext.Line(r.Withheld))}
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}
