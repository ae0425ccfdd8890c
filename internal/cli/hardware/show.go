package hardware

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

func newShow(e Env) *cobra.Command {
	var asJSON, measure bool
	c := &cobra.Command{
		Use:   "show",
		Short: "Print what this machine is, each fact with its source",
		Long: `Print what this machine is: processor, memory, limits, accelerators. Each fact
names where it was read; what should be there and cannot be read is unknown,
and the reason is given. Nothing is sent and no file is written.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			h := hardware.Detect(c.Context())
			if measure {
				rate, err := hardware.Bandwidth(c.Context())
				if err != nil {
					return fmt.Errorf("failed to measure the memory bandwidth: %w", err)
				}
				h.Facts, h.Bandwidth = append(h.Facts, hardware.BandwidthFact(rate)), &rate
			}
			if asJSON {
				enc := json.NewEncoder(e.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(h)
			}
			return printFacts(e.Stdout, h)
		},
	}
	c.Flags().BoolVar(&measure, "bandwidth", false, "measure the memory bandwidth too, on all cores for a second")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// printFacts writes one line per fact. Values come from the system, so they are
// made safe for a terminal.
func printFacts(w io.Writer, h result.Hardware) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range h.Facts {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", plaintext.Line(f.Name), plaintext.Line(f.Text()), plaintext.Line(f.Source))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range h.Notes {
		if _, err := fmt.Fprintln(w, "note:", plaintext.Line(n)); err != nil {
			return err
		}
	}
	return nil
}
