package hardware

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/matrix/expected"
)

// addChip gives the command hardware the flag --chip, with which it says what to expect of
// a chip in place of what this machine is.
func (e Env) addChip(c *cobra.Command) {
	var chip, model string
	var input, output int
	c.Flags().StringVar(&chip, "chip", "", "print what to expect of the chip `NAME` (also --chip): m4-max, m1-7core, h100")
	c.Flags().StringVar(&model, "model", "llama-3.1-8b", "`MODEL` of the catalog that the chip serves")
	c.Flags().IntVar(&input, "input-tokens", 512, "`N` tokens of the prompt")
	c.Flags().IntVar(&output, "output-tokens", 128, "`N` tokens of the answer")
	help.Group(c.Flags(), "Expected rates, modelled", "chip", "model", "input-tokens", "output-tokens")
	detect := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if chip == "" {
			for _, name := range []string{"model", "input-tokens", "output-tokens"} {
				if c.Flags().Changed(name) {
					return e.Usage(fmt.Errorf("--%s is for --chip; name a chip, such as --chip m4-max", name))
				}
			}
			return detect(c, args)
		}
		if input < 1 || output < 1 {
			return e.Usage(errors.New("--input-tokens and --output-tokens must be at least 1"))
		}
		s, err := expected.Of(chip, model, input, output)
		if err != nil {
			return e.Usage(err)
		}
		if asJSON, err := c.Flags().GetBool("json"); err == nil && asJSON {
			enc := json.NewEncoder(e.Stdout)
			enc.SetIndent("", "  ")
			return enc.Encode(s)
		}
		return printExpected(e.Stdout, s)
	}
}

func printExpected(w io.Writer, s expected.Sheet) error {
	what := s.Chip
	if s.Cores > 0 {
		what += fmt.Sprintf(" (%d GPU cores)", s.Cores)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(t, "%s, %g GB/s, %s, one stream, %d tokens in and %d out. Modelled; nothing is measured.\n\n", what, s.GBs, s.Model, s.Input, s.Output)
	expects := false
	for _, r := range s.Rows {
		expects = expects || r.Expected > 0
	}
	head := "configuration\tweights\tdecode, token/s\tprefill, token/s\tdecode speed-up"
	if expects {
		head += "\texpected *"
	}
	_, _ = fmt.Fprintln(t, head)
	by := ""
	for _, r := range s.Rows {
		size := "–"
		if r.WeightsGB > 0 {
			size = fmt.Sprintf("%.3g GB", r.WeightsGB)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s", r.Name, size, decode(r), span(r.Prefill), times(r.SpeedUp))
		switch {
		case r.Expected > 0:
			by = r.ExpectedBy
			_, _ = fmt.Fprintf(t, "\t%.1f", r.Expected)
		case expects:
			_, _ = fmt.Fprint(t, "\t–")
		}
		_, _ = fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	if expects {
		_, _ = fmt.Fprintf(w, "* speed-up over the processor alone, %s\n", by)
	}
	for _, r := range s.Rows {
		if r.Why != "" {
			_, _ = fmt.Fprintf(w, "%s: %s\n", r.Name, r.Why)
		}
	}
	for _, l := range s.Listed {
		_, _ = fmt.Fprintf(w, "listed: %s decode %g, prefill %g token/s (%s)\n", l.Weights, l.Decode, l.Prefill, l.Source)
	}
	for _, n := range s.Notes {
		if _, err := fmt.Fprintln(w, "note:", n); err != nil {
			return err
		}
	}
	return nil
}

func decode(r expected.Row) string {
	if r.Decode == nil && r.DecodeLimit > 0 {
		return fmt.Sprintf("at most %.3g", r.DecodeLimit)
	}
	return span(r.Decode)
}

// span is a rate with its range.
func span(r *expected.Range) string {
	switch {
	case r == nil:
		return "–"
	case r.Value == 0:
		return fmt.Sprintf("%.3g to %.3g", r.Lo, r.Hi)
	}
	return fmt.Sprintf("%.3g [%.3g, %.3g]", r.Value, r.Lo, r.Hi)
}

func times(r *expected.Range) string {
	if r == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f to %.1f ×", r.Lo, r.Hi)
}
