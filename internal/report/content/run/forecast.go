package run

import (
	"fmt"
	"time"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/answer"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// OfForecast returns the report of a forecast: first that nothing of it was
// measured, then the answers, the loads, and what was assumed.
func OfForecast(f *result.Forecast) content.Document {
	return content.Document{
		Answers:  answered(answer.Forecast(f, answer.Expected)),
		Title:    plaintext.Line(f.Deployment.Text) + ": what to expect?",
		Name:     plaintext.Line(f.Deployment.Text),
		Headline: plaintext.Line(f.Workload.Name) + ", " + plaintext.Line(f.Workload.Text),
		Evidence: f.Evidence,
		Warning:  "MODELLED: computed from data sheets and a simulated scheduler. Nothing was measured.",
		Sections: []content.Section{*forecast(f), *assumed(f)},
	}
}

// assumed lists what a forecast rests on.
func assumed(f *result.Forecast) *content.Section {
	if f == nil {
		return nil
	}
	s := &content.Section{ID: "assumed", Title: "Assumptions"}
	for _, a := range f.Assumptions {
		s.Notes = append(s.Notes, content.Note{Kind: content.Assumption, Text: plaintext.Line(a)})
	}
	return s
}

// forecast is the table of loads, and how it was fitted to a run.
func forecast(f *result.Forecast) *content.Section {
	if f == nil {
		return nil
	}
	s := &content.Section{ID: "forecast", Title: "Forecast", Evidence: f.Evidence}
	waits := content.Table{Head: content.Columns("requests/s", "TTFT p50", "p99, ms", "TPOT p50", "p99, ms", "E2E p99, s")}
	loads := content.Table{Head: content.Columns("requests/s", "output tokens/s", "sequences at once", "KV cache in use")}
	bottlenecks := content.Table{Head: []content.Column{{Name: "requests/s"}, {Name: "bottleneck (largest share of step time; what requests queue for)", Kind: content.Sentence}}}
	outside := ""
	for _, l := range f.Loads {
		rate := format.Number(l.Rate)
		if l.Asked {
			rate += " (asked)"
		}
		if l.Outside != "" {
			rate += " *"
			outside = l.Outside
		}
		waits.Rows = append(waits.Rows, []string{
			rate, middle(l.TTFTP50, 1), spread(l.TTFTP99, 1), middle(l.TPOTP50, 1), spread(l.TPOTP99, 1), spread(l.E2EP99, 1e-3),
		})
		loads.Rows = append(loads.Rows, []string{rate, spread(l.Tokens, 1), spread(l.Running, 1), middle(l.KVUsage, 100) + " %"})
		bottlenecks.Rows = append(bottlenecks.Rows, []string{rate, plaintext.Line(l.Binds)})
	}
	if f.Fleet != nil {
		s.Tables = append(s.Tables, fleetSlices(f.Fleet))
	} else {
		s.Tables = append(s.Tables, waits, loads, bottlenecks)
	}
	if c := f.Calibrated; c != nil {
		s.Tables = append(s.Tables, fitted(c), residuals(c))
		for _, n := range c.Notes {
			s.Answers = append(s.Answers, content.Paragraph{Text: format.Sentence(n)})
		}
	}
	if outside != "" {
		s.Notes = append(s.Notes, content.Note{Kind: content.Footnote, Text: "extrapolated beyond the run that it was calibrated with: " + plaintext.Line(outside) + "."})
	}
	if n := len(f.Loads); n > 0 {
		s.Notes = append(s.Notes, content.Note{Kind: content.Footnote, Text: fmt.Sprintf("ranges are runs with pessimistic and optimistic steps, ±%.0f %%, over %s requests each; they are not confidence intervals.", 100*f.Band, format.Count(f.Loads[0].N))})
	}
	return s
}

// fleetSlices has a row for each part of a fleet's traffic.
func fleetSlices(f *result.ForecastFleet) content.Table {
	t := content.Table{Head: content.Columns("from", "requests/s", "TTFT p50", "p99, ms", "TPOT p50", "p99, ms", "in flight")}
	value := func(n *result.Number) string { return format.Span(n, nil, nil, "") }
	for _, p := range f.Slices {
		at := time.Duration(p.StartS * float64(time.Second)).Round(time.Second).String()
		t.Rows = append(t.Rows, []string{at, format.Number(p.Rate), value(p.TTFTP50), value(p.TTFTP99), value(p.TPOTP50), value(p.TPOTP99), format.Number(p.InFlight)})
	}
	return t
}

// middle prints the value of an estimate alone, times a factor.
func middle(e result.Estimate, by float64) string {
	if e.Value == nil {
		return format.Missing
	}
	return format.Number(float64(*e.Value) * by)
}

// spread prints an estimate as value and range.
func spread(e result.Estimate, by float64) string {
	if e.Value == nil || e.Lo == nil || e.Hi == nil || *e.Lo == *e.Hi {
		return middle(e, by)
	}
	return fmt.Sprintf("%s [%s, %s]", middle(e, by), format.Number(float64(*e.Lo)*by), format.Number(float64(*e.Hi)*by))
}

func fitted(c *result.Calibrated) content.Table {
	t := content.Table{Title: "fitted to " + plaintext.Line(c.Run) + " (" + string(c.Evidence) + ")", Head: content.Columns("coefficient", "value", "90 % range", "before", "")}
	for _, k := range c.Coefficients {
		t.Rows = append(t.Rows, []string{
			plaintext.Line(k.Name), format.WithUnit(k.Value, k.Unit), format.Number(k.Lo) + " to " + format.Number(k.Hi), format.Number(k.Start), plaintext.Line(k.Note),
		})
	}
	return t
}

func residuals(c *result.Calibrated) content.Table {
	t := content.Table{Title: "the fit against each cell (medians)", Head: content.Columns("cell", "metric", "n", "measured ms", "fitted ms", "error")}
	for _, p := range c.Points {
		t.Rows = append(t.Rows, []string{plaintext.Line(p.Cell), plaintext.Line(p.Metric), format.Count(p.N), format.Number(p.Measured), format.Number(p.Fitted), fmt.Sprintf("%+.1f %%", 100*p.Residual)})
	}
	return t
}
