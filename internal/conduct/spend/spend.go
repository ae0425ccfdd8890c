// Package spend counts what a run costs while it goes on, and holds the cap on it.
package spend

import (
	"fmt"
	"sync"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

// Cap is what a run may cost. A request reserves the most that it can cost before
// it goes, and settles by the server's usage when it has ended, so that the cap
// holds for any number of requests in flight. A target without a price per token
// costs nothing here: its machine is paid by the hour. It is safe for concurrent
// use.
type Cap struct {
	limit float64 // USD; 0: none

	mu       sync.Mutex // protects all following fields
	prices   map[string]result.Price
	spent    float64
	held     float64 // the sum of reserved
	reserved map[*exchange.Exchange]float64
	refused  bool // a request has been, so that the run is at its end
}

// New makes a cap of so many USD; 0 is none.
func New(limit float64) *Cap {
	return &Cap{limit: limit, prices: map[string]result.Price{}, reserved: map[*exchange.Exchange]float64{}}
}

// Price says what a target costs; nil: nothing. It must be called before the
// target's first request.
func (s *Cap) Price(target string, p *result.Price) {
	if p == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prices[target] = *p
}

// Admit reserves the most that x can cost, or says why the cap forbids it.
func (s *Cap) Admit(x *exchange.Exchange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.prices[x.Target]
	if !ok {
		return nil
	}
	if s.limit == 0 { // it is only counted
		s.reserved[x] = 0
		return nil
	}
	most := pricing.Bound(x)
	worst := pricing.Cost(p, most) // at the highest rates that may apply
	switch left := s.limit - s.spent; {
	case worst > left:
		s.refused = true
		return fmt.Errorf("the spend cap is reached: the next request of %s can cost $%.4f by itself (at most %d input and %d output tokens), and $%.4f of $%.4f are left (--max-cost)", x.Target, worst, most.Input, most.Output, max(0, left), s.limit)
	case s.held+worst > left:
		s.refused = true
		return fmt.Errorf("the spend cap is reached: $%.4f are spent and requests in flight can cost $%.4f, of $%.4f (--max-cost)", s.spent, s.held, s.limit)
	}
	s.reserved[x] = worst
	s.held += worst
	return nil
}

// Spent is what has been booked in USD, by requests that have ended, and the cap; 0:
// there is none. priced is false where no target has a price per token.
func (s *Cap) Spent() (usd, limit float64, priced bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spent, s.limit, len(s.prices) > 0
}

// Over reports whether the cap has stopped a request.
func (s *Cap) Over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Settle books what x has cost, and frees the rest of what it had reserved.
func (s *Cap) Settle(x *exchange.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free(x) {
		s.spent += pricing.Cost(s.prices[x.Target], pricing.Used(x))
	}
}

// Withdraw frees what a request has reserved that is not going to be sent.
func (s *Cap) Withdraw(x *exchange.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free(x)
}

// free ends the reservation of x, and reports whether it had one. s.mu is held.
func (s *Cap) free(x *exchange.Exchange) bool {
	worst, ok := s.reserved[x]
	if !ok {
		return false
	}
	delete(s.reserved, x)
	if s.held -= worst; len(s.reserved) == 0 {
		s.held = 0 // sums of decimals drift
	}
	return true
}

// BookBill adds what requests of an earlier part of the run have cost that the log
// has as a sum.
func (s *Cap) BookBill(target string, b pricing.Bill) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.prices[target]; ok {
		usd, _ := b.Cost(p)
		s.spent += usd
	}
}

// Book adds what a request of an earlier part of the run has cost.
func (s *Cap) Book(x *exchange.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.prices[x.Target]; ok {
		s.spent += pricing.Cost(p, pricing.Used(x))
	}
}
