package loads

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

func TestConversations(t *testing.T) {
	for want, c := range map[string]*result.Conversations{
		"Conversations: 20 started (2.00/s), 20 completed; 60 turns, each": {Begun: 20, Completed: 20, Total: result.Turn{Scheduled: 60}},
		"20 started (2.00/s), 12 completed, 3 ended by a turn that failed (5 later turns were never sent and are in no other figure), 5 still running when the window ended; 52 turns": {
			Begun: 20, Completed: 12, Broken: 3, Total: result.Turn{Scheduled: 52, Unsent: 5}},
		"1 ended by an answer without text (2 later turns were never sent and are in no other figure); 1 turn, each": {Begun: 1, Silent: 1, Total: result.Turn{Scheduled: 1, Unsent: 2}},
	} {
		if got := conversations(c, 10); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What is not known is missing, and is not 0.
func TestTableOfTurns(t *testing.T) {
	p50 := result.Statistic{Unit: "ms", N: 9, NOK: 9, P50: result.Estimate{Value: result.Num(25)}, P95: result.Estimate{Withheld: "too few", NeededN: 72}}
	c := &result.Conversations{
		Turns: []result.Turn{
			{Turn: 1, Scheduled: 9, OK: 9, InputTokens: 900, InputN: 9, CachedN: 9, ObservedHits: result.Num(0), IdealHits: result.Num(0.25), Stats: map[string]result.Statistic{"ttft": p50}},
			{Turn: 17, Later: true, Scheduled: 9, OK: 8, Failed: 1, Unsent: 2},
		},
		Total: result.Turn{Scheduled: 18, OK: 17, Failed: 1, Unsent: 2, InputTokens: 900, InputN: 9},
	}
	short := turns(c, true)
	want := [][]string{
		{"1", "9 of 9", "100", "0.0 %", "25.0 %", "25.0 ms"},
		{"17 and later", "8 of 9", format.Missing, format.Missing, format.Missing, format.Missing},
		{"all", "17 of 18", "100", format.Missing, format.Missing, format.Missing},
	}
	for i, row := range short.Rows {
		if strings.Join(row, "|") != strings.Join(want[i], "|") {
			t.Errorf("row %d: %q, want %q", i, row, want[i])
		}
	}
	long := turns(c, false)
	for _, row := range long.Rows {
		if len(row) != len(long.Head) {
			t.Errorf("%d cells under %d heads", len(row), len(long.Head))
		}
	}
	if got := long.Rows[0][6]; !strings.Contains(got, "n=9 of 72") {
		t.Errorf("p95 of 9 requests: %q", got)
	}
	if got := long.Rows[1][11]; got != "2" {
		t.Errorf("never sent: %q", got)
	}
}
