package claim

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
)

func TestDecideRate(t *testing.T) {
	rate := func(v, lo, hi float64) result.Rate {
		return result.Rate{Value: result.Num(v), Lo: result.Num(lo), Hi: result.Num(hi), N: 600}
	}
	for _, tt := range []struct {
		name   string
		limit  string
		rate   result.Rate
		want   result.Verdict
		needed int
		reason string
	}{
		{"over it", "throughput>=10", rate(12, 11, 13), result.Proved, 0, "meets the limit"},
		// One-sided at 0.05: 1.833 ÷ 2.262 (Student, 9 degrees of freedom) of the shown half-width.
		{"around it", "throughput>=10", rate(10.5, 9.5, 11.5), result.Undecided, 0, "9.69 1/s to 11.31 1/s"},
		{"one-sided", "throughput>=10", rate(10.9, 9.9, 11.9), result.Proved, 0, "10.09"},
		{"under it", "throughput>=10", rate(8, 7, 9), result.Refuted, 0, "breaks the limit"},
		{"tokens", "output_throughput>100", rate(120, 110, 130), result.Proved, 0, "token/s"},
		{"of another name", "input_throughput>10", rate(12, 11, 13), result.Undecided, 0, "there is no input tokens per second"},
		{"withheld", "throughput>=10", result.Rate{Withheld: "the window is empty"}, result.Undecided, 0, "there is no"},
		{"without an interval", "throughput>=10", result.Rate{Value: result.Num(12), N: 49, Withheld: "no interval: 49 of 50", NeededWindowS: 40}, result.Undecided, 240, "decides nothing: no interval: 49 of 50"},
	} {
		tag := limitOf(t, tt.limit).Metric.Tag
		if tt.name == "of another name" {
			tag = "throughput"
		}
		c := undecided()
		decideRate(&c, limitOf(t, tt.limit), Cell{Requests: &measure.Collector{}, Cell: result.Cell{
			WindowS: 20, Counts: result.Counts{Scheduled: 120}, Metrics: result.Metrics{Rates: map[string]result.Rate{tag: tt.rate}},
		}})
		if c.Verdict != tt.want || c.NeededN != tt.needed || !strings.Contains(c.Reason, tt.reason) {
			t.Errorf("%s: %s, needs %d: %s", tt.name, c.Verdict, c.NeededN, c.Reason)
		}
		if tt.want != result.Undecided && (c.N != 600 || c.Estimate != tt.rate.Value || c.Lo != tt.rate.Lo || c.Hi != tt.rate.Hi) {
			t.Errorf("%s: the claim has not the figures of the rate: %+v", tt.name, c)
		}
	}
}

// A claim that asks for more certainty gets bounds of more, by as many degrees of
// freedom as the shown interval has.
func TestRateClaimsHonourAlpha(t *testing.T) {
	of := func(r result.Rate) Cell {
		return Cell{Cell: result.Cell{Metrics: result.Metrics{Rates: map[string]result.Rate{"throughput": r}}}}
	}
	for _, r := range []result.Rate{
		{Value: result.Num(11), Lo: result.Num(10), Hi: result.Num(12), N: 600, DF: 4},
		{Value: result.Num(11), Lo: result.Num(10), Hi: result.Num(13), N: 600, DF: 4}, // as goodput where requests were cut
	} {
		// Student's quantiles of 4 degrees of freedom (tables): 2.132, 2.776 and 3.747.
		for alpha, bound := range map[float64]float64{0.05: 11 - 2.132/2.776, 0.01: 11 - 3.747/2.776} {
			c := undecided()
			c.Alpha = alpha
			decideRate(&c, limitOf(t, "throughput>=10"), of(r))
			if math.Abs(float64(*c.Bound)-bound) > 5e-4 || (c.Verdict == result.Proved) != (alpha == 0.05) {
				t.Errorf("five slices, alpha %v: %s by %v, want %v", alpha, c.Verdict, *c.Bound, bound)
			}
		}
	}
	cell := of(result.Rate{Value: result.Num(11), Lo: result.Num(10), Hi: result.Num(12), N: 600})
	// Half-widths by Student's quantiles of 9 degrees of freedom (tables): 1.383,
	// 1.833, 2.262 and 4.297.
	for alpha, bound := range map[float64]float64{0.1: 11 - 1.383/2.262, 0.05: 11 - 1.833/2.262, 0.025: 10, 0.001: 11 - 4.297/2.262} {
		c := undecided()
		c.Alpha = alpha
		decideRate(&c, limitOf(t, "throughput>=10"), cell)
		if want := bound >= 10-1e-9; math.Abs(float64(*c.Bound)-bound) > 5e-4 || (c.Verdict == result.Proved) != want {
			t.Errorf("alpha %v: %s by %v, want %v", alpha, c.Verdict, *c.Bound, bound)
		}
	}
}
