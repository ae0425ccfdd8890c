package validity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// powerRead: whether the energy of a cell can be believed. There is no check where no
// power was read.
func powerRead(_ Input, e Evidence) result.Check {
	x := e.Cell.Energy
	switch {
	case x == nil:
		return result.Check{}
	case x.Withheld != "":
		return notAssessed("there is no energy of this cell: " + x.Withheld)
	}
	for _, d := range x.Domains {
		if d.Withheld != "" {
			return result.Check{Status: result.Warn,
				Text: fmt.Sprintf("the energy of %s by %s is missing: %s", d.Domain, d.Source, d.Withheld),
				Fix:  "the figures are of " + x.Domain + " alone; find out why the other readings fail with inferometer doctor --dump"}
		}
	}
	if x.Short {
		return result.Check{Status: result.Warn,
			Text: "the window has fewer than ten updates of the readings and is shorter than 20 s: its edges make up much of the energy",
			Fix:  "measure for longer with --duration"}
	}
	var bound, joules float64 // of the domains that the figures rest on; others overlap with them
	counts := strings.Split(x.Domain, " + ")
	for _, d := range x.Domains {
		if d.Joules != nil && d.BoundJ != nil && !d.Second && slices.Contains(counts, d.Domain) {
			bound, joules = bound+float64(*d.BoundJ), joules+float64(*d.Joules)
		}
	}
	if joules <= 0 {
		return notAssessed("no energy was used")
	}
	r := grade("ratio", bound/joules, 0.10, 0.50)
	r.Text = fmt.Sprintf("the energy is known within %s, by one update of the readings at each edge of the window", percent(bound/joules))
	if r.Status != result.Pass {
		r.Fix = "measure for longer with --duration"
	}
	return r
}

// heat: a machine that held itself back because of heat, or of a limit to its power,
// was slower than the same machine is when it is cool.
func heat(_ Input, e Evidence) result.Check {
	x := e.Cell.Energy
	if x == nil {
		return result.Check{}
	}
	var why []string
	if len(x.Thermal) > 0 {
		why = append(why, "thermal pressure was "+strings.Join(x.Thermal, " and "))
	}
	limited := false
	for _, s := range x.Slowed {
		switch s {
		case result.SlowedSWThermal, result.SlowedHWThermal:
			why = append(why, "clocks were lowered because of heat ("+s+")")
		case result.SlowedPowerCap:
			limited = true // the usual state of a GPU that works as hard as it may
		default:
			why = append(why, "clocks were lowered ("+s+")")
		}
	}
	if len(why) > 0 {
		return result.Check{Status: result.Warn, Text: "during the window " + strings.Join(why, ", and "),
			Fix: "let the machine cool down before each cell, and measure again; a machine that always runs this hot is described by these figures"}
	}
	if !x.HeatKnown {
		return notAssessed("no temperature and no thermal pressure was read")
	}
	r := result.Check{Status: result.Pass, Text: "nothing was slowed down by heat"}
	if limited {
		r.Text += "; clocks were held by the limit to the power"
	}
	if x.TempMaxC != nil {
		r.Text += fmt.Sprintf("; at most %s °C", number(float64(*x.TempMaxC)))
	}
	return r
}
