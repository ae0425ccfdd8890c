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

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/suite"
)

// progress shows what a run is doing, on stderr: one line that changes on a
// terminal, one line every few seconds elsewhere, whatever happens.
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
	cell, text string
	now        suite.Event // the latest of its progress
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
		g.lanes = append(g.lanes, lane{cell: e.Cell, text: e.Text, now: e})
		if g.width == 0 {
			g.line(e.Elapsed, e.Cell+": "+e.Text)
			return
		}
		g.draw(e.Elapsed)
	case "progress":
		for i := range g.lanes {
			if g.lanes[i].cell == e.Cell {
				g.lanes[i].now = e
			}
		}
		g.draw(e.Elapsed)
	case "wait":
		g.show(e.Elapsed, e.Text)
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

// draw shows the lanes.
func (g *progress) draw(elapsed time.Duration) {
	var parts, troubles []string
	for i, l := range g.lanes {
		text := where(l.now)
		if e := l.now; i == 0 && e.Steps > 1 {
			text = fmt.Sprintf("step %d of %d: %s", e.Step, e.Steps, text)
		}
		parts = append(parts, text)
		t := l.now.Trouble // lanes see the same one at other moments
		if t != "" && !slices.ContainsFunc(troubles, func(o string) bool { return words(o) == words(t) }) {
			troubles = append(troubles, t)
		}
	}
	if n := len(g.lanes); n > 0 { // the latest was told last; on a narrow terminal the end is cut
		if text := spent(g.lanes[n-1].now.Spend); text != "" {
			parts = slices.Insert(parts, 0, text)
		}
	}
	if parts = append(parts, troubles...); len(parts) > 0 {
		g.show(elapsed, strings.Join(parts, "; "))
	}
}

// spent says what the run has cost so far; "" where that is not known.
func spent(s *suite.Spend) string {
	switch {
	case s == nil:
		return ""
	case s.Simulated:
		return amount.USD(s.USD) + " by list prices, simulated"
	case s.Cap > 0:
		return fmt.Sprintf("%s of %s spent", amount.USD(s.USD), amount.USD(s.Cap))
	}
	return amount.USD(s.USD) + " spent"
}

// words is a text without its figures.
func words(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' {
			return -1
		}
		return r
	}, s)
}

// show shows a text that changes: in place on a terminal, else now and then.
func (g *progress) show(elapsed time.Duration, text string) {
	if g.width == 0 {
		if elapsed-g.last >= quietTime {
			g.line(elapsed, text)
		}
		return
	}
	line := clipped(plaintext.Line(stamp(elapsed)+text), g.width-1)
	_, _ = fmt.Fprintf(g.w, "\r\x1b[K%s", line)
	g.drawn = true
}

// where says in words where a cell is, and what it waits for.
func where(e suite.Event) string {
	s := e.Status
	parts := []string{}
	switch s.Phase {
	case exchange.Warmup, "":
		parts = append(parts, "warming up")
		if e.Users > 1 && s.Ready > 0 {
			parts[0] += fmt.Sprintf(", %d of %d users have had an answer", s.Ready, e.Users)
		}
		if s.MostWarming > 0 {
			parts[0] = strings.Replace(parts[0], "warming up", fmt.Sprintf("warming up: %s of at most %s", s.Warming.Truncate(time.Second), brief(s.MostWarming)), 1)
		}
	case exchange.Cooldown:
		parts = append(parts, done(e), "waiting for the last answers")
		if s.Left > 0 {
			parts[1] += fmt.Sprintf(", at most %s more", brief(s.Left))
		}
	default:
		parts = append(parts, done(e))
		switch {
		case s.Left > 0:
			parts = append(parts, brief(s.Left)+" left")
		case e.Done > 0 && e.Total > e.Done && s.Measuring > time.Second:
			left := time.Duration(float64(s.Measuring) / float64(e.Done) * float64(e.Total-e.Done))
			parts = append(parts, "about "+brief(left)+" left")
		}
	}
	if s.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", s.Failed))
	}
	if s.InFlight > 0 && (e.Users != 1 || e.Done == 0) {
		parts = append(parts, fmt.Sprintf("%d in flight", s.InFlight))
	}
	if e.Queued != nil && *e.Queued > 0 {
		parts = append(parts, fmt.Sprintf("%d of them in the server's queue", *e.Queued))
	}
	if s.Paused > 0 {
		who := fmt.Sprintf("%d users pause", s.Paused)
		if s.Paused == 1 {
			who = "1 user pauses"
		}
		parts = append(parts, fmt.Sprintf("%s after a failure, the next request goes in %s", who, brief(s.Resumes)))
	}
	return fmt.Sprintf("%s (%s): %s", e.Target, e.Load, strings.Join(parts, ", "))
}

// done counts the requests of a cell that have ended.
func done(e suite.Event) string {
	if e.Total > 0 {
		return fmt.Sprintf("%d of %d requests done", e.Done, e.Total)
	}
	return fmt.Sprintf("%d requests done", e.Done)
}

// brief is a time to wait for, in whole seconds.
func brief(d time.Duration) string {
	return max(time.Second, (d + time.Second - 1).Truncate(time.Second)).String()
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

// end leaves a clean line. Where the terminal blocks, it leaves it as it is.
func (g *progress) end() {
	if !g.mu.TryLock() {
		return
	}
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
