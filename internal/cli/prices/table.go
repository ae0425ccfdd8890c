package prices

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/tariff"
)

// columns writes rows of text under a head.
type columns struct{ *tabwriter.Writer }

func newColumns(out io.Writer) columns { return columns{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)} }

func (c columns) row(cells ...string) {
	for i, s := range cells {
		cells[i] = plaintext.Line(s)
	}
	_, _ = fmt.Fprintln(c, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

// table lists prices and offers, each with its age.
func table(out io.Writer, now time.Time, models []catalog.Price, offers []catalog.Offer) error {
	w := newColumns(out)
	if len(models) > 0 {
		w.row("MODEL", "INPUT", "CACHED", "WRITE", "OUTPUT", "ALSO", "AGE", "SOURCE", "NOTE")
		for _, p := range models {
			w.row(p.Name(), price(&p.Input), price(p.Cached), price(p.CacheWrite), price(&p.Output), also(p), ageOf(p.AsOf, now), source(p.Fact), p.Note)
		}
		w.row("USD per million tokens; WRITE: input written to the cache. inferometer prices show MODEL has all of it")
	}
	if len(models) > 0 && len(offers) > 0 {
		w.row("")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(offers) == 0 {
		return nil
	}
	w = newColumns(out)
	w.row("ACCELERATOR", "PROVIDER", "KIND", "USD PER HOUR", "SOLD BY", "AGE", "SOURCE", "NOTE")
	for _, o := range offers {
		by := "1"
		if o.Node > 1 {
			by = fmt.Sprintf("%d, %s", o.Node, amount.Price(o.NodeUSDPerHour()))
		}
		w.row(o.Accelerator, strings.TrimSpace(o.Provider+" "+o.Product), catalog.Words(o.Rent), amount.Price(o.Each()), by, ageOf(o.AsOf, now), source(o.Fact), o.Note)
	}
	w.row("USD per hour of one accelerator; SOLD BY: how many are rented together, and what they cost")
	return w.Flush()
}

func price(v *float64) string {
	if v == nil {
		return "–"
	}
	return amount.Price(*v)
}

// also names what other prices an entry has.
func also(p catalog.Price) string {
	var out []string
	for _, l := range p.LongContext {
		out = append(out, "above "+amount.Count(float64(l.Above)))
	}
	for _, s := range []struct {
		name string
		of   *tariff.Service
	}{{"batch", p.Batch}, {"flex", p.Flex}, {"priority", p.Priority}} {
		if s.of != nil {
			out = append(out, s.name)
		}
	}
	return strings.Join(out, ", ")
}

// ageOf is the age of a price in days, marked where it is stale.
func ageOf(asOf string, now time.Time) string {
	days, ok := tariff.Age(asOf, now)
	switch {
	case !ok:
		return "unknown"
	case days > tariff.OldDays:
		return fmt.Sprintf("%d d, OLD", days)
	case days > tariff.StaleDays:
		return fmt.Sprintf("%d d, stale", days)
	}
	return fmt.Sprintf("%d d", max(0, days))
}

func source(f catalog.Fact) string {
	if f.SourceKind == "" {
		return f.Source
	}
	return f.Source + " (" + string(f.SourceKind) + ")"
}

// show writes all that is known of a price.
func show(out io.Writer, now time.Time, p catalog.Price, note string) error {
	w := newColumns(out)
	w.row("model", p.Name())
	if note != "" {
		w.row("", note)
	}
	if len(p.Aliases) > 0 {
		w.row("also called", strings.Join(p.Aliases, ", "))
	}
	w.row("as of", fmt.Sprintf("%s (%s)", p.AsOf, ageOf(p.AsOf, now)))
	w.row("source", source(p.Fact))
	if p.Page != "" {
		w.row("provider's page", p.Page)
	}
	if p.Note != "" {
		w.row("note", p.Note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(out)
	w = newColumns(out)
	w.row("USD PER MILLION TOKENS", "INPUT", "CACHED", "WRITE", "WRITE 1 H", "OUTPUT", "REASONING", "AUDIO IN", "AUDIO OUT", "IMAGE IN", "IMAGE OUT")
	rates := func(name string, r tariff.Rates, long []tariff.LongContext) {
		w.row(cells(name, r)...)
		for _, l := range long {
			w.row(cells(fmt.Sprintf("%s above %s input tokens", name, amount.Count(float64(l.Above))), l.Rates)...)
		}
	}
	rates("usual", p.Rates, p.LongContext)
	for _, s := range []struct {
		name string
		of   *tariff.Service
	}{{"batch", p.Batch}, {"flex", p.Flex}, {"priority", p.Priority}} {
		if s.of != nil {
			rates(s.name, s.of.Rates, s.of.LongContext)
		}
	}
	if len(p.LongContext) > 0 {
		w.row("A request above a threshold is charged by it for all of its tokens.")
	}
	return w.Flush()
}

func cells(name string, r tariff.Rates) []string {
	return []string{
		name, price(&r.Input), price(r.Cached), price(r.CacheWrite), price(r.CacheWrite1h), price(&r.Output), price(r.Reasoning),
		price(r.AudioInput), price(r.AudioOutput), price(r.ImageInput), price(r.ImageOutput),
	}
}
