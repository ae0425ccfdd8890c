package conclude

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
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
		if i%20 < 13 {
			x.Class, x.Error = exchange.HTTP5xx, "HTTP 503: busy"
		}
	}
	res := resultFor(t, func(p *plan.Plan) {
		p.Throughput.Levels = []int{1, 2}
		p.Claims = []plan.Claim{claimAt(1, "ttft.p50<10s"), claimAt(1, "success>=99%"), claimAt(2, "ttft.p50<10s"), claimAt(2, "success>=50%")}
	}, broken, fine)
	for i, want := range []result.Verdict{result.Invalid, result.Refuted, result.Proved, result.Proved} {
		if c := res.Claims[i]; c.Verdict != want {
			t.Errorf("%s: %s (%s), want %s", c.Limit, c.Verdict, c.Reason, want)
		}
	}
	if c := res.Claims[0]; !strings.HasPrefix(c.Reason, "ttft of throughput/candidate@1 is spoilt by the check errors: 65 of 100 requests failed") || !strings.Contains(c.Reason, "(otherwise ") {
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
