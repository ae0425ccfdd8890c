// Package spend holds the cap on what a run may cost.
package spend

import (
	"fmt"
	"sync"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Cap is what a run may cost. A request reserves its worst case, by its planned
// lengths, before it goes, and settles by the server's usage when it has ended,
// so that requests in flight are counted, too. A target without a price costs
// nothing here: its machine is paid by the hour. It is safe for concurrent use.
type Cap struct {
	limit float64 // USD; 0: none

	mu       sync.Mutex // protects all following fields
	prices   map[string]result.Price
	spent    float64
	refused  bool // a request has been, so that the run is at its end
	reserved map[*exchange.Exchange]float64
}

// New makes a cap of so many USD; 0 is none.
func New(limit float64) *Cap {
	return &Cap{limit: limit, prices: map[string]result.Price{}, reserved: map[*exchange.Exchange]float64{}}
}

// Price says what a target costs; nil: nothing. It must be called before the
// first request.
func (s *Cap) Price(target string, p *result.Price) {
	if p != nil {
		s.prices[target] = *p
	}
}

// Admit reserves the worst case of x, or says that the cap is reached.
func (s *Cap) Admit(x *exchange.Exchange) error {
	if s.limit == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.prices[x.Target]
	if !ok {
		return nil
	}
	worst := worstCase(p, x)
	held := s.spent
	for _, v := range s.reserved {
		held += v
	}
	if held+worst > s.limit {
		s.refused = true
		return fmt.Errorf("the spend cap is reached: $%.4f of $%.4f spent or reserved (--max-cost)", held, s.limit)
	}
	s.reserved[x] = worst
	return nil
}

// Over reports whether the cap has stopped a request.
func (s *Cap) Over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Settle books what x has cost. Without usage the whole reservation is booked.
func (s *Cap) Settle(x *exchange.Exchange) {
	if s.limit == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	worst, ok := s.reserved[x]
	if !ok {
		return
	}
	delete(s.reserved, x)
	s.spent += billed(s.prices[x.Target], x, worst)
}

// Book adds what a request of an earlier part of the run has cost.
func (s *Cap) Book(x *exchange.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.prices[x.Target]; ok {
		s.spent += billed(p, x, worstCase(p, x))
	}
}

// worstCase of a request: asked lengths are estimates, so that it has half as
// much input again.
func worstCase(p result.Price, x *exchange.Exchange) float64 {
	return (1.5*float64(x.AskedInput)*p.Input + float64(x.AskedOutput)*p.Output) / 1e6
}

// billed is what a request that has ended cost.
func billed(p result.Price, x *exchange.Exchange, worst float64) float64 {
	switch {
	case x.InputTokens != nil && x.OutputTokens != nil:
		return (float64(*x.InputTokens)*p.Input + float64(*x.OutputTokens)*p.Output) / 1e6
	case x.Status >= 400 || !x.Sent.Happened():
		return 0 // refused, or never sent: nothing is billed
	}
	return worst
}
