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

func TestDoctorDrivesNoTerminal(t *testing.T) {
	var out strings.Builder
	check{Name: "endpoint", Status: "ok", Text: "model m\x1b[2J\nok    models            yes", Do: "\x1b[31m"}.print(&out)
	if text := out.String(); strings.Contains(text, "\x1b") || strings.Count(text, "\n") != 2 {
		t.Errorf("%q", text)
	}
}
