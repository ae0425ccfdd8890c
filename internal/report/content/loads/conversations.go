package loads

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// conversations says in one line what became of them.
func conversations(c *result.Conversations, windowS float64) string {
	parts := []string{fmt.Sprintf("%s started", format.Count(c.Begun))}
	if windowS > 0 {
		parts[0] += fmt.Sprintf(" (%s/s)", format.Number(float64(c.Begun)/windowS))
	}
	parts = append(parts, fmt.Sprintf("%s completed", format.Count(c.Completed)))
	if c.Broken > 0 {
		parts = append(parts, fmt.Sprintf("%s ended by a turn that failed", format.Count(c.Broken)))
	}
	if c.Silent > 0 {
		parts = append(parts, fmt.Sprintf("%s ended by an answer without text", format.Count(c.Silent)))
	}
	if n := c.Total.Unsent; n > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%s later turns were never sent and are in no other figure)", format.Count(n))
	}
	if n := c.Begun - c.Completed - c.Broken - c.Silent; n > 0 {
		parts = append(parts, fmt.Sprintf("%s still running when the window ended", format.Count(n)))
	}
	all := format.Count(c.Total.Scheduled) + " turns"
	if c.Total.Scheduled == 1 {
		all = "1 turn"
	}
	return "Conversations: " + strings.Join(parts, ", ") + fmt.Sprintf("; %s, each sent with the model's own previous answers. Cached is the share of the input that the server reports as cached; at best is the share that was history.", all)
}

// turns makes the table of turns; in short for a terminal.
func turns(c *result.Conversations, short bool) content.Table {
	t := content.Table{Title: "By turn", Head: content.Columns("turn", "ok", "mean tokens in", "cached", "at best", "TTFT p50")}
	if !short {
		t.Head = append(t.Head, content.Columns("TTFT p95", "TPOT p50", "E2E p50", "E2E p95", "mean tokens out", "never sent")...)
	}
	mean := func(sum, n int) string {
		if n == 0 {
			return format.Missing
		}
		return format.Number(float64(sum) / float64(n))
	}
	share := func(v *result.Number) string {
		if v == nil {
			return format.Missing
		}
		return fmt.Sprintf("%.1f %%", 100*float64(*v))
	}
	row := func(name string, r result.Turn) {
		m := result.Metrics{Stats: r.Stats}
		cells := []string{
			name, fmt.Sprintf("%s of %s", format.Count(r.OK), format.Count(r.Scheduled)), mean(r.InputTokens, r.InputN),
			share(r.ObservedHits), share(r.IdealHits), statText(m, "ttft", "p50"),
		}
		if !short {
			cells = append(cells, statText(m, "ttft", "p95"), statText(m, "tpot", "p50"), statText(m, "e2e", "p50"), statText(m, "e2e", "p95"), mean(r.OutputTokens, r.OutputN), format.Count(r.Unsent))
		}
		t.Rows = append(t.Rows, cells)
	}
	for _, r := range c.Turns {
		name := fmt.Sprint(r.Turn)
		if r.Later {
			name += " and later"
		}
		row(name, r)
	}
	row("all", c.Total)
	return t
}
