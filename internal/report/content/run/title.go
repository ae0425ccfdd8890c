package run

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// title says what was measured, and to answer which questions, so that the pages of
// many runs can be told apart.
func title(r *result.Result) string {
	who := subjects(r.Targets)
	what := questions(r)
	switch {
	case who == "" && what == "":
		return name(r)
	case who == "":
		return plaintext.Capital(what)
	case what == "":
		return who
	}
	return who + ": " + what
}

// subjects are the models, each with its server if that says which it is.
func subjects(targets []result.Target) string {
	var models []string
	for _, t := range targets {
		m := format.Brief(cmp.Or(t.Model, t.Name), 60)
		if s := format.Brief(t.Server, 24); s != "" && !strings.HasPrefix(s, "inferometer-sim") {
			m += " on " + s
		}
		models = append(models, m)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(models)))) < len(models) { // the same model twice: its targets' names differ
		one := models[0]
		for i, t := range targets {
			models[i] = format.Brief(t.Name, 40)
		}
		models[0] += " (" + one + ")"
	}
	if len(models) < 2 {
		return strings.Join(models, "")
	}
	return models[0] + " against " + strings.Join(models[1:], " and ")
}

// questions are what the run was to find out.
func questions(r *result.Result) string {
	b := r.Benchmarks
	compared := len(r.Targets) > 1
	either := func(alone, against string) string {
		if compared {
			return against
		}
		return alone
	}
	var out []string
	ask := func(on bool, q string) {
		if on {
			out = append(out, q)
		}
	}
	ask(b.Load != nil, either("how fast", "which is faster")+" "+loadOf(b.Load))
	ask(b.Latency != nil, either("how fast", "faster"))
	if c := b.Capacity; c != nil {
		q := "how much load"
		if len(c.Limits) > 0 {
			var limits []string
			for _, l := range c.Limits {
				limits = append(limits, limitInWords(l))
			}
			q += " with " + format.Brief(strings.Join(limits, " and "), 90)
		}
		out = append(out, q)
	}
	if s := b.Scan; s != nil {
		var keys []string
		for _, k := range s.Keys {
			which := "which "
			if k.Name == "users" {
				which = "how many "
			}
			keys = append(keys, which+format.Brief(k.Name, 30)+valuesOf(k.Values))
		}
		out = append(out, strings.Join(keys, " and "))
	}
	ask(b.Forecast != nil, "what to expect")
	ask(b.Cost != nil, either("at what cost", "cheaper"))
	ask(b.Quality != nil, either("how good", "as good"))
	ask(b.Throughput != nil, "how much load")
	ask(len(out) == 0 && b.Hardware != nil, "which client machine")
	if out == nil {
		return ""
	}
	return strings.Join(out, ", ") + "?"
}

// limitInWords is a limit as people say it: "ttft.p95<500ms" is "p95 time to first token
// under 500ms".
func limitInWords(text string) string {
	l, err := metric.ParseLimit(text)
	at := strings.IndexAny(text, "<>=")
	if err != nil || at < 0 {
		return plaintext.Line(text)
	}
	value := strings.TrimLeft(text[at:], "<>= ")
	op := strings.TrimSpace(strings.TrimSuffix(text[at:], value))
	if l.Metric.Unit == "ms" {
		value = amount.Group(amount.Significant(l.Value, 6)) + " ms"
	}
	word, ok := map[string]string{"<": "under", "<=": "of at most", ">": "over", ">=": "of at least"}[op]
	if !ok {
		return plaintext.Line(text)
	}
	return plaintext.Line(strings.TrimSpace(l.Stat+" "+l.Metric.Name) + " " + word + " " + value)
}

// loadOf says in a few words what load there was.
func loadOf(l *result.Load) string {
	if l == nil || len(l.Cells) == 0 {
		return "under load"
	}
	c := l.Cells[0]
	where := ""
	switch {
	case c.Replay != nil:
		where = "on a recorded load"
	case c.Load.Kind == "open" && c.Load.Rate > 0 && c.Load.RateCurve == "" && c.Load.Of == "":
		where = fmt.Sprintf("at %.4g requests/s", c.Load.Rate)
	case c.Load.Users == 1:
		where = "with 1 user"
	case c.Load.Users > 1:
		where = "with " + format.Users(c.Load.Users)
	default:
		where = "under load"
	}
	if c.Conversations != nil {
		return "in conversations " + where
	}
	return where
}

// valuesOf lists a few values of a swept key.
func valuesOf(values []string) string {
	const most = 6
	if len(values) == 0 {
		return ""
	}
	if len(values) > most {
		return " of " + format.Brief(values[0], 20) + " to " + format.Brief(values[len(values)-1], 20)
	}
	short := make([]string, len(values))
	for i, v := range values {
		short[i] = format.Brief(v, 20)
	}
	return " of " + strings.Join(short, ", ")
}
