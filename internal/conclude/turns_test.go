package conclude

import (
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// Turns of one conversation are alike, so that four slow ones of one user are
// no four users: what 300 independent requests would prove these do not.
func TestTurnsOfAConversationAreNotIndependent(t *testing.T) {
	const talks, turns = 75, 4
	build := func(of string) *level {
		c := levelCell("load/"+cells.Candidate, 0, talks*turns, 0, 20)
		c.record.Benchmark, c.record.Level = plan.Load, 0
		c.record.Load = result.LoadShape{Kind: "open", Rate: 5, Arrival: "poisson", Of: of}
		for i, x := range c.exchanges {
			session, turn := 1+i%talks, 1+i/talks // they take turns
			slow := 0.0
			if session == 40 {
				slow = 500
			}
			y := answered(float64(50*i), 20+slow+float64(i*7%11))
			y.Cell, y.Index, y.PromptHash, y.AnswerBytes = x.Cell, x.Index, x.PromptHash, 9
			if of != "" {
				y.Session, y.Turn, y.Turns = session, turn, turns
			}
			c.exchanges[i] = y
		}
		return c
	}
	for of, want := range map[string]result.Verdict{"": result.Proved, result.OfConversations: result.Undecided} {
		r := resultFor(t, func(p *plan.Plan) {
			p.Only = []plan.Benchmark{plan.Load}
			p.Claims = []plan.Claim{{Limit: "ttft.p95<100ms", Benchmark: plan.Load}}
		}, build(of))
		c := r.Claims[0]
		if c.Verdict != want || c.N != talks*turns || of != "" && c.NEff > talks+1 {
			t.Errorf("of %q: %+v", of, c)
		}
	}
}
