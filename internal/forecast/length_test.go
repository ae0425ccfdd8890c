package forecast

import (
	"strings"
	"testing"
)

// atLength is for tests that simulate for seconds. They are arithmetic in one
// goroutine or in the few that the other tests start as well, so that the race
// detector finds nothing in them; scripts/test runs them without it, by the end
// of their names.
func atLength(t *testing.T) {
	t.Helper()
	if !strings.HasSuffix(t.Name(), "AtLength") {
		t.Fatalf("%s would be skipped with the race detector and run by nothing else: let its name end with AtLength", t.Name())
	}
	if raced {
		t.Skip("skipped: simulation is slow under the race detector; scripts/test runs this without it")
	}
}
