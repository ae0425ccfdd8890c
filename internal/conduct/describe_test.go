package conduct

import (
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/loadgen"
)

// The length of a cell that was computed is told without its rounding errors.
func TestALoadTellsItsLengthRounded(t *testing.T) {
	c := &Cell{}
	if got, want := c.describe(loadgen.Shape{Users: 2, Duration: 1_799_999_999 * time.Nanosecond}, 0).Text, "closed loop, 2 users at once, 1.8s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
