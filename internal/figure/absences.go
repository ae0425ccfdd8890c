package figure

import (
	"fmt"
	"math"
	"slices"
)

// absences gathers what a figure leaves out, so that many points with the same
// reason are named together.
type absences []*missing

type missing struct {
	what, reason string
	at           []string
	needed       int
	least, most  int // requests
	effLo, effHi float64
	short        bool // enough requests, but too few independent ones
}

// add notes that a quantity has no value at some point, with the reason.
func (a *absences) add(what, at, reason string, n size, needed int) {
	dependent := needed > 0 && n.n >= needed && n.eff > 0
	for _, m := range *a {
		if m.what != what || m.needed != needed || m.short != dependent || (needed == 0 && m.reason != reason) {
			continue
		}
		if !slices.Contains(m.at, at) {
			m.at = append(m.at, at)
		}
		m.least, m.most = min(m.least, n.n), max(m.most, n.n)
		m.effLo, m.effHi = min(m.effLo, n.eff), max(m.effHi, n.eff)
		return
	}
	*a = append(*a, &missing{what: what, reason: reason, at: []string{at}, needed: needed, least: n.n, most: n.n, effLo: n.eff, effHi: n.eff, short: dependent})
}

func (a absences) told() []string {
	var out []string
	for _, m := range a {
		text := list(m.at) + ": " + m.reason
		if m.needed > 0 {
			text = fmt.Sprintf("%s: n=%s", list(m.at), upTo(float64(m.least), float64(m.most)))
			if m.short {
				text += ", worth " + upTo(m.effLo, m.effHi) + " independent"
			}
			text += fmt.Sprintf(", needs %d", m.needed)
		}
		if m.what != "" {
			text = m.what + " at " + text
		} else {
			text = "at " + text
		}
		out = append(out, text)
	}
	return out
}

// upTo writes a range of whole numbers.
func upTo(lo, hi float64) string {
	lo, hi = math.Floor(lo), math.Floor(hi)
	if lo == hi {
		return fmt.Sprintf("%.0f", lo)
	}
	return fmt.Sprintf("%.0f to %.0f", lo, hi)
}
