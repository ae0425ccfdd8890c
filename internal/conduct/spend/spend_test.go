package spend

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// What earlier parts of a run have spent counts against its cap, also where the
// server did not say how much it was.
func TestSpendOfEarlierParts(t *testing.T) {
	s := New(1)
	s.Price("candidate", &result.Price{Input: 1, Output: 10})
	x := func(in, out int) *exchange.Exchange {
		return &exchange.Exchange{Target: "candidate", AskedInput: in, AskedOutput: out, Sent: 5}
	}
	known := x(1000, 90_000)
	known.InputTokens, known.OutputTokens = new(100_000), new(40_000)
	s.Book(known)           // 0.5
	s.Book(x(0, 30_000))    // 0.3 at worst
	refused := x(0, 90_000) // nothing
	refused.Status = 503
	s.Book(refused)
	if math.Abs(s.spent-0.8) > 1e-9 {
		t.Errorf("spent %v", s.spent)
	}
	if err := s.Admit(x(0, 19_000)); err != nil {
		t.Error(err)
	}
	if err := s.Admit(x(0, 2_000)); err == nil || !s.Over() {
		t.Error("the cap does not hold over a break")
	}
}
