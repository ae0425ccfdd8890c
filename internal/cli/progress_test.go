package cli

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/suite"
)

// The name of a model is what the server says it is.
func TestProgressDrivesNoTerminal(t *testing.T) {
	for _, kind := range []string{"target", "note", "folder"} {
		var out strings.Builder
		g := progress{w: &out}
		g.event(suite.Event{Kind: kind, Target: "candidate", Text: "m\x1b[2J\r\n\x00\u009b31m\u202efake line at http://127.0.0.1"})
		text := out.String()
		if strings.ContainsAny(strings.TrimSuffix(text, "\n"), "\x1b\r\n\x00\u009b\u202e") || !strings.Contains(text, "fake line") {
			t.Errorf("%s: %q", kind, text)
		}
	}
}

// What spoils a run is said while it runs.
func TestProgressSaysWhatKeepsTheClientFromMeasuring(t *testing.T) {
	var out strings.Builder
	g := progress{w: &out, width: 120}
	for _, cell := range []string{"pass/candidate", "pass/baseline"} {
		g.event(suite.Event{Kind: "cell", Cell: cell, Total: 100})
		g.event(suite.Event{Kind: "progress", Cell: cell, Status: loadgen.Status{Phase: exchange.Measured, Ended: 7}, Done: 7, Total: 100, Trouble: "other programs used 98 % of this machine's processors"})
	}
	lines := strings.Split(out.String(), "\r")
	if last := lines[len(lines)-1]; strings.Count(last, "other programs used 98 %") != 1 || !strings.Contains(last, "7 of 100 requests done") {
		t.Errorf("%q", last)
	}
}

// Without a terminal there is a line every few seconds, also where nothing ends:
// it says what is waited for, and in words.
func TestProgressIsNeverSilent(t *testing.T) {
	at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	cell := suite.Event{Kind: "cell", Cell: "pass/baseline", Target: "baseline", Load: "1 user", Text: "closed loop", Total: 100, Users: 1, Step: 2, Steps: 5}
	progress := func(s float64, status loadgen.Status, change func(*suite.Event)) suite.Event {
		e := cell
		e.Kind, e.Text, e.Status, e.Done, e.Elapsed = "progress", "", status, status.Ended, at(s)
		if change != nil {
			change(&e)
		}
		return e
	}
	overload := func(e *suite.Event) {
		e.Load, e.Users, e.Total, e.Queued = "1000 requests/s", 0, 0, new(6744)
	}
	for _, tt := range []struct {
		name string
		e    suite.Event
		want string
	}{
		{"probe", suite.Event{Kind: "wait", Text: "waiting for answers to small requests", Elapsed: at(6)}, "waiting for answers"},
		{"warm-up", progress(6, loadgen.Status{Phase: exchange.Warmup, InFlight: 1}, nil), "step 2 of 5: baseline (1 user): warming up, 1 in flight"},
		{"warm-up of many", progress(6, loadgen.Status{Phase: exchange.Warmup, InFlight: 16, Ready: 7}, func(e *suite.Event) { e.Users, e.Load = 16, "16 users" }),
			"baseline (16 users): warming up, 7 of 16 users have had an answer, 16 in flight"},
		{"nothing has ended", progress(6, loadgen.Status{Phase: exchange.Measured, InFlight: 1}, nil), "0 of 100 requests done, 1 in flight"},
		{"half way", progress(6, loadgen.Status{Phase: exchange.Measured, Ended: 50, InFlight: 1, Measuring: 20 * time.Second}, nil), "50 of 100 requests done, about 20s left"},
		{"overload", progress(6, loadgen.Status{Phase: exchange.Measured, InFlight: 6754, Left: 3400 * time.Millisecond}, overload),
			"(1000 requests/s): 0 requests done, 4s left, 6754 in flight, 6744 of them in the server's queue"},
		{"grace", progress(6, loadgen.Status{Phase: exchange.Cooldown, Ended: 12, InFlight: 6754, Left: 25 * time.Second}, overload),
			"12 requests done, waiting for the last answers, at most 25s more, 6754 in flight"},
		{"refused", progress(6, loadgen.Status{Phase: exchange.Measured, Ended: 4, Failed: 4, Paused: 1, Resumes: 27 * time.Second}, nil),
			"4 failed, 1 user pauses after a failure, the next request goes in 27s"},
		{"spend", progress(6, loadgen.Status{Phase: exchange.Measured}, func(e *suite.Event) { e.Spend = &suite.Spend{USD: 0.01234} }), "$0.0123 spent; step 2 of 5: baseline"},
		{"spend under a cap", progress(6, loadgen.Status{Phase: exchange.Measured}, func(e *suite.Event) { e.Spend = &suite.Spend{USD: 1.5, Cap: 5} }), "$1.50 of $5.00 spent; step 2"},
		{"spend at a simulator", progress(6, loadgen.Status{Phase: exchange.Measured}, func(e *suite.Event) { e.Spend = &suite.Spend{USD: 1.5, Simulated: true} }), "$1.50 by list prices, simulated; step 2"},
	} {
		var out strings.Builder
		g := newProgressTo(&out, 0)
		g.event(cell)
		out.Reset()
		early := tt.e
		early.Elapsed = at(4)
		if g.event(early); out.Len() > 0 {
			t.Errorf("%s: a line after 4 s: %q", tt.name, out.String())
		}
		g.event(tt.e)
		if text := out.String(); !strings.Contains(text, tt.want) || strings.Count(text, "\n") != 1 || strings.Contains(text, "/100") {
			t.Errorf("%s: %q, want %q", tt.name, text, tt.want)
		}
		// On a terminal it is seen at once, in one line.
		g = newProgressTo(&out, 40)
		g.event(cell)
		out.Reset()
		g.event(tt.e)
		if text := out.String(); !strings.HasPrefix(text, "\r") || strings.Contains(text, "\n") || len(text) < 20 || len(text) > 50 {
			t.Errorf("%s on a terminal: %q", tt.name, text)
		}
	}
}

func newProgressTo(w io.Writer, width int) *progress { return &progress{w: w, width: width} }

func TestDoctorDrivesNoTerminal(t *testing.T) {
	var out strings.Builder
	check{Name: "endpoint", Status: "ok", Text: "model m\x1b[2J\nok    models            yes", Do: "\x1b[31m"}.Print(&out)
	if text := out.String(); strings.Contains(text, "\x1b") || strings.Count(text, "\n") != 2 {
		t.Errorf("%q", text)
	}
}
