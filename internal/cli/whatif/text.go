package whatif

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cost"
)

// write prints the answer first, then both sides, then what it follows from.
func write(out io.Writer, a Answer) error {
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", a.Text)
	if year := cost.YearText(a.CostAnswer); year != "" {
		line("%s", year)
	}
	line("%s", cost.WinsText(a.CostAnswer))
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
	for _, in := range a.Inputs {
		row(in.Name, in.Value, in.From)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, b.String())
	return err
}
