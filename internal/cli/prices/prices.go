// Package prices is the commands about the price list: what is in it, how old that is,
// what is wrong with it, and how lists of other tools become price files. It changes no
// file; what it makes goes to stdout.
package prices

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/catalog/foreign"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/tariff"
)

// Env is what the commands need of the process.
type Env struct {
	Stdout, Stderr io.Writer
	Now            time.Time
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
	// Failed is an error for a command that has said everything already.
	Failed error
}

// command makes a wrong number of arguments a usage error.
func (e Env) command(c *cobra.Command) *cobra.Command { return help.Args(c, e.Usage) }

// New is the command with its parts.
func New(e Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "prices",
		Short: "List, check and import prices, each with date and source",
		Long: `List, check and import prices, each with date and source. List prices change
monthly. What a plan states (price.input, price.output, machine.usd_per_hour)
always wins; after it a price file (--prices FILE), and then the built-in list.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newLs(e), newShow(e), newCheck(e), newImport(e))
	return c
}

// filter is what ls leaves out.
type filter struct {
	provider, model, accelerator, kind string
	name                               string // of a model or an accelerator, with or without PROVIDER/
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

func (f filter) prices(l catalog.List) []catalog.Price {
	var out []catalog.Price
	for _, p := range l.Prices() {
		if f.accelerator == "" && contains(p.Provider, f.provider) && contains(strings.Join(append(p.Aliases, p.Provider+"/"+p.Model), " "), f.name) && contains(strings.Join(append(p.Aliases, p.Model), " "), f.model) && (f.kind == "" || string(p.SourceKind) == f.kind) {
			out = append(out, p)
		}
	}
	return out
}

func (f filter) offers(l catalog.List) []catalog.Offer {
	var out []catalog.Offer
	for _, o := range l.Offers() {
		if f.model == "" && contains(o.Provider, f.provider) && contains(o.Provider+"/"+o.Accelerator, f.name) && contains(o.Accelerator, f.accelerator) && (f.kind == "" || string(o.Rent) == f.kind || string(o.SourceKind) == f.kind) {
			out = append(out, o)
		}
	}
	return out
}

func newLs(e Env) *cobra.Command {
	var f filter
	var file string
	var asJSON bool
	c := e.command(&cobra.Command{
		Use: "ls [NAME]", Short: "List prices of models and of accelerators", Args: cobra.MaximumNArgs(1),
		Long: `List prices of models and of accelerators. NAME is part of the name of either.`,
		Example: `  inferometer prices ls gpt-5-mini
  inferometer prices ls --provider openai
  inferometer prices ls --accelerator h100 --kind on_demand`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.name = args[0]
			}
			kind := strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(f.kind))
			if f.kind = kind; kind != "" && !known(kind) {
				return e.Usage(fmt.Errorf("--kind: %q is none of %s", kind, strings.Join(kinds(), ", ")))
			}
			l, err := catalog.Open(file)
			if err != nil {
				return err
			}
			models, offers := f.prices(l), f.offers(l)
			if asJSON {
				return writeJSON(e.Stdout, struct {
					Models []catalog.Price `json:"models"`
					Offers []catalog.Offer `json:"offers"`
				}{models, offers})
			}
			if len(models)+len(offers) == 0 {
				return errors.New("no price is listed that fits; inferometer prices ls lists all")
			}
			return table(e.Stdout, e.Now, models, offers)
		},
	})
	fs := c.Flags()
	fs.StringVar(&f.provider, "provider", "", "`NAME` part of a provider's name")
	fs.StringVar(&f.model, "model", "", "`NAME` part of a model's name; no accelerators then")
	fs.StringVar(&f.accelerator, "accelerator", "", "`NAME` part of an accelerator's name; no models then")
	fs.StringVar(&f.kind, "kind", "", "`KIND` on_demand, committed, spot, marketplace, serverless; mirror, provider")
	fs.StringVar(&file, "prices", "", "`FILE` price file over the built-in list")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func kinds() []string {
	var out []string
	for _, r := range tariff.Rents() {
		out = append(out, string(r))
	}
	return append(out, string(tariff.FromProvider), string(tariff.FromMirror), string(tariff.FromPlan))
}

func known(kind string) bool {
	for _, k := range kinds() {
		if k == kind {
			return true
		}
	}
	return false
}

func newShow(e Env) *cobra.Command {
	var file string
	var asJSON bool
	c := e.command(&cobra.Command{
		Use: "show NAME", Short: "Show all that is known of one model or accelerator", Args: cobra.ExactArgs(1),
		Example: `  inferometer prices show gpt-6.1-terra
  inferometer prices show lambda/h100`,
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := catalog.Open(file)
			if err != nil {
				return err
			}
			p, note, err := l.Price(args[0])
			switch {
			case err == nil && asJSON:
				return writeJSON(e.Stdout, p)
			case err == nil:
				return show(e.Stdout, e.Now, p, note)
			}
			offers := offersNamed(l, args[0])
			switch {
			case len(offers) == 0:
				return err
			case asJSON:
				return writeJSON(e.Stdout, offers)
			}
			return table(e.Stdout, e.Now, nil, offers)
		},
	})
	c.Flags().StringVar(&file, "prices", "", "`FILE` price file over the built-in list")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// offersNamed are the offers of an accelerator, or of a provider's accelerator, on any
// terms.
func offersNamed(l catalog.List, name string) []catalog.Offer {
	provider, accelerator := "", name
	if i := strings.LastIndex(name, "/"); i >= 0 {
		provider, accelerator = name[:i], name[i+1:]
	}
	return filter{provider: catalog.ProviderOf(strings.ToLower(provider)), accelerator: accelerator}.offers(l)
}

func newCheck(e Env) *cobra.Command {
	var asJSON bool
	c := e.command(&cobra.Command{
		Use: "check [FILE]", Short: "Name entries that are stale or contradict themselves", Args: cobra.MaximumNArgs(1),
		Long: `Name entries of a price file, or of the built-in list, that are stale or
contradict themselves or others, each with file, line and key. A file that
cannot be used is an error. The exit code is 1 where there is a contradiction;
prices that are merely old leave it at 0.`,
		RunE: func(_ *cobra.Command, args []string) error {
			l := catalog.Builtin()
			if len(args) == 1 {
				var err error
				if l, err = catalog.ReadFile(args[0]); err != nil {
					return err
				}
			}
			found := l.Check(e.Now)
			if asJSON {
				if err := writeJSON(e.Stdout, append([]catalog.Finding{}, found...)); err != nil {
					return err
				}
			} else {
				for _, f := range found {
					_, _ = fmt.Fprintln(e.Stdout, f)
				}
				_, _ = fmt.Fprintf(e.Stdout, "%s, %d of them with findings\n", counted(l), entries(found))
			}
			for _, f := range found {
				if f.Kind == catalog.Contradiction {
					return e.Failed
				}
			}
			return nil
		},
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func entries(found []catalog.Finding) int {
	seen := map[string]bool{}
	for _, f := range found {
		seen[f.Place+f.Entry] = true
	}
	return len(seen)
}

func counted(l catalog.List) string {
	return amount.Things(len(l.Prices()), "model") + " and " + amount.Things(len(l.Offers()), "offer")
}

func newImport(e Env) *cobra.Command {
	var f filter
	var o foreign.Options
	c := e.command(&cobra.Command{
		Use: "import FILE", Short: "Turn a price list of LiteLLM or genai-prices into a price file", Args: cobra.ExactArgs(1),
		Long: `Turn LiteLLM's model_prices_and_context_window.json, or a data.json of
genai-prices, into a price file for --prices FILE. The file is recognised by
its content; nothing is fetched, and the price file goes to stdout. Text by the
token is taken over with its tiers: cached input, cache writes, long context,
batch, flex and priority, reasoning. What is left out is counted on stderr.`,
		Example: `  inferometer prices import litellm.json --as-of 2026-11-20 > prices.json
  inferometer run plan.yaml --prices prices.json`,
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("failed to read the price list: %w", err)
			}
			im, err := foreign.Import(b, o)
			if err != nil {
				return e.Usage(fmt.Errorf("%s: %w", args[0], err))
			}
			l := catalog.NewList(f.prices(catalog.NewList(im.Prices, nil)), nil)
			_, _ = fmt.Fprintf(e.Stderr, "%s: %s, %s taken over\n", args[0], im.Format, amount.Things(len(l.Prices()), "model"))
			for _, s := range im.Skipped {
				_, _ = fmt.Fprintf(e.Stderr, "left out: %d, %s\n", s.N, s.Reason)
			}
			return catalog.Write(e.Stdout, l)
		},
	})
	fs := c.Flags()
	fs.StringVar(&o.AsOf, "as-of", "", "`DAY` day of the list, for entries without a date of their own")
	fs.StringVar(&f.provider, "provider", "", "`NAME` take over providers with this in their name only")
	fs.StringVar(&f.model, "model", "", "`NAME` take over models with this in their name only")
	return c
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
