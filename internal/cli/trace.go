package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/cli/listing"
	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

func newTrace(p *Process) *cobra.Command {
	var o traceFlags
	var asJSON, formats bool
	c := &cobra.Command{
		Use:   "trace [FILE]",
		Short: "Summarize a trace of recorded requests",
		Long: `Summarize a trace of recorded requests: rows, rate, burstiness, lengths,
sessions, and how much of its prompts a prefix cache could have had. Nothing is
sent.

The format is found by the content; --formats lists those that are known. A CSV
with columns for a time, input tokens and output tokens needs no format: usual
names such as time,in,out are found, and --trace-columns names others.

The unit of the times and the size of prompt blocks are found too, and printed.
Where they cannot be right, the trace is refused with the row.

Malformed rows are skipped and reported here; a replay refuses them without
--trace-skip-bad.`,
		Example: `  inferometer trace conversation_trace.jsonl
  inferometer trace azure.csv --from 10m --to 20m --json
  inferometer trace log.csv --trace-columns time=ts,input=prompt,output=gen
  inferometer load http://127.0.0.1:8000 --trace conversation_trace.jsonl \
      --trace-to 10m --trace-spread`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if formats {
				return listing.Formats(p.Stdout)
			}
			if len(args) == 0 {
				return usagef("name a trace file, or list the formats with --formats")
			}
			o, err := o.options()
			if err != nil {
				return err
			}
			if o.To > 0 && o.To <= o.From || o.From < 0 || o.To < 0 {
				return usagef("the window from %v to %v (--from, --to) is empty", o.From, o.To)
			}
			o.SkipBad, o.Sort = true, true
			t, err := interop.ReadTrace(args[0], o)
			if err != nil {
				return err
			}
			s := interop.Summarize(t)
			if asJSON {
				return writeJSON(p.Stdout, s)
			}
			return listing.Trace(p.Stdout, s)
		},
	}
	c.Flags().DurationVar(&o.From, "from", 0, "`DURATION` begin at this time of the trace, such as 10m")
	c.Flags().DurationVar(&o.To, "to", 0, "`DURATION` end at this time of the trace")
	help.Group(c.Flags(), "Window", "from", "to")
	o.add(c.Flags())
	help.Group(c.Flags(), "Reading", traceFlagNames...)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&formats, "formats", false, "list the formats of traces that are read")
	help.Group(c.Flags(), string(key.GroupOutput), "json", "formats")
	return c
}

// traceFlags are how a trace is read, for the commands that have no plan.
type traceFlags struct {
	interop.Options
	columns, unit string
}

// traceFlagNames are the flags, which plans have too.
var traceFlagNames = []string{"trace-columns", "trace-unit", "trace-target", "block-size"}

// add adds them with the words that plans have for them.
func (t *traceFlags) add(fs *pflag.FlagSet) {
	to := map[string]*string{"trace-columns": &t.columns, "trace-unit": &t.unit, "trace-target": &t.Target}
	for _, name := range traceFlagNames {
		k, _ := plan.LookupKey(name)
		usage := fmt.Sprintf("`%s` %s", k.Value, k.Help)
		if to[name] != nil {
			fs.StringVar(to[name], name, "", usage)
		} else {
			fs.IntVar(&t.Block, name, 0, usage)
		}
		help.Default(fs.Lookup(name), k.Default)
	}
}

func (t *traceFlags) options() (interop.Options, error) {
	var err error
	if t.Unit, err = interop.ParseUnit(t.unit); err != nil {
		return t.Options, usagef("--trace-unit: %w", err)
	}
	if t.Columns, err = interop.ParseColumns(t.columns); err != nil {
		return t.Options, usagef("--trace-columns: %w", err)
	}
	if t.Block < 0 {
		return t.Options, usagef("--block-size: %d is out of range: must be at least 1", t.Block)
	}
	return t.Options, nil
}
