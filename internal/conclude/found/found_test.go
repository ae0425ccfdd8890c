package found

import (
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// The answer of a search says what is true where it ended early or where a load was
// given up since its queue grew.
func TestCapacityIsSaidAsItIs(t *testing.T) {
	for name, tt := range map[string]struct {
		c    result.Capacity
		want string
	}{
		"interrupted without limits": {result.Capacity{Unit: "requests/s"}, "The search ended before it was known how many requests per second it completes."},
		"growing queue": {
			result.Capacity{Unit: "requests/s", Limits: []string{"ttft.p95<500ms"}, Over: result.Num(7.843), Trials: []result.Trial{{Role: "explore", Rate: 7.843, Growing: true}}},
			"No load is proved to stay within ttft.p95<500ms. From 7.843 requests/s the queue kept growing, so no limit would hold for long.",
		},
		"over the limits": {
			result.Capacity{Unit: "requests/s", Limits: []string{"ttft.p95<500ms"}, Over: result.Num(7.843), Trials: []result.Trial{{Role: "explore", Rate: 7.843}}},
			"No load is proved to stay within ttft.p95<500ms. From 7.843 requests/s the limits seemed not to hold.",
		},
	} {
		if got := Text(&tt.c); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
