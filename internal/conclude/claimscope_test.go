package conclude

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// claimAt is a claim on a throughput level.
func claimAt(level int, limit string) plan.Claim {
	return plan.Claim{Limit: limit, Benchmark: plan.Throughput, Level: level}
}

// What fails in one cell makes invalid the claims that rest on it, says which check
// and which cell that was, and leaves those on counts and on other cells alone.
func TestAClaimIsInvalidOnlyWhereItsFiguresAreSpoilt(t *testing.T) {
	broken, fine := levelCell("throughput/candidate@1", 1, 100, 0, 20), levelCell("throughput/candidate@2", 2, 100, 10_000, 20)
	for i, x := range broken.exchanges {
		if i*7%20 < 13 { // not one after the other
			x.Class, x.Error = exchange.HTTP5xx, "HTTP 503: busy"
		}
	}
	res := resultFor(t, func(p *plan.Plan) {
		p.Throughput.Levels = []int{1, 2}
		p.Claims = []plan.Claim{claimAt(1, "throughput<10000"), claimAt(1, "success>=99%"), claimAt(2, "ttft.p50<10s"), claimAt(2, "success>=50%"),
			claimAt(1, "ttft.p50<10s")} // a failure is in it as infinite
	}, broken, fine)
	for i, want := range []result.Verdict{result.Invalid, result.Refuted, result.Proved, result.Proved, result.Refuted} {
		if c := res.Claims[i]; c.Verdict != want {
			t.Errorf("%s: %s (%s), want %s", c.Limit, c.Verdict, c.Reason, want)
		}
	}
	if c := res.Claims[0]; !strings.HasPrefix(c.Reason, "throughput of throughput/candidate@1 is spoilt by the check errors: 65 of 100 requests failed") || !strings.Contains(c.Reason, "(otherwise ") {
		t.Errorf("the reason is %q", c.Reason)
	}
}

// A client that is late makes no claim invalid.
func TestALateClientMakesNoClaimInvalid(t *testing.T) {
	c := levelCell("throughput/candidate@1", 1, 100, 0, 20)
	for _, x := range c.exchanges {
		x.Woken, x.Started, x.Writing = x.Due+exchange.Stamp(4e6), x.Due+exchange.Stamp(4e6), x.Due+exchange.Stamp(5e6)
	}
	res := resultFor(t, func(p *plan.Plan) {
		p.Throughput.Levels = []int{1}
		p.Claims = []plan.Claim{claimAt(1, "ttft.p95<500ms"), claimAt(1, "throughput>=1")}
	}, c)
	check, spoilt := res.Validity.Spoilt("ttft", c.record.ID)
	if !spoilt || check.ID != "client_added" || res.Validity.Status != result.Fail {
		t.Fatalf("the figure itself is spoilt: %+v", res.Validity.Checks[0])
	}
	for _, c := range res.Claims {
		if c.Set && c.Verdict != result.Proved {
			t.Errorf("%s: %s, %s", c.Limit, c.Verdict, c.Reason)
		}
	}
}

// Where the server does not let output lengths be fixed, what came is a condition
// of the claim, and the claim stands.
func TestLengthsThatCameAreACondition(t *testing.T) {
	c := levelCell("throughput/candidate@1", 1, 100, 0, 20)
	for _, x := range c.exchanges {
		x.AskedOutput = 64
	}
	c.record.Workload.OutputTokens = 64
	res := resultFor(t, func(p *plan.Plan) {
		p.Throughput.Levels = []int{1}
		p.Claims = []plan.Claim{claimAt(1, "e2e.p50<10s")}
	}, c)
	if claim := res.Claims[0]; claim.Verdict != result.Proved || !strings.HasSuffix(claim.Text, "; answers of 2 tokens on average") {
		t.Errorf("%s: %s", claim.Verdict, claim.Text)
	}
	for _, x := range c.exchanges {
		x.AskedOutput = 2
	}
	res = resultFor(t, func(p *plan.Plan) { p.Claims = []plan.Claim{claimAt(1, "e2e.p50<10s")} }, c)
	if claim := res.Claims[0]; strings.Contains(claim.Text, "on average") {
		t.Errorf("lengths that were kept are in the workload: %s", claim.Text)
	}
	if _, spoilt := res.Validity.Spoilt("e2e", cells.LoadID(cells.Candidate)); spoilt {
		t.Error("spoilt")
	}
}

// Where a backlog still grows, latencies are better than they would have become: a
// limit that they break is refuted, and one that they keep is not proved.
func TestABacklogThatGrowsRefutes(t *testing.T) {
	c := levelCell("throughput/candidate@1", 1, 400, 0, 20)
	c.record.Load = result.LoadShape{Kind: "open", Rate: 20, Arrival: "constant"}
	for i, x := range c.exchanges {
		wait := exchange.Stamp(float64(i) * 10e6) // each waits 10 ms longer than the one before
		x.FirstToken, x.FirstAnswer, x.LastToken, x.Done = x.FirstToken+wait, x.FirstAnswer+wait, x.LastToken+wait, x.Done+wait
		for k := range x.Frames {
			x.Frames[k].At += wait
		}
	}
	res := resultFor(t, func(p *plan.Plan) {
		p.Throughput.Levels = []int{1}
		p.Claims = []plan.Claim{claimAt(1, "ttft.p95<10ms"), claimAt(1, "ttft.p50<10s")}
	}, c)
	check, spoilt := res.Validity.Spoilt("ttft", c.record.ID)
	if !spoilt || check.ID != "little" || !check.Flatters {
		t.Fatalf("%+v", res.Validity.Checks[0])
	}
	for i, want := range []result.Verdict{result.Refuted, result.Invalid} {
		if c := res.Claims[i]; c.Verdict != want {
			t.Errorf("%s: %s, %s", c.Limit, c.Verdict, c.Reason)
		}
	}
}

// passOf makes the result of a pass against two targets with prices, of which the
// candidate costs a tenth, with claims on cost, quality and success.
func passOf(t *testing.T, change func(target string, x *exchange.Exchange)) *result.Result {
	t.Helper()
	p := plan.Default()
	p.Candidate.URL, p.Baseline = "http://127.0.0.1:1", &plan.Target{URL: "http://127.0.0.1:2"}
	p.Only = []plan.Benchmark{plan.Latency, plan.Quality, plan.Cost}
	p.Claims = []plan.Claim{{Limit: "savings>=50%"}, {Limit: "cost_per_request<1USD"}, {Limit: "drift<=5"}, {Limit: "success>=50%", Benchmark: plan.Latency},
		{Limit: "savings>=99%"}, {Limit: "drift<=1"}} // which the data refute
	targets := []result.Target{
		{Name: cells.Candidate, Evidence: result.Measured, Price: &result.Price{Rates: result.Rates{Input: 1, Output: 1}}},
		{Name: cells.Baseline, Evidence: result.Measured, Price: &result.Price{Rates: result.Rates{Input: 10, Output: 10}}},
	}
	return resultOfLog(t, p, func(log *runlog.Writer) {
		_ = log.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, targets, nil)
		for _, target := range targets {
			c := levelCell(cells.PassID(target.Name), 1, 60, 0, 20)
			c.record.Benchmark, c.record.Target = plan.Latency, target.Name
			for i, x := range c.exchanges {
				x.Prompt, x.Target = fmt.Sprint(i), target.Name
				change(target.Name, x)
			}
			c.write(log)
			drift := map[string]float64{cells.Candidate: 2}
			for i := range c.exchanges {
				_ = log.Score(runlog.ScoreRecord{Target: target.Name, Prompt: fmt.Sprint(i), Kind: "summary", Total: 80 + float64(i%3) + drift[target.Name]})
			}
		}
		_ = log.End(runlog.EndRecord{Status: result.Complete})
	})
}

// Cost rests on tokens and prices, quality on scores and success on counts: none
// of them on how late the client was.
func TestClaimsRestOnTheirOwnFigures(t *testing.T) {
	verdicts := func(r *result.Result) (out []result.Verdict) {
		for _, c := range r.Claims[:4] {
			out = append(out, c.Verdict)
		}
		return out
	}
	late := passOf(t, func(_ string, x *exchange.Exchange) {
		x.Woken, x.Started, x.Writing = x.Due+exchange.Stamp(9e6), x.Due+exchange.Stamp(9e6), x.Due+exchange.Stamp(9e6)
	})
	if got := verdicts(late); late.Validity.Status != result.Fail || !slices.Equal(got, []result.Verdict{result.Proved, result.Proved, result.Proved, result.Proved}) {
		t.Errorf("%v: %+v", got, late.Claims)
	}
	failing := passOf(t, func(target string, x *exchange.Exchange) {
		if target == cells.Baseline && x.Index%3 > 0 {
			x.Class, x.Error = exchange.HTTP5xx, "HTTP 503: busy"
		}
	})
	if got := verdicts(failing); !slices.Equal(got, []result.Verdict{result.Invalid, result.Proved, result.Invalid, result.Proved}) {
		t.Errorf("the baseline's failures are about what compares with it: %v", got)
	}
	for i := 4; i < 6; i++ {
		if sound, few := late.Claims[i], failing.Claims[i]; sound.Verdict != result.Refuted || few.Verdict != result.Invalid {
			t.Errorf("%s: %s, and %s of those that succeeded", sound.Limit, sound.Verdict, few.Verdict)
		}
	}
	unlike := passOf(t, func(target string, x *exchange.Exchange) {
		if target == cells.Candidate {
			x.OutputTokens = new(1) // of the two that were asked for
		}
	})
	if got := verdicts(unlike); !slices.Equal(got, []result.Verdict{result.Invalid, result.Proved, result.Proved, result.Proved}) {
		t.Errorf("unlike lengths spoil what compares the cost of requests: %v", got)
	}
	// What the claims cannot rest on, the figures say as well.
	if late.Benchmarks.Cost.Spoilt+late.Benchmarks.Cost.SavingsSpoilt+late.Benchmarks.Quality.Delta.Spoilt != "" {
		t.Errorf("lateness spoils no cost and no score: %+v", late.Benchmarks.Cost)
	}
	if c := failing.Benchmarks.Cost; !strings.HasPrefix(c.SavingsSpoilt, "errors: ") || !strings.HasPrefix(c.Spoilt, "errors: ") || failing.Benchmarks.Quality.Delta.Spoilt == "" {
		t.Errorf("the baseline's failures: %q, %q, %q", c.SavingsSpoilt, c.Spoilt, failing.Benchmarks.Quality.Delta.Spoilt)
	}
	if c := unlike.Benchmarks.Cost; !strings.HasPrefix(c.SavingsSpoilt, "output_length: ") || c.Spoilt != "" || unlike.Benchmarks.Quality.Delta.Spoilt != "" {
		t.Errorf("unlike lengths: %q, %q", c.SavingsSpoilt, c.Spoilt)
	}
	for _, c := range unlike.Benchmarks.Latency.Versus {
		if (c.Metric == "e2e") != (c.Spoilt != "") {
			t.Errorf("%s against %s: %q", c.Metric, c.Against, c.Spoilt)
		}
	}
}
