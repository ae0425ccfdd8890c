package result

import (
	"iter"
	"slices"
)

// Touches reports whether the check is about a metric in a cell, whatever it
// found.
func (c Check) Touches(tag, cell string) bool {
	return (c.Cell == "" || c.Cell == cell) && (c.Figures == nil || slices.Contains(c.Figures, tag))
}

// Failing yields the failing checks that are about a metric in a cell.
func (v Validity) Failing(tag, cell string) iter.Seq[Check] {
	return func(yield func(Check) bool) {
		for _, c := range v.Checks {
			if c.Status == Fail && c.Touches(tag, cell) && !yield(c) {
				return
			}
		}
	}
}

// Spoilt returns the check that spoils a metric in a cell, and whether one does.
func (v Validity) Spoilt(tag, cell string) (Check, bool) {
	for c := range v.Failing(tag, cell) {
		if !c.Between {
			return c, true
		}
	}
	return Check{}, false
}

// SpoiltBetween returns the check that spoils the comparison of a metric between
// cells, and whether one does. What spoils the metric in one of them spoils their
// comparison.
func (v Validity) SpoiltBetween(tag string, cells ...string) (Check, bool) {
	for _, cell := range cells {
		for c := range v.Failing(tag, cell) {
			return c, true
		}
	}
	return Check{}, false
}
