package sim

import (
	"os"
	"regexp"
	"testing"

	"github.com/inferometer/inferometer/internal/sim/script"
	"github.com/inferometer/inferometer/internal/sim/steptime"
)

// The files that the manual shows can be read.
func TestTheManualsFilesAreRight(t *testing.T) {
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	times, scripts := 0, 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		_, timeErr := steptime.Parse(block[1])
		_, scriptErr := script.Parse(block[1])
		switch {
		case timeErr == nil:
			times++
		case scriptErr == nil:
			scripts++
		default:
			t.Errorf("%s\nis neither step times (%v) nor a script (%v)", block[1], timeErr, scriptErr)
		}
	}
	if times != 2 || scripts != 1 {
		t.Errorf("%d files of step times and %d scripts, want 2 and 1", times, scripts)
	}
}
