package spend

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/result"
)

// prompts of a data set without a tokenizer: nobody knows how many tokens they
// have, only how many bytes.
type prompts struct {
	tokens int // each
	class  exchange.Class
	clock  *exchange.Clock

	mu        sync.Mutex
	now, most int
	sent      int
}

func (p *prompts) Prepare(_ exchange.Phase, _ int, x *exchange.Exchange) (loadgen.Request, error) {
	x.Target, x.InputBound, x.AskedOutput = "candidate", 4*p.tokens, 10
	return loadgen.SendFunc(p.send), nil
}

func (p *prompts) send(_ context.Context, x *exchange.Exchange) {
	p.mu.Lock()
	p.sent++
	p.now++
	p.most = max(p.most, p.now)
	p.mu.Unlock()
	x.Sent, x.Status = p.clock.Now(), 200
	time.Sleep(time.Second)
	x.Done = p.clock.Now()
	if x.Class = p.class; x.Class == exchange.OK {
		x.InputTokens, x.OutputTokens = new(p.tokens), new(10)
	}
	p.mu.Lock()
	p.now--
	p.mu.Unlock()
}

// A data set of prompts of 100,000 tokens at $3 a million tokens, 100 users: no
// more go at once than the cap allows, whether the server says what they used or
// not.
func TestCapHoldsForPromptsOfUnknownLength(t *testing.T) {
	for _, tt := range []struct {
		cap   float64
		class exchange.Class
	}{{1, exchange.OK}, {10, exchange.OK}, {10, exchange.Truncated}, {100, exchange.OK}} {
		synctest.Test(t, func(t *testing.T) {
			c := New(tt.cap)
			c.Price("candidate", &result.Price{Rates: result.Rates{Input: 3, Output: 15}})
			p := &prompts{tokens: 100_000, class: tt.class, clock: exchange.NewClock()}
			var mu sync.Mutex
			cost, highest := 0.0, 0.0
			d := loadgen.Driver{
				Clock: p.clock, PortableTimer: true, Breaker: 2, Admit: c.Admit, Withdraw: c.Withdraw,
				Emit: func(x *exchange.Exchange) {
					c.Settle(x)
					mu.Lock()
					defer mu.Unlock()
					cost += 0.3
					c.mu.Lock()
					highest = max(highest, c.spent+c.held)
					c.mu.Unlock()
				},
			}
			w, err := d.Run(t.Context(), t.Context(), loadgen.Shape{Users: 100, Requests: 1000, Grace: time.Minute}, p)
			if err != nil {
				t.Fatal(err)
			}
			if cost > tt.cap || highest > tt.cap || float64(p.most)*1.2 > tt.cap {
				t.Errorf("cap $%v, %s: %d in flight at once, which cost $%.2f in all, $%.2f booked and reserved", tt.cap, tt.class, p.most, cost, highest)
			}
			if w.Reason == "" || !c.Over() {
				t.Errorf("the run does not say that the cap ended it: %+v", w)
			}
			if c.held > 1e-9 || len(c.reserved) > 0 {
				t.Errorf("$%v of %d requests are reserved when all have ended", c.held, len(c.reserved))
			}
		})
	}
}
