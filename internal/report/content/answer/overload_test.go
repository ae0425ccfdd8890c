package answer

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func opened(growing bool, end string, done float64) result.Cell {
	return result.Cell{
		ID: "load/candidate", Target: "candidate", Load: result.LoadShape{Kind: "open", Rate: 20, Text: "20 requests/s"},
		Achieved: &result.Achieved{Growing: growing}, Warmup: &result.Warmup{End: end}, Arrivals: &result.Arrivals{IntendedRate: 19.5},
		Metrics: result.Metrics{Rates: map[string]result.Rate{"throughput": {Value: result.Num(done)}}}, Counts: result.Counts{OK: 300},
	}
}

// What a server did not carry is said before any figure of it.
func TestTheAnswerBeginsWithTheOverload(t *testing.T) {
	for name, tt := range map[string]struct {
		c    result.Cell
		want string
	}{
		"growing warm-up":   {opened(false, "growing", 9.9), "You asked for 20 requests/s, and the server carried about 9.90: the queue kept growing, so latencies depend on how long the run lasted."},
		"without a warm-up": {opened(true, "", 9.9), "You asked for 20 requests/s, and the server carried about 9.90: the queue kept growing, so latencies depend on how long the run lasted."},
		"nothing ended":     {opened(true, "", 0), "The server did not carry 20 requests/s: the queue kept growing, so latencies depend on how long the run lasted."},
		"not steady":        {opened(false, "growing", 19.4), "The requests in flight were still growing when the measured part began: 20 requests/s is more than the server carries, or not steady. Latencies may depend on how long the run lasted."},
	} {
		out := Of(&result.Result{Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{tt.c}}}})
		if len(out) == 0 || out[0].Lead != "Overload" || out[0].Text != tt.want {
			t.Errorf("%s: %+v", name, out)
		}
	}
	out := Of(&result.Result{Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{opened(false, "settled", 19.4)}}}})
	if len(out) == 0 || out[0].Lead == "Overload" {
		t.Errorf("carried: %+v", out)
	}
}

// A sweep names the loads that were not carried.
func TestASweepNamesItsOverloads(t *testing.T) {
	a, b := opened(true, "", 9.9), opened(false, "settled", 5)
	b.Load.Text = "5 requests/s"
	out := overloads(result.Benchmarks{Scan: &result.Scan{Cells: []result.Cell{b, a}}})
	if len(out) != 1 || !strings.HasPrefix(out[0], "The server did not carry 20 requests/s: ") {
		t.Errorf("%q", out)
	}
}
