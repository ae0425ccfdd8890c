package conclude

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// machineRun makes the result of a run that compares a machine, which carries some 20
// requests/s at its only level, with an API of one dollar for a million tokens.
func machineRun(t *testing.T, requests int, change func(*plan.Plan)) *result.Result {
	t.Helper()
	p := plan.Default()
	p.Candidate.URL, p.Baseline = "http://127.0.0.1:1", &plan.Target{URL: "http://127.0.0.1:2"}
	p.Only = []plan.Benchmark{plan.Latency, plan.Throughput, plan.Cost}
	p.Throughput.Levels = []int{1}
	change(&p)
	targets := []result.Target{
		{Name: cells.Candidate, Evidence: result.Measured, Machine: &result.Machine{Count: 1, USDPerHour: 1, MinReplicas: 1}},
		{Name: cells.Baseline, Evidence: result.Measured, Price: &result.Price{Rates: result.Rates{Input: 1, Output: 1}}},
	}
	return resultOfLog(t, p, func(log *runlog.Writer) {
		_ = log.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, targets, nil)
		for k, target := range targets {
			c := levelCell(cells.PassID(target.Name), 1, 60, float64(10_000*k), 20)
			c.record.Benchmark, c.record.Target = plan.Latency, target.Name
			for i, x := range c.exchanges {
				x.Prompt, x.Target = fmt.Sprint(i), target.Name
				x.InputTokens = new(900 + i) // the lengths differ, so that the mean has an interval
			}
			c.write(log)
		}
		levelCell("throughput/candidate@1", 1, requests, 30_000, 20).write(log)
		_ = log.End(runlog.EndRecord{Status: result.Complete})
	})
}

// What a saving is claimed for decides its sign: the claim names volume and peak, and
// whether somebody stated them.
func TestSavingsClaimNamesItsTraffic(t *testing.T) {
	claims := func(p *plan.Plan) { p.Claims = []plan.Claim{{Limit: "savings>=10%"}} }
	c := machineRun(t, 400, claims).Claims[0]
	if want := "at 1,000,000 requests per month (the default), peak 3 times the mean (the default)"; !strings.Contains(c.Text, want) || c.Verdict != result.Proved {
		t.Errorf("%s: %q, %s; want %q", c.Verdict, c.Text, c.Reason, want)
	}
	if want := "a saving of"; !strings.Contains(c.Reason, want) || !strings.Contains(c.Reason, "busy") {
		t.Errorf("%q does not say how the saving comes about", c.Reason)
	}
	c = machineRun(t, 400, func(p *plan.Plan) {
		claims(p)
		p.Cost.MonthlyRequests, p.Cost.PeakToMean, p.Cost.CachedShare = 500_000, 2, new(0.25)
	}).Claims[0]
	if want := "at 500,000 requests per month (given), peak 2 times the mean (given), 25 % of the input cached (given)"; !strings.Contains(c.Text, want) || c.Verdict != result.Refuted {
		t.Errorf("%s: %q, %s; want %q", c.Verdict, c.Text, c.Reason, want)
	}
}

// A claim on savings is decided at its own error probability.
func TestSavingsAreDecidedAtTheirOwnAlpha(t *testing.T) {
	res := machineRun(t, 400, func(p *plan.Plan) {
		p.Claims = []plan.Claim{{Limit: "savings>=10%", Alpha: 0.2}, {Limit: "savings>=10%", Alpha: 0.05}, {Limit: "savings>=10%", Alpha: 0.001}}
	})
	last := 0.0
	for _, c := range res.Claims[:3] {
		width := float64(*c.Hi - *c.Lo)
		if width <= last || c.Bound == nil || *c.Bound != *c.Lo {
			t.Errorf("α %v: from %v to %v, bound %v", c.Alpha, *c.Lo, *c.Hi, c.Bound)
		}
		last = width
	}
}

// A level of a few requests has no interval, and a saving that rests on it is not
// decided; the claim says what would do.
func TestSavingsOfAShortLevelAreUndecided(t *testing.T) {
	res := machineRun(t, 12, func(p *plan.Plan) { p.Claims = []plan.Claim{{Limit: "savings>=10%"}} })
	c := res.Claims[0]
	if c.Verdict != result.Undecided || !strings.Contains(c.Reason, "--level-requests") || c.Estimate == nil {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
	if o := res.Benchmarks.Cost.Odds; o != nil {
		t.Errorf("odds from no interval: %+v", o)
	}
}

// What failed and was billed is in the cost of what succeeded.
func TestFailedRequestsCostWhatTheyAreBilled(t *testing.T) {
	res := passOf(t, func(target string, x *exchange.Exchange) {
		if target == cells.Baseline && x.Index%30 == 0 {
			x.Class, x.OutputTokens = exchange.Truncated, new(1)
		}
	})
	b := res.Benchmarks.Cost.Baseline
	if b.Samples != 58 || b.PerSuccess == nil || !(*b.PerSuccess.Value > *b.PerRequest.Value) {
		t.Errorf("%d requests, %+v and %+v", b.Samples, b.PerRequest, b.PerSuccess)
	}
	if c := res.Benchmarks.Cost.Candidate; *c.PerSuccess.Value != *c.PerRequest.Value {
		t.Errorf("%+v and %+v", c.PerRequest, c.PerSuccess)
	}
}
