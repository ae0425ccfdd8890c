package follow

import (
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/stats"
)

// Outcome is how requests ended, and in which part of a cell.
type Outcome struct {
	Phase exchange.Phase
	Class exchange.Class // OK: it succeeded
}

// Total is what a target has done in the whole run, as far as the log has it. Requests
// of cells that were measured again are among them: they were sent.
type Total struct {
	Target string
	Ended  map[Outcome]int
	// Tokens of all requests that ended, by the server's usage or by its frames.
	Input, Output int
	TTFT, Gap     Latency // of measured requests that succeeded
	E2E           Latency
}

// Latency is a distribution with its sum.
type Latency struct {
	values stats.Histogram // ms
	sum    float64         // s
}

func (l *Latency) add(ms float64) {
	l.values.Add(ms, 1)
	l.sum += ms / 1e3
}

// Buckets counts the values up to each of some bounds in seconds, to within the 0.4 %
// that the histogram's bins are wide; sum is that of all values in seconds.
func (l *Latency) Buckets(bounds []float64) (n uint64, sum float64, upTo map[float64]uint64) {
	upTo = map[float64]uint64{}
	for _, b := range bounds {
		upTo[b] = l.values.UpTo(stats.Bin(b * 1e3))
	}
	return l.values.N(), l.sum, upTo
}

func (t *Total) add(x *exchange.Exchange, took *times) {
	o := Outcome{x.Phase, x.Class}
	if _, ok := t.Ended[o]; !ok && len(t.Ended) >= 3*mostNames {
		o = Outcome{"other", "other"}
	}
	t.Ended[o]++
	if x.InputTokens != nil {
		t.Input += *x.InputTokens
	}
	output, _ := x.Output()
	t.Output += output
	if x.Phase != exchange.Measured || x.Class != exchange.OK {
		return
	}
	if took.hasTTFT {
		t.TTFT.add(took.ttft)
	}
	if took.hasE2E {
		t.E2E.add(took.e2e)
	}
	if took.streamed {
		eachGap(x, t.Gap.add)
	}
}

// Totals calls f for each target. The view is locked meanwhile.
func (v *View) Totals(f func(*Total)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, t := range v.totals {
		f(t)
	}
}
