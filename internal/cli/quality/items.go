package quality

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/quality/ifeval"
	"github.com/inferometer/inferometer/internal/quality/item"
)

// Standard output has the items, a line each, or with --list what there is.

func newItems(e Env) *cobra.Command {
	var source string
	var count int
	var seed uint64
	var list bool
	c := &cobra.Command{
		Use:   "items",
		Short: "Print items whose answers can be checked",
		Long: `Print items whose answers can be checked, as JSONL: the shipped set, a family
made from a seed, or a file (GSM8K, MMLU, HumanEval and IFEval as they are
published). The same seed prints the same items. docs/items.md has the format
and the rules.`,
		Example: `  inferometer quality items --list
  inferometer quality items --family arithmetic --count 500 > items.jsonl
  inferometer quality items --family canary`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unexpected argument %q; name what to print with --family %s", args[0], args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if list {
				return e.list()
			}
			if source == "" {
				return e.Usage(errors.New("name what to print (--family arithmetic), or --list what there is"))
			}
			if count < 0 {
				return e.Usage(fmt.Errorf("--count: invalid number of items %d: must not be negative", count))
			}
			if (source == "families" || item.About(source) != "") && !c.Flags().Changed("count") {
				count = 100
			}
			items, err := item.Load(source, count, seed)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(e.Stdout)
			enc.SetEscapeHTML(false)
			for _, it := range items {
				if err := enc.Encode(it); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&source, "family", "", "what to print: canary, a family, families, or a `FILE`")
	f.IntVar(&count, "count", 0, "number of `ITEMS`; 0: all of a set or file, 100 of a family")
	f.Uint64Var(&seed, "seed", 1, "`SEED` of the draw")
	f.BoolVar(&list, "list", false, "list sets, families, rules and instructions")
	return e.command(c)
}

// list prints what there is.
func (e Env) list() error {
	w := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	row("SET OR FAMILY\tWHAT IT ASKS FOR")
	row("canary\t%d items made by hand over all kinds of content", len(item.Shipped()))
	for _, name := range item.Families() {
		row("%s\t%s", name, item.About(name))
	}
	row("families\tall families in turns")
	row("")
	row("RULE\tPARAMETERS\tHOLDS WHERE")
	for _, r := range check.Rules() {
		row("%s\t%s\t%s", r.Name, strings.Join(r.Takes(), ", "), r.Meaning)
	}
	row("")
	row("INSTRUCTION OF IFEVAL\tPARAMETERS\tFOLLOWED WHERE")
	for _, k := range ifeval.Kinds() {
		row("%s\t%s\t%s", k.ID, strings.Join(k.Params, ", "), k.About)
	}
	return w.Flush()
}
