package cli

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/plaintext"
)

func newTrace(p *Process) *cobra.Command {
	var o interop.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "trace FILE",
		Short: "Summarize a trace of recorded requests",
		Long: `Summarize a trace of recorded requests: rows, rate, burstiness, lengths,
sessions, and how much of its prompts a prefix cache could have had. Nothing is
sent.

The format is found by the content: Azure LLM 2023 and 2024, BurstGPT, Mooncake,
Qwen Bailian, WEKA agentic sessions, TraceLab, results of vLLM bench, GuideLLM
and AIPerf, this tool's own exchanges.jsonl.zst, and plain CSV with the columns
time (seconds), input_tokens and output_tokens.

Malformed rows are skipped and reported here; a replay refuses them without
--trace-skip-bad.`,
		Example: `  inferometer trace conversation_trace.jsonl
  inferometer trace azure.csv --from 10m --to 20m --json
  inferometer load http://127.0.0.1:8000 --trace conversation_trace.jsonl \
      --trace-to 10m --trace-spread`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
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
			return writeTrace(p.Stdout, s)
		},
	}
	c.Flags().DurationVar(&o.From, "from", 0, "`DURATION` begin at this time of the trace, such as 10m")
	c.Flags().DurationVar(&o.To, "to", 0, "`DURATION` end at this time of the trace")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// writeTrace prints what a stranger to the trace wants to know, in that order.
func writeTrace(out io.Writer, s interop.Summary) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	row("format\t%s", s.Text)
	row("rows\t%s", rowsText(s))
	for _, problem := range s.Counts.Problems {
		row("\tmalformed: %s", plaintext.Line(problem))
	}
	span := time.Duration(s.SpanS * float64(time.Second))
	row("span\t%v", round(span))
	if s.Rate == nil {
		row("rate\tall requests arrive at once")
	} else {
		row("rate\t%.4g requests/s on average", *s.Rate)
	}
	if s.CV != nil {
		text := fmt.Sprintf("%s: coefficient of variation of inter-arrival times %.3g (1 is Poisson)", burstiness(*s.CV), *s.CV)
		if s.Dispersion != nil {
			text += fmt.Sprintf(", dispersion of counts %.3g (variance ÷ mean)", *s.Dispersion)
		}
		row("arrivals\t%s", text)
	}
	if s.Ticks() {
		row("times\trounded: %d requests share %d times, up to %d at once; the smallest step is %v", s.Rows, s.Times.Distinct, s.Times.Largest, round(time.Duration(s.Times.TickS*1e9)))
		row("\ta literal replay sends them together; --trace-spread spreads them")
	} else if s.Times.Distinct < s.Rows {
		row("times\t%d requests share the time of the previous one", s.Rows-s.Times.Distinct)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row("\n\tmean\tp50\tp90\tp95\tp99\tmax\ttotal\t")
	lengths := func(name string, l interop.Lengths) {
		row("%s\t%.1f\t%d\t%d\t%d\t%d\t%d\t%d\t", name, l.Mean, l.P50, l.P90, l.P95, l.P99, l.Max, l.Sum)
	}
	lengths("input tokens", s.Input)
	lengths("output tokens", s.Output)
	if k := s.Sessions; k != nil {
		lengths("turns per session", k.Turns)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row("")
	if k := s.Sessions; k != nil {
		text := fmt.Sprintf("%d, %d of them of a single turn", k.Sessions, k.Single)
		if k.ThinkS > 0 {
			text += fmt.Sprintf("; %.3g s between a turn's end and the next, on average", k.ThinkS)
		}
		if k.Alone > 0 {
			text += fmt.Sprintf("; %d requests belong to no session", k.Alone)
		}
		row("sessions\t%s", text)
	}
	if k := s.Prefix; k != nil {
		row("prefixes\ta cache that never evicts would have %.1f %% of the blocks and %.1f %% of the input tokens", 100*k.BlockHits, 100*k.TokenHits)
		row("\t%d blocks of %d tokens, %d of them different", k.Blocks, k.BlockTokens, k.Unique)
	} else {
		row("prefixes\tnot recorded; a replay sends prompts that share nothing")
	}
	return w.Flush()
}

func rowsText(s interop.Summary) string {
	c := s.Counts
	text := fmt.Sprintf("%d of %d can be replayed", s.Rows, c.Read)
	for _, k := range []struct {
		n    int
		what string
	}{
		{c.Bad, "malformed"}, {c.Failed, "had failed"}, {c.Empty, "without input or output tokens"},
		{c.Outside, "outside of the window"}, {c.Unsorted, "out of order (sorted)"},
	} {
		if k.n > 0 {
			text += fmt.Sprintf("; %d %s", k.n, k.what)
		}
	}
	return text
}

func burstiness(cv float64) string {
	switch {
	case cv < 0.7:
		return "even"
	case cv <= 1.3:
		return "near Poisson"
	case cv <= 3:
		return "bursty"
	}
	return "very bursty"
}

// round keeps three figures or so.
func round(d time.Duration) time.Duration {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if math.Abs(float64(d)) >= 100*float64(unit) {
			return d.Round(unit)
		}
	}
	return d
}
