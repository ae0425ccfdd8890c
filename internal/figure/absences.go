package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/result"
)

// absences gathers what a figure leaves out, so that many points with the same
// reason are named together.
type absences []*missing

type missing struct {
	what, reason string // the reason of the first
	various      bool   // others have other numbers in it
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
		if m.what != what || m.needed != needed || m.short != dependent || (needed == 0 && wordsOf(m.reason) != wordsOf(reason)) {
			continue
		}
		m.various = m.various || m.reason != reason
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
		if m.various {
			text += " (numbers from the first)"
		}
		if m.needed > 0 {
			text = fmt.Sprintf("%s: too few for an interval (n=%s", list(m.at), upTo(float64(m.least), float64(m.most)))
			if m.short {
				text += fmt.Sprintf(", effective %s of %d needed)", upTo(m.effLo, m.effHi), m.needed)
			} else {
				text += fmt.Sprintf(" of %d)", m.needed)
			}
		}
		out = append(out, strings.TrimSpace(m.what+" at "+text))
	}
	return out
}

var digits = lazy.Regexp(`[0-9][0-9.,]*`)

// wordsOf a reason are the same for points that differ in a number only.
func wordsOf(reason string) string { return digits().ReplaceAllString(reason, "#") }

// Gather names together the points that have the same reason, numbers in it
// aside. Each text is a point's name, a colon and the reason.
func Gather(texts []string) []string {
	var a absences
	for _, t := range texts {
		name, reason, _ := strings.Cut(t, ": ")
		a.add("", name, reason, size{}, 0)
	}
	out := a.told()
	for i, t := range out {
		out[i] = strings.TrimRight(strings.TrimPrefix(t, "at "), ": ")
	}
	return out
}

// bare says that a rate is drawn that has no interval: it is the sample's.
func bare(v view, e result.Estimate) bool {
	return v.stat == "" && e.Value != nil && e.Lo == nil && e.Hi == nil && e.Withheld != ""
}

const bareRate = "no interval, the sample's value"

// upTo writes a range of whole numbers.
func upTo(lo, hi float64) string {
	lo, hi = math.Floor(lo), math.Floor(hi)
	if lo == hi {
		return fmt.Sprintf("%.0f", lo)
	}
	return fmt.Sprintf("%.0f to %.0f", lo, hi)
}

// spoil makes a point hollow where a check of validity spoils its metric in its cell.
func spoil(p Point, v result.Validity, tag, cell string) Point {
	_, spoilt := v.Spoilt(tag, cell)
	p.Hollow = p.Hollow || spoilt
	return p
}

// spoiltNote says what hollow points are, where a figure has any.
func spoiltNote(f *Figure) []string {
	for _, s := range f.Series {
		if slices.ContainsFunc(s.Points, func(p Point) bool { return p.Hollow }) {
			return []string{"hollow points prove nothing: a check of validity failed for them"}
		}
	}
	return nil
}
