package spend

import (
	"context"
	"sync"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

// Watch watches requests that are part of no cell: the cap and the limit of the
// provider hold for them too, and it adds up what they used.
type Watch struct {
	Name  string // of the target
	Cap   *Cap
	Limit *loadgen.Limit
	Clock *exchange.Clock
	Price func() *result.Price // of the target; nil: nothing is paid by the token

	mu   sync.Mutex // protects bill
	bill pricing.Bill
}

// Before waits for the target's limit, and asks the cap.
func (w *Watch) Before(ctx context.Context, x *exchange.Exchange) error {
	x.Target = w.Name
	if err := w.Limit.Wait(ctx, w.Clock, x); err != nil {
		return err
	}
	return w.Cap.Admit(x)
}

// After books a request.
func (w *Watch) After(x *exchange.Exchange) {
	w.Cap.Settle(x)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bill.Add(x, w.Price())
}

// Take returns what was used since the last call.
func (w *Watch) Take() pricing.Bill {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.bill
	w.bill = pricing.Bill{}
	return b
}
