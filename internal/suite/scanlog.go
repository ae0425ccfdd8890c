package suite

import "slices"

// beginScan takes note of a cell of a sweep that the log begins.
func (l *logged) beginScan(c *loggedCell) {
	if c.Scan == nil {
		return
	}
	if l.begun == nil {
		l.begun = map[int]int{}
	}
	l.begun[c.Scan.Index]++
	if c.Scan.CacheReset {
		delete(l.hashes, l.serverOf(c)) // it has forgotten what it was sent
	}
}

// serverOf is what has seen the prompts of a cell before: its target, and of a
// sweep, whose targets may be one server with other fields, what is at the URL.
func (l *logged) serverOf(c *loggedCell) string {
	if t, ok := l.target(c.Target); ok && c.Scan != nil {
		return t.URL
	}
	return c.Target
}

// dropAttempts forgets the attempts at cells of a sweep that do not count: those
// that a stop or a crash cut, and those that were followed by another.
func (l *logged) dropAttempts() {
	last := map[int]int{}
	cut := func(c *loggedCell) bool { return c.window == nil || c.window.Stopped }
	for _, c := range l.cells {
		if c.Scan != nil && !cut(c) {
			last[c.Scan.Index] = max(last[c.Scan.Index], c.Scan.Attempt)
		}
	}
	l.cells = slices.DeleteFunc(l.cells, func(c *loggedCell) bool {
		return c.Scan != nil && (cut(c) || c.Scan.Attempt < last[c.Scan.Index])
	})
}
