package live

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/runlog/follow"
)

// mostText of a name or a sentence from the log is shown, in bytes.
const mostText = 200

func clean(s string) string { return plaintext.Short(s, mostText) }

// stamp is the time of the run, as the lines of progress have it.
func stamp(s follow.Snapshot) string { return fmt.Sprintf("%6.1fs  ", s.AtS) }

// where says what the run does; "" where its cells do.
func where(s follow.Snapshot) string {
	switch s.State {
	case follow.Starting:
		return "starting"
	case follow.Ended:
		return "writing the report"
	case follow.BrokenOff:
		return "the log is not written any more"
	}
	switch {
	case len(s.Cells) > 0:
		return ""
	case s.Now != nil && s.Now.Waiting != "":
		return clean(s.Now.Waiting)
	}
	return "running"
}

// cell says where a cell under way is. The first one names the step.
func cell(c follow.UnderWay, first bool) string {
	p := c.Now
	if p == nil {
		return clean(c.Cell) + ": running"
	}
	text := fmt.Sprintf("%s (%s): %s", clean(p.Target), clean(p.Load), phase(p))
	if first && p.Steps > 1 {
		text = fmt.Sprintf("step %d of %d: %s", p.Step, p.Steps, text)
	}
	return text
}

func phase(p *runlog.ProgressRecord) string {
	text := ""
	switch p.Phase {
	case exchange.Warmup:
		return fmt.Sprintf("warming up, %d requests done", p.Warmed)
	case exchange.Cooldown:
		text = requests(p) + ", waiting for the last answers"
	default:
		text = requests(p)
	}
	if p.LeftS != nil {
		text += fmt.Sprintf(", %s left", max(time.Second, time.Duration(*p.LeftS*float64(time.Second)).Round(time.Second)))
	}
	return text
}

func requests(p *runlog.ProgressRecord) string {
	if p.Total > 0 {
		return fmt.Sprintf("%d of %d requests done", p.Ended, p.Total)
	}
	return fmt.Sprintf("%d requests done", p.Ended)
}

// bar is how much of the cell is done, where that is known.
func bar(c follow.UnderWay, width int) string {
	p := c.Now
	if p == nil || p.Total == 0 || p.Phase == exchange.Warmup || width < 5 {
		return ""
	}
	share := min(1, float64(p.Ended)/float64(p.Total))
	full := int(share * float64(width))
	return strings.Repeat("━", full) + strings.Repeat("┄", width-full) + fmt.Sprintf(" %3.0f %%", 100*share)
}

// figures are those of the moment; what is not known is left out.
func figures(c follow.UnderWay) string {
	p, w := c.Now, c.Window
	var parts []string
	if p != nil {
		text := fmt.Sprintf("%d in flight", p.InFlight)
		if p.Queued != nil && *p.Queued > 0 {
			text += fmt.Sprintf(", %d of them in the server's queue", *p.Queued)
		}
		parts = append(parts, text)
	}
	if w.Rate != nil {
		parts = append(parts, format.Number(*w.Rate)+" requests/s")
	}
	if w.TTFT != nil {
		parts = append(parts, "TTFT "+tail(w.TTFT))
	}
	if w.Gap != nil {
		parts = append(parts, "gap "+tail(w.Gap))
	}
	if w.TokenRate != nil && *w.TokenRate > 0 {
		parts = append(parts, format.Number(*w.TokenRate)+" tokens/s")
	}
	if p != nil && p.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed%s", p.Failed, classes(c.Measured.Errors)))
	}
	return strings.Join(parts, " · ")
}

// tail is the quantiles of a latency that are known.
func tail(t *follow.Tail) string {
	text := "p50 " + format.Number(t.P50)
	if t.P95 != nil {
		text += ", p95 " + format.Number(*t.P95)
	}
	return text + " ms"
}

// classes names the classes of failure, the most frequent first.
func classes(errors map[exchange.Class]int) string {
	if len(errors) == 0 {
		return ""
	}
	names := slices.SortedFunc(maps.Keys(errors), func(a, b exchange.Class) int {
		if d := errors[b] - errors[a]; d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	var parts []string
	for _, c := range names[:min(3, len(names))] {
		parts = append(parts, fmt.Sprintf("%d %s", errors[c], clean(string(c))))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// money is what the run has cost so far.
func money(s follow.Snapshot) string {
	p := s.Now
	switch {
	case p == nil || p.SpendUSD == nil:
		return ""
	case p.Simulated:
		return amount.USD(*p.SpendUSD) + " by list prices, simulated"
	case p.CapUSD > 0:
		return fmt.Sprintf("%s of %s spent", amount.USD(*p.SpendUSD), amount.USD(p.CapUSD))
	}
	return amount.USD(*p.SpendUSD) + " spent"
}

// trouble is what keeps the cells from being measured well. What is wrong with the machine
// is the same for those under way, with other figures at other moments.
func trouble(s follow.Snapshot) string {
	text := ""
	var failing []string
	for _, c := range s.Cells {
		if c.Now == nil {
			continue
		}
		if text == "" {
			text = clean(c.Now.Trouble)
		}
		failing = append(failing, c.Now.Failing...)
	}
	if len(failing) > 0 {
		if text != "" {
			text += "; "
		}
		slices.Sort(failing)
		text += "checks that will not pass if it stays so: " + clean(strings.Join(slices.Compact(failing), ", "))
	}
	return text
}

// over says what a cell has come to.
func over(c follow.CellOver) string {
	text := fmt.Sprintf("%s: %s (%s) is over, %d succeeded", clean(c.Cell), clean(c.Target), clean(c.Load), c.OK)
	if c.Failed > 0 {
		text += fmt.Sprintf(", %d failed%s", c.Failed, classes(c.Errors))
	}
	if c.TTFT != nil {
		text += ", TTFT " + tail(c.TTFT)
	}
	return text
}
