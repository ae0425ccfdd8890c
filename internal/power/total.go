package power

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Total is the energy of all devices of a domain, by one source.
type Total struct {
	Domain  Domain
	Source  string
	Devices []string
	Energy
	// Second says that another source has the domain too and is the one that counts.
	Second bool
}

// Over is the energy within the parts of a window, by domain and source, in the order
// in which they were first read. Devices are summed: where one has no energy, the domain
// has none.
func (l *Log) Over(window exchange.Spans) []Total {
	var out []Total
	for _, c := range l.Channels {
		e := c.Over(window)
		i := slices.IndexFunc(out, func(t Total) bool { return t.Domain == c.Domain && t.Source == c.Source })
		if i < 0 {
			out = append(out, Total{Domain: c.Domain, Source: c.Source, Devices: []string{c.Device}, Energy: e})
			if e.Withheld != "" {
				out[len(out)-1].Withheld = c.Device + ": " + e.Withheld
			}
			continue
		}
		out[i].join(c.Device, e)
	}
	for i := range out {
		first := slices.IndexFunc(out, func(t Total) bool { return t.Domain == out[i].Domain && t.Withheld == "" })
		out[i].Second = first >= 0 && first != i && out[i].Withheld == ""
	}
	return out
}

// join adds another device. Peaks need not fall together, so that their sum is an upper
// bound of the peak.
func (t *Total) join(device string, e Energy) {
	t.Devices = append(t.Devices, device)
	t.Joules, t.Bound, t.Mean, t.Peak = t.Joules+e.Joules, t.Bound+e.Bound, t.Mean+e.Mean, t.Peak+e.Peak
	t.Updates, t.Gaps, t.GapShare, t.Resets = min(t.Updates, e.Updates), t.Gaps+e.Gaps, max(t.GapShare, e.GapShare), t.Resets+e.Resets
	if t.Withheld == "" && e.Withheld != "" {
		t.Withheld = device + ": " + e.Withheld
	}
	if e.Method == Area {
		t.Method = Area
	}
}

// Headline is the energy that figures rest on: that of the whole machine where it was
// measured, by an instrument before a sensor; else the sum of all components. A sensor
// that shows less than the components together is not of the whole machine: RAPL's psys
// may leave the boards of GPUs out. Name says of what it is. ok is false where nothing
// was measured.
func Headline(totals []Total) (t Total, name string, ok bool) {
	whole := func(d Domain) int {
		return slices.IndexFunc(totals, func(t Total) bool { return t.Domain == d && t.Withheld == "" && !t.Second })
	}
	if i := whole(Node); i >= 0 {
		return totals[i], string(Node), true
	}
	t, name, ok = components(totals)
	if i := whole(System); i >= 0 && (!ok || t.Joules-t.Bound <= totals[i].Joules+totals[i].Bound) {
		return totals[i], string(System), true
	}
	return t, name, ok
}

// components is the sum of those that were measured.
func components(totals []Total) (t Total, name string, ok bool) {
	var names, sources []string
	for _, c := range totals {
		if !c.Domain.Component() || c.Withheld != "" || c.Second {
			continue
		}
		names = append(names, string(c.Domain))
		if !slices.Contains(sources, c.Source) {
			sources = append(sources, c.Source)
		}
		if !ok {
			t, ok = c, true
			t.Devices = slices.Clone(c.Devices)
			continue
		}
		devices := c.Devices
		t.join(devices[0], c.Energy)
		t.Devices = append(t.Devices, devices[1:]...)
	}
	t.Source = strings.Join(sources, " and ")
	return t, strings.Join(names, " + "), ok
}
