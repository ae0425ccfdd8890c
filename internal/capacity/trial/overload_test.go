package trial

import (
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

// The search looks for overload while requests are sent: that holds nothing up,
// however many there have been.
func TestLookingForOverloadHoldsNothingUp(t *testing.T) {
	tr, err := New([]string{"ttft.p95<100ms"})
	if err != nil {
		t.Fatal(err)
	}
	const n = 100_000
	now := exchange.Stamp(1)
	for i := range n {
		now = exchange.Stamp(1 + i*10_000_000)
		x := &exchange.Exchange{Phase: exchange.Measured, Due: now}
		tr.Admit(x)
		if i%2 == 0 { // half of them end
			x.FirstToken, x.LastToken, x.Done = now+1, now+2, now+3
			tr.Add(x)
		}
	}
	if !tr.Overloaded(now) {
		t.Error("half of the requests never end, and that is no overload")
	}
	allocs := testing.AllocsPerRun(10, func() {
		now += exchange.Stamp(1e9)
		tr.Overloaded(now)
		tr.Admit(&exchange.Exchange{Phase: exchange.Measured, Due: now})
	})
	if allocs > 2 { // the exchange; it copied both arrays, and sorted one
		t.Errorf("%v allocations", allocs)
	}
}
