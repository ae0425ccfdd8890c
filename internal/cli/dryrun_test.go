package cli

import (
	"fmt"
	"strings"
	"testing"
)

// dry is what a dry run says.
func dry(t *testing.T, args ...string) string {
	t.Helper()
	code, out, stderr := cli(t, nil, append(args, "--dry-run")...)
	if code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, stderr)
	}
	return out
}

// The most requests of a target are the sum of what the dry run names: those of its
// table, the probes, and those that nobody planned.
func TestDryRunAddsUpTheMostRequests(t *testing.T) {
	for _, args := range [][]string{
		{"load", "http://127.0.0.1:1", "--users", "4", "--requests", "50", "--warmup", "0", "--price", "gpt-5-mini"},
		{"load", "http://127.0.0.1:1", "--users", "4", "--requests", "50", "--price", "gpt-5-mini"},
		{"run", "http://127.0.0.1:1", "--price", "gpt-5-mini"},
	} {
		out := dry(t, args...)
		var total, probes int
		for line := range strings.Lines(out) {
			_, _ = fmt.Sscanf(line, "total %d", &total)
			_, _ = fmt.Sscanf(line, "and up to %d probes", &probes)
			var all, table, asked, more int
			if _, text, ok := strings.Cut(line, "candidate: at most "); ok {
				if n, err := fmt.Sscanf(text, "%d requests (%d of the table, %d probes, and %d more", &all, &table, &asked, &more); n != 4 || table != total || asked != probes || all != table+asked+more || asked == 0 {
					t.Errorf("%v: %v: %q, with %d in the table", args, err, text, total)
				}
				total = -1
			}
		}
		if total != -1 {
			t.Errorf("%v: no bound in %s", args, out)
		}
	}
}

// A run that a cap may stop says so beside what it could cost without one.
func TestDryRunSaysThatTheCapMayStopIt(t *testing.T) {
	for limit, want := range map[string]bool{"0.01": true, "1000": false} {
		out := dry(t, "run", "http://127.0.0.1:1", "--price", "gpt-5-mini", "--max-cost", limit)
		if strings.Contains(out, "the cap of $"+limit+" (--max-cost) may stop the run before its end") != want {
			t.Errorf("--max-cost %s: %s", limit, out)
		}
	}
	if out := dry(t, "load", "http://127.0.0.1:1", "--users", "2", "--duration", "10s", "--price", "gpt-5-mini", "--max-cost", "0.01"); !strings.Contains(out, "the cap of $0.01") {
		t.Errorf("%s", out)
	}
}

// A dry run lists the keys of what the plan runs, and of the rest those that somebody
// has set.
func TestDryRunListsTheKeysOfWhatRuns(t *testing.T) {
	load := dry(t, "load", "http://127.0.0.1:1", "--users", "2", "--requests", "20")
	run := dry(t, "run", "http://127.0.0.1:1", "--monthly-requests", "7")
	for _, tt := range []struct {
		out, key string
		want     bool
	}{
		{load, "load.users", true}, {load, "load.think_time", true}, {load, "client.timeout", true},
		{load, "load.replay.", false}, {load, "throughput.", false}, {load, "quality.", false}, {load, "scan.", false}, {load, "latency.", false},
		{run, "latency.iterations", true}, {run, "cost.samples", true}, {run, "throughput.levels", true}, {run, "cost.monthly_requests", true},
		{run, "load.", false}, {run, "capacity.", false},
		{dry(t, "run", "http://127.0.0.1:1", "--only", "latency", "--monthly-requests", "7"), "cost.monthly_requests", true},
		{dry(t, "run", "http://127.0.0.1:1", "--only", "latency"), "cost.", false},
		{dry(t, "run", "http://127.0.0.1:1", "--json"), `      "key": "load.replay.open"`, true},
	} {
		if strings.Contains(tt.out, "\n"+tt.key) != tt.want {
			t.Errorf("%s: listed %v in %s", tt.key, !tt.want, tt.out)
		}
	}
	if !strings.Contains(load, "defaults of what this plan does not run; --json has them") {
		t.Errorf("%s", load)
	}
}
