package figure

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

// costs returns the targets of a cost benchmark that are there.
func costs(c *result.Cost) []*result.TargetCost {
	var out []*result.TargetCost
	for _, t := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if t != nil {
			out = append(out, t)
		}
	}
	return out
}

// breakdown stacks the parts of the cost of a thousand requests.
func breakdown(c *result.Cost) *Figure {
	f := &Figure{ID: "cost-breakdown", Title: "Cost per thousand requests", Subtitle: "by part, at the planned volume", Evidence: c.Evidence, Y: Axis{Label: "cost", Unit: "USD"}}
	var names, left []string
	values := map[string]map[int]float64{}
	for _, t := range costs(c) {
		if len(t.Parts) == 0 {
			left = append(left, fmt.Sprintf("%s: %s", t.Target, absence(t.PerRequest, t.Samples, 0)))
			continue
		}
		at := len(f.X.Categories)
		f.X.Categories = append(f.X.Categories, t.Target)
		for _, p := range t.Parts {
			if p.USD == 0 {
				continue
			}
			if values[p.Name] == nil {
				values[p.Name] = map[int]float64{}
				names = append(names, p.Name)
			}
			values[p.Name][at] = 1000 * p.USD
		}
	}
	for _, n := range names {
		s := Series{Name: n, Role: Part, Kind: Stack}
		for i := range f.X.Categories {
			s.Points = append(s.Points, Point{X: float64(i), Y: values[n][i]})
		}
		f.Series = append(f.Series, s)
	}
	f.Note = notes(left)
	return f
}

// prices sets side by side what a million tokens cost: by the price list, in
// the measured mix of input and output, and on a machine that never idles.
func prices(r *result.Result) *Figure {
	c := r.Benchmarks.Cost
	f := &Figure{
		ID: "token-prices", Title: "Price per million tokens", Subtitle: "all tokens: input and output as measured, at the planned volume",
		Evidence: result.Weakest(c.Evidence, result.Listed), Y: Axis{Label: "price", Unit: "USD", Log: true, Metric: "cost_per_mtok"},
	}
	listed := map[string]*result.Price{}
	for i := range r.Targets {
		listed[r.Targets[i].Name] = r.Targets[i].Price
	}
	// A price of the price list is quoted, and not rounded as an amount is.
	list := func(rate func(*result.Price) *float64) func(*result.TargetCost) *result.Estimate {
		return func(t *result.TargetCost) *result.Estimate {
			if p := listed[t.Target]; p != nil && t.Kind == "api" {
				if v := rate(p); v != nil {
					return &result.Estimate{Value: result.Num(*v)}
				}
			}
			return nil
		}
	}
	columns := []struct {
		name   string
		quoted bool
		of     func(*result.TargetCost) *result.Estimate
	}{
		{"input, listed", true, list(func(p *result.Price) *float64 { return &p.Input })},
		{"cached, listed", true, list(func(p *result.Price) *float64 { return p.Cached })},
		{"output, listed", true, list(func(p *result.Price) *float64 { return &p.Output })},
		{"all tokens", false, func(t *result.TargetCost) *result.Estimate { return &t.PerMTok }},
		{"all tokens, always busy", false, func(t *result.TargetCost) *result.Estimate { return t.PerMTokFull }},
	}
	series := map[string]*Series{}
	var left []string
	for _, col := range columns {
		x, used := float64(len(f.X.Categories)), false
		for _, t := range costs(c) {
			e := col.of(t)
			if e == nil {
				continue
			}
			p, ok := point(x, *e)
			if ok && p.Y <= 0 {
				left = append(left, fmt.Sprintf("%s of the %s: $0", col.name, t.Target))
				continue
			}
			if !ok || p.AtLeast {
				left = append(left, fmt.Sprintf("%s of the %s: %s", col.name, t.Target, absence(*e, t.Samples, 0)))
				continue
			}
			if series[t.Target] == nil {
				series[t.Target] = &Series{Name: t.Target, Role: role(t.Target), Kind: Dot}
			}
			p.Label = amount.USD(p.Y)
			if col.quoted {
				p.Label = amount.Price(p.Y)
			}
			series[t.Target].Points = append(series[t.Target].Points, p)
			used = true
		}
		if used {
			f.X.Categories = append(f.X.Categories, col.name)
		}
	}
	for _, t := range costs(c) {
		if t.Kind == "machine" {
			left = append(left, fmt.Sprintf("the %s runs on a machine, which has no list price of tokens", t.Target))
		}
		if s := series[t.Target]; s != nil {
			f.Series = append(f.Series, *s)
		}
	}
	f.Note = notes(left)
	return f
}

// projection adds the cost of both targets up over the months.
func projection(c *result.Cost) *Figure {
	if len(c.Projection) == 0 {
		return nil
	}
	f := &Figure{
		ID: "cost-projection", Title: "Cost over time", Subtitle: "cumulative, from the planned volume at today's prices", Evidence: result.Weakest(c.Evidence, result.Modelled),
		X: Axis{Label: "months"}, Y: Axis{Label: "cumulative cost", Unit: "USD"},
	}
	start := Point{Lo: result.Num(0), Hi: result.Num(0)}
	for _, side := range []struct {
		role   Role
		of     func(result.Month) float64
		lo, hi func(result.Month) *result.Number
	}{
		{Candidate, func(m result.Month) float64 { return m.Candidate }, func(m result.Month) *result.Number { return m.CandidateLo }, func(m result.Month) *result.Number { return m.CandidateHi }},
		{Baseline, func(m result.Month) float64 { return m.Baseline }, func(m result.Month) *result.Number { return m.BaselineLo }, func(m result.Month) *result.Number { return m.BaselineHi }},
	} {
		line := Series{Name: string(side.role), Role: side.role, Kind: Line, Points: []Point{{}}}
		band := Series{Name: string(side.role) + ", 95 %", Role: side.role, Kind: Band, Points: []Point{start}}
		for _, m := range c.Projection {
			line.Points = append(line.Points, Point{X: float64(m.Month), Y: side.of(m)})
			if lo, hi := side.lo(m), side.hi(m); lo != nil && hi != nil {
				band.Points = append(band.Points, Point{X: float64(m.Month), Y: side.of(m), Lo: lo, Hi: hi})
			}
		}
		if len(band.Points) > 1 {
			f.Series = append(f.Series, band)
			f.Subtitle = "cumulative, from the planned volume at today's prices; shaded: 95 % interval"
		}
		f.Series = append(f.Series, line)
	}
	return f
}
