package spend

import (
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

// price of a token: 2 and 10 USD per million.
var price = result.Price{Rates: result.Rates{Input: 2, Output: 10}}

// worst is the most that a request below can cost: 1500 input tokens and 100
// output tokens.
const worst = 0.004

func ask(target string) *exchange.Exchange {
	return &exchange.Exchange{Target: target, AskedInput: 1000, InputBound: 1500, AskedOutput: 100}
}

// billedUsage is a request that has ended with a usage that costs 0.0025 USD.
func billedUsage(x *exchange.Exchange) *exchange.Exchange {
	x.Sent, x.Status, x.InputTokens, x.OutputTokens = 1, 200, new(1000), new(50)
	return x
}

const usage = 0.0025

func capped(limit float64) *Cap {
	s := New(limit)
	s.Price("a", &price)
	s.Price("machine", nil) // paid by the hour
	return s
}

func nearly(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

func TestCapReservesTheWorstCase(t *testing.T) {
	s := capped(2.5 * worst)
	var sent []*exchange.Exchange
	for range 2 {
		x := ask("a")
		if err := s.Admit(x); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, x)
	}
	err := s.Admit(ask("a"))
	if err == nil || !strings.Contains(err.Error(), "requests in flight can cost $0.0080") || !strings.Contains(err.Error(), "of $0.0100") || !strings.Contains(err.Error(), "--max-cost") {
		t.Fatalf("a third request was admitted, or the error says too little: %v", err)
	}
	if !s.Over() {
		t.Error("the run does not learn that the cap stopped it")
	}
	// What was reserved and not needed is free again.
	for _, x := range sent {
		s.Settle(billedUsage(x))
	}
	if !nearly(s.spent, 2*usage) || len(s.reserved) != 0 {
		t.Errorf("spent %v, %d still reserved; want %v and none", s.spent, len(s.reserved), 2*usage)
	}
	if err := s.Admit(ask("a")); err != nil {
		t.Errorf("%v spent of %v, and %v more is refused: %v", s.spent, s.limit, worst, err)
	}
	if err := s.Admit(ask("a")); err == nil {
		t.Error("the cap was exceeded")
	}
}

func TestExactlyTheCap(t *testing.T) {
	s := capped(worst)
	if err := s.Admit(ask("a")); err != nil {
		t.Errorf("a request that costs the cap at most: %v", err)
	}
	if s.Over() {
		t.Error("nothing was refused")
	}
}

func TestWithoutACap(t *testing.T) {
	s := capped(0)
	for range 100 {
		x := ask("a")
		if err := s.Admit(x); err != nil {
			t.Fatal(err)
		}
		s.Settle(billedUsage(x))
	}
	if s.Over() || !nearly(s.spent, 100*usage) || len(s.reserved) != 0 {
		t.Errorf("spent %v, %d reserved: it is counted, and nothing is held", s.spent, len(s.reserved))
	}
}

// However many requests go out at once, what they may cost together stays
// under the cap.
func TestCapHoldsInFlight(t *testing.T) {
	const fits = 25
	s := capped((fits + 0.5) * worst)
	var admitted atomic.Int64
	var wait sync.WaitGroup
	for range 100 {
		wait.Go(func() {
			if s.Admit(ask("a")) == nil {
				admitted.Add(1)
			}
		})
	}
	wait.Wait()
	if n := admitted.Load(); n != fits {
		t.Errorf("%d requests were admitted, want %d", n, fits)
	}
}

func TestTargetsShareTheCap(t *testing.T) {
	s := capped(3.5 * worst)
	s.Price("b", &result.Price{Rates: result.Rates{Input: 4, Output: 20}}) // twice as much
	for i, target := range []string{"a", "b", "machine", "machine", "nobody"} {
		if err := s.Admit(ask(target)); err != nil {
			t.Errorf("request %d, of %s: %v", i, target, err)
		}
	}
	// 3 of 3.5 worst cases are reserved, by both together.
	for _, target := range []string{"a", "b"} {
		if err := s.Admit(ask(target)); err == nil {
			t.Errorf("%s was admitted beyond the cap that both share", target)
		}
	}
	if err := s.Admit(ask("machine")); err != nil {
		t.Errorf("a machine that is paid by the hour was refused: %v", err)
	}
}

func TestSettlesByWhatWasBilled(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*exchange.Exchange)
		want float64
	}{
		{"by usage", func(x *exchange.Exchange) { billedUsage(x) }, usage},
		{"usage over the reservation", func(x *exchange.Exchange) { billedUsage(x); *x.OutputTokens = 1000 }, 0.012},
		{"failed, with usage", func(x *exchange.Exchange) { billedUsage(x); x.Class = exchange.Truncated }, usage},
		{"failed without usage", func(x *exchange.Exchange) { x.Sent, x.Status, x.Class = 1, 200, exchange.Truncated }, worst},
		{"cut without usage", func(x *exchange.Exchange) { x.Sent, x.Status, x.Class = 1, 200, exchange.Cut }, worst},
		{"half a usage", func(x *exchange.Exchange) { billedUsage(x); x.OutputTokens = nil }, 0.003},
		{"sent in part", func(x *exchange.Exchange) { x.Writing, x.Class = 1, exchange.Reset }, 0},
		{"refused", func(x *exchange.Exchange) { x.Sent, x.Status, x.Class = 1, 429, exchange.HTTP4xx }, 0},
		{"never sent", func(x *exchange.Exchange) { x.Class = exchange.Cut }, 0},
	} {
		s := capped(1)
		x := ask("a")
		if err := s.Admit(x); err != nil {
			t.Fatal(err)
		}
		tt.end(x)
		s.Settle(x)
		if !nearly(s.spent, tt.want) || len(s.reserved) != 0 {
			t.Errorf("%s: spent %v, want %v; %d still reserved", tt.name, s.spent, tt.want, len(s.reserved))
		}
		s.Settle(x)
		if !nearly(s.spent, tt.want) || s.held != 0 {
			t.Errorf("%s: settled twice it cost %v, and %v are held", tt.name, s.spent, s.held)
		}
	}
}

// What earlier parts of a run have spent counts against its cap, also where the
// server did not say how much it was.
func TestSpendOfEarlierParts(t *testing.T) {
	s := New(1)
	s.Price("candidate", &result.Price{Rates: result.Rates{Input: 1, Output: 10}})
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

// A request that costs more than the cap by itself would never go, whatever else
// ends: that is another message than a cap that others use up.
func TestOneRequestBeyondTheCapIsRefused(t *testing.T) {
	s := capped(worst / 2)
	err := s.Admit(ask("a"))
	if err == nil || !strings.Contains(err.Error(), "can cost $0.0040 by itself (at most 1500 input and 100 output tokens), and $0.0020 of $0.0020 are left") {
		t.Errorf("%v", err)
	}
}

func TestWithdrawnRequestsAreFree(t *testing.T) {
	s := capped(worst)
	for range 3 {
		x := ask("a")
		if err := s.Admit(x); err != nil {
			t.Fatal(err)
		}
		s.Withdraw(x)
		s.Settle(x) // as nothing is reserved, nothing is booked
	}
	if s.spent != 0 || s.held != 0 {
		t.Errorf("%v spent, %v held", s.spent, s.held)
	}
}

// An answer of an embeddings model has no tokens: nothing of its usage is missing.
func TestEmbeddingsAreBilledForTheirInput(t *testing.T) {
	s := capped(1)
	x := &exchange.Exchange{Target: "a", InputBound: 1500}
	if err := s.Admit(x); err != nil {
		t.Fatal(err)
	}
	x.Sent, x.Status, x.InputTokens = 1, 200, new(1000)
	if s.Settle(x); !nearly(s.spent, 0.002) || pricing.Used(x).AtMost {
		t.Errorf("spent %v", s.spent)
	}
}

// Without a cap nothing is refused, and what was spent is known all the same.
func TestSpendIsCountedWithoutACap(t *testing.T) {
	s := New(0)
	if _, _, priced := s.Spent(); priced {
		t.Error("nothing has a price")
	}
	s.Price("a", &price)
	for _, target := range []string{"a", "a", "machine"} {
		x := ask(target)
		if err := s.Admit(x); err != nil {
			t.Fatal(err)
		}
		s.Settle(billedUsage(x))
	}
	x := ask("a")
	if err := s.Admit(x); err != nil {
		t.Fatal(err)
	}
	s.Withdraw(x)
	if usd, limit, priced := s.Spent(); !nearly(usd, 2*usage) || limit != 0 || !priced || s.Over() {
		t.Errorf("$%v of $%v, want $%v", usd, limit, 2*usage)
	}
}
