package run

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// rateNames are the rates that what is sent can cost, in words.
var rateNames = map[string]string{
	"input": "input", "cached": "input from the cache", "cache_write": "input written to the cache", "cache_write_1h": "input kept in the cache for an hour",
	"output": "output", "reasoning": "reasoning",
}

// priceTable has a row for each price, as it is listed, with its date and source: a
// plan that states one rate over an entry of the price list leaves the others theirs. What
// a price list says of them besides is in the notes of the costs.
func priceTable(targets []result.Target) (t content.Table, notes []string) {
	t = content.Table{Title: "Prices", Layout: content.Words, Head: content.Columns("target", "price of", "USD", "as of", "source")}
	row := func(target, what, price string, o result.Origin) {
		source := plaintext.Line(o.Source)
		if who := sourceKinds[o.Kind]; who != "" {
			source += " (" + who + ")"
		}
		t.Rows = append(t.Rows, []string{plaintext.Line(target), plaintext.Line(what), price, plaintext.Line(o.AsOf), source})
	}
	for _, x := range targets {
		if p := x.Price; p != nil {
			rates := func(r result.Rates, suffix string, origin func(string) result.Origin) {
				for _, rate := range r.List() {
					if name := rateNames[rate.Key]; name != "" && rate.Value != nil {
						row(x.Name, "1M tokens of "+name+suffix, amount.Price(*rate.Value), origin(rate.Key))
					}
				}
			}
			all := func(key string) func(string) result.Origin {
				return func(string) result.Origin { return p.Origin(key) }
			}
			rates(p.Rates, "", p.Origin)
			for _, l := range p.LongContext {
				rates(l.Rates, fmt.Sprintf(", requests of more than %s input tokens", format.Count(l.Above)), all("long_context"))
			}
			if p.Batch != nil {
				rates(p.Batch.Rates, ", in batches", all("batch"))
			}
			if p.Entry != "" && p.Model != "" && p.Entry != p.Model {
				notes = append(notes, fmt.Sprintf("price of the %s: %q is the entry %s of the price list", x.Name, p.Model, p.Entry))
			}
			if p.Page != "" {
				notes = append(notes, fmt.Sprintf("the provider's own page for the price of the %s: %s", x.Name, address(p.Page)))
			}
		}
		if m := x.Machine; m != nil {
			machinePrices(x.Name, m, row)
			if m.Page != "" {
				notes = append(notes, fmt.Sprintf("the provider's own page for the machine of the %s: %s", x.Name, address(m.Page)))
			}
		}
	}
	return t, notes
}

// address is that of a page to look up. A report links to nothing and loads nothing.
func address(page string) string {
	_, rest, ok := strings.Cut(page, "://")
	if !ok {
		return page
	}
	return rest
}

// sourceKinds say who says that a price is what it is.
var sourceKinds = map[result.SourceKind]string{tariff.FromProvider: "the provider's page", tariff.FromMirror: "second hand"}

func machinePrices(target string, m *result.Machine, row func(target, what, price string, o result.Origin)) {
	origin := result.Origin{Source: m.Source, AsOf: m.AsOf, Kind: m.SourceKind}
	name := m.Accelerator
	if name == "" {
		name = m.Name
	}
	if name == "" {
		name = "an accelerator"
	}
	what := "one hour of " + name
	if m.Rent != "" {
		what += ", " + strings.ReplaceAll(string(m.Rent), "_", " ")
	}
	hour := amount.Price(m.USDPerHour)
	if m.Bought != nil { // worked out, and listed nowhere
		hour = amount.USD(m.USDPerHour)
	}
	row(target, what, hour, origin)
	if m.Node > 1 {
		row(target, fmt.Sprintf("one hour of a node of %d, which is the least that is rented", m.Node), amount.Price(m.NodeUSDPerHour()), origin)
	}
	if m.StaffMonth > 0 {
		row(target, "staff, per month", amount.Price(m.StaffMonth), result.Origin{Source: "the plan"})
	}
	b := m.Bought
	if b == nil {
		return
	}
	for _, part := range []struct {
		what string
		v    float64
	}{
		{fmt.Sprintf("… of that: the purchase (%s each, over %s years, %s %% of it left, %s %% a year for the capital, available %s %% of the time)", amount.USD(b.USD), amount.Significant(b.Years, 3), percent(b.Residual), percent(b.DiscountRate), percent(b.Availability)), b.Capital},
		{fmt.Sprintf("… electricity (%s kW at a PUE of %s, %s per kWh)", amount.Significant(b.KW, 6), amount.Significant(b.PUE, 4), amount.Price(b.USDPerKWh)), b.Power},
		{"… maintenance", b.MaintenanceHour}, {"… space and network", b.ColocationHour},
	} {
		if part.v > 0 {
			row(target, part.what, amount.USD(part.v), result.Origin{Source: "the plan"})
		}
	}
}

func percent(share float64) string { return amount.Significant(100*share, 4) }

// inputTable lists what the amounts follow from, each with who says so.
func inputTable(c *result.Cost) content.Table {
	t := content.Table{Title: "What the amounts follow from", Layout: content.Words, Head: content.Columns("input", "value", "basis", "source", "key")}
	for _, in := range c.Inputs {
		source := plaintext.Line(in.Source)
		if in.AsOf != "" {
			source += ", " + plaintext.Line(in.AsOf)
		}
		t.Rows = append(t.Rows, []string{plaintext.Line(in.Name), plaintext.Line(in.Value), plaintext.Line(in.Basis), source, plaintext.Line(in.Key)})
	}
	return t
}

// operatingTable has the throughputs of a machine, the headline last.
func operatingTable(c *result.Cost) content.Table {
	t := content.Table{Title: "What a machine's tokens cost at each throughput", Layout: content.Words, Head: content.Columns("throughput", "requests/s", "tokens/s", "utilization", "per million tokens", "from")}
	for _, tc := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if tc == nil {
			continue
		}
		for _, o := range tc.Operating {
			use := format.Missing
			if o.Utilization != nil {
				use = format.Percent(float64(*o.Utilization))
			}
			t.Rows = append(t.Rows, []string{
				plaintext.Line(tc.Target + ", " + o.Name), format.Span(o.RequestsPerSecond, nil, nil, ""), format.Span(o.TokensPerSecond, nil, nil, ""), use,
				format.Doubted(format.Estimate(o.PerMTok, "USD", 0), c.Spoilt), plaintext.Line(o.From),
			})
		}
	}
	return t
}

// sensitivityTable is the figure of the same in numbers.
func sensitivityTable(c *result.Cost) content.Table {
	t := content.Table{Title: "Savings when one input moves", Head: content.Columns("input", "lower", "as planned", "higher", "savings at the lower", "savings at the higher", "range")}
	for _, s := range c.Sensitivity {
		t.Rows = append(t.Rows, []string{
			plaintext.Line(s.Name), plaintext.Line(s.Low), plaintext.Line(s.Base), plaintext.Line(s.High),
			format.Doubted(format.WithUnit(float64(s.SavingsLow), "percent"), c.SavingsSpoilt), format.Doubted(format.WithUnit(float64(s.SavingsHigh), "percent"), c.SavingsSpoilt), plaintext.Line(s.Basis),
		})
	}
	return t
}

// winsTable lists the volumes at which the candidate is cheaper, where machines make
// them several.
func winsTable(b *result.BreakEven) content.Table {
	t := content.Table{Title: "Volumes at which the candidate is cheaper", Head: content.Columns("from", "to", "")}
	if b == nil || len(b.Wins) < 2 {
		return t
	}
	for _, w := range b.Wins {
		t.Rows = append(t.Rows, []string{amount.Count(float64(w.From)), amount.Count(float64(w.To)), "requests per month"})
	}
	if b.More > 0 {
		t.Rows = append(t.Rows, []string{"…", "…", fmt.Sprintf("%s further ranges", format.Count(b.More))})
	}
	t.Folded = len(t.Rows) > 6
	return t
}
