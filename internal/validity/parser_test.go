package validity

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func TestParser(t *testing.T) {
	tests := []struct {
		name string
		in   []result.Parser
		want result.CheckStatus
		text string
	}{
		{"none", nil, result.NotAssessed, "no frames were kept"},
		{"not made", []result.Parser{{Target: "candidate", Error: "no space left"}}, result.NotAssessed, "no space left"},
		{"the same", []result.Parser{{Frames: 200, Checked: 100}, {Frames: 200, Checked: 100}}, result.Pass, "200 of 400 frames (50 %)"},
		{"some kept away", []result.Parser{{Frames: 200, Checked: 100, Missed: 7}}, result.Pass, "7 frames that should"},
		{"one", []result.Parser{{Frames: 9000, Checked: 9000, Differences: map[string]int{"text": 1}}}, result.Warn, "text 1"},
		{"many", []result.Parser{{Frames: 1000, Checked: 500, Differences: map[string]int{"usage": 1, "content": 2}}}, result.Fail, "content 2, usage 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := parser(Input{Parser: tt.in})[0]
			if c.Status != tt.want || !strings.Contains(c.Text, tt.text) {
				t.Errorf("%s: %q", c.Status, c.Text)
			}
			if (c.Status == result.Warn || c.Status == result.Fail) == (c.Fix == "") {
				t.Errorf("fix %q", c.Fix)
			}
		})
	}
}
