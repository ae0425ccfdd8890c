package whatif

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// write prints the answer first, then both sides, then what it follows from.
func write(out io.Writer, s *scenario, a result.CostAnswer) error {
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", a.Text)
	switch {
	case a.SavingsYear > 0:
		line("In the first year own machines save %s.", amount.USD(a.SavingsYear))
	case a.SavingsYear < 0:
		line("In the first year own machines cost %s more.", amount.USD(-a.SavingsYear))
	}
	line("%s", wins(a))
	line("")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(w, strings.Join(cells, "\t")) }
	row("", "OWN MACHINES", "API")
	row("per month", amount.USD(a.OwnMonth), amount.USD(a.APIMonth))
	row("per request", amount.USD(a.OwnPerRequest), amount.USD(a.APIPerRequest))
	row("per 1M tokens of its own", amount.USD(a.OwnPerMTok), amount.USD(a.APIPerMTok))
	row("tokens per dollar", amount.Count(a.OwnTokensPerUSD), amount.Count(a.APITokensPerUSD))
	if err := w.Flush(); err != nil {
		return err
	}
	line("")
	row("INPUT", "VALUE", "FROM")
	for _, in := range s.inputs {
		row(in.Name, in.Value, plaintext.Line(in.From))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// wins says at which volumes own machines are cheaper.
func wins(a result.CostAnswer) string {
	if len(a.Wins) == 0 {
		return "Own machines are cheaper at no volume with these numbers."
	}
	const most = 4
	var parts []string
	for i, r := range a.Wins {
		last := i == len(a.Wins)-1 && a.More == 0
		if i >= most && !last {
			continue
		}
		from, to := float64(r.From), float64(r.To)
		switch {
		case math.IsInf(to, 1):
			parts = append(parts, "from "+amount.Count(from))
		case from == to:
			parts = append(parts, "at "+amount.Count(from))
		default:
			parts = append(parts, fmt.Sprintf("%s to %s", amount.Count(from), amount.Count(to)))
		}
	}
	text := "Own machines are cheaper at these requests per month: " + strings.Join(parts, "; ")
	if left := len(a.Wins) + a.More - len(parts); left > 0 {
		text += fmt.Sprintf("; and %s further ranges", amount.Count(float64(left)))
	}
	return text + "."
}
