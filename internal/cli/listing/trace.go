package listing

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// Formats lists the formats of traces that are read.
func Formats(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range interop.Formats() {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", f.Name, f.Text)
	}
	return w.Flush()
}

// Trace writes what a stranger to the trace wants to know, in that order.
func Trace(out io.Writer, s interop.Summary) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	row("format\t%s", s.Text)
	row("rows\t%s", rowsText(s))
	for _, problem := range s.Counts.Problems {
		row("\tmalformed: %s", plaintext.Line(problem))
	}
	if s.Clock != nil {
		row("clock\t%s", s.Clock)
	}
	span := seconds(s.SpanS)
	row("span\t%v", round(span))
	if s.Rate == nil {
		row("rate\tall requests arrive at once")
	} else {
		row("rate\t%.4g requests/s on average", *s.Rate)
	}
	if p := s.Profile; p != nil {
		row("\tin %d slices of %v: %s", len(p.Rates), round(seconds(p.SliceS)), rates(p.Rates))
		if p.QuietS > 0 {
			row("\tits first %v are quiet; --trace-from %v begins after them", round(seconds(p.QuietS)), round(seconds(p.QuietS)))
		}
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
		found := ""
		if k.Inferred {
			found = " (by the number of ids in each row)"
		}
		row("\t%d blocks of %d tokens%s, %d of them different", k.Blocks, k.BlockTokens, found, k.Unique)
		if n := s.Counts.Longer; n > 0 {
			row("\t%d rows end in a partial block that other rows have more of; they share its beginning", n)
		}
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
		{c.Bad, "malformed"}, {c.Failed, "had failed"}, {c.Empty, "without input or output tokens, or never sent"}, {c.Others, "sent to other targets"},
		{c.Outside, "outside of the window"}, {c.Unsorted, "out of order (sorted)"},
	} {
		if k.n > 0 {
			text += fmt.Sprintf("; %d %s", k.n, k.what)
		}
	}
	return text
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// rates are those of the slices of a trace.
func rates(list []float64) string {
	var b strings.Builder
	for i, r := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		_, _ = fmt.Fprintf(&b, "%.2g", r)
	}
	return b.String()
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
