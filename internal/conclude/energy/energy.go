// Package energy says what a run used: the energy of each cell's measured window, and
// what comes of it with the cell's rates (pure). It rests on package power, which makes
// energy of readings.
package energy

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/power"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Account is what was read of power in a run. The nil Account has nothing, and says
// nothing.
type Account struct {
	log     *runlog.PowerLog
	plan    metering.Power
	targets []result.Target
	windows []window
	idle    []power.Total
}

// window is the measured window of a cell of a target.
type window struct {
	cell, target string
	spans        exchange.Spans
}

// Read reads a run's samples; nil where no power was read.
func Read(run *runlog.Run, samples string, p metering.Power) (*Account, error) {
	log, err := run.Power(samples)
	if log == nil || err != nil {
		return nil, err
	}
	a := &Account{log: log, plan: p, targets: run.Targets}
	for _, c := range run.Cells {
		a.windows = append(a.windows, window{c.ID, c.Target, c.Spans()})
	}
	if len(log.Idle) > 0 {
		a.idle = log.Over(log.Idle)
	}
	return a, nil
}

// Of is the energy of a cell; nil where no power was read.
func (a *Account) Of(c *result.Cell) *result.Energy {
	if a == nil {
		return nil
	}
	i := slices.IndexFunc(a.windows, func(w window) bool { return w.cell == c.ID })
	if i < 0 {
		return nil
	}
	w := a.windows[i]
	e := &result.Energy{Evidence: c.Evidence}
	totals := a.log.Over(w.spans)
	for _, t := range totals {
		e.Domains = append(e.Domains, a.domain(t))
	}
	a.heat(w.spans, e)
	if e.Withheld = a.notOurs(w); e.Withheld != "" {
		return e
	}
	total, name, ok := power.Headline(totals)
	if !ok {
		e.Withheld = "power was not read through the window"
		if len(totals) > 0 {
			e.Withheld = totals[0].Withheld
		} else if why := a.faults(); len(why) > 0 {
			e.Withheld = why[0].Source + ": " + why[0].Why
		}
		return e
	}
	e.Domain, e.Source, e.Short = name, total.Source, total.Short()
	e.Figures = a.figures(c, total, name)
	return e
}

// notOurs says why energy that was read is not that of the cell's target.
func (a *Account) notOurs(w window) string {
	for _, o := range a.windows {
		if o.target != w.target && overlap(o.spans, w.spans) {
			return fmt.Sprintf("%s was measured at the same time, and what each used cannot be told apart", o.target)
		}
	}
	i := slices.IndexFunc(a.targets, func(t result.Target) bool { return t.Name == w.target })
	if i < 0 {
		return ""
	}
	here := slices.ContainsFunc(a.log.Sources, func(s string) bool { return s != "dcgm" && s != "cmd" && s != "file" })
	switch {
	case here && !a.targets[i].Loopback():
		return "power was read on the client's machine, and the URL of this target is of another: give a loopback URL if the server runs here, or read its own power with dcgm:URL or 'cmd:ssh HOST …'"
	case !here && i > 0 && host(a.targets[i]) != host(a.targets[0]):
		return "the power that was read is the candidate's"
	}
	return ""
}

func overlap(a, b exchange.Spans) bool {
	for _, s := range a {
		if b.Overlap(s.Start, s.End) > 0 {
			return true
		}
	}
	return false
}

// domain is a total as a result has it.
func (a *Account) domain(t power.Total) result.EnergyDomain {
	d := result.EnergyDomain{
		Domain: string(t.Domain), Source: t.Source, Devices: t.Devices, Method: string(t.Method),
		Updates: t.Updates, Gaps: t.Gaps, Second: t.Second, Withheld: t.Withheld,
	}
	if t.Withheld == "" {
		d.Joules, d.BoundJ, d.MeanW, d.PeakW = result.Num(t.Joules), result.Num(t.Bound), result.Num(t.Mean), result.Num(t.Peak)
	}
	for _, i := range a.idle {
		if i.Domain == t.Domain && i.Source == t.Source && i.Withheld == "" {
			d.IdleW = result.Num(i.Mean)
		}
	}
	return d
}

// heat adds what was read of heat in a window, and what held when it began.
func (a *Account) heat(spans exchange.Spans, e *result.Energy) {
	// One source may tell the temperature of a machine, and another its pressure.
	type place struct {
		device   string
		pressure bool
	}
	latest := map[place]power.State{}
	for _, s := range spans {
		clear(latest)
		for _, h := range a.log.Heat {
			switch {
			case h.At <= s.Start:
				latest[place{h.Device, h.Thermal != ""}] = h.State
			case h.At <= s.End:
				takeHeat(h.State, e)
			}
		}
		for _, h := range latest {
			takeHeat(h, e)
		}
	}
	slices.Sort(e.Thermal)
	slices.Sort(e.Slowed)
}

func takeHeat(h power.State, e *result.Energy) {
	if h.Thermal != "" {
		e.HeatKnown = true
		if h.Thermal != power.Nominal && !slices.Contains(e.Thermal, h.Thermal) {
			e.Thermal = append(e.Thermal, h.Thermal)
		}
	}
	for _, r := range h.Slowed {
		if !slices.Contains(e.Slowed, r) {
			e.Slowed = append(e.Slowed, r)
		}
	}
	if h.TempC != nil {
		e.HeatKnown = true
		if e.TempMaxC == nil || *h.TempC > float64(*e.TempMaxC) {
			e.TempMaxC = result.Num(*h.TempC)
		}
	}
}
