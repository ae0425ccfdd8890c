package conduct

import (
	"context"
	"errors"
	"sync"

	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/runlog"
)

// probes watches the requests that are sent to a target before anything is
// measured: the cap on the spend holds for them too, and the log has what they
// used.
type probes struct {
	session *Session
	target  *target.Target

	mu   sync.Mutex // protects bill
	bill pricing.Bill
}

func (s *Session) watchProbes(t *target.Target) endpoint.Unmeasured {
	p := &probes{session: s, target: t}
	s.probes = append(s.probes, p)
	return p
}

// Before waits for the target's limit, and asks the cap.
func (p *probes) Before(ctx context.Context, x *exchange.Exchange) error {
	x.Target = p.target.Name
	if err := p.target.Limit.Wait(ctx, p.session.clock, x); err != nil {
		return err
	}
	return p.session.spend.Admit(x)
}

// After books a request.
func (p *probes) After(x *exchange.Exchange) {
	p.session.spend.Settle(x)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bill.Add(x, p.target.Found.Price)
}

// logProbes writes what the probes used to the log.
func (s *Session) logProbes() error {
	var err error
	for _, p := range s.probes {
		err = errors.Join(err, s.log.Probes(runlog.ProbesRecord{Target: p.target.Name, Bill: p.bill}))
	}
	return err
}
