package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/suite"
)

// progress shows what a run is doing, on stderr: one line that changes on a
// terminal, one line every few seconds elsewhere.
type progress struct {
	w     io.Writer
	width int // of the terminal; 0: there is none

	mu    sync.Mutex // protects all following fields
	lanes []lane
	last  time.Duration
	drawn bool
}

// lane is a cell that runs now.
type lane struct {
	cell, text  string
	done, total int
	trouble     string // what keeps it from being measured well
}

// quietTime between lines where there is no terminal.
const quietTime = 5 * time.Second

func newProgress(p *Process) *progress {
	width, _ := terminal(p.Stderr)
	return &progress{w: p.Stderr, width: width}
}

func (g *progress) event(e suite.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch e.Kind {
	case "target":
		g.line(e.Elapsed, "found "+e.Target+": "+e.Text)
	case "folder":
		g.line(e.Elapsed, "writing to "+e.Text)
	case "cell":
		g.lanes = append(g.lanes, lane{cell: e.Cell, text: e.Text, total: e.Total})
		if g.width == 0 {
			g.line(e.Elapsed, e.Cell+": "+e.Text)
			return
		}
		g.draw(e.Elapsed)
	case "progress":
		for i := range g.lanes {
			if g.lanes[i].cell == e.Cell {
				g.lanes[i].done, g.lanes[i].total, g.lanes[i].trouble = e.Done, e.Total, e.Trouble
			}
		}
		g.draw(e.Elapsed)
	case "done":
		kept := g.lanes[:0]
		text := ""
		for _, l := range g.lanes {
			if l.cell != e.Cell {
				kept = append(kept, l)
			} else {
				text = l.text
			}
		}
		g.lanes = kept
		if g.width > 0 {
			g.line(e.Elapsed, fmt.Sprintf("%s: %d done (%s)", e.Cell, e.Done, text))
			return
		}
		g.line(e.Elapsed, fmt.Sprintf("%s: %d done", e.Cell, e.Done))
	case "note":
		g.line(e.Elapsed, e.Text)
	}
}

// draw shows the lanes: in place on a terminal, else now and then.
func (g *progress) draw(elapsed time.Duration) {
	var parts, troubles []string
	for _, l := range g.lanes {
		if l.total > 0 {
			parts = append(parts, fmt.Sprintf("%s %d/%d", l.cell, l.done, l.total))
		} else {
			parts = append(parts, fmt.Sprintf("%s %d", l.cell, l.done))
		}
		if l.trouble != "" && !slices.Contains(troubles, l.trouble) {
			troubles = append(troubles, l.trouble)
		}
	}
	text := strings.Join(append(parts, troubles...), "   ")
	if g.width == 0 {
		if elapsed-g.last >= quietTime && text != "" {
			g.line(elapsed, text)
		}
		return
	}
	if text == "" {
		return
	}
	line := stamp(elapsed) + text
	line = clipped(plaintext.Line(line), g.width-1)
	_, _ = fmt.Fprintf(g.w, "\r\x1b[K%s", line)
	g.drawn = true
}

func (g *progress) line(elapsed time.Duration, text string) {
	g.clear()
	_, _ = fmt.Fprintln(g.w, stamp(elapsed)+plaintext.Line(text))
	g.last = elapsed
}

func (g *progress) clear() {
	if g.drawn {
		_, _ = fmt.Fprint(g.w, "\r\x1b[K")
		g.drawn = false
	}
}

// end leaves a clean line.
func (g *progress) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clear()
}

func stamp(d time.Duration) string { return fmt.Sprintf("%6.1fs  ", d.Seconds()) }

// clipped cuts a line to a number of columns, between letters.
func clipped(s string, columns int) string {
	for i, r := range s {
		w := 1
		switch k := width.LookupRune(r).Kind(); {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			w = 0
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			w = 2
		}
		if columns -= w; columns < 0 {
			return s[:i]
		}
	}
	return s
}
