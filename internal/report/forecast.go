package report

import (
	"fmt"
	"io"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// ForecastConsole prints a forecast: first that nothing of it was measured,
// then the answers, then what was assumed.
func ForecastConsole(w io.Writer, f *result.Forecast, o ConsoleOptions) error {
	if o.Width <= 0 {
		o.Width = 100
	}
	c := console{ConsoleOptions: o}
	c.wrap("", c.paint("33;1", "MODELLED: computed from data sheets and a simulated scheduler. Nothing of it was measured."))
	c.line("")
	c.wrap("", c.bold(clean(f.Deployment.Text))+": "+clean(f.Workload.Name)+", "+clean(f.Workload.Text))
	c.line("")
	s := forecast(f)
	c.line(c.bold("FORECAST") + "  " + c.dim(string(f.Evidence)))
	for _, t := range s.told {
		c.wrap("  ", t)
	}
	for _, t := range s.tables {
		c.line("")
		c.table(t)
	}
	c.line("")
	for _, n := range s.notes {
		c.wrap("  ", n)
	}
	c.line("")
	c.line(c.bold("ASSUMED"))
	for _, a := range f.Assumptions {
		c.wrap("  ", "- "+clean(a))
	}
	_, err := io.WriteString(w, c.b.String())
	return err
}

// forecast is the answers, then the table of loads.
func forecast(f *result.Forecast) *section {
	if f == nil {
		return nil
	}
	s := &section{id: "forecast", title: "Forecast", evidence: f.Evidence}
	waits := table{head: []string{"requests/s", "TTFT p50", "p99, ms", "TPOT p50", "p99, ms", "E2E p99, s"}}
	loads := table{head: []string{"requests/s", "output tokens/s", "sequences at once", "KV cache in use"}}
	binding := table{head: []string{"requests/s", "what binds: largest parts of the steps; what requests wait for"}}
	outside := ""
	for _, l := range f.Loads {
		rate := number(l.Rate)
		if l.Asked {
			rate += " (asked)"
		}
		if l.Outside != "" {
			rate += " *"
			outside = l.Outside
		}
		waits.rows = append(waits.rows, []string{
			rate, middle(l.TTFTP50, 1), spread(l.TTFTP99, 1), middle(l.TPOTP50, 1), spread(l.TPOTP99, 1), spread(l.E2EP99, 1e-3),
		})
		loads.rows = append(loads.rows, []string{rate, spread(l.Tokens, 1), spread(l.Running, 1), middle(l.KVUsage, 100) + " %"})
		binding.rows = append(binding.rows, []string{rate, clean(l.Binds)})
	}
	if f.Fleet != nil {
		s.tables = append(s.tables, fleetSlices(f.Fleet))
	} else {
		s.tables = append(s.tables, waits, loads, binding)
	}
	if c := f.Calibrated; c != nil {
		s.tables = append(s.tables, fitted(c), residuals(c))
		for _, n := range c.Notes {
			s.told = append(s.told, capital(clean(n))+".")
		}
	}
	for _, t := range f.Text {
		s.told = append(s.told, clean(t))
	}
	s.text = append(s.text, s.told...)
	if outside != "" {
		s.notes = append(s.notes, "* extrapolated beyond the run that it was calibrated with: "+clean(outside)+".")
	}
	if n := len(f.Loads); n > 0 {
		s.notes = append(s.notes, fmt.Sprintf("* ranges are runs with pessimistic and optimistic steps, ±%.0f %%, over %s requests each; they are no confidence intervals.", 100*f.Band, count(f.Loads[0].N)))
	}
	return s
}

// fleetSlices has a row for each part of a fleet's traffic.
func fleetSlices(f *result.ForecastFleet) table {
	t := table{head: []string{"from", "requests/s", "TTFT p50", "p99, ms", "TPOT p50", "p99, ms", "in flight"}}
	value := func(n *result.Number) string { return span(n, nil, nil, "") }
	for _, p := range f.Slices {
		at := time.Duration(p.StartS * float64(time.Second)).Round(time.Second).String()
		t.rows = append(t.rows, []string{at, number(p.Rate), value(p.TTFTP50), value(p.TTFTP99), value(p.TPOTP50), value(p.TPOTP99), number(p.InFlight)})
	}
	return t
}

// middle prints the value of an estimate alone, times a factor.
func middle(e result.Estimate, by float64) string {
	if e.Value == nil {
		return missing
	}
	return number(float64(*e.Value) * by)
}

// spread prints an estimate as value and range.
func spread(e result.Estimate, by float64) string {
	if e.Value == nil || e.Lo == nil || e.Hi == nil || *e.Lo == *e.Hi {
		return middle(e, by)
	}
	return fmt.Sprintf("%s [%s, %s]", middle(e, by), number(float64(*e.Lo)*by), number(float64(*e.Hi)*by))
}

func fitted(c *result.Calibrated) table {
	t := table{title: "fitted to " + clean(c.Run) + " (" + string(c.Evidence) + ")", head: []string{"coefficient", "value", "90 % range", "before", ""}}
	for _, k := range c.Coefficients {
		t.rows = append(t.rows, []string{
			clean(k.Name), withUnit(k.Value, k.Unit), number(k.Lo) + " to " + number(k.Hi), number(k.Start), clean(k.Note),
		})
	}
	return t
}

func residuals(c *result.Calibrated) table {
	t := table{title: "what the fit makes of each cell (medians)", head: []string{"cell", "metric", "n", "measured ms", "fitted ms", "off"}}
	for _, p := range c.Points {
		t.rows = append(t.rows, []string{clean(p.Cell), clean(p.Metric), count(p.N), number(p.Measured), number(p.Fitted), fmt.Sprintf("%+.1f %%", 100*p.Residual)})
	}
	return t
}
