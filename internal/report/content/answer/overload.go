package answer

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// overloads says of which loads the server did not carry as much as was asked for:
// nothing else that was measured of them would be the same in a longer run.
func overloads(b result.Benchmarks) []string {
	var out []string
	if b.Latency != nil {
		out = append(out, overloaded(b.Latency.Cells)...)
	}
	if b.Load != nil {
		out = append(out, overloaded(b.Load.Cells)...)
	}
	if b.Scan != nil {
		var at []string
		for _, c := range b.Scan.Cells {
			if o := c.Overload(); o != nil && o.Sure {
				at = append(at, plaintext.Line(c.Load.Text))
			}
		}
		if more := len(at) - mostOverloads; more > 0 {
			at = append(at[:mostOverloads], fmt.Sprintf("%d more", more))
		}
		if at != nil {
			out = append(out, "The server did not carry "+strings.Join(at, "; ")+": the queue kept growing, so latencies there depend on how long the run lasted.")
		}
	}
	return out
}

// mostOverloads are named.
const mostOverloads = 4

func overloaded(cells []result.Cell) []string {
	var out []string
	for _, c := range cells {
		o := c.Overload()
		if o == nil {
			continue
		}
		who := "the server"
		if len(cells) > 1 {
			who = the(c.Target)
		}
		asked := "the load that was asked for"
		if o.Asked > 0 {
			asked = fmt.Sprintf("%.4g requests/s", o.Asked)
		}
		const depend = "so latencies depend on how long the run lasted."
		switch {
		case o.Sure && o.Carried > 0 && o.Asked > 0:
			out = append(out, fmt.Sprintf("You asked for %s, and %s carried about %s: the queue kept growing, %s", asked, who, format.Number(o.Carried), depend))
		case o.Sure:
			out = append(out, fmt.Sprintf("%s did not carry %s: the queue kept growing, %s", plaintext.Capital(who), asked, depend))
		default:
			out = append(out, fmt.Sprintf("The requests in flight were still growing when the measured part began: %s is more than %s carries, or not steady. Latencies may depend on how long the run lasted.", asked, who))
		}
	}
	return out
}
