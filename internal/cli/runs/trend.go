package runs

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/history/change"
	"github.com/inferometer/inferometer/internal/history/trend"
	"github.com/inferometer/inferometer/internal/report"
)

func newTrend(e *Env) *cobra.Command {
	var f filterFlags
	var o change.Options
	var cell, html string
	var asJSON bool
	c := e.command(&cobra.Command{
		Use: "trend METRIC", Short: "Follow a metric over runs, and find where it changes", Args: cobra.ExactArgs(1),
		Long: `Follow a metric over runs, and find where it changes: by E-Divisive, with the
probability --alpha that a change is found where there is none. METRIC is a
metric, or one of its statistics: ttft.p95, tpot (its median), output_throughput.

Runs are in one series only if they measured the same: benchmarks, workload,
load, model, cell and evidence. Runs that are not complete, invalid or spoilt are
left out, and named. A series needs 10 runs. More: docs/history.md.`,
		Example: `  inferometer runs trend ttft.p95 --tag main
  inferometer runs trend output_throughput --model llama --html trend`,
	})
	c.RunE = func(_ *cobra.Command, args []string) error {
		m, err := trend.ParseMetric(args[0])
		if err != nil {
			return e.Usage(err)
		}
		filter, err := f.filter(e.Now)
		if err != nil {
			return e.Usage(err)
		}
		if !(o.Alpha >= 0.001 && o.Alpha <= 0.2) { // of less, the orders to try are too many
			return e.Usage(errors.New("--alpha: must be from 0.001 to 0.2"))
		}
		// So many orders that the smallest p is a tenth of alpha.
		o.Permutations = max(change.Permutations, int(10/o.Alpha)-1)
		return e.with(func(h *history.History) error {
			t, err := trend.Of(h, m, filter, cell, o)
			if err != nil {
				return err
			}
			return e.trend(t, m, html, asJSON)
		})
	}
	f.add(c)
	l := c.Flags()
	l.StringVar(&cell, "cell", "", "`TEXT` in the cell's id")
	l.Float64Var(&o.Alpha, "alpha", change.Alpha, "`P` of finding a change where there is none")
	l.Uint64Var(&o.Seed, "seed", 0, "`N` seed of the permutations")
	l.StringVar(&html, "html", "", "`FOLDER` to write a page with figures into")
	l.BoolVar(&asJSON, "json", false, "print JSON to stdout")
	help.Group(l, "Which runs", "cell")
	help.Group(l, "Changes", "alpha", "seed")
	help.Group(l, "Output", "html", "json")
	help.Rare(l, "seed")
	return c
}

func (e *Env) trend(t trend.Trend, m trend.Metric, html string, asJSON bool) error {
	doc := trend.Document(t, m, e.Version)
	console := e.Console
	if html != "" {
		files, err := report.WriteDocument(html, doc)
		if err != nil {
			return err
		}
		e.say("wrote %d files, among them %s", len(files), filepath.Join(html, "report.html"))
	}
	if asJSON {
		return e.json(t)
	}
	if len(t.Series) == 0 {
		e.say("no run has %s", m)
		for _, text := range t.Left {
			e.say("left out %s", text)
		}
		return nil
	}
	return report.DocumentConsole(e.Stdout, doc, nil, console)
}
