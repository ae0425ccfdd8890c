package loads

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// The benchmarks of one file are told apart, and their latencies, from the time of sending, are
// shown under names that say so.
func TestBenchmarksOfAnotherToolAreToldApart(t *testing.T) {
	cell := func(id string, ms float64) result.Cell {
		s := result.Statistic{Unit: "ms", N: 9, NOK: 9, P50: result.Estimate{Value: result.Num(ms)}, Note: "from send, by them"}
		return result.Cell{ID: id, Target: "candidate", Evidence: result.Listed, Metrics: result.Metrics{Stats: map[string]result.Statistic{"ttft_service": s}}}
	}
	cells := []result.Cell{cell("load/candidate@8", 41), cell("load/candidate@5/s", 42)}
	table := byTarget(cells, result.Validity{})
	if got := table.Head[1].Name + ", " + table.Head[2].Name; got != "candidate@8, candidate@5/s" {
		t.Errorf("columns %q", got)
	}
	found := false
	for _, row := range table.Rows {
		found = found || strings.HasPrefix(row[0], "time to first token, from send, p50") && strings.HasPrefix(row[1], "41")
	}
	if !found {
		t.Errorf("no time to first token: %q", table.Rows)
	}
	if notes := explained(cells, result.Validity{}, latenciesOf(cells), latencyStats); len(notes) == 0 || !strings.Contains(notes[0].Text, "by them") {
		t.Errorf("notes %+v", notes)
	}
	cells[1].Target = "other"
	if got := byTarget(cells, result.Validity{}).Head[1].Name; got != "candidate" {
		t.Errorf("column %q", got)
	}
}
