package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// energy is what the machine used: one row a cell, then what was read. nil where no
// power was read.
func energy(r *result.Result) *content.Section {
	p := r.Benchmarks.Power
	if p == nil {
		return nil
	}
	s := &content.Section{ID: "power", Title: "Energy", Evidence: r.Evidence}
	var cells []*result.Cell
	for _, c := range r.Cells() {
		if c.Energy != nil {
			cells = append(cells, c)
		}
	}
	s.Say(fmt.Sprintf("Power was read from %s.", plaintext.Line(strings.Join(p.Sources, ", "))))
	s.Detail("A figure is gross unless it says net: the power that the machine draws anyway is in it. Each is of the domain that its row names, and bounds are one update of the readings at each edge of the window. How readings become energy is in docs/energy.md.")
	all := energyFigures(cells)
	perToken, rest := parted(all)
	s.Table(perToken, all)
	s.Pages(rest)
	s.Pages(energyDomains(cells))
	withheld := map[string][]string{}
	for _, c := range cells {
		if why := c.Energy.Withheld; why != "" {
			withheld[why] = append(withheld[why], plaintext.Line(c.ID))
		}
	}
	for _, why := range slices.Sorted(maps.Keys(withheld)) {
		s.Remark(format.Sentence("Without figures: " + strings.Join(withheld[why], ", ") + " (" + plaintext.Line(why) + ")"))
	}
	if len(p.Untested) > 0 {
		s.Remark(fmt.Sprintf("The readers of %s are checked against recordings and manuals, and are untested on real hardware by those who wrote them.", plaintext.Line(strings.Join(p.Untested, ", "))))
	}
	for _, f := range p.Failed {
		s.Remark(format.Sentence(plaintext.Line(fmt.Sprintf("Could not be read: %s (%s)", f.Source, f.Why))))
	}
	return s
}

// parted are the figures in two tables, each of which a page shows without scrolling: power and
// energy of the work, then what follows from them.
func parted(t content.Table) (work, rest content.Table) {
	work, rest = t, t
	rest.Title = "… per second, user and USD"
	const named, shown = 2, 6 // columns that name the row, and figures of the first table
	for i := len(t.Head) - 1; i >= named; i-- {
		if i < named+shown {
			rest = rest.Without(i)
		} else {
			work = work.Without(i)
		}
	}
	if len(rest.Head) <= named {
		rest.Rows = nil
	}
	return work, rest
}

// energyFigures has a column for each figure that any cell has.
func energyFigures(cells []*result.Cell) content.Table {
	t := content.Table{Title: "Energy of the measured windows", Head: content.Columns("cell", "of")}
	var tags []result.EnergyTag
	for _, tag := range result.EnergyTags() {
		for _, c := range cells {
			if _, ok := c.Energy.Figures[tag.Tag]; ok {
				tags = append(tags, tag)
				t.Head = append(t.Head, content.Column{Name: energyHead(tag), PagesOnly: !brief[tag.Tag]})
				break
			}
		}
	}
	for _, c := range cells {
		if c.Energy.Domain == "" {
			continue
		}
		row := []string{plaintext.Line(c.ID), figure.DomainName(c.Energy.Domain)}
		for _, tag := range tags {
			e, ok := c.Energy.Figures[tag.Tag]
			if !ok || e.Value == nil {
				row = append(row, format.Missing)
				continue
			}
			row = append(row, format.Span(e.Value, e.Lo, e.Hi, ""))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// brief are the figures that a terminal shows.
var brief = map[string]bool{"mean_w": true, "j_per_output_token": true, "j_per_request": true, "tokens_per_j": true}

func energyHead(t result.EnergyTag) string {
	return map[string]string{
		"mean_w": "mean W", "peak_w": "peak W", "j_per_output_token": "J per output token", "net_j_per_output_token": "… net of idle", "j_per_token": "J per token, input and output",
		"j_per_request": "J per request", "tokens_per_j": "tokens/s per W", "users_per_kw": "users per kW", "energy_delay": "J·s (energy × delay)", "usd_per_mtok_energy": "USD of energy per M tokens",
	}[t.Tag]
}

// energyDomains is what was read of each domain.
func energyDomains(cells []*result.Cell) content.Table {
	t := content.Table{Title: "What was read", Folded: true, Head: content.Columns("cell", "of", "source", "devices", "energy", "±", "mean", "peak", "idle before", "updates", "how")}
	for _, c := range cells {
		for _, d := range c.Energy.Domains {
			how := map[string]string{"counter": "difference of a counter", "area": "area under the power"}[d.Method]
			switch {
			case d.Withheld != "":
				how = "withheld: " + d.Withheld
			case d.Second:
				how += "; a second reading, which is not added"
			}
			t.Rows = append(t.Rows, []string{
				plaintext.Line(c.ID), figure.DomainName(d.Domain), plaintext.Line(d.Source), plaintext.Line(strings.Join(d.Devices, ", ")),
				format.Span(d.Joules, nil, nil, "J"), format.Span(d.BoundJ, nil, nil, "J"), format.Span(d.MeanW, nil, nil, "W"), format.Span(d.PeakW, nil, nil, "W"),
				format.Span(d.IdleW, nil, nil, "W"), format.Count(d.Updates), plaintext.Line(how),
			})
		}
	}
	return t
}
