package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/catalog"
)

func newPrices(p *Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "prices",
		Short: "List the known prices, each with date and source",
		Long: `List the known prices, each with date and source. List prices change monthly:
give your own in the plan (price.input, price.output, machine.usd_per_hour),
which always win.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var asJSON bool
	ls := &cobra.Command{
		Use: "ls", Short: "List all prices", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return writeJSON(p.Stdout, struct {
					Models       []catalog.Price       `json:"models"`
					Accelerators []catalog.Accelerator `json:"accelerators"`
				}{catalog.Prices(), catalog.Accelerators()})
			}
			w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
			row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
			row("MODEL\tPROVIDER\tINPUT\tCACHED\tOUTPUT\tAS OF\tSOURCE")
			for _, m := range catalog.Prices() {
				cached := "–"
				if m.Cached != nil {
					cached = fmt.Sprint(*m.Cached)
				}
				row("%s\t%s\t%v\t%s\t%v\t%s\t%s", m.Model, m.Provider, m.Input, cached, m.Output, m.AsOf, m.Source)
			}
			row("\t\t(USD per million tokens)\t\t\t\t")
			row("")
			row("ACCELERATOR\tPROVIDER\tUSD PER HOUR\tAS OF\tSOURCE")
			for _, a := range catalog.Accelerators() {
				row("%s\t%s\t%v\t%s\t%s", a.Name, a.Provider, a.USDPerHour, a.AsOf, a.Source)
			}
			return w.Flush()
		},
	}
	ls.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(ls)
	return c
}
