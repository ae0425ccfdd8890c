package exchange

// Span is a part of a run's time: from Start until before End.
type Span struct {
	Start, End Stamp
}

// Spans are parts of a run's time in order, none of which overlap: the measured
// windows of a cell that took turns with others. Folded together, without the
// time between them, they are one window that begins at 0.
type Spans []Span

// Length is the time of all spans together, in ns.
func (s Spans) Length() Stamp {
	var sum Stamp
	for _, p := range s {
		sum += max(0, p.End-p.Start)
	}
	return sum
}

// Find returns the span that holds a moment, and how long the ones before it
// are; -1 if none does.
func (s Spans) Find(at Stamp) (i int, before Stamp) {
	for i, p := range s {
		if at < p.Start {
			break
		}
		if at < p.End {
			return i, before
		}
		before += max(0, p.End-p.Start)
	}
	return -1, 0
}

// Near returns the span that holds a moment, else the one whose edge is nearest,
// and how long the ones before it are; -1 if there is none. In a closed loop some
// requests are due a moment before the one that opens the window.
func (s Spans) Near(at Stamp) (i int, before Stamp) {
	i = -1
	var far, sum, nearest Stamp
	for k, p := range s {
		if d := max(p.Start-at, at-p.End+1, 0); i < 0 || d < far {
			i, far, nearest = k, d, sum
		}
		sum += max(0, p.End-p.Start)
	}
	return i, nearest
}

// Fold places a moment in the folded window; false if it lies in no span.
func (s Spans) Fold(at Stamp) (Stamp, bool) {
	i, before := s.Find(at)
	if i < 0 {
		return 0, false
	}
	return before + at - s[i].Start, true
}

// Overlap is the time from one moment to another that lies in the spans, in ns.
func (s Spans) Overlap(from, to Stamp) Stamp {
	var sum Stamp
	for _, p := range s {
		sum += max(0, min(to, p.End)-max(from, p.Start))
	}
	return sum
}
