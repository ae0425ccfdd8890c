package engine

import (
	"slices"
	"time"
)

// freeze is a span of wall-clock time in which nothing moves.
type freeze struct{ from, to time.Time }

// timeline maps between real time and the server's own time, which stops while
// the server is frozen. The two agree before the first freeze. The zero timeline
// has no freezes. It is not changed once it is in use.
type timeline struct {
	freezes []freeze // in order, none touching another
}

// with returns the timeline with another freeze; overlapping freezes are merged.
func (l timeline) with(from, to time.Time) timeline {
	all := append(slices.Clone(l.freezes), freeze{from, to})
	slices.SortFunc(all, func(a, b freeze) int { return a.from.Compare(b.from) })
	joined := all[:1]
	for _, f := range all[1:] {
		last := &joined[len(joined)-1]
		if f.from.After(last.to) {
			joined = append(joined, f)
		} else if f.to.After(last.to) {
			last.to = f.to
		}
	}
	return timeline{joined}
}

// own is the server's own time at the real moment t: within a freeze it is
// that of its beginning.
func (l timeline) own(t time.Time) time.Time {
	frozen := time.Duration(0)
	for _, f := range l.freezes {
		if !t.After(f.from) {
			break
		}
		frozen += minTime(t, f.to).Sub(f.from)
	}
	return t.Add(-frozen)
}

// real is the moment at which the server's own time is t, or, if the server is
// frozen at t, at which it resumes.
func (l timeline) real(t time.Time) time.Time {
	for _, f := range l.freezes {
		if t.Before(f.from) {
			break
		}
		t = t.Add(f.to.Sub(f.from))
	}
	return t
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
