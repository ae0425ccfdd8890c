package cli

import (
	"strings"
	"testing"

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
		g.event(suite.Event{Kind: "progress", Cell: cell, Done: 7, Total: 100, Trouble: "other programs used 98 % of this machine's processors"})
	}
	lines := strings.Split(out.String(), "\r")
	if last := lines[len(lines)-1]; strings.Count(last, "other programs used 98 %") != 1 || !strings.Contains(last, "pass/candidate 7/100   pass/baseline 7/100") {
		t.Errorf("%q", last)
	}
}

func TestDoctorDrivesNoTerminal(t *testing.T) {
	var out strings.Builder
	check{Name: "endpoint", Status: "ok", Text: "model m\x1b[2J\nok    models            yes", Do: "\x1b[31m"}.print(&out)
	if text := out.String(); strings.Contains(text, "\x1b") || strings.Count(text, "\n") != 2 {
		t.Errorf("%q", text)
	}
}
