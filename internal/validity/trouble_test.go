package validity

import (
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// While a load runs, what will spoil it is said: long runs are not found to be void
// at their end.
func TestTroubleIsSaidWhileItLasts(t *testing.T) {
	for _, tt := range []struct {
		name string
		seen SoFar
		want string
	}{
		{"nothing yet", SoFar{}, ""},
		{"all is well", SoFar{OK: 40, Added: 0.3, TTFT: 100, Client: result.Client{OtherCPUShare: f(0.3)}}, ""},
		{"most fail", SoFar{OK: 3, Failed: 7}, "7 of 10 requests failed"},
		{"the first one failed", SoFar{Failed: 1}, ""},
		{"a late client", SoFar{OK: 40, Added: 20, TTFT: 100}, "the client adds 20 % to the time to first token"},
		{"a late client that others keep from its work", SoFar{OK: 40, Added: 20, TTFT: 100, Client: result.Client{OtherCPUShare: f(0.6)}},
			"the client adds 20 % to the time to first token: other programs used 60 % of this machine's processors"},
		{"others use the machine, and the client is in time", SoFar{OK: 40, Added: 0.3, TTFT: 100, Client: result.Client{OtherCPUShare: f(0.6)}}, ""},
		{"others use all of it", SoFar{OK: 40, Added: 0.3, TTFT: 100, Client: result.Client{OtherCPUShare: f(0.98)}}, "other programs used 98 % of this machine's processors"},
		{"a quota", SoFar{Client: result.Client{Throttled: new(15), QuotaPeriods: new(44), OtherCPUShare: f(0)}},
			"this container's quota of processor time stopped the client in 15 of 44 periods"},
		{"a host that withholds", SoFar{Client: result.Client{StealShare: f(0.2), OtherCPUShare: f(0)}}, "the host of this virtual machine withheld 20 % of its processors"},
	} {
		if got := tt.seen.Trouble(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Checks that will not pass are named while the load runs, by the ids that the report
// has them under.
func TestFailingChecksAreNamedWhileTheyFail(t *testing.T) {
	for _, tt := range []struct {
		name string
		seen SoFar
		want []string
	}{
		{"nothing yet", SoFar{}, nil},
		{"all is well", SoFar{OK: 400, Failed: 4, Added: 1, TTFT: 100, Client: result.Client{OtherCPUShare: f(0.3)}}, nil},
		{"one of a few failed", SoFar{OK: 3, Failed: 1}, nil},
		{"some fail", SoFar{OK: 90, Failed: 10}, []string{"errors"}},
		{"a late client on a full machine", SoFar{OK: 40, Added: 3, TTFT: 100, Client: result.Client{OtherCPUShare: f(0.98)}}, []string{"client_added", "machine"}},
		{"a quota", SoFar{Client: result.Client{Throttled: new(15), QuotaPeriods: new(44)}}, []string{"client_cpu"}},
	} {
		got := tt.seen.Failing()
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		for _, id := range got {
			if !slices.ContainsFunc(checks, func(c check) bool { return c.id == id }) {
				t.Errorf("there is no check %q", id)
			}
		}
	}
}
