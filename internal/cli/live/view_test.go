package live

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/runlog/follow"
)

// going is a run that goes on, with all that can be known of it.
func going(name string) follow.Snapshot {
	figures := follow.Figures{
		OK: 40, Failed: 2, Errors: map[exchange.Class]int{exchange.Class(name): 2}, Rate: new(12.34), TokenRate: new(890.0),
		TTFT: &follow.Tail{N: 40, P50: 51.2, P95: new(63.4)}, Gap: &follow.Tail{N: 900, P50: 10, P95: new(11.0), P99: new(12.0)},
	}
	now := &runlog.ProgressRecord{
		Cell: name, Target: name, Load: name, Phase: exchange.Measured, Step: 3, Steps: 9, InFlight: 16, Ended: 62, Total: 100, Failed: 2, LeftS: new(12.0),
		Queued: new(4), SpendUSD: new(0.12), CapUSD: 5, Trouble: name, Failing: []string{name},
	}
	return follow.Snapshot{
		State: follow.Running, AtS: 75, Now: now, Cells: []follow.UnderWay{{Cell: name, Now: now, Window: figures, Measured: figures}},
		Over: []follow.CellOver{{Cell: name, Target: name, Load: name, Figures: figures}}, Overs: 1,
	}
}

func TestTheViewSaysWhatGoesOn(t *testing.T) {
	m := model{url: "http://127.0.0.1:1/#token=t", state: going("candidate"), width: 200}
	got := strings.Join(m.lines(), "\n")
	want := `step 3 of 9: candidate (candidate): 62 of 100 requests done, 12s left
━━━━━━━━━━━━━━━━━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄  62 %
16 in flight, 4 of them in the server's queue · 12.3 requests/s · TTFT p50 51.2, p95 63.4 ms · gap p50 10.0, p95 11.0 ms · 890 tokens/s · 2 failed (2 candidate)
$0.12 of $5.00 spent
candidate; checks that will not pass if it stays so: candidate
http://127.0.0.1:1/#token=t`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What is not known is left out, and never 0.
func TestWhatIsNotKnownIsLeftOut(t *testing.T) {
	now := &runlog.ProgressRecord{Cell: "c", Target: "candidate", Load: "1 user", Phase: exchange.Measured}
	s := follow.Snapshot{State: follow.Running, Now: now, Cells: []follow.UnderWay{{Cell: "c", Now: now}}}
	m := model{state: s, width: 100}
	if got, want := strings.Join(m.lines(), "\n"), "candidate (1 user): 0 requests done\n0 in flight"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for state, want := range map[follow.State]string{follow.Starting: "starting", follow.Ended: "writing the report", follow.BrokenOff: "the log is not written any more"} {
		if got := strings.Join(model{state: follow.Snapshot{State: state}, width: 80}.lines(), "\n"); got != want {
			t.Errorf("%s: %q", state, got)
		}
	}
	m.ending = true
	if got := m.lines(); len(got) > 0 {
		t.Errorf("at the end there is still %q", got)
	}
}

// Targets that are measured at the same time have a part each, and the address is there
// whole or not at all.
func TestTargetsAtTheSameTimeHaveAPartEach(t *testing.T) {
	s := going("candidate")
	other := *s.Cells[0].Now
	other.Target, other.Ended, other.InFlight, other.Queued, other.Failed = "baseline", 31, 1, nil, 0
	s.Cells = append(s.Cells, follow.UnderWay{Cell: "b", Now: &other})
	m := model{url: "http://127.0.0.1:1/#token=t", state: s, width: 60}
	got := m.lines()
	if want := "baseline (candidate): 31 of 100 requests done, 12s left"; len(got) != 9 || got[3] != want || got[5] != "1 in flight" || got[8] != m.url {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	m.width = 20
	if got := strings.Join(m.lines(), "\n"); strings.Contains(got, "http") {
		t.Errorf("a part of the address is shown:\n%s", got)
	}
}

// Names that come from outside do nothing to a terminal, and no line is wider than it.
func TestHostileNamesAreHarmlessOnATerminal(t *testing.T) {
	name := "\x1b]0;owned\x07\x1b[2J\u202e\n\r" + strings.Repeat("x", 5000)
	for _, width := range []int{20, 80} {
		m := model{state: going(name), width: width, url: "http://127.0.0.1:1/" + strings.Repeat("u", 300)}
		for _, line := range append(m.lines(), clean(over(m.state.Over[0]))) {
			if i := strings.IndexFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); i >= 0 {
				t.Errorf("%q", line)
			}
		}
		for _, line := range m.lines() {
			if n := ansi.StringWidth(line); n > max(20, width) {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
		}
	}
	if n := len(over(going(name).Over[0])); n > 5*mostText {
		t.Errorf("a line of %d bytes", n)
	}
}

// Colours are left out where the user wants none.
func TestNoColor(t *testing.T) {
	if colors([]string{"TERM=xterm", "NO_COLOR=1"}) || !colors([]string{"NO_COLOR="}) {
		t.Error("NO_COLOR is not honoured")
	}
	m := model{state: going("c"), width: 80, color: true}
	if got := strings.Join(m.lines(), "\n"); !strings.Contains(got, "\x1b[31m") {
		t.Errorf("no colours: %q", got)
	}
}

// Addresses that cannot be are refused before anything is sent.
func TestAddressesAreChecked(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:0": true, ":9100": true, "[::1]:80": true, "bench.lan:9100": true, "9100": false, "127.0.0.1": false, "127.0.0.1:99999": false, "127.0.0.1:x": false, "http://a:80": false, "a b:80": false,
	} {
		if err := checkAddress("metrics-addr", addr); (err == nil) != ok {
			t.Errorf("%q: %v", addr, err)
		}
	}
}
