package runs

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/suite"
)

// filterFlags say which runs are meant.
type filterFlags struct {
	name, model, tag, status, evidence, since, spec string
	labels                                          []string
}

func (f *filterFlags) add(c *cobra.Command) {
	l := c.Flags()
	l.StringVar(&f.name, "name", "", "`TEXT` in the name")
	l.StringVar(&f.model, "model", "", "`TEXT` in a model's name")
	l.StringVar(&f.tag, "tag", "", "runs with this `TAG`")
	l.StringVar(&f.since, "since", "", "`TIME` from which on: 7d, 12h, 2026-11-01")
	l.StringVar(&f.status, "status", "", "`STATUS`: complete, partial, interrupted, running")
	l.StringVar(&f.evidence, "evidence", "", "`WORD`: measured, simulated, listed, modelled")
	l.StringArrayVar(&f.labels, "label", nil, "`NAME=VALUE` of a label; repeatable")
	l.StringVar(&f.spec, "spec", "", "`ID` of what was measured, or its beginning")
	help.Group(l, "Which runs", "name", "model", "tag", "since", "status", "evidence", "label", "spec")
}

// filter reads the flags.
func (f *filterFlags) filter(now time.Time) (history.Filter, error) {
	out := history.Filter{Name: f.name, Model: f.model, Tag: strings.TrimPrefix(f.tag, "@"), Status: result.Status(f.status), Evidence: result.Evidence(f.evidence), Specification: f.spec}
	words := []string{string(result.Complete), string(result.Partial), string(result.Interrupted), string(history.Running)}
	if f.status != "" && !slices.Contains(words, f.status) {
		return out, fmt.Errorf("--status: unknown status %q%s: use one of %s", f.status, suggest.DidYouMean(f.status, words), strings.Join(words, ", "))
	}
	words = []string{string(result.Measured), string(result.Listed), string(result.Modelled), string(result.Simulated)}
	if f.evidence != "" && !slices.Contains(words, f.evidence) {
		return out, fmt.Errorf("--evidence: unknown word %q%s: use one of %s", f.evidence, suggest.DidYouMean(f.evidence, words), strings.Join(words, ", "))
	}
	for _, l := range f.labels {
		name, value, ok := strings.Cut(l, "=")
		if !ok || name == "" {
			return out, fmt.Errorf("--label: %q is not NAME=VALUE", l)
		}
		if out.Labels == nil {
			out.Labels = map[string]string{}
		}
		out.Labels[name] = value
	}
	var err error
	out.Since, err = since(f.since, now)
	return out, err
}

// since reads a time: an age such as 7d or 90m, a date or an RFC 3339 time.
func since(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return t, nil
		}
	}
	if days, is := strings.CutSuffix(text, "d"); is {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 && n < 1e5 {
			return now.Add(-time.Duration(n * 24 * float64(time.Hour))), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("--since: %q is not a time: use an age (7d, 12h), a date (2026-11-01) or an RFC 3339 time", text)
}

func newLs(e *Env) *cobra.Command {
	var f filterFlags
	var asJSON, all bool
	limit := 20
	c := e.command(&cobra.Command{
		Use: "ls", Aliases: []string{"list"}, Short: "List runs, the newest first", Args: cobra.NoArgs,
		Long: "List runs, the newest first.",
		Example: `  inferometer runs ls
  inferometer runs ls --model llama --since 7d --json`,
	})
	c.RunE = func(*cobra.Command, []string) error {
		filter, err := f.filter(e.Now)
		if err != nil {
			return e.Usage(err)
		}
		if limit < 1 {
			return e.Usage(fmt.Errorf("--limit: must be at least 1"))
		}
		return e.with(func(h *history.History) error {
			runs, err := h.List(filter)
			if err != nil {
				return err
			}
			more := len(runs) - limit
			if all || more < 0 {
				more = 0
			}
			runs = runs[:len(runs)-more]
			markGone(runs)
			if asJSON {
				if runs == nil {
					runs = []history.Run{}
				}
				return e.json(runs)
			}
			if err := e.list(runs); err != nil {
				return err
			}
			switch {
			case len(runs) == 0:
				every, err := h.List(history.Filter{})
				if err != nil {
					return err
				}
				if len(every) > 0 {
					e.say("none of the %d runs in %s is such a one: inferometer runs ls --all lists them", len(every), h.Path())
				} else {
					e.say("no runs (in %s); inferometer runs rebuild FOLDER reads those of a folder", h.Path())
				}
			case more > 0:
				e.say("%d more: --all lists them", more)
			}
			return nil
		})
	}
	f.add(c)
	c.Flags().IntVar(&limit, "limit", limit, "`N` runs at most")
	c.Flags().BoolVar(&all, "all", false, "list all of them")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON to stdout")
	help.Group(c.Flags(), "Output", "limit", "all", "json")
	return c
}

// markGone looks which folders are no longer there.
func markGone(runs []history.Run) {
	for i := range runs {
		_, err := os.Stat(runs[i].Folder)
		runs[i].Gone = os.IsNotExist(err)
	}
}

func (e *Env) list(runs []history.Run) error {
	if len(runs) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "RUN\tRESULT\tMODEL\tBENCHMARKS\tEVIDENCE\tTAGS")
	for _, r := range runs {
		var models []string
		for _, m := range r.Models {
			models = append(models, plaintext.Short(m, 24))
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", plaintext.Line(r.ID), outcome(r), dash(strings.Join(models, ", ")), dash(strings.Join(r.Benchmarks, ",")), dash(string(r.Evidence)), dash(strings.Join(r.Tags, ",")))
	}
	return t.Flush()
}

func dash(s string) string { return cmp.Or(s, "-") }

// outcome is how a run ended, in a word.
func outcome(r history.Run) string {
	switch {
	case r.Gone:
		return "gone"
	case r.Exit == nil:
		return string(r.Status)
	}
	switch *r.Exit {
	case suite.ExitOK:
		return "ok"
	case suite.ExitPartial:
		return "partial"
	case suite.ExitUndecided:
		return "undecided"
	case suite.ExitInvalid:
		return "invalid"
	case suite.ExitRefuted:
		return "refuted"
	}
	return string(r.Status)
}

func newShow(e *Env) *cobra.Command {
	var asJSON bool
	c := e.command(&cobra.Command{
		Use: "show RUN", Short: "Show what the index knows of a run", Args: cobra.ExactArgs(1),
		Long: `Show what the index knows of a run: what it measured and how it ended, and the
headline figures of each cell. inferometer report RUN shows its report.`,
		Example: "  inferometer runs show latest",
		RunE: func(_ *cobra.Command, args []string) error {
			return e.each(args, func(h *history.History, r history.Run) error {
				metrics, err := h.Metrics(r.Folder, "", "")
				if err != nil {
					return err
				}
				one := []history.Run{r}
				markGone(one)
				if asJSON {
					return e.json(struct {
						history.Run
						Metrics []history.Metric `json:"metrics"`
					}{one[0], metrics})
				}
				return e.show(one[0], metrics)
			})
		},
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON to stdout, with all figures")
	return c
}

func (e *Env) show(r history.Run, metrics []history.Metric) error {
	t := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	row := func(name, text string) {
		if text != "" {
			_, _ = fmt.Fprintf(t, "%s\t%s\n", name, plaintext.Line(text))
		}
	}
	row("run", r.ID)
	row("folder", r.Folder)
	row("result", outcome(r))
	row("reason", r.Reason)
	row("started", r.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	if r.Ended != nil {
		row("took", r.Ended.Sub(r.Started).Round(time.Second).String())
	}
	row("benchmarks", strings.Join(r.Benchmarks, ", "))
	row("models", strings.Join(r.Models, ", "))
	row("servers", strings.Join(r.Servers, ", "))
	row("evidence", string(r.Evidence))
	row("source", r.Source)
	row("validity", string(r.Validity))
	row("claims", counted(r.Verdicts))
	row("limits", strings.Join(r.Limits, ", "))
	row("specification", r.Specification)
	row("labels", joined(r.Labels))
	row("tags", strings.Join(r.Tags, ", "))
	row("version", r.Version)
	row("size", fmt.Sprintf("%.1f MB", float64(r.Size)/1e6))
	if shown := headlines(metrics, r.Evidence); len(shown) > 0 {
		_, _ = fmt.Fprintln(t)
		for _, m := range shown {
			name := m.Metric
			if m.Statistic != history.Only {
				name += "." + m.Statistic
			}
			mark := ""
			if m.Spoilt != "" {
				mark = "  spoilt: " + m.Spoilt
			}
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s%s\n", plaintext.Line(m.Cell), name, format.Span(&m.Value, m.Lo, m.Hi, m.Unit), mark)
		}
	}
	return t.Flush()
}

// headlines are the few figures that stand for a cell.
// Those of another tool are from the time a request was sent.
func headlines(metrics []history.Metric, evidence result.Evidence) []history.Metric {
	wanted := map[string]bool{"output_throughput.value": true, "success.value": true, "capacity.value": true, "accuracy.value": true}
	for _, m := range metric.Headlines() {
		wanted[m.Tag+".p50"], wanted[m.Tag+".p95"] = true, true
	}
	if evidence == result.Listed {
		for _, tag := range []string{"ttft_service", "tpot_vllm", "e2e_service"} {
			wanted[tag+".mean"], wanted[tag+".p50"], wanted[tag+".p95"] = true, true, true
		}
	}
	return slices.DeleteFunc(slices.Clone(metrics), func(m history.Metric) bool { return !wanted[m.Metric+"."+m.Statistic] })
}

func counted(verdicts map[string]int) string {
	var out []string
	for _, v := range []result.Verdict{result.Proved, result.Refuted, result.Undecided, result.Invalid} {
		if n := verdicts[string(v)]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(out, ", ")
}

func joined(labels map[string]string) string {
	var out []string
	for k, v := range labels {
		out = append(out, k+"="+v)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
