package quality

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/conduct/agreement"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/quality/item"
	"github.com/inferometer/inferometer/internal/quality/same"
)

func newSame(e Env) *cobra.Command {
	o := agreement.Options{Version: e.Version}
	var source string
	var count int
	var asJSON bool
	c := &cobra.Command{
		Use:   "same URL [BASELINE_URL]",
		Short: "Does an endpoint answer the same twice, and two the same?",
		Long: `Ask the same prompts again and again at temperature 0. With one URL: how often
an endpoint gives the same answer, one request at a time and with several users
at once. With two: how often their answers are the same text, where they part,
and how far the probabilities of their next tokens are apart (KL), where both
tell them. That says whether they serve the same model, not which is better.
More: docs/determinism.md.`,
		Example: `  inferometer quality same http://127.0.0.1:8000 --users 8,16
  inferometer quality same http://127.0.0.1:8000 https://api.example.com \
      --baseline-key-env API_KEY --count 50`,
		Args: cobra.MaximumNArgs(2),
	}
	f := c.Flags()
	f.StringVar(&source, "items", "canary", "`SET` of prompts: canary, a family or a file")
	f.IntVar(&count, "count", 50, "`N` prompts of the set")
	f.IntVar(&o.Repeats, "repeats", 2, "`N` answers to each prompt at each level")
	f.IntSliceVar(&o.Users, "users", nil, "`USERS,…` at once, besides one at a time (default 8,16; for two URLs none)")
	f.IntVar(&o.Output, "output-tokens", 128, "`TOKENS` limit of an answer")
	f.IntVar(&o.Top, "top-logprobs", 5, "`N` likeliest tokens to compare; 0: texts alone")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	help.Group(f, string(key.GroupQuality), "items", "count", "repeats", "users", "output-tokens", "top-logprobs")
	read := e.Endpoints(c)
	help.Group(f, string(key.GroupOutput), "json")
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return e.Usage(fmt.Errorf("give the URL of the endpoint, as in: inferometer quality same http://127.0.0.1:8000"))
		}
		pl, err := read(args...)
		if err != nil {
			return err
		}
		if err := validSame(o, count); err != nil {
			return e.Usage(err)
		}
		switch len(pl.Endpoints()) {
		case 1:
			o.Top = 0
			if !f.Changed("users") {
				o.Users = []int{8, 16}
			}
		case 2:
		default:
			return e.Usage(fmt.Errorf("--target: two endpoints at most can be compared here, and %d are named", len(pl.Endpoints())))
		}
		if o.Items, err = item.Load(source, count, pl.Seed); err != nil {
			return e.Usage(fmt.Errorf("--items: %w", err))
		}
		o.Tell = func(text string) { _, _ = fmt.Fprintln(e.Stderr, plaintext.Line(text)) }
		o.Tell(fmt.Sprintf("%d requests to each endpoint, of at most %d output tokens each", o.Requests(), o.Output))
		r, err := agreement.Run(c.Context(), pl, o)
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(e.Stdout, r)
		}
		return printSame(e.Stdout, r)
	}
	return e.command(c)
}

func validSame(o agreement.Options, count int) error {
	switch {
	case count < 1:
		return fmt.Errorf("--count %d: must be at least 1", count)
	case o.Repeats < 2 || o.Repeats > 1000:
		return fmt.Errorf("--repeats %d: must be between 2 and 1000", o.Repeats)
	case o.Output < 1:
		return fmt.Errorf("--output-tokens %d: must be at least 1", o.Output)
	case o.Top < 0 || o.Top > 20:
		return fmt.Errorf("--top-logprobs %d: must be between 0 and 20, which is the most that servers give", o.Top)
	}
	for _, n := range o.Users {
		if n < 2 || n > 10_000 {
			return fmt.Errorf("--users %d: must be between 2 and 10000; one at a time is always asked", n)
		}
	}
	return nil
}

// printSame says the answer first, then the tables behind it.
func printSame(out io.Writer, r *agreement.Result) error {
	var b strings.Builder
	b.WriteString(inWords(r) + "\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t")) }
	row("ENDPOINT", "USERS", "SAME EVERY TIME", "95 %", "ANSWERS TO A PROMPT", "AS ALONE", "95 %", "PART AT", "FAILED")
	for _, e := range r.Endpoints {
		for _, l := range e.Levels {
			row(e.Name, fmt.Sprint(l.Users), fmt.Sprintf("%d of %d", l.Self.Stable, l.Self.Prompts), interval(l.Self.Low, l.Self.High),
				fmt.Sprintf("%.2f, at most %d", l.Self.Distinct, l.Self.Most),
				fmt.Sprintf("%d of %d", l.Alone.Same, l.Alone.Pairs), interval(l.Alone.Low, l.Alone.High), partAt(l.Alone), failed(l))
		}
	}
	if a := r.Between; a != nil {
		row("both", "1", "", "", "", fmt.Sprintf("%d of %d", a.Same, a.Pairs), interval(a.Low, a.High), partAt(*a))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&b, "temperature 0, %s, %s each, at most %d tokens; PART AT: median rune at which answers part that differ;\nAS ALONE with 1 user compares the second answers with the first: the noise floor\n", amount.Things(r.Prompts, "prompt"), amount.Things(r.Repeats, "answer"), r.Output)
	if d := r.Distance; d != nil {
		fmt.Fprintf(&b, "\nnext token, candidate against baseline, at %d places: KL %.4g nats (mean), %.4g (p50), %.4g (p99); same likeliest token %.1f %%; RMS Δp %.2f %%\n",
			d.Places, d.Mean, d.Median, d.P99, d.SameTop, d.RMSDelta)
		b.WriteString("for scale (listed; " + same.LegendSource + "):")
		for _, s := range same.Legend() {
			fmt.Fprintf(&b, " %s KL %.4g, same %.1f %%;", s.Name, s.KL, s.SameTop)
		}
		b.WriteString("\n")
	} else if r.NoDistance != "" {
		b.WriteString("\nno KL: " + plaintext.Short(r.NoDistance, 300) + "\n")
	}
	for _, e := range r.Endpoints {
		fmt.Fprintf(&b, "%s: %s at %s, %s\n", e.Name, plaintext.Short(e.Model, 80), plaintext.Short(e.URL, 120), plaintext.Short(e.Evidence, 40))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// inWords is the answer in a sentence or two.
func inWords(r *agreement.Result) string {
	c := r.Endpoints[0]
	if r.Between == nil {
		alone := c.Levels[0]
		var parts []string
		for _, l := range c.Levels[1:] {
			parts = append(parts, fmt.Sprintf("with %d users at once %d of %d answers are as when asked alone", l.Users, l.Alone.Same, l.Alone.Pairs))
		}
		s := fmt.Sprintf("Asked alone, %d of %d prompts got the same answer every time", alone.Self.Stable, alone.Self.Prompts)
		if len(parts) > 0 {
			s += "; " + strings.Join(parts, ", ")
		}
		return s + "."
	}
	a := r.Between
	s := fmt.Sprintf("%d of %d answers are the same text; with themselves the two agree on %s of %d and %s of %d.", a.Same, a.Pairs,
		fmt.Sprint(c.Levels[0].Alone.Same), c.Levels[0].Alone.Pairs, fmt.Sprint(r.Endpoints[1].Levels[0].Alone.Same), r.Endpoints[1].Levels[0].Alone.Pairs)
	if d := r.Distance; d != nil {
		s += fmt.Sprintf(" The probabilities of the next token differ about as much as those of a model and its %s version (KL %.4g nats).", d.Like, d.Mean)
	}
	return s
}

func interval(lo, hi float64) string { return fmt.Sprintf("%.0f to %.0f %%", lo, hi) }

func partAt(a same.Agreement) string {
	if a.Median == nil {
		return "–"
	}
	return fmt.Sprintf("%.0f", *a.Median)
}

func failed(l agreement.Level) string {
	if l.Failed == 0 {
		return ""
	}
	return fmt.Sprintf("%d (%s)", l.Failed, plaintext.Short(l.Why, 80))
}
