package cli

import (
	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/cli/listing"
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
			return listing.Prices(p.Stdout)
		},
	}
	ls.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(ls)
	return c
}
